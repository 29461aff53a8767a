"""The embedded engine: order, laziness, and what goes wrong in a thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from graphkit.engines import LocalEngine, Room
from graphkit.engines.memory import free_bytes
from graphkit.engines.room import BASE_BYTES

WAIT_S = 30


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_map__keeps_the_order_of_the_items(threads: int) -> None:
    assert list(LocalEngine(threads).map(lambda n: n * n, range(20))) == [n * n for n in range(20)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [0, 1, 7])
def test_ahead__yields_every_item_in_order(threads: int, n: int) -> None:
    with LocalEngine(threads).ahead(range(n)) as items:
        assert list(items) == list(range(n))


def test_ahead__makes_the_next_item_while_one_is_in_use() -> None:
    made = [threading.Event() for _ in range(3)]

    def source() -> Iterator[int]:
        for n, event in enumerate(made):
            event.set()
            yield n

    with LocalEngine(2).ahead(source()) as items:
        assert made[0].wait(WAIT_S)  # before anybody asks
        assert next(items) == 0
        assert made[1].wait(WAIT_S)
        assert not made[2].is_set()


def test_ahead__with_one_thread_makes_an_item_when_asked() -> None:
    made: list[int] = []
    with LocalEngine(1).ahead(made.append(n) or n for n in range(3)) as items:  # type: ignore[func-returns-value]
        assert made == []
        assert next(items) == 0
        assert made == [0]


def test_ahead__an_item_larger_than_what_the_room_has_left_is_made_when_asked() -> None:
    engine = LocalEngine(2, Room(BASE_BYTES + 100))
    made: list[int] = []
    with engine.ahead((made.append(n) or n for n in range(3)), 101) as items:  # type: ignore[func-returns-value]
        assert next(items) == 0
        assert made == [0]
    began = threading.Event()

    def source() -> Iterator[int]:
        began.set()
        yield 0

    with engine.ahead(source(), 100):
        assert began.wait(WAIT_S)


def test_free_bytes__is_what_the_system_says() -> None:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert total / 100 < free_bytes() < total


@pytest.mark.parametrize("threads", [1, 2])
def test_ahead__raises_where_the_item_is_asked_for(threads: int) -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with LocalEngine(threads).ahead(source()) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="no more"):
            next(items)


def test_ahead__leaving_early_makes_no_more() -> None:
    made: list[int] = []
    with LocalEngine(2).ahead(made.append(n) or n for n in range(9)) as items:  # type: ignore[func-returns-value]
        next(items)
    assert len(made) <= 2
