"""What no stage of a run can beat on this machine, measured.

``python -m tests.benchmark.floors FILE RUN THREADS`` prints, as JSON, the floor of each stage of a run over a file.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphkit._kernels.jit import kernel
from graphkit.simulation.columns import hex_ids
from tests.benchmark.rivals import COLUMNS, bare_read, near_likes

I32 = npt.NDArray[np.int32]

#: Likes that the walk is measured on, about: a stretch of time in the middle, so that they are as dense as all.
WALK_LIKES = 5_000_000
#: Edges that igraph's making of a graph is measured on, at most.
GRAPH_EDGES = 5_000_000
#: Bytes that a pass reads of each like: user, note and time.
LIKE_BYTES = 16
_COPY_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a stage takes: seconds, and what takes them."""

    seconds: float
    what: str


@kernel
def walk(first: int, last: int, user: I32, low: I32, high: I32, counter: I32) -> int:
    """Count, for the likes ``first:last``, the users of the likes near each; return how many there are."""
    walked = 0
    for p in range(first, last):
        for q in range(low[p], high[p]):
            counter[user[q]] += 1
        walked += high[p] - low[p]
    return walked


def best(act: Callable[[], object], turns: int = 3) -> float:
    """Return the seconds of the fastest turn."""
    seconds = []
    for _ in range(turns):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def together(act: Callable[[int], object], threads: int) -> list[Any]:
    """Call ``act(0)``, ``act(1)``, … at once, one call a thread."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(act, range(threads)))


def copied_per_s(threads: int) -> float:
    """Return the bytes that are read and written in a second when every thread copies."""
    source = np.ones((threads, _COPY_BYTES // threads), np.uint8)
    target = np.zeros_like(source)
    seconds = best(lambda: together(lambda k: np.copyto(target[k], source[k]), threads))
    return 2 * _COPY_BYTES / seconds


def sort_s(n: int, threads: int) -> float:
    """Return the seconds of numpy's sort of so many random numbers of 64 bits, one part a thread."""
    keys = np.random.default_rng(0).integers(1 << 63, size=n, dtype=np.uint64)
    parts = np.array_split(keys, threads)
    return best(lambda: together(lambda k: parts[k].sort(), threads), turns=1)


def ids_s(n: int, text: bool) -> float:
    """Return the seconds of sorting so many distinct ids: numpy's sort, or pyarrow's of 24 hexadecimal digits."""
    keys = np.random.default_rng(0).integers(1 << 63, size=n, dtype=np.uint64)
    if not text:
        return best(keys.sort, turns=1)
    ids = hex_ids(keys, 24)
    return best(lambda: pc.array_sort_indices(ids), turns=1)


def walk_s(likes: pa.Table, window_s: int, threads: int) -> float:
    """Return the seconds of walking over one like."""
    user, low, high = (part.astype(np.int32) for part in near_likes(likes, window_s)[:3])
    bounds = np.linspace(0, len(user), threads + 1).astype(int).tolist()
    counters = np.zeros((threads, int(user.max()) + 1), np.int32)

    def part(k: int) -> int:
        return walk(bounds[k], bounds[k + 1], user, low, high, counters[k])

    walked: int = sum(together(part, threads))  # compiles, too
    return best(lambda: together(part, threads)) / walked


def middle(path: Path, n: int) -> pa.Table:
    """Return the likes of a stretch of time in the middle that holds `n` of them, about; all, where there are fewer."""
    file = pq.ParquetFile(path)
    share = n / file.metadata.num_rows
    if share >= 1:
        return file.read(COLUMNS)
    ts = pq.read_table(path, columns=["ts"])["ts"]
    low, high = pc.quantile(
        ts.cast(pa.int64()), [0.5 - share / 2, 0.5 + share / 2], interpolation="nearest"
    ).to_pylist()
    bounds = [pa.scalar(value, pa.int64()).cast(ts.type) for value in (low, high)]
    return pq.read_table(path, columns=COLUMNS, filters=(pc.field("ts") >= bounds[0]) & (pc.field("ts") <= bounds[1]))


def write_s(run: Path) -> float:
    """Return the seconds of writing the tables of a run once more."""
    tables = [pq.read_table(file) for file in sorted(run.glob("*.parquet"))]
    return best(lambda: [pq.write_table(table, pa.BufferOutputStream()) for table in tables])


def graph_s(n_users: int, n_edges: int) -> float:
    """Return the seconds of igraph's making of a graph from ordered edges; many are reckoned from fewer."""
    import igraph

    n = min(n_edges, GRAPH_EDGES)
    ends = np.sort(np.random.default_rng(0).integers(n_users**2, size=n))
    u, v = (ends // n_users).tolist(), (ends % n_users).tolist()  # igraph reads pairs faster than arrays
    return best(lambda: igraph.Graph(n=n_users, edges=zip(u, v, strict=True)), turns=1) * n_edges / max(n, 1)


def floors(path: Path, run: Path, threads: int) -> dict[str, Floor]:
    """Return the floor of each stage of a run over a file, by its name in ``run.json``; ``rest`` for all others."""
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    counts, windows = info["counts"], info["windows"]
    text = not pa.types.is_integer(pq.read_schema(path).field("user_id").type)
    one_sort, one_pass = sort_s(counts["kept"], threads), LIKE_BYTES * counts["kept"] / copied_per_s(threads)
    passes = Floor(one_pass * len(windows), "a pass over the likes a window")
    found = {
        "read": Floor(bare_read(path), "pyarrow's bare warm read"),
        "encode": Floor(ids_s(counts["users"], text) + ids_s(counts["notes"], text), "sorts of as many ids"),
        "order": Floor(one_sort, "a sort of as many keys"),
        "project": Floor(one_sort + passes.seconds, "a sort of as many keys, and a pass over the likes a window"),
        "partition": Floor(
            graph_s(counts["users"], sum(view["edges"] for view in windows)), "igraph's making of the graph"
        ),
        "gather": passes,
        "score": passes,
        "decoys": Floor(
            2 * one_sort * len(windows) * info["config"]["scoring"]["decoys"],
            "two sorts of as many keys a decoy: by note, by time",
        ),
        "tables": Floor(one_pass, "a pass over the likes"),
        "rest": Floor(write_s(run), "pyarrow's writing of the tables"),
    }
    likes = middle(path, WALK_LIKES)
    for view in windows:
        seconds = walk_s(likes, view["window_s"], threads) * view["walked"]
        found[f"pairs {view['window_s']} s"] = Floor(seconds, "a plain walk over as many")
    return found


if __name__ == "__main__":
    told = floors(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps({name: asdict(floor) for name, floor in told.items()}))
