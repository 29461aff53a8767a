"""Users and notes, joined to the likes."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import InputConfig
from graphkit.likes import NO_TIME, Likes, read_likes
from tests.examples import examples
from tests.likes.naive import SECOND, as_table, same

pytestmark = [pytest.mark.kernels, pytest.mark.usefixtures("tiny", "way")]

T0 = 1_795_305_600 * SECOND
LIKES = as_table([{"user_id": u, "note_id": n, "ts": T0} for u in ("a", "b", "c") for n in (1, 2, 3)])
AWARE = pa.timestamp("us", "UTC")
USERS = {
    "user_id": pa.string(),
    "registered_at": AWARE,
    "verified": pa.bool_(),
    "followers": pa.int64(),
    "views": pa.int32(),
}
NOTES = {
    "note_id": pa.int64(),
    "author_id": pa.string(),
    "published_at": AWARE,
    "topic": pa.string(),
    "views": pa.int64(),
    "saves": pa.int64(),
    "comments": pa.int64(),
    "shares": pa.float64(),
    "title": pa.string(),
}


def table(rows: list[dict[str, Any]], types: dict[str, pa.DataType]) -> pa.Table:
    return pa.table({n: pa.array([row.get(n) for row in rows], t) for n, t in types.items()})


def test_users_by_code() -> None:
    rows = [
        {"user_id": "c", "registered_at": T0, "verified": True, "followers": 5},
        {"user_id": "a", "verified": False, "views": 7},
        {"user_id": "zz", "followers": 99},
    ]
    likes = read_likes(LIKES, users=table(rows, USERS))
    users = likes.users
    assert users.ids.to_pylist() == ["a", "b", "c"]
    np.testing.assert_array_equal(users.registered_at, [NO_TIME, NO_TIME, T0])
    np.testing.assert_array_equal(users.verified, [0, -1, 1])
    np.testing.assert_array_equal(users.followers, [np.nan, np.nan, 5])
    np.testing.assert_array_equal(users.views, [7, np.nan, np.nan])
    assert [c.dtype for c in (users.registered_at, users.verified, users.followers)] == [np.int64, np.int8, np.float64]
    assert likes.warnings == ()


def test_notes_by_code() -> None:
    rows = [
        {"note_id": 3, "author_id": "y", "topic": "food", "title": "小红书", "saves": 2},
        {"note_id": 1, "author_id": "x", "topic": "", "shares": 1.0, "published_at": T0},
        {"note_id": 9, "author_id": "not used", "topic": "neither"},
    ]
    notes = read_likes(LIKES, notes=table(rows, NOTES)).notes
    np.testing.assert_array_equal(notes.author, [0, -1, 1])
    assert notes.authors.to_pylist() == ["x", "y"]
    np.testing.assert_array_equal(notes.topic, [-1, -1, 0])
    assert notes.topics.to_pylist() == ["food"]
    assert notes.title.to_pylist() == [None, None, "小红书"]
    np.testing.assert_array_equal(notes.published_at, [T0, NO_TIME, NO_TIME])
    np.testing.assert_array_equal(notes.saves, [np.nan, np.nan, 2])
    np.testing.assert_array_equal(notes.shares, [1, np.nan, np.nan])


def test_columns_that_are_not_there_are_none() -> None:
    likes = read_likes(LIKES, users=pa.table({"user_id": ["a"]}), notes=pa.table({"note_id": [1, 2], "saves": [1, 2]}))
    assert likes.users.registered_at is None
    assert likes.users.followers is None
    assert likes.notes.author is None
    assert likes.notes.authors is None
    assert likes.notes.title is None
    assert likes.notes.saves is not None
    bare = read_likes(LIKES)
    assert bare.notes.saves is None
    assert (bare.dwell_ms, bare.completed, bare.device, bare.ip, bare.source, bare.sources) == (None,) * 6


def test_warnings() -> None:
    rows = [
        {"user_id": None},
        {"user_id": ""},
        {"user_id": "a", "registered_at": -5, "followers": 1},
        {"user_id": "a", "registered_at": T0, "followers": 1},
        {"user_id": "a", "registered_at": T0, "followers": 1},
    ]
    assert read_likes(LIKES, users=table(rows, USERS)).warnings == (
        "users: 2 rows without user_id were dropped",
        "users: 1 impossible times in registered_at were taken as unknown",
        "users: 1 values of user_id have rows that differ; the least row of each was kept",
        "users: only 1 of 3 liked values of user_id are in the table",
    )


def test_rows_of_one_id() -> None:
    rows = [
        {"user_id": "a", "followers": 2},
        {"user_id": "a", "followers": 1, "views": 9},
        {"user_id": "a", "followers": 1},
        {"user_id": "a"},
        {"user_id": "b", "followers": 3},
        {"user_id": "b", "followers": 3},
        {"user_id": "c"},
    ]
    likes = read_likes(LIKES, users=table(rows, USERS))
    np.testing.assert_array_equal(likes.users.followers, [1, 3, np.nan])
    np.testing.assert_array_equal(likes.users.views, [9, np.nan, np.nan])
    assert likes.warnings == ("users: 1 values of user_id have rows that differ; the least row of each was kept",)


_maybe = st.none() | st.integers(0, 2)
_note = st.fixed_dictionaries(
    {
        "note_id": st.integers(0, 4) | st.none(),
        "author_id": st.sampled_from([None, "", "x", "y"]),
        "published_at": st.sampled_from([None, T0, T0 + 1, -1]),
        "topic": st.sampled_from([None, "t", "s"]),
        "views": _maybe,
        "saves": _maybe,
        "comments": st.none(),
        "shares": _maybe.map(lambda v: None if v is None else v / 2),
        "title": st.sampled_from([None, "", "p", "q"]),
    }
)


def slow_choice(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return the row of each liked note that must win."""
    best: dict[int, Any] = {}
    for row in rows:
        row = dict(row)  # noqa: PLW2901
        for name in ("author_id", "topic"):
            row[name] = row[name] or None
        if row["published_at"] == -1:
            row["published_at"] = None
        key = [(row[n] is None, 0 if row[n] is None else row[n]) for n in NOTES if n != "note_id"]
        note = row["note_id"]
        if note in (1, 2, 3) and (note not in best or key < best[note][0]):
            best[note] = (key, row)
    return {note: row for note, (_, row) in best.items()}


