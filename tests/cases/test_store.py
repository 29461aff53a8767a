"""The case store: kept whole, once, with types, by one writer at a time."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from graphkit.cases import database
from graphkit.cases.database import FILE
from graphkit.cases.store import CaseStore, default_folder
from graphkit.columns import TIMESTAMP
from graphkit.detection import Detection
from graphkit.errors import InputError, OutputError
from tests.cases.made import AT, DAY, RUN, decided, with_integer_ids

RING = {"ring_id": "R-000001", "verdict": "confirmed", "comment": "赞"}
USER = {"user_id": "u1-2", "verdict": "cleared"}
LIKE = {"user_id": "u1-0", "note_id": "n1-1", "verdict": "unsure"}


def review(cases: Path, *rows: dict[str, str], at: dt.datetime = AT, run: Detection = RUN) -> int:
    """Hand rows in; return how many were news."""
    decisions = decided(cases.parent / "d.csv", *rows, at=at, run=run)
    with CaseStore.open(cases, write=True) as store:
        return len(store.add_decisions(run, decisions, at=at))


def batch_of(run: Detection, *rows: int) -> pa.Table:
    """Return candidates of a run as the likes of a batch."""
    likes = run.candidates.take(pa.array(rows))
    return likes.append_column("key", pa.array([f"k{i}" for i in rows]))


def test_default_folder__beside_the_run(tmp_path: Path) -> None:
    assert default_folder(tmp_path / "runs" / "today") == tmp_path / "runs" / "cases"


def test_verdicts__come_back_with_their_evidence(tmp_path: Path) -> None:
    assert review(tmp_path / "cases", RING, USER, LIKE) == 3
    with CaseStore.open(tmp_path / "cases") as store:
        by_verdict = {row["verdict"]: row for row in store.decisions()}
    ring, user, like = (by_verdict[v] for v in ("confirmed", "cleared", "unsure"))
    assert (ring["comment"], ring["reviewer"], ring["time"], ring["run_id"]) == ("赞", "Ada", AT, RUN.run_id)
    assert [row["evidence"]["edges"] for row in ring["evidence"]["rings"]] == [45.0]
    assert ring["evidence"]["members"] == []
    assert [(m["ring_id"], m["user_id"]) for m in user["evidence"]["members"]] == [("R-000001", "u1-2")]
    assert [r["ring_id"] for r in user["evidence"]["rings"]] == ["R-000001"]
    assert [(c["user_id"], c["note_id"]) for c in like["evidence"]["candidates"]] == [("u1-0", "n1-1")]


def test_same_file_twice__is_stored_once(tmp_path: Path) -> None:
    timed = {**USER, "time": "2026-11-23T00:00:00Z"}
    assert review(tmp_path / "cases", RING, timed) == 2
    assert review(tmp_path / "cases", RING, timed, at=AT + DAY) == 0


def test_change_of_mind__is_added_and_the_old_verdict_stays(tmp_path: Path) -> None:
    review(tmp_path / "cases", RING)
    assert review(tmp_path / "cases", {**RING, "verdict": "cleared"}, at=AT + DAY) == 1
    assert review(tmp_path / "cases", RING, at=AT + 2 * DAY) == 1
    with CaseStore.open(tmp_path / "cases") as store:
        assert [row["verdict"] for row in store.decisions()] == ["confirmed", "cleared", "confirmed"]


def test_wrong_row__stores_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 of 2 rows"):
        review(tmp_path / "cases", RING, {**USER, "user_id": "nobody"})
    with CaseStore.open(tmp_path / "cases") as store:
        assert store.decisions() == []


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
def test_integer_ids__stay_integers(tmp_path: Path, kind: pa.DataType) -> None:
    run = with_integer_ids(RUN, kind)
    if kind == pa.uint64():  # beyond what SQLite's own integers hold
        tables = dict(run.tables)
        for name in ("members", "candidates"):
            at = tables[name].column_names.index("user_id")
            users = pa.array([2**64 - 1 - u for u in tables[name]["user_id"].to_pylist()], kind)
            tables[name] = tables[name].set_column(at, "user_id", users)
        run = Detection(tables, run.info)
    user = run.members["user_id"][0].as_py()
    review(tmp_path / "cases", {"user_id": str(user), "verdict": "cleared"}, run=run)
    with CaseStore.open(tmp_path / "cases") as store:
        assert [row["user_id"] for row in store.decisions()] == [user]
        assert [*store.standings(AT)] == [("user", user)]


def test_ids_of_two_kinds__are_refused(tmp_path: Path) -> None:
    review(tmp_path / "cases", USER)
    with pytest.raises(InputError, match="holds user_ids of type string and the run of type int64"):
        review(tmp_path / "cases", {"user_id": "0", "verdict": "cleared"}, run=with_integer_ids(RUN))


def test_batches__their_keys_once(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        for _ in range(2):
            store.record_batch("B-1", batch_of(RUN, 0, 1), path=tmp_path / "b1", run=RUN, made_at=AT)
        store.record_batch("B-2", batch_of(RUN, 2), path=tmp_path / "b2", run=RUN, made_at=AT + DAY)
    with CaseStore.open(tmp_path / "cases") as store:
        assert [(b["batch_id"], b["path"], b["made_at"]) for b in store.batches()] == [
            ("B-1", str(tmp_path / "b1"), AT),
            ("B-2", str(tmp_path / "b2"), AT + DAY),
        ]
        assert list(store.keys_by_batch().items()) == [("B-1", {"k0", "k1"}), ("B-2", {"k2"})]


def test_batch__of_the_same_name_with_other_likes_is_refused(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        store.record_batch("B-1", batch_of(RUN, 0), path=tmp_path / "b1", run=RUN, made_at=AT)
    with (
        pytest.raises(InputError, match=r"batch B-1 is in .* with other likes"),
        CaseStore.open(tmp_path / "cases", write=True) as store,
    ):
        store.record_batch("B-1", batch_of(RUN, 1), path=tmp_path / "b1", run=RUN, made_at=AT)


def test_withdrawn_batch__counts_no_more_until_it_is_made_again(tmp_path: Path) -> None:
    def recorded(batch_id: str, row: int) -> None:
        with CaseStore.open(tmp_path / "cases", write=True) as store:
            store.record_batch(batch_id, batch_of(RUN, row), path=tmp_path / batch_id, run=RUN, made_at=AT)

    def counting() -> dict[str, set[str]]:
        with CaseStore.open(tmp_path / "cases") as store:
            assert {row["batch_id"] for row in store.purged()} == store.keys_by_batch().keys()
            assert [row["batch_id"] for row in store.batches()] == [*store.keys_by_batch()]
            return store.keys_by_batch()

    recorded("B-1", 0)
    recorded("B-2", 1)
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        store.withdraw_batch("B-1", at=AT)
        store.withdraw_batch("B-1", at=AT)
        store.withdraw_batch("B-9", at=AT)
    assert counting() == {"B-2": {"k1"}}
    recorded("B-1", 0)
    assert counting() == {"B-1": {"k0"}, "B-2": {"k1"}}


def test_purged__likes_with_their_evidence(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        store.record_batch("B-1", batch_of(RUN, 0, 1, 3), path=tmp_path / "b1", run=RUN, made_at=AT)
        likes = store.purged("u1-0")
        then = store.evidence_then(likes)
        assert [row["note_id"] for row in store.purged("u1-0", "n1-1")] == ["n1-1"]
    assert [(row["note_id"], row["tier"], row["name"], row["restored"]) for row in likes] == [
        ("n1-0", "purge", "L-000001", False),
        ("n1-1", "purge", "L-000001", False),
    ]
    assert [row["ring_id"] for row in then["rings"]] == ["R-000001"]
    assert [(row["user_id"], row["n_partners"]) for row in then["members"]] == [("u1-0", 3)]
    assert [row["note_id"] for row in then["candidates"]] == ["n1-0", "n1-1"]


def test_given_back__is_marked(tmp_path: Path) -> None:
    review(tmp_path / "cases", {"user_id": "u1-0", "verdict": "cleared"})
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        store.record_batch("B-1", batch_of(RUN, 0, 1), path=tmp_path / "b1", run=RUN, made_at=AT)
        store.give_back(store.purged(note="n1-1"), 1)
    with CaseStore.open(tmp_path / "cases") as store:
        assert [(row["note_id"], row["restored"]) for row in store.purged()] == [("n1-0", False), ("n1-1", True)]
        assert store.keys_by_batch() == {"B-1": {"k0", "k1"}}


def test_id_from_text__of_the_kind_the_store_holds(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        assert store.id_from("7", "user_id") == "7"
        store.add_run(with_integer_ids(RUN))
        assert store.id_from("7", "user_id") == 7
        with pytest.raises(InputError, match="user_id 'u7'; wanted an integer"):
            store.id_from("u7", "user_id")


def test_times__keep_their_microseconds(tmp_path: Path) -> None:
    likes = batch_of(RUN, 0)
    time = dt.datetime(2026, 11, 22, 8, 0, 0, 1, tzinfo=dt.UTC)
    likes = likes.set_column(2, "ts", pa.array([time], TIMESTAMP))
    with CaseStore.open(tmp_path / "cases", write=True) as store:
        store.record_batch("B-1", likes, path=tmp_path, run=RUN, made_at=AT)
    with closing(sqlite3.connect(tmp_path / "cases" / FILE)) as raw:
        assert raw.execute("SELECT ts FROM purged").fetchall() == [("2026-11-22T08:00:00.000001+00:00",)]


# --------------------------------------------------------------------------------------------------
# Whole or not at all, and by one writer


def test_reader__of_a_store_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path / "cases") as store:
        assert store.decisions() == []
    assert list(tmp_path.iterdir()) == []


def test_block_that_fails__leaves_nothing(tmp_path: Path) -> None:
    decisions = decided(tmp_path / "d.csv", RING)

    def fail() -> None:
        with CaseStore.open(tmp_path / "cases", write=True) as store:
            store.add_decisions(RUN, decisions, at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with CaseStore.open(tmp_path / "cases") as store:
        assert store.decisions() == []


def test_second_writer__is_told_and_the_reader_reads_on(tmp_path: Path) -> None:
    review(tmp_path / "cases", USER)
    with CaseStore.open(tmp_path / "cases", write=True) as first:
        first.add_decisions(RUN, decided(tmp_path / "d.csv", RING), at=AT)
        with (
            pytest.raises(OutputError, match="is being written by another process; wanted one writer at a time; run"),
            CaseStore.open(tmp_path / "cases", write=True),
        ):
            pass
        with CaseStore.open(tmp_path / "cases") as reader:
            assert len(reader.decisions()) == 1
    with CaseStore.open(tmp_path / "cases") as reader:
        assert len(reader.decisions()) == 2


def test_newer_store__is_refused_and_not_touched(tmp_path: Path) -> None:
    review(tmp_path / "cases", USER)
    with closing(sqlite3.connect(tmp_path / "cases" / FILE)) as raw:
        raw.execute("PRAGMA user_version = 99")
    for write in (True, False):
        with (
            pytest.raises(OutputError, match=r"was written by a newer graphkit \(form 99\); .*; update graphkit"),
            CaseStore.open(tmp_path / "cases", write=write),
        ):
            pass


def older(monkeypatch: pytest.MonkeyPatch, *further: str) -> None:
    """Make the store's form one of the past: the program knows further steps."""
    steps = database._migrations()
    monkeypatch.setattr(database, "_migrations", lambda: [*steps, *further])


