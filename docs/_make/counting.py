"""Time two ways to count co-likes: row by row, as graphkit does, and by emitting every pair and sorting.

``python docs/_make/counting.py`` prints the table of ``docs/decisions/0004-row-by-row-counting.md``: made likes, one
thread, the better of two runs; and, as the projection does it on all threads, the same with the expectations of pairs
that reach the minimum. Nothing is at a hot moment here, so that every co-like is counted.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from graphkit._kernels.grouping import group_members, group_pointers
from graphkit._kernels.jit import kernel
from graphkit._kernels.neighbours import window_bounds
from graphkit._kernels.pairs import row_work
from graphkit._kernels.prune import prune
from graphkit.bipartite import BipartiteGraph
from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.progress import Progress
from graphkit.projection.project import project

N_LIKES, N_USERS, N_NOTES, DAYS, SEED = 2_800_000, 120_000, 40_000, 14, 7
WINDOWS_S = (60, 600, 3600)
CONFIG = ProjectionConfig(hot_rate=1e12, hot_max=2**30)
SECOND = 1_000_000
_BLOCK = 20_000_000


def made_likes(n: int) -> BipartiteGraph:
    """Return likes by users with log-normal activity on notes with a heavy tail, most within hours of publication."""
    rng = np.random.default_rng(SEED)
    activity = np.cumsum(rng.lognormal(0, 1, N_USERS))
    popularity = np.cumsum(1 / np.arange(50, N_NOTES + 50))
    user = np.searchsorted(activity, rng.random(n) * activity[-1]).astype(np.int32)
    note = np.searchsorted(popularity, rng.random(n) * popularity[-1]).astype(np.int32)
    published = rng.random(N_NOTES) * DAYS * 86400
    ts = ((published[note] + rng.exponential(8 * 3600, n)) * SECOND).astype(np.int64)
    _, once = np.unique(user.astype(np.int64) << 32 | note, return_index=True)
    order = once[np.lexsort((user[once], ts[once], note[once]))]
    return BipartiteGraph(
        N_USERS, N_NOTES, user[order], note[order], ts[order], pa.array(range(N_USERS)), pa.array(range(N_NOTES))
    )


@kernel
def _emit(
    first: int,
    last: int,
    user: np.ndarray,
    lo: np.ndarray,
    hi: np.ndarray,
    row_ptr: np.ndarray,
    rows: np.ndarray,
    out: np.ndarray,
) -> int:
    k = 0
    for u in range(first, last):
        for r in range(row_ptr[u], row_ptr[u + 1]):
            for q in range(lo[rows[r]], hi[rows[r]]):
                if user[q] > u:
                    out[k] = np.uint64(u) << np.uint64(32) | np.uint64(user[q])
                    k += 1
    return k


@kernel
def _count(
    first: int,
    last: int,
    user: np.ndarray,
    lo: np.ndarray,
    hi: np.ndarray,
    row_ptr: np.ndarray,
    rows: np.ndarray,
    least: int,
) -> int:
    count = np.zeros(len(row_ptr) - 1, np.int32)
    touched = np.empty(len(row_ptr) - 1, np.int32)
    found = 0
    for u in range(first, last):
        n = 0
        for r in range(row_ptr[u], row_ptr[u + 1]):
            for q in range(lo[rows[r]], hi[rows[r]]):
                v = user[q]
                if v > u:
                    if count[v] == 0:
                        touched[n] = v
                        n += 1
                    count[v] += 1
        for k in range(n):
            found += count[touched[k]] >= least
            count[touched[k]] = 0
    return found


class Pruned:
    """The likes left by pruning, as both ways of counting want them."""

    def __init__(self, graph: BipartiteGraph, window_s: int, least: int) -> None:
        alive = prune(graph.user, graph.ts, graph.note_ptr, graph.n_users, window_s * SECOND, least)
        ptr = group_pointers(graph.note[alive], graph.n_notes)
        self.least = least
        self.user = graph.user[alive]
        self.lo, self.hi = window_bounds(graph.ts[alive], ptr, window_s * SECOND)
        self.row_ptr = group_pointers(self.user, graph.n_users)
        self.rows = group_members(self.user, np.arange(len(self.user), dtype=np.int32), self.row_ptr)
        work = row_work(self.lo[self.rows], self.hi[self.rows], self.row_ptr)
        self.walked = int(work.sum())
        cuts = np.searchsorted(np.cumsum(work), np.arange(_BLOCK, self.walked, _BLOCK))
        self.bounds = np.unique(np.concatenate([[0], cuts, [graph.n_users]])).tolist()
        self.largest = max(int(work[a:b].sum()) for a, b in itertools.pairwise(self.bounds))

    def by_row(self) -> int:
        """Return the number of pairs with at least `least` co-likes, by a counter a user."""
        arrays = (self.user, self.lo, self.hi, self.row_ptr, self.rows)
        return sum(_count(a, b, *arrays, self.least) for a, b in itertools.pairwise(self.bounds))

    def by_sorting(self) -> int:
        """Return the same by writing every pair as a uint64 into a block, sorting it and comparing neighbours."""
        arrays = (self.user, self.lo, self.hi, self.row_ptr, self.rows)
        out = np.empty(self.largest, np.uint64)
        found = 0
        for a, b in itertools.pairwise(self.bounds):
            pairs = out[: _emit(a, b, *arrays, out)]
            pairs.sort()
            first = np.flatnonzero(np.diff(pairs, prepend=np.uint64(0)))
            found += int(np.count_nonzero(np.diff(np.append(first, len(pairs))) >= self.least))
        return found


def timed(run: Callable[[], int]) -> tuple[float, int]:
    """Return the lesser of two timings, seconds, and what the run returned."""
    seconds = []
    result = 0
    for _ in range(2):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def measure(graph: BipartiteGraph, window_s: int) -> str:
    """Return one row of the table."""
    likes = Pruned(graph, window_s, CONFIG.min_weight)
    sorting, pairs = timed(likes.by_sorting)
    by_row, same = timed(likes.by_row)
    if pairs != same:
        raise AssertionError(f"{pairs} pairs by sorting, {same} by row")
    progress = Progress(show=False)
    project(graph, graph.note, (window_s,), CONFIG, LocalEngine(), progress)
    whole = progress.seconds[f"pairs {window_s} s"]
    cells = (f"{window_s} s", f"{likes.walked:,}", f"{pairs:,}", *(f"{s:.2f} s" for s in (sorting, by_row, whole)))
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Print the table."""
    graph = made_likes(N_LIKES)
    measure(graph, 1)  # compiles
    heads = (
        "window", "likes walked", "pairs that reach the minimum", "emit and sort", "row by row",
        f"with weighing, {LocalEngine().threads} threads",
    )  # fmt: skip
    sys.stdout.write(f"{len(graph):,} likes\n\n| {' | '.join(heads)} |\n{'| ---: ' * len(heads)}|\n")
    for window_s in WINDOWS_S:
        sys.stdout.write(measure(graph, window_s))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
