"""The Spark engine: executors read, number and order likes and count their pairs; the driver does the rest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from graphkit.engines.cuts import cuts
from graphkit.engines.local import LocalEngine
from graphkit.engines.pairs import I32, PairCount, Pairs, PairWork
from graphkit.engines.room import Room
from graphkit.engines.spark.slabs import Activity, Limits, Slab, emit, weigh
from graphkit.engines.spark.spread import SparkExecutors
from graphkit.engines.spark.told import explained
from graphkit.engines.spread import Work

if TYPE_CHECKING:
    from graphkit.engines.spark.session import SparkSession

R = TypeVar("R")

#: Co-likes that a task writes down at most, or those of one like: 12 bytes each, and as much again to sort them.
TASK_CO_LIKES = 4_000_000
#: As how many co-likes a like counts: so that few tasks are sent many likes.
_LIKE_LOAD = 4


#: Rows that a task reads or settles at most, where row groups allow it: some hundred bytes each.
TASK_ROWS = 1 << 20


class SparkEngine(LocalEngine):
    """Reads likes and counts pairs on a Spark cluster; all else as the embedded engine, in the driver's process.

    Parameters
    ----------
    session
        A running session; :func:`graphkit.engines.spark.session.spark_session` makes one. Its executors need graphkit.
    partitions
        Tasks of each stage at least; by default as many as the cluster runs at once.
    threads
        Threads of the driver; by default the processors this process may run on.
    room
        What memory the driver may take; by default half of what is free.
    task_co_likes
        Co-likes that a task writes down at most; those of a single like are not cut. There are as many tasks as that
        takes.
    task_rows
        Rows of the input that a task reads, numbers or settles at most; a row group is not cut.

    Raises
    ------
    ConfigError
        When `threads` is below one.
    """

    name = "spark"

    def __init__(
        self,
        session: SparkSession,
        *,
        partitions: int | None = None,
        threads: int | None = None,
        room: Room | None = None,
        task_co_likes: int = TASK_CO_LIKES,
        task_rows: int = TASK_ROWS,
    ) -> None:
        super().__init__(threads, room)
        self._context = session.sparkContext
        self._partitions = partitions or self._context.defaultParallelism
        self._task_co_likes = task_co_likes
        self._task_rows = task_rows

    def do(self, work: Work[R]) -> R:
        """Do work on executors."""
        return work.apart(SparkExecutors(self._context, self._partitions, self._task_rows, work.name))

    def count_pairs(self, work: PairWork) -> PairCount:
        """Count the pairs of a window on executors.

        Slabs of likes by (note, ts), cut where their co-likes are as many as a task may have, go out with the likes
        after them that are within the window; their co-likes are combined there, and those of one pair brought
        together, counted and weighed in one task. Nothing but the pairs that may turn out significant comes back.
        """
        from graphkit._kernels.neighbours import window_bounds

        at = np.flatnonzero(work.alive)
        ptr = np.searchsorted(at, work.note_ptr).astype(np.int64)
        low, high = window_bounds(work.ts[at], ptr, work.window)
        n_walked = int(np.sum(high.astype(np.int64) - low))
        return PairCount(n_walked, self._blocks(work, work.user[at], work.key[at], high, n_walked))

    def _blocks(self, work: PairWork, user: I32, key: I32, high: I32, n_walked: int) -> Iterator[tuple[Pairs, int]]:
        own = high - np.arange(1, len(high) + 1)  # co-likes of each like with later ones
        n_tasks = max(self._partitions, -(-int(own.sum()) // self._task_co_likes))
        load = own + _LIKE_LOAD
        bounds = cuts(load, min(self._task_co_likes, 1 + int(load.sum()) // self._partitions))
        slabs = [
            Slab(user[first : high[last - 1]], key[first : high[last - 1]], high[first:last] - np.int32(first))
            for first, last in pairwise(bounds)
        ]
        if not slabs:
            return
        limits = Limits(work.window, work.min_weight, work.min_breadth, work.most_expected)
        activity = self._context.broadcast(Activity(work.user_ptr, work.user_ts, work.user_rate))
        found = (
            self._context.parallelize(slabs, len(slabs))
            .mapPartitions(lambda part: emit(part, n_tasks))
            .partitionBy(n_tasks, int)
            .mapPartitions(lambda shares: weigh(shares, limits, activity))
        )
        try:
            blocks = found.collect()
        except Exception as error:
            raise explained(error, f"pairs at {work.window / 1_000_000:g} s", "projection.min_weight") from error
        finally:
            activity.destroy()
        if blocks:
            yield Pairs(*(np.concatenate(column) for column in zip(*blocks, strict=True))), n_walked
