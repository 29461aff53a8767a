"""Work on records that no one process holds: what executors offer, and work that knows how to be done either way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from graphkit.engines.engine import Engine

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Spread(Protocol[T]):
    """Records in numbered parts, each part where some executor can make it, and make it again.

    Records are few and large, arrays of many rows. They come to a part in any order, and a part may be made more than
    once, so that what is made of one must depend on nothing else.
    """

    def map(self, function: Callable[[Iterator[T]], Iterable[R]]) -> Spread[R]:
        """Return what `function`, which is sent to the executors, makes of the records of each part."""
        ...

    def sent(self: Spread[tuple[int, R]], parts: int) -> Spread[R]:
        """Return the records in `parts` new parts, each in the one whose number it came with."""
        ...

    def beside(self, other: Spread[R]) -> Spread[tuple[list[T], list[R]]]:
        """Return one record for each part: all records of the part, and all of the same part of `other`."""
        ...

    def held(self) -> Spread[T]:
        """Return the same records, which from now on are made once and kept by the executors."""
        ...

    def drop(self) -> None:
        """Let go of what is held."""
        ...

    def collect(self) -> list[T]:
        """Return all records, in the order of the parts; for what is small."""
        ...

    def __iter__(self) -> Iterator[T]:
        """Yield all records, in the order of the parts, while this process holds those of a few."""
        ...


class Executors(Protocol):
    """Where work can be done apart.

    Attributes
    ----------
    parts
        How many parts keep all executors busy.
    task_rows
        How many rows one task holds at most, where they can be cut.
    """

    parts: int
    task_rows: int

    def spread(self, items: Sequence[T]) -> Spread[T]:
        """Return items of this process as records, each a part of its own."""
        ...


class Work(Protocol[R_co]):
    """Work that can be done in two ways, with one result."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def here(self, engine: Engine) -> R_co:
        """Do it in this process, over arrays that its threads share."""
        ...

    def apart(self, executors: Executors) -> R_co:
        """Do it on executors, which share nothing."""
        ...
