"""Keys, CSV twins, batch directories and the list of the protected."""

from __future__ import annotations

import csv
import errno
import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.columns import TIMESTAMP, Kind
from graphkit.errors import InputError, OutputError
from graphkit.purge import load_batch
from graphkit.purge.csv_twin import escape, unescape, write_csv
from graphkit.purge.keys import fractions, like_keys
from graphkit.purge.protect import Protected, read_protected
from graphkit.schemas import BATCH
from tests.purge.made import START, Like, made_run, plan, same_tables

TEXTS = {kind: pa.string() for kind in (Kind.USER_ID, Kind.NOTE_ID, Kind.AUTHOR_ID)}
INTS = {kind: pa.int64() for kind in TEXTS}
SMALL = made_run([Like(f"u{i}", f"n{i % 3}") for i in range(9)], authors={"n0": "a"})


def likes(user: Any, note: Any, kind: pa.DataType, unit: str = "us") -> pa.Table:
    ts = pa.array([START]).cast(pa.timestamp(unit, "UTC")).cast(TIMESTAMP)
    return pa.table({"user_id": pa.array([user], kind), "note_id": pa.array([note], kind), "ts": ts})


# --------------------------------------------------------------------------------------------------
# Keys


def test_keys__stay_as_they_are_for_ever() -> None:
    text = b'["u0", "n0", 1795334400000000]'
    assert like_keys(likes("u0", "n0", pa.string())).to_pylist() == [blake2b(text, digest_size=16).hexdigest()]
    assert like_keys(likes("u0", "n0", pa.string())).to_pylist() == ["34458bd670fbf5ccb074701fdf339f3f"]


def test_keys__texts_and_integers_are_told_apart_and_widths_are_not() -> None:
    text, wide, narrow = (
        like_keys(likes(*ids)).to_pylist() for ids in (("7", "8", pa.string()), (7, 8, pa.int64()), (7, 8, pa.int16()))
    )
    assert text != wide == narrow


def test_keys__user_and_note_are_not_run_together() -> None:
    assert like_keys(likes("ab", "c", pa.string())) != like_keys(likes("a", "bc", pa.string()))


def test_fractions__are_the_first_digits() -> None:
    assert fractions(pa.array(["8" + "0" * 31, "0" * 32, "f" * 32])).tolist() == [0.5, 0.0, 1 - 2.0**-52]


# --------------------------------------------------------------------------------------------------
# CSV


@given(st.text())
def test_escape__unescape_gives_it_back_and_no_formula_is_left(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_csv__ids_with_everything_in_them_come_back(tmp_path: Path) -> None:
    nasty = ["=1+1", "+7", "-7", "@SUM(A1)", "'quoted", "a,b", 'say "hi"', "two\nlines", "赞 ", "\tx", "\r"]
    write_csv(pa.table({"user_id": nasty, "n": range(len(nasty))}), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [unescape(row["user_id"]) for row in rows] == nasty
    assert [int(row["n"]) for row in rows] == [*range(len(nasty))]


def test_csv__numbers_times_lists_and_nulls(tmp_path: Path) -> None:
    table = pa.table(
        {
            "i": pa.array([-5, None]),
            "x": pa.array([0.1, None]),
            "ts": pa.array([START, None], TIMESTAMP),
            "codes": pa.array([["A", "B"], None]),
        }
    )
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "i,x,ts,codes",
        "-5,0.1,2026-11-22T08:00:00.000000+00:00,A B",
        ",,,",
    ]


def test_csv__twins_hold_what_parquet_holds(tmp_path: Path) -> None:
    where = plan(SMALL).save(tmp_path / "batch")
    for name in ("purge", "held", "restore"):
        with (where / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        table = pq.read_table(where / f"{name}.parquet")
        assert [row["key"] for row in rows] == table["key"].to_pylist()
        assert [*rows[0]] == table.column_names if rows else table.num_rows == 0


# --------------------------------------------------------------------------------------------------
# Directories


def test_batch__comes_back_as_it_went(tmp_path: Path) -> None:
    batch = plan(SMALL)
    back = load_batch(batch.save(tmp_path / "batch"))
    assert same_tables(batch, back)
    assert {key: back.info[key] for key in batch.info} == batch.info
    assert {p.name for p in (tmp_path / "batch").iterdir()} == {
        "batch.json",
        *(f"{table.name}.parquet" for table in BATCH),
        *(f"{name}.csv" for name in ("purge", "held", "restore")),
    }


def test_batch__what_stands_there_is_replaced_only_by_force_and_only_a_batch(tmp_path: Path) -> None:
    batch = plan(SMALL)
    batch.save(tmp_path / "batch")
    with pytest.raises(OutputError, match="exists"):
        batch.save(tmp_path / "batch")
    batch.save(tmp_path / "batch", force=True)
    SMALL.save(tmp_path / "run")
    with pytest.raises(OutputError, match="is not a batch directory"):
        batch.save(tmp_path / "run", force=True)
    assert (tmp_path / "run" / "run.json").is_file()


@pytest.mark.parametrize("name", ["purge.parquet", "purge.csv", "restore.parquet", "notices.parquet"])
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_batch__a_tampered_file_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    where = plan(SMALL).save(tmp_path / "batch")
    if damage == "changed":
        other = plan(SMALL, max_likes=4, max_users=4).save(tmp_path / "other")
        (where / name).write_bytes((other / name).read_bytes())
    else:
        (where / name).unlink()
    with pytest.raises(OutputError, match=f"{name}: {'not what was written' if damage == 'changed' else 'missing'}"):
        load_batch(where)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"batch_id": "x"}', '{"batch_id": "x", "format": 99, "files": {}}'])
def test_batch__no_batch_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "batch.json").write_text(text)
    with pytest.raises(OutputError) as caught:
        load_batch(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("nth", range(1, len(BATCH) + 1))
def test_batch__a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    write, calls = pq.write_table, []

    def full(table: pa.Table, where: Any, **how: Any) -> None:
        calls.append(where)
        if len(calls) == nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(table, where, **how)

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OutputError, match="No space left on device"):
        plan(SMALL).save(tmp_path / "batch")
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------------------------
# The protected


def test_protected__every_id_of_a_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("author_id,user_id\na1,\n,u2\na1,u1\n")
    assert read_protected(path, TEXTS) == Protected(users=("u1", "u2"), authors=("a1",))


def test_protected__parquet_and_integers(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"note_id": pa.array([3, 1], pa.int32())}), path)
    assert read_protected(path, INTS) == Protected(notes=(1, 3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user,note_id\n1,2\n", "unknown column 'user'"),
        ("user_id\nseven\n", "'seven' is not an integer"),
        ("", "no column at all"),
    ],
)
def test_protected__refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_protected(path, INTS)
    assert "\n" not in str(caught.value)
