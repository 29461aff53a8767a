"""Pairs counted in slabs and weighed where they meet again, against counting them row by row."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.neighbours import window_bounds
from graphkit._kernels.slabs import co_likes
from graphkit.engines import LocalEngine
from graphkit.engines.pairs import Pairs, PairWork
from graphkit.engines.spark.slabs import Activity, Limits, Share, Slab, combined, emit, weigh
from graphkit.likes.model import Likes
from graphkit.projection.null import most_expected
from tests.worlds import seeded_world, worlds

pytestmark = pytest.mark.kernels


def work_of(likes: Likes, window_us: int, seed: int, max_p: float = 0.5) -> PairWork:
    """Return work with some likes left out and made-up rates: what prunes and rates is tested elsewhere."""
    graph, draw = likes.bipartite(), np.random.default_rng(seed)
    alive = draw.random(len(likes)) < 0.8
    rate = draw.integers(0, 2**26, len(likes)).astype(np.uint32) * alive
    by_user = graph.by_user_time
    return PairWork(
        graph.user,
        graph.ts,
        likes.breadth_keys(3600),
        graph.note_ptr,
        alive,
        graph.user_ptr,
        graph.ts[by_user],
        rate[by_user],
        window_us,
        2,
        1,
        most_expected(max_p),
    )


def as_rows(blocks: list[Pairs]) -> list[tuple[int, ...]]:
    return sorted(row for pairs in blocks for row in zip(*(column.tolist() for column in pairs), strict=True))


def in_slabs(work: PairWork, n_slabs: int, n_tasks: int) -> tuple[list[Pairs], int]:
    """Do what the executors do, one after the other; return the pairs, and the co-likes written down."""
    at = np.flatnonzero(work.alive)
    user, key = work.user[at], work.key[at]
    _, high = window_bounds(work.ts[at], np.searchsorted(at, work.note_ptr).astype(np.int64), work.window)
    bounds = np.unique(np.linspace(0, len(at), n_slabs + 1).astype(int))
    slabs = [
        Slab(user[a : high[a:b].max()], key[a : high[a:b].max()], (high[a:b] - a).astype(np.int32))
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]
    tasks: dict[int, list[tuple[int, Share]]] = {task: [] for task in range(n_tasks)}
    for slab in slabs:
        for task, share in emit([slab], n_tasks):
            tasks[task].append((task, share))
    limits = Limits(work.window, work.min_weight, work.min_breadth, work.most_expected)
    known: Any = SimpleNamespace(value=Activity(work.user_ptr, work.user_ts, work.user_rate))
    found = [pairs for shares in tasks.values() for pairs in weigh(shares, limits, known)]
    return found, sum(int(share.n.sum()) for shares in tasks.values() for _, share in shares)


@given(worlds(), st.integers(0, 60), st.integers(1, 7), st.integers(1, 5), st.integers(0, 9))
def test_slabs_find_what_rows_find(world: Any, window_s: int, n_slabs: int, n_tasks: int, seed: int) -> None:
    work = work_of(world.likes, window_s * 1_000_000, seed)
    counted = LocalEngine(1).count_pairs(work)
    found, co = in_slabs(work, n_slabs, n_tasks)
    assert as_rows(found) == as_rows([pairs for pairs, _ in counted.blocks])
    assert counted.n_walked == 2 * co + int(work.alive.sum())


@pytest.mark.parametrize("seed", [1, 2])
def test_slabs_of_a_larger_world(seed: int) -> None:
    work = work_of(seeded_world(seed).likes, 600_000_000, seed)
    rows = as_rows([pairs for pairs, _ in LocalEngine(2).count_pairs(work).blocks])
    assert len(rows) > 30
    for n_slabs, n_tasks in ((1, 1), (40, 7)):
        assert as_rows(in_slabs(work, n_slabs, n_tasks)[0]) == rows


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 4)), max_size=20).map(sorted))
def test_combined_adds_up_equals(rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    found = combined(columns[0], columns[1].astype(np.int32), columns[2].astype(np.int32))
    wanted: dict[tuple[int, int], int] = {}
    for pair, key, n in rows:
        wanted[pair, key] = wanted.get((pair, key), 0) + n
    assert list(zip(*(column.tolist() for column in found), strict=True)) == [(*k, n) for k, n in wanted.items()]


def test_a_slab_owns_what_begins_in_it() -> None:
    user, key = np.array([5, 2, 9], np.int32), np.array([4, 7, 1], np.int32)
    pair, smaller = co_likes(user, key, np.array([3], np.int32))  # one like of its own, two ghosts
    assert pair.tolist() == [2 << 32 | 5, 5 << 32 | 9]
    assert smaller.tolist() == [4, 1]
