"""The Spark engine: the driver does what is one pass over the likes, executors what is one over their pairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from graphkit.engines.local import LocalEngine
from graphkit.engines.pairs import I32, I64, PairCount, Pairs, PairWork
from graphkit.engines.room import Room
from graphkit.engines.spark.slabs import Activity, Limits, Slab, emit, weigh
from graphkit.errors import CapacityError, EngineError, GraphkitError

if TYPE_CHECKING:
    from graphkit.engines.spark.session import SparkSession

#: Co-likes that a task writes down at most, or those of one like: 12 bytes each, and as much again to sort them.
TASK_CO_LIKES = 4_000_000
#: As how many co-likes a like counts: so that few tasks are sent many likes.
_LIKE_LOAD = 4


class SparkEngine(LocalEngine):
    """Counts pairs on a Spark cluster; all else as the embedded engine does it, in the driver's process.

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
    ) -> None:
        super().__init__(threads, room)
        self._context = session.sparkContext
        self._partitions = partitions or self._context.defaultParallelism
        self._task_co_likes = task_co_likes

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
        bounds = _cuts(load, min(self._task_co_likes, 1 + int(load.sum()) // self._partitions))
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
            raise _explained(error, work.window) from error
        finally:
            activity.destroy()
        if blocks:
            yield Pairs(*(np.concatenate(column) for column in zip(*blocks, strict=True))), n_walked


def _explained(error: Exception, window: int) -> GraphkitError:
    """Return what stopped a job as one line."""
    told = str(error)
    what = f"pairs at {window / 1_000_000:g} s"
    if "spark.driver.maxResultSize" in told:
        size = told.partition("Total size of serialized results ")[2].partition(" is bigger than")[0]
        limit = told.partition("spark.driver.maxResultSize (")[2].partition(")")[0]
        return CapacityError(
            f"{what} that may be significant: {size}",
            wanted=f"at most {limit}, which the driver takes",
            todo="raise spark.driver.maxResultSize and the driver's memory, or projection.min_weight",
        )
    causes = [line.strip() for line in told.splitlines() if "Error: " in line or "Exception: " in line]
    return EngineError(
        f"{what}: Spark gave up: {(causes or told.splitlines() or [type(error).__name__])[-1][:200]}",
        wanted="executors that live, with graphkit and numba in their Python",
        todo="look into the logs of the executors",
    )


def _cuts(size: I64, most: int) -> list[int]:
    """Return where to cut so that no stretch adds up to more than `most`; ends included. Larger sizes stand alone."""
    total = np.cumsum(size)
    cuts = [0]
    while cuts[-1] < len(size):
        base = int(total[cuts[-1] - 1]) if cuts[-1] else 0
        cuts.append(max(int(np.searchsorted(total, base + most, "right")), cuts[-1] + 1))
    return cuts