def test_older_store__is_brought_to_the_newest_form_with_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(tmp_path / "cases", USER)
    older(monkeypatch, "ALTER TABLE decisions ADD COLUMN colour TEXT;\nUPDATE decisions SET colour = 'red';\n")
    with CaseStore.open(tmp_path / "cases") as store:
        assert [(row["user_id"], row["colour"]) for row in store.decisions()] == [("u1-2", "red")]
    monkeypatch.undo()
    with pytest.raises(OutputError, match="newer graphkit"), CaseStore.open(tmp_path / "cases"):
        pass


def test_older_store__a_step_that_fails_leaves_it_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    review(tmp_path / "cases", USER)
    older(monkeypatch, "ALTER TABLE decisions ADD COLUMN colour TEXT;\nUPDATE nowhere SET colour = 'red';\n")
    with pytest.raises(OutputError, match="no such table: nowhere"), CaseStore.open(tmp_path / "cases", write=True):
        pass
    monkeypatch.undo()
    with CaseStore.open(tmp_path / "cases") as store:
        assert "colour" not in store.decisions()[0]


def test_foreign_file__is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(OutputError, match="file is not a database"), CaseStore.open(tmp_path / "cases"):
        pass
    (tmp_path / "cases" / FILE).unlink()
    with closing(sqlite3.connect(tmp_path / "cases" / FILE)) as raw:
        raw.execute("CREATE TABLE mine (a)")
    with (
        pytest.raises(OutputError, match="is another program's; wanted a case store"),
        CaseStore.open(tmp_path / "cases", write=True),
    ):
        pass


def test_no_room__one_line_and_nothing_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    review(tmp_path / "cases", USER)
    real = sqlite3.connect

    def small(*args: object, **how: object) -> sqlite3.Connection:
        connection = real(*args, **how)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 1")  # SQLite makes it as many as there are
        assert isinstance(connection, sqlite3.Connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    many = [{**LIKE, "reviewer": f"r{i}"} for i in range(50)]
    with pytest.raises(OutputError, match=r"full; wanted room to write; free space .* nothing was stored"):
        review(tmp_path / "cases", *many)
    monkeypatch.undo()
    with CaseStore.open(tmp_path / "cases") as store:
        assert [row["verdict"] for row in store.decisions()] == ["cleared"]


def test_reader__cannot_write(tmp_path: Path) -> None:
    review(tmp_path / "cases", USER)
    with pytest.raises(OutputError, match="readonly"), CaseStore.open(tmp_path / "cases") as store:
        store.add_run(with_other_period(RUN))


def with_other_period(run: Detection) -> Detection:
    return Detection(run.tables, {**run.info, "config_digest": "another"})
