"""What a stage may ask of an engine: all that is written twice, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from graphkit.engines.pairs import PairCount, PairWork
from graphkit.engines.room import Room
from graphkit.engines.spread import Work

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Where the work is executed. What is computed does not depend on it, to the last bit.

    Attributes
    ----------
    name
        As ``graphkit detect --engine`` calls it.
    threads
        Threads of this process that work.
    room
        Where arrays of this process as long as the likes stand.
    """

    name: str
    threads: int
    room: Room

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield ``function(item)`` for every item, in the order of the items, in threads of this process."""
        ...

    def ahead(self, items: Iterable[R], size: int = 0) -> AbstractContextManager[Iterator[R]]:
        """Make `items` one ahead of their use, where making one takes `size` bytes and memory allows."""
        ...

    def count_pairs(self, work: PairWork) -> PairCount:
        """Count the co-likes of every pair of users, and weigh those pairs that reach the minimum."""
        ...

    def do(self, work: Work[R]) -> R:
        """Do work where this engine works, and return what comes of it."""
        ...