def value(codes: np.ndarray | None, names: pa.Array, i: int) -> Any:
    assert codes is not None
    return None if codes[i] == -1 else names[int(codes[i])].as_py()


@given(st.lists(_note, max_size=12), st.randoms(use_true_random=False))
@examples(50)
def test_any_notes_in_any_order(rows: list[dict[str, Any]], rng: random.Random) -> None:
    likes = read_likes(LIKES, notes=table(rows, NOTES))
    same(likes, read_likes(LIKES, notes=table(rng.sample(rows, len(rows)), NOTES)))
    notes, want = likes.notes, slow_choice(rows)
    assert notes.published_at is not None
    assert notes.saves is not None
    for i, note in enumerate(notes.ids.to_pylist()):
        row = want.get(note, dict.fromkeys(NOTES))
        assert value(notes.author, notes.authors, i) == row["author_id"]
        assert value(notes.topic, notes.topics, i) == row["topic"]
        assert notes.published_at[i] == (NO_TIME if row["published_at"] is None else row["published_at"])
        assert np.isnan(notes.saves[i]) if row["saves"] is None else notes.saves[i] == row["saves"]
        assert notes.title[i].as_py() == row["title"]
    used = {row["author_id"] for row in want.values()} - {None}
    assert notes.authors.to_pylist() == sorted(used)


