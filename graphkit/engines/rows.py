"""Counting pairs where all likes are at hand: user by user, blocks of users in several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from graphkit._kernels.pairs import count_pairs, row_work
from graphkit.engines.layout import lay_out
from graphkit.engines.pairs import PairCount, Pairs, PairWork
from graphkit.engines.room import Room

#: Likes walked by one task: long enough to drown its overhead, short enough to share the work and show progress.
_TASK_WORK = 5_000_000
#: A task clears as many counters as there are users, notes and keys: it walks at least so many times that.
_TASK_COUNTERS = 4


def count_by_rows(
    work: PairWork, map_: Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]], room: Room
) -> PairCount:
    """Count the pairs of a window; `map_` applies a function to blocks of users, and `room` holds their likes.

    A pair is weighed by a walk over the likes of whom has fewer, so pairs are counted among ranks, most likes first.
    """
    code = np.argsort(-np.diff(work.user_ptr), kind="stable").astype(np.int32)
    rank = np.empty(work.n_users, np.int32)
    rank[code] = np.arange(work.n_users, dtype=np.int32)
    user, row_ptr, lo, hi, note, ts, key = lay_out(
        work.user, rank, work.ts, work.key, work.note_ptr, work.alive, work.window, room, map_
    )
    n_notes, n_keys = len(work.note_ptr) - 1, int(work.key.max(initial=-1)) + 1
    walked = row_work(lo, hi, row_ptr)
    total = int(walked.sum())
    task = max(_TASK_WORK, _TASK_COUNTERS * (work.n_users + n_notes + n_keys))
    cuts = np.searchsorted(np.cumsum(walked), np.arange(task, total, task))
    bounds = np.unique(np.concatenate([[0], cuts, [work.n_users]])).astype(np.int64)

    def count(block: tuple[int, int]) -> tuple[Pairs, int]:
        first, last = block
        u, v, weight, breadth, expected2 = count_pairs(
            first,
            last,
            user,
            row_ptr,
            lo,
            hi,
            note,
            ts,
            key,
            n_notes,
            n_keys,
            code,
            work.user_ptr,
            work.user_ts,
            work.user_rate,
            work.window,
            work.min_weight,
            work.min_breadth,
            work.most_expected,
        )
        one, other = code[u], code[v]
        pairs = Pairs(np.minimum(one, other), np.maximum(one, other), weight, breadth, expected2)
        return pairs, int(walked[first:last].sum())

    return PairCount(total, map_(count, pairwise(bounds.tolist())))
