"""Names over many runs: given, kept, parted, joined, and found again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphkit.cases.lineage import place
from graphkit.cases.lineagefile import FILE, Lineage
from graphkit.cases.store import CaseStore
from graphkit.detection import Detection
from graphkit.errors import OutputError
from graphkit.schemas import LINEAGE
from tests.cases.made import run_of

Rows = list[dict[str, Any]]


def history(*days: Mapping[str, range]) -> list[Rows]:
    """Place a run a day; each is rings by id with their members."""
    known: Rows = []
    placed, before = [], None
    for day, rings in enumerate(days):
        run = run_of(rings, day=day)
        placed.append(place(run, known, before))
        known += placed[-1]
        before = run.run_id
    return placed


def told(rows: Rows) -> dict[str, tuple[str, str]]:
    """Return name and change by ring."""
    return {row["ring_id"]: (row["name"], row["change"]) for row in rows}


def write(folder: Path, rows: Rows) -> None:
    lineage = Lineage(folder, {row["run_id"] for row in rows})
    lineage.add(rows)
    lineage.write()


def written(folder: Path) -> Rows:
    path = folder / FILE
    return pq.read_table(path).to_pylist() if path.exists() else []


def test_first_run__names_from_the_rings() -> None:
    assert told(history({"R-a": range(5), "R-b": range(5, 9)})[0]) == {"R-a": ("L-a", "new"), "R-b": ("L-b", "new")}


def test_next_run__names_stay_whatever_the_ids() -> None:
    days = history({"R-a": range(10)}, {"R-x": range(1, 11)}, {"R-y": range(1, 30)}, {"R-z": range(12)})
    assert [list(told(rows).values()) for rows in days] == [
        [("L-a", "new")],
        [("L-a", "continues")],
        [("L-a", "grew")],
        [("L-a", "shrank")],
    ]


def test_split__the_smaller_part_gets_a_name_even_with_the_old_id() -> None:
    first, second = history({"R-a": range(30)}, {"R-b": range(20), "R-a": range(20, 30)})
    assert told(second) == {"R-b": ("L-a", "shrank"), "R-a": ("L-a.2", "split")}
    assert {row["ring_id"]: row["origin"] for row in second} == {"R-a": "L-a", "R-b": None}
    assert [row["origin"] for row in first] == [None]


def test_merger__the_name_that_ends_is_told() -> None:
    _, second = history({"R-a": range(20), "R-b": range(20, 26)}, {"R-c": range(26)})
    assert told(second) == {"R-c": ("L-a", "grew")}
    assert second[0]["absorbed"] == ["L-b"]


def test_dormant_ring__returns_under_its_name() -> None:
    *_, last = history({"R-a": range(10)}, {"R-b": range(50, 60)}, {}, {"R-c": range(2, 12), "R-d": range(50, 60)})
    assert told(last) == {"R-c": ("L-a", "returned"), "R-d": ("L-b", "returned")}


def test_part_of_a_dormant_ring__does_not_take_its_name() -> None:
    *_, last = history({"R-a": range(30)}, {}, {"R-b": range(20), "R-c": range(20, 30)})
    assert told(last) == {"R-b": ("L-a", "returned"), "R-c": ("L-c", "new")}


def test_earlier_run_placed_late__shares_the_name() -> None:
    later = run_of({"R-b": range(10)}, day=5)
    known = place(later, [], None)
    rows = place(run_of({"R-a": range(10)}, day=1), known, None)
    assert told(rows) == {"R-a": ("L-b", "new")}


def test_store__names_a_run_once_and_writes_the_lineage(tmp_path: Path) -> None:
    runs = [run_of({"R-a": range(10)}, day=0), run_of({"R-b": range(1, 11)}, day=1)]
    for run in (*runs, runs[0]):
        with CaseStore.open(tmp_path, write=True) as store:
            store.add_run(run)
    with CaseStore.open(tmp_path) as store:
        assert [(row["name"], row["run_id"]) for row in store.lineage.rows] == [("L-a", run.run_id) for run in runs]
        assert [row["run_id"] for row in store.runs()] == [run.run_id for run in runs]
    assert written(tmp_path)[0]["user_ids"] == [f"u{u:03}" for u in range(10)]


def test_store__a_block_that_fails_names_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with CaseStore.open(tmp_path, write=True) as store:
            store.add_run(run_of({"R-a": range(10)}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert written(tmp_path) == []


def test_store__passes_over_rows_of_a_run_it_does_not_know(tmp_path: Path) -> None:
    run = run_of({"R-a": range(10)})
    rows = place(run, [], None)
    write(tmp_path, rows)  # as when the power failed between the two files
    with CaseStore.open(tmp_path, write=True) as store:
        assert store.lineage.rows == []
        store.add_run(run)
    assert written(tmp_path) == rows


def test_same_history__gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [row for day in history({"R-a": range(9), "R-b": range(9, 14)}, {"R-c": range(9)}) for row in day]
    write(tmp_path, rows)
    before = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    write(tmp_path, rows[::-1])
    assert (tmp_path / FILE).read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("ids", "kind"), [([1, 2, 3], pa.int64()), ([2**63, 1, 2], pa.uint64()), (["a", "b"], pa.string())]
)
def test_ids__keep_their_type(tmp_path: Path, ids: list[Any], kind: pa.DataType) -> None:
    row = dict.fromkeys(LINEAGE.names, "x") | {"last_ts": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "score": 0.5}
    row |= {"absorbed": [], "user_ids": ids, "note_ids": []}
    write(tmp_path, [row])
    assert written(tmp_path) == [row]
    assert Lineage(tmp_path, ["x"]).id_type("user_id") == kind


def test_broken_lineage__one_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"PAR1")
    with pytest.raises(OutputError, match=r"lineage.parquet: .*; wanted the lineage as graphkit wrote it"):
        _ = Lineage(tmp_path, []).rows


def test_run_without_rings__has_no_rows() -> None:
    empty: Detection = run_of({})
    assert place(empty, [], None) == []
    assert isinstance(empty.members, pa.Table)


def test_ids__are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    rows = [row for day in history({"R-a": range(5), "R-b": range(5, 9)}, {"R-c": range(50, 60)}) for row in day]
    write(tmp_path, rows)
    lineage = Lineage(tmp_path, {row["run_id"] for row in rows})

    def held(**wanted: Any) -> list[str]:
        return [row["ring_id"] for row in lineage.rows_with_ids(**wanted) if row["user_ids"]]

    assert held(users=["u000", "nobody"]) == ["R-a"]
    assert held(notes=["n000"]) == ["R-a", "R-b", "R-c"]
    assert held(rings={(rows[1]["run_id"], "R-b")}) == ["R-b"]
    assert held() == []
    assert (
        [row["name"] for row in lineage.rows_with_ids()]
        == [row["name"] for row in lineage.rows]
        == ["L-a", "L-b", "L-c"]
    )


def test_ids__of_a_later_run_may_be_wider(tmp_path: Path) -> None:
    row = dict.fromkeys(LINEAGE.names, "x") | {"last_ts": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "score": 0.5}
    row |= {"absorbed": [], "note_ids": []}
    write(tmp_path, [{**row, "user_ids": [1, 2, 3]}])
    lineage = Lineage(tmp_path, ["x"])
    lineage.add([{**row, "ring_id": "y", "user_ids": [2**63]}])
    lineage.write()
    assert [one["user_ids"] for one in written(tmp_path)] == [[1, 2, 3], [2**63]]
    assert [one["user_ids"] for one in Lineage(tmp_path, ["x"]).rows_with_ids([2, 2**63])] == [[1, 2, 3], [2**63]]