@given(st.lists(_note, min_size=1, max_size=6), st.data())
@examples(50)
def test_the_fingerprint_covers_notes_that_are_liked(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    a = read_likes(LIKES, notes=table(rows, NOTES)).fingerprint
    unliked = [{"note_id": 77, "saves": data.draw(st.integers(0, 9))}]
    assert read_likes(LIKES, notes=table(rows + unliked, NOTES)).fingerprint == a
    changed = [row | {"author_id": "w", "title": "r"} for row in rows if row["note_id"] in (1, 2, 3)]
    if changed:
        assert read_likes(LIKES, notes=table(changed, NOTES)).fingerprint != a


def test_ids_of_other_widths() -> None:
    small = LIKES.set_column(1, "note_id", LIKES["note_id"].cast(pa.uint8()))
    likes = read_likes(small, notes=pa.table({"note_id": pa.array([1, 2, -3], pa.int64()), "saves": [1, 2, 3]}))
    np.testing.assert_array_equal(likes.notes.saves, [1, 2, np.nan])
    assert likes.notes.ids.type == pa.uint8()


@pytest.mark.parametrize("swap", [False, True])
def test_unsigned_and_signed_ids_meet_by_value(swap: bool) -> None:
    """2^64 - 1 and -1 have the same bits."""
    unsigned, signed = pa.array([2**64 - 1, 7], pa.uint64()), pa.array([-1, 7], pa.int64())
    ours, theirs = (signed, unsigned) if swap else (unsigned, signed)
    table = pa.table({"user_id": ours, "note_id": [1, 1], "ts": pa.array([T0] * 2, AWARE)})
    likes = read_likes(table, users=pa.table({"user_id": theirs, "followers": [1, 2]}))
    assert likes.users.ids.to_pylist() == sorted(ours.to_pylist())
    found = dict(zip(likes.users.ids.to_pylist(), np.nan_to_num(likes.users.followers, nan=-1).tolist(), strict=True))
    assert found.pop(7) == 2
    assert list(found.values()) == [-1]


def test_mapping_by_table(tmp_path: Path) -> None:
    pq.write_table(LIKES.rename_columns(["uid", "nid", "ts"]), tmp_path / "likes.parquet")
    users = pa.table({"user_id": ["a", "b"], "views": [1, 2]})
    notes = pa.table({"nid": [1, 2], "pv": [3, 4], "views": [8, 9]})
    columns = {"user_id": "uid", "note_id": "nid", "notes.views": "pv"}
    likes = read_likes(tmp_path / "likes.parquet", users=users, notes=notes, config=InputConfig(columns=columns))
    np.testing.assert_array_equal(likes.users.views, [1, 2, np.nan])
    np.testing.assert_array_equal(likes.notes.views, [3, 4, np.nan])


def test_a_mapping_for_one_table_does_not_hide_another() -> None:
    users = pa.table({"user_id": ["a", "b"], "views": [1, 2]})
    likes = read_likes(LIKES, users=users, config=InputConfig(columns={"views": "pv"}))
    np.testing.assert_array_equal(likes.users.views, [1, 2, np.nan])


def test_times_in_tables_follow_the_unit_and_the_window() -> None:
    users = pa.table({"user_id": ["a", "b", "c"], "registered_at": [T0 // SECOND, -9, None]})
    likes = read_likes(LIKES, users=users, config=InputConfig(ts_unit="s"))
    np.testing.assert_array_equal(likes.users.registered_at, [T0, NO_TIME, NO_TIME])
    naive = pa.table({"user_id": ["a", "b"], "registered_at": [dt.datetime(2026, 11, 22)] * 2})  # noqa: DTZ001
    likes = read_likes(LIKES, users=naive)
    assert likes.warnings == ("users: times without a zone in registered_at were read as UTC",)


def test_optional_columns_in_some_files_only(tmp_path: Path) -> None:
    pq.write_table(LIKES.slice(0, 5), tmp_path / "a.parquet")
    more = LIKES.slice(5).append_column("dwell_ms", pa.array([1, 2, 3, 4])).append_column("ip", pa.array(["q"] * 4))
    pq.write_table(more, tmp_path / "b.parquet")
    pq.write_table(LIKES.slice(0, 1).append_column("ip", pa.nulls(1)), tmp_path / "c.parquet")
    likes = read_likes(tmp_path)
    assert likes.dwell_ms is not None
    assert likes.ip is not None
    assert sorted(likes.dwell_ms[~np.isnan(likes.dwell_ms)]) == [1, 2, 3, 4]
    assert np.isnan(likes.dwell_ms).sum() == 5
    assert sorted(likes.ip.tolist()) == [-1] * 5 + [0] * 4


def test_a_file_whose_ids_are_all_null(tmp_path: Path) -> None:
    pq.write_table(LIKES, tmp_path / "a.parquet")
    pq.write_table(LIKES.slice(0, 1).set_column(0, "user_id", pa.nulls(1)), tmp_path / "b.parquet")
    likes = read_likes(tmp_path, config=InputConfig(max_bad_share=0.2))
    assert likes.users.ids.type == pa.string()
    assert likes.quarantine.select(["file", "reason"]).to_pylist() == [{"file": "b.parquet", "reason": "null_user_id"}]


def test_promotion(tmp_path: Path) -> None:
    def write(name: str, user: pa.Array, note: pa.Array) -> None:
        ts = pa.array([T0] * len(user), AWARE)
        pq.write_table(pa.table({"user_id": user, "note_id": note, "ts": ts}), tmp_path / f"{name}.parquet")

    write("a", pa.array(["x", "y"]), pa.array([1, 2], pa.int32()))
    write("b", pa.array(["x", "z"], pa.large_string()), pa.array([1, 2**40], pa.int64()))
    likes: Likes = read_likes(tmp_path)
    assert likes.users.ids == pa.array(["x", "y", "z"], pa.large_string())
    assert likes.notes.ids == pa.array([1, 2, 2**40], pa.int64())
    assert likes.accounting.duplicate == 1
