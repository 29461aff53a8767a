"""Executors that are none: parts of records in this process, which arrive in any order, pickled, and are made twice."""

from __future__ import annotations

import pickle  # noqa: TID251  what Spark does with records and functions
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from graphkit.engines import LocalEngine

Make = Callable[[int], list[Any]]


class Parts:
    """See `graphkit.engines.spread.Spread`; parts are made when they are asked for, each time anew unless held."""

    def __init__(self, n: int, make: Make, seed: int) -> None:
        self.n, self.make, self.seed = n, make, seed
        self.kept: dict[int, bytes] | None = None

    def part(self, number: int) -> list[Any]:
        if self.kept is None:
            return self.make(number)
        if number not in self.kept:
            self.kept[number] = pickle.dumps(self.make(number))
        return pickle.loads(self.kept[number])

    def map(self, function: Callable[[Iterator[Any]], Iterable[Any]]) -> Parts:
        sent = pickle.dumps(function)  # as it goes to executors
        return Parts(self.n, lambda number: list(pickle.loads(sent)(iter(self.part(number)))), self.seed)

    def sent(self, parts: int) -> Parts:
        arrived: list[list[bytes]] = []

        def make(number: int) -> list[Any]:
            if not arrived:
                arrived.extend([] for _ in range(parts))
                for source in range(self.n):
                    for to, record in self.part(source):
                        arrived[to].append(pickle.dumps(record))
            random.Random(self.seed + number).shuffle(arrived[number])
            return [pickle.loads(record) for record in arrived[number]]

        return Parts(parts, make, self.seed + 1)

    def beside(self, other: Parts) -> Parts:
        assert self.n == other.n
        return Parts(self.n, lambda number: [(self.part(number), other.part(number))], self.seed)

    def held(self) -> Parts:
        held = Parts(self.n, self.make, self.seed)
        held.kept = {}
        return held

    def drop(self) -> None:
        self.kept = None

    def collect(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        for number in range(self.n):
            self.make(number)  # a task that is done twice
            yield from self.part(number)


class Apart(LocalEngine):
    """The embedded engine, but for work that can be done apart, which it does in so many parts."""

    def __init__(self, parts: int, task_rows: int = 1 << 20, seed: int = 0) -> None:
        super().__init__(2)
        self.parts, self.task_rows, self.seed = parts, task_rows, seed

    def do(self, work: Any) -> Any:
        return work.apart(self)

    def spread(self, items: Sequence[Any]) -> Parts:
        sent = [pickle.dumps(item) for item in items]
        return Parts(len(items), lambda number: [pickle.loads(sent[number])], self.seed)
