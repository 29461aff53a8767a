"""The embedded engine: one process, a few threads, kernels that release the interpreter lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from graphkit.engines.pairs import PairCount, PairWork
from graphkit.engines.room import Room
from graphkit.engines.spread import Work
from graphkit.errors import ConfigError

T = TypeVar("T")
R = TypeVar("R")


class LocalEngine:
    """Maps a function over independent blocks of work.

    Parameters
    ----------
    threads
        Threads to use; by default the processors this process may run on.
    room
        What memory the run may take; by default half of what is free.

    Raises
    ------
    ConfigError
        When `threads` is below one.
    """

    name = "local"

    def __init__(self, threads: int | None = None, room: Room | None = None) -> None:
        if threads is not None and threads < 1:
            raise ConfigError(f"threads {threads}", wanted="at least 1", todo="mend --threads")
        self.threads = threads or len(os.sched_getaffinity(0))
        self.room = room or Room()

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield ``function(item)`` for every item, in the order of the items.

        At most ``threads + 1`` results exist at once, so that memory stays bounded whatever the number of items.
        """
        if self.threads == 1:
            yield from map(function, items)
            return
        queue = iter(items)
        with ThreadPoolExecutor(self.threads) as pool:
            pending: list[Future[R]] = [pool.submit(function, item) for item in islice(queue, self.threads + 1)]
            while pending:
                result = pending.pop(0).result()
                for item in islice(queue, 1):
                    pending.append(pool.submit(function, item))
                yield result

    def count_pairs(self, work: PairWork) -> PairCount:
        """Count the pairs of a window, blocks of users in several threads."""
        # Kernels take half a second to import; reading does without these.
        from graphkit.engines.rows import count_by_rows

        return count_by_rows(work, self.map, self.room)

    def do(self, work: Work[R]) -> R:
        """Do work in this process."""
        return work.here(self)

    @contextmanager
    def ahead(self, items: Iterable[R], size: int = 0) -> Iterator[Iterator[R]]:
        """Make `items` one ahead of their use: an iterator of them, the next being made while one is worked with.

        The first is begun at once. With one thread, or where making an item takes more memory (`size`, bytes) than the
        room has left, each is made when it is asked for. Leaving the block waits for what is being made, and makes no
        more.
        """
        source = iter(items)
        if self.threads == 1 or size > self.room.left:
            yield source
            return
        with ThreadPoolExecutor(1) as pool:

            def follow(first: Future[tuple[R] | None]) -> Iterator[R]:
                made = first.result()
                while made is not None:
                    coming = pool.submit(_take, source)
                    yield made[0]
                    made = coming.result()

            yield follow(pool.submit(_take, source))


def _take(source: Iterator[R]) -> tuple[R] | None:
    """Return the next item in a tuple of its own, or ``None`` where there is none."""
    return next(((item,) for item in source), None)
