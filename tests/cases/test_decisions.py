"""The decisions file: what is read, what is completed, what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.cases.decisions import Subject, read_decisions, subject_of
from graphkit.errors import InputError
from tests.cases.made import AT, RUN, decided, with_integer_ids, write

RING = {"ring_id": "R-000001", "verdict": "confirmed"}
USER = {"user_id": "u1-2", "verdict": "cleared"}
LIKE = {"user_id": "u1-0", "note_id": "n1-1", "verdict": "unsure"}


def refusal(path: Path, *rows: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        read_decisions(write(path, rows), ids=RUN.id_types, reviewer="Ada", at=AT, run=RUN)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows__say_what_they_are_about(tmp_path: Path) -> None:
    rows = decided(tmp_path / "d.csv", RING, USER, LIKE, {**LIKE, **RING}, {**USER, **RING}).table.to_pylist()
    assert sorted(subject_of(row) for row in rows) == sorted(
        [Subject.RING, Subject.USER, Subject.LIKE, Subject.LIKE, Subject.USER]
    )


def test_reviewer_and_time__completed_where_empty(tmp_path: Path) -> None:
    told = {**RING, "reviewer": "Bo", "time": "2026-11-23T08:00:00+08:00", "comment": 'a\nb, "c"'}
    bare, full = decided(tmp_path / "d.csv", USER, told).table.sort_by("reviewer").to_pylist()
    assert (bare["reviewer"], bare["time"], bare["comment"]) == ("Ada", AT, None)
    assert (full["reviewer"], full["time"]) == ("Bo", dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    assert full["comment"] == 'a\nb, "c"'


def test_parquet__says_the_same_as_csv(tmp_path: Path) -> None:
    time = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    columns = {name: pa.array([row.get(name) for row in (LIKE, RING)]) for name in (*LIKE, "ring_id")}
    pq.write_table(pa.table(columns | {"time": pa.array([time, None])}), tmp_path / "d.parquet")
    found = read_decisions(tmp_path / "d.parquet", ids=RUN.id_types, reviewer="Ada", at=AT)
    assert found.table.equals(decided(tmp_path / "d.csv", {**LIKE, "time": time.isoformat()}, RING).table)


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.uint64()])
def test_integer_ids__are_those_of_the_run(tmp_path: Path, kind: pa.DataType) -> None:
    run = with_integer_ids(RUN, kind)
    found = decided(tmp_path / "d.csv", {"user_id": "4", "note_id": "3", "verdict": "cleared"}, run=run)
    found.check_against(run)
    assert found.table["user_id"].to_pylist() == [4]
    assert found.table.schema.field("user_id").type == kind


def test_integer_ids__of_another_kind_are_refused(tmp_path: Path) -> None:
    run = with_integer_ids(RUN)
    with pytest.raises(InputError, match="row 1: user_id 'u1' is not an integer"):
        decided(tmp_path / "d.csv", {"user_id": "u1", "verdict": "cleared"}, run=run)
    with pytest.raises(InputError, match="row 1: user_id '9223372036854775808' is not within int64"):
        decided(tmp_path / "d.csv", {"user_id": str(2**63), "verdict": "cleared"}, run=run)
    pq.write_table(pa.table({"user_id": [1.0], "verdict": ["cleared"]}), tmp_path / "d.parquet")
    with pytest.raises(InputError, match="column user_id has type double; wanted integers"):
        read_decisions(tmp_path / "d.parquet", ids=run.id_types, reviewer="Ada", at=AT)


def test_same_row_twice__counts_once(tmp_path: Path) -> None:
    assert len(decided(tmp_path / "d.csv", RING, USER, RING)) == 2


def test_two_reviewers__both_are_heard(tmp_path: Path) -> None:
    assert len(decided(tmp_path / "d.csv", RING, {**RING, "verdict": "cleared", "reviewer": "Bo"})) == 2


BAD_ROWS = {
    "no verdict": ({**RING, "verdict": ""}, "row 1: no verdict"),
    "another verdict": ({**RING, "verdict": "ok"}, "row 1: verdict 'ok'"),
    "nothing named": ({"verdict": "cleared"}, "row 1: neither ring_id nor user_id"),
    "a note alone": ({"note_id": "n1-1", "verdict": "cleared"}, "row 1: a note_id without user_id"),
    "a note and a ring": ({**RING, "note_id": "n1-1"}, "row 1: a note_id without user_id"),
    "no zone": ({**RING, "time": "2026-11-23T08:00:00"}, "row 1: time '2026-11-23T08:00:00' is not a time with"),
    "no time": ({**RING, "time": "yesterday"}, "row 1: time 'yesterday' is not a time with its zone"),
    "unknown ring": ({"ring_id": "R-9", "verdict": "cleared"}, "row 1: no ring 'R-9'"),
    "unknown user": ({"user_id": "u9", "verdict": "cleared"}, "row 1: no member 'u9'"),
    "user elsewhere": ({**RING, "user_id": "u2-1"}, "row 1: 'u2-1' is no member of 'R-000001'"),
    "unknown like": ({**LIKE, "note_id": "n2-1"}, "row 1: no candidate like of 'u1-0' on 'n2-1'"),
}


@pytest.mark.parametrize(("row", "message"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_wrong_row__is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    assert message in refusal(tmp_path / "d.csv", row)


def test_half_the_rows_wrong__all_counted_the_first_named(tmp_path: Path) -> None:
    wrong = [{"ring_id": f"R-{i}", "verdict": "cleared"} for i in range(5)]
    right = [{**RING, "reviewer": f"r{i}"} for i in range(5)]
    message = refusal(tmp_path / "d.csv", *(row for pair in zip(wrong, right, strict=True) for row in pair))
    assert (
        "5 of 10 rows are wrong: row 1: no ring 'R-0'; row 3: no ring 'R-1'; row 5: no ring 'R-2'; and 2 more"
        in message
    )
    assert "nothing of the file was used" in message


def test_wrong_in_every_way__all_counted_at_once(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("ring_id,verdict\nR-000001\nR-000001,ok\nR-9,cleared\nR-000001,cleared\n")
    with pytest.raises(InputError) as caught:
        read_decisions(path, ids=RUN.id_types, reviewer="Ada", at=AT, run=RUN)
    assert "3 of 4 rows are wrong: row 1: 1 cells under 2 names; row 2: verdict 'ok'; row 3: no ring 'R-9'; wanted" in (
        str(caught.value)
    )


def test_stored__only_about_what_the_run_holds(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 of 1 rows are wrong: row 1: no ring 'R-9'"):
        decided(tmp_path / "d.csv", {**RING, "ring_id": "R-9"}).check_against(RUN)


def test_contradiction__of_one_reviewer_at_one_time(tmp_path: Path) -> None:
    assert "row 2: contradicts row 1" in refusal(tmp_path / "d.csv", RING, {**RING, "verdict": "cleared"})


BAD_FILES = {
    "misspelt column": (b"ring_id,user_id,note,verdict\nR-000001,,,cleared\n", "unknown column 'note'"),
    "no verdict column": (b"ring_id,comment\nR-000001,x\n", "no column verdict"),
    "empty": (b"", "no column verdict"),
    "semicolons": (b"ring_id;verdict\nR-000001;cleared\n", "unknown column 'ring_id;verdict'"),
    "ragged": (b"ring_id,verdict\nR-000001,cleared,because\n", "row 1: 3 cells under 2 names"),
    "twice": (b"ring_id,verdict,verdict\nR-000001,cleared,unsure\n", "a column stands twice"),
    "not text": (b"ring_id,verdict\n\xff\xfe\n", "can't decode byte 0xff"),
    "broken Parquet": (b"PAR1PAR1", "wanted decisions as CSV in UTF-8 or as Parquet"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_bad_file__one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_decisions(path, ids=RUN.id_types, reviewer="Ada", at=AT)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file__one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory; wanted a CSV or Parquet file of decisions"):
        read_decisions(tmp_path / "no.csv", ids=RUN.id_types, reviewer="Ada", at=AT)


def test_byte_order_mark_and_blank_lines__of_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(b"\xef\xbb\xbfring_id,verdict\r\nR-000001,cleared\r\n\r\n")
    assert read_decisions(path, ids=RUN.id_types, reviewer="Ada", at=AT).table["ring_id"].to_pylist() == ["R-000001"]


@given(st.permutations([RING, USER, LIKE, {**RING, "reviewer": "Bo"}]))
def test_order_of_rows__does_not_matter(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.getbasetemp() / "order.csv"
    assert decided(path, *rows).table.equals(decided(path, RING, USER, LIKE, {**RING, "reviewer": "Bo"}).table)


def test_write__puts_what_is_read_back(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", [LIKE])
    assert path.read_text(encoding="utf-8").splitlines()[1] == ",u1-0,n1-1,unsure,,,"
