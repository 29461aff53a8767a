"""Reading in parts that share nothing gives what reading in one process gives, whatever the parts hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import InputConfig
from graphkit.engines import LocalEngine, Room
from graphkit.engines.room import BASE_BYTES
from graphkit.errors import InputError
from graphkit.likes import cells, pieces, read_likes
from graphkit.likes.parts import FilePart
from graphkit.simulation import simulate
from tests.engines.apart import Apart
from tests.examples import examples
from tests.likes.crowd import crowded
from tests.likes.naive import Row, same
from tests.likes.test_laws import _absent, _rows, read, without

pytestmark = [pytest.mark.kernels, pytest.mark.slow]

ONE = LocalEngine(1)


@given(_rows, _absent, st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
@examples(60)
def test_equals_reading_here(rows: list[Row], absent: set[str], parts: int, task_rows: int, seed: int) -> None:
    rows = without(rows, absent)
    here, apart = read(rows, ONE), read(rows, Apart(parts, task_rows, seed))
    assert (here is None) == (apart is None)
    if here is not None and apart is not None:
        same(here, apart)


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("parts", [1, 8, 64])
def test_worlds_in_parts(bare: bool, parts: int) -> None:
    world = simulate("small", seed=parts, users=600, days=4, bare=bare)
    tables: dict[str, Any] = {} if bare else {"users": world.users, "notes": world.notes}
    same(read_likes(world.likes, engine=ONE, **tables), read_likes(world.likes, engine=Apart(parts), **tables))


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each task settles."""
    sizes: list[int] = []
    real = cells.settle

    def counted(placed: Iterator[cells.Placed]) -> Iterator[cells.Settled]:
        its = list(placed)
        sizes.append(sum(len(one.rows) for one in its))
        return real(iter(its))

    # Functions are sent by name, and this one is found under the name of the other.
    counted.__module__, counted.__qualname__ = real.__module__, real.__qualname__
    monkeypatch.setattr(cells, "settle", counted)
    return sizes


def test_a_hot_note_a_hot_user_and_a_hot_hour_are_cut(settled: list[int]) -> None:
    table = crowded(12_000, 1)
    same(read_likes(table, engine=ONE), read_likes(table, engine=Apart(4, task_rows=1000)))
    assert len(settled) > 12
    # 4,000 rows of one note go by user, and no hash shares 500 users out evenly.
    assert max(settled) < 1500


def test_ids_are_never_all_with_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    world = simulate("small", seed=3, users=900, days=4, bare=True)
    seen: list[int] = []
    real = pieces.bounds

    def counted(kind: pa.DataType, samples: list[tuple[int, pa.Array]], ranges: int) -> pa.Array:
        seen.append(sum(len(ids) for _, ids in samples))
        return real(kind, samples, ranges)

    monkeypatch.setattr(pieces, "bounds", counted)
    likes = read_likes(world.likes, engine=Apart(2))
    assert max(seen) <= 2 * 20 + 2 < likes.n_notes < likes.n_users


def test_what_is_received_stands_in_files_beyond_the_budget(tmp_path: Path) -> None:
    table = crowded(60_000, 2)
    engine = Apart(2)
    engine.room = Room(BASE_BYTES + 60_000 * 40, tmp_path)
    likes = read_likes(table, engine=engine)
    assert likes.room.in_files > len(likes) * 12
    same(read_likes(table, engine=ONE), likes)


def test_a_file_that_changes_after_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "likes.parquet"
    pq.write_table(crowded(100, 3), path)
    real = pieces.bounds

    def late(*arguments: Any) -> pa.Array:
        pq.write_table(crowded(100, 4), path)
        return real(*arguments)

    monkeypatch.setattr(pieces, "bounds", late)
    with pytest.raises(InputError, match="changed while it was being read"):
        read_likes(path, engine=Apart(2))


def test_a_file_that_executors_do_not_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "likes.parquet"
    pq.write_table(crowded(100, 3), path)
    elsewhere = FilePart.__setstate__

    def arrived(self: FilePart, state: dict[str, Any]) -> None:
        where, *rest = state["info"]
        elsewhere(self, state | {"info": (where + ".elsewhere", *rest)})

    monkeypatch.setattr(FilePart, "__setstate__", arrived)
    with pytest.raises(
        InputError, match=r"likes.parquet: executors do not find it; wanted files at .* \(--engine local\)"
    ):
        read_likes(path, config=InputConfig(), engine=Apart(2))
