"""Time two ways to count co-likes: row by row, as graphkit does, and by emitting every pair and sorting.

``python docs/_make/counting.py`` prints the table of ``docs/decisions/0004-row-by-row-counting.md``: made likes, one
thread and as many as there are, best of three after one run to warm up. Nothing is at a hot moment here, so that
every co-like is counted.
"""

from __future__ import annotations

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

N_USERS, N_NOTES, DAYS, SEED = 120_000, 40_000, 14, 7
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


def emit_and_sort(graph: BipartiteGraph, window_s: int, least: int) -> float:
    """Return the seconds it takes to find the pairs with at least `least` co-likes among the likes left by pruning.

    Pairs are written as uint64, block of users by block of users, sorted, and runs of equal ones counted.
    """
    alive = prune(graph.user, graph.ts, graph.note_ptr, graph.n_users, window_s * SECOND, least)
    user, ts = graph.user[alive], graph.ts[alive]
    lo, hi = window_bounds(ts, group_pointers(graph.note[alive], graph.n_notes), window_s * SECOND)
    ptr = group_pointers(user, graph.n_users)
    rows = group_members(user, np.arange(len(user), dtype=np.int32), ptr)
    work = row_work(lo, hi, rows, ptr)
    total = np.cumsum(work)
    cuts = np.searchsorted(total, np.arange(_BLOCK, int(total[-1]), _BLOCK))
    bounds = np.unique(np.concatenate([[0], cuts, [graph.n_users]])).tolist()
    blocks = [*zip(bounds, bounds[1:], strict=False)]
    start = time.perf_counter()
    out = np.empty(max(int(work[a:b].sum()) for a, b in blocks), np.uint64)
    for a, b in blocks:
        pairs = out[: _emit(a, b, user, lo, hi, ptr, rows, out)]
        pairs.sort()
        np.count_nonzero(pairs[least - 1 :] == pairs[: len(pairs) - least + 1])
    return time.perf_counter() - start


def best_of(n: int, run: Callable[[], float]) -> float:
    """Return the least of n timings, after one that is thrown away."""
    run()
    return min(run() for _ in range(n))


def main() -> None:
    """Print the table."""
    config = ProjectionConfig(hot_rate=1e12, hot_max=2**30)
    threads = LocalEngine().threads
    say = sys.stdout.write
    say(
        f"| likes | window | likes walked | emit and sort, 1 thread | row by row, 1 thread | row by row, {threads} threads |\n"
    )
    say("| ---: | ---: | ---: | ---: | ---: | ---: |\n")
    for n, window_s in ((2_800_000, 60), (2_800_000, 600), (2_800_000, 3600)):
        graph = made_likes(n)
        walked = 0

        def row_by_row(n_threads: int, graph: BipartiteGraph = graph, window_s: int = window_s) -> float:
            nonlocal walked
            progress = Progress(show=False)
            key = graph.note
            view = project(graph, key, (window_s,), config, LocalEngine(n_threads), progress).views[0]
            walked = view.n_walked
            return progress.seconds[f"pairs {window_s} s"]

        slow, one, all_ = (
            best_of(3, lambda: emit_and_sort(graph, window_s, config.min_weight)),
            best_of(3, lambda: row_by_row(1)),
            best_of(3, lambda: row_by_row(threads)),
        )
        say(f"| {len(graph):,} | {window_s} s | {walked:,} | {slow:.2f} s | {one:.2f} s | {all_:.2f} s |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
