"""Records of a Spark cluster, as `graphkit.engines.spread` has them: RDDs of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from graphkit.engines.spark.session import on_disk
from graphkit.engines.spark.told import explained
from graphkit.engines.spread import Spread

if TYPE_CHECKING:
    from graphkit.engines.spark.session import RDD, SparkContext

#: Parts that the driver is sent at once: a job for each part would take longer than its records.
_AT_ONCE = 8

T = TypeVar("T")
R = TypeVar("R")


class SparkExecutors:
    """Where work is done apart.

    Parameters
    ----------
    context
        Of a running session.
    parts, task_rows
        As in `graphkit.engines.spread.Executors`.
    what
        The work, for messages.
    """

    def __init__(self, context: SparkContext, parts: int, task_rows: int, what: str) -> None:
        self._context = context
        self.parts = parts
        self.task_rows = task_rows
        self._what = what

    def spread(self, items: Sequence[T]) -> Spread[T]:
        """See `graphkit.engines.spread.Executors`."""
        return SparkSpread(self._context.parallelize(items, max(1, len(items))), self._what)


class SparkSpread(Spread[T]):
    """See `graphkit.engines.spread.Spread`.

    Parameters
    ----------
    rdd
        The records.
    what
        The work, for messages.
    """

    def __init__(self, rdd: RDD[Any], what: str) -> None:
        self.rdd = rdd
        self._what = what

    def map(self, function: Callable[[Iterator[T]], Iterable[R]]) -> Spread[R]:
        """See `graphkit.engines.spread.Spread`."""
        return SparkSpread(self.rdd.mapPartitions(function), self._what)

    def sent(self: Spread[tuple[int, R]], parts: int) -> Spread[R]:
        """See `graphkit.engines.spread.Spread`."""
        assert isinstance(self, SparkSpread)
        return SparkSpread(self.rdd.partitionBy(parts, int).mapPartitions(_values), self._what)

    def beside(self, other: Spread[R]) -> Spread[tuple[list[T], list[R]]]:
        """See `graphkit.engines.spread.Spread`."""
        assert isinstance(other, SparkSpread)
        return SparkSpread(self.rdd.glom().zip(other.rdd.glom()), self._what)

    def held(self) -> Spread[T]:
        """See `graphkit.engines.spread.Spread`; on the executors' disks, so that their memory is for the work."""
        return SparkSpread(self.rdd.persist(on_disk()), self._what)

    def drop(self) -> None:
        """See `graphkit.engines.spread.Spread`."""
        with suppress(Exception):  # a cluster that is gone holds nothing, and what became of it is told already
            self.rdd.unpersist()

    def collect(self) -> list[T]:
        """See `graphkit.engines.spread.Spread`."""
        with self._explained():
            found: list[T] = self.rdd.collect()
            return found

    def __iter__(self) -> Iterator[T]:
        """See `graphkit.engines.spread.Spread`."""
        n = self.rdd.getNumPartitions()
        for first in range(0, n, _AT_ONCE):
            with self._explained():
                found: list[T] = self.rdd.context.runJob(self.rdd, _all, range(first, min(first + _AT_ONCE, n)))
            yield from found

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise explained(error, self._what, "lower the task_rows of SparkEngine") from error


def _values(pairs: Iterable[tuple[int, R]]) -> Iterator[R]:
    return (record for _, record in pairs)


def _all(records: Iterable[R]) -> Iterable[R]:
    return records
