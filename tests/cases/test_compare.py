"""Two runs beside each other: fates, symmetry, and what came of purges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.cases import compare
from graphkit.cases.compare import changes
from graphkit.cases.identity import Body
from graphkit.cases.monitoring import drift, given_back, precision, share
from graphkit.cases.store import CaseStore
from graphkit.detection import Detection
from graphkit.errors import InputError
from tests.cases.made import AT, DAY, decided, run_of, with_integer_ids
from tests.cli.support import graphkit

BACK = {"grew": "shrank", "shrank": "grew", "split": "merged", "merged": "split", "new": "dormant", "dormant": "new"}
RINGS = st.dictionaries(st.sampled_from("abcde"), st.sets(st.integers(0, 40), min_size=1))

FIRST = run_of({"R-a": range(10), "R-b": range(10, 20), "R-e": range(60, 70)}, day=0)
SECOND = run_of({"R-x": range(1, 11), "R-c": range(30, 40), "R-e": range(60, 90)}, day=1)


def fates(rows: Any) -> dict[str, str]:
    """Return what became of each name."""
    return {row["name"]: str(row["change"]) for row in rows}


def test_every_fate__by_hand(tmp_path: Path) -> None:
    found = compare(FIRST, SECOND, tmp_path, at=AT)
    assert fates(found.rings) == {"L-a": "continues", "L-b": "dormant", "L-c": "new", "L-e": "grew"}
    assert found.changes == {"continues": 1, "grew": 1, "dormant": 1, "new": 1}
    (row,) = (row for row in found.rings if row["name"] == "L-a")
    assert row == {
        "change": "continues", "name": "L-a", "ring_a": "R-a", "ring_b": "R-x", "users_a": 10, "users_b": 10,
        "users_both": 9, "notes_both": 1, "other": None,
    }  # fmt: skip


def test_split_and_merger__name_the_other_ring(tmp_path: Path) -> None:
    one, parts = run_of({"R-a": range(30)}, day=0), run_of({"R-b": range(20), "R-c": range(20, 30)}, day=1)
    apart = compare(one, parts, tmp_path / "apart", at=AT)
    assert [(row["name"], str(row["change"]), row["other"]) for row in apart.rings] == [
        ("L-a", "shrank", None),
        ("L-c", "split", "L-a"),
    ]
    whole = run_of({"R-d": range(30)}, day=2)
    together = compare(parts, whole, tmp_path / "apart", at=AT)
    assert [(row["name"], str(row["change"]), row["other"]) for row in together.rings] == [
        ("L-a", "grew", None),
        ("L-c", "merged", "L-a"),
    ]


def test_ring_known_from_before__returned(tmp_path: Path) -> None:
    away = run_of({"R-c": range(30, 40)}, day=1)
    back = run_of({"R-y": range(2, 12)}, day=2)
    compare(FIRST, away, tmp_path, at=AT)
    assert fates(compare(away, back, tmp_path, at=AT).rings) == {"L-c": "dormant", "L-a": "returned"}


@given(RINGS, RINGS)
def test_backwards__every_fate_is_mirrored(first: dict[str, set[int]], second: dict[str, set[int]]) -> None:
    def rings(drawn: dict[str, set[int]], prefix: str) -> dict[str, Body]:
        seen: set[int] = set()
        out = {}
        for name, users in drawn.items():
            if users - seen:
                out[prefix + name] = Body(users - seen, {user // 2 for user in users - seen})
            seen |= users
        return out

    a, b = rings(first, "a"), rings(second, "b")
    same = {ring: ring for ring in (*a, *b)}
    there, back = changes(a, b, same, same, older=set()), changes(b, a, same, same, older=set())

    def told(rows: list[dict[str, Any]], left: str, right: str) -> set[tuple[Any, ...]]:
        return {(str(row["change"]), row[left], row[right], row["other"], row["users_both"]) for row in rows}

    mirrored = {(BACK.get(change, change), *rest) for change, *rest in told(there, "ring_a", "ring_b")}
    assert mirrored == told(back, "ring_b", "ring_a")


def test_a_run_beside_itself__everything_continues(tmp_path: Path) -> None:
    found = compare(FIRST, FIRST, tmp_path, at=AT)
    assert found.changes == {"continues": 3}
    assert all(row["users_a"] == row["users_b"] == row["users_both"] for row in found.rings)


def test_order_of_arguments__does_not_change_the_names(tmp_path: Path) -> None:
    there = compare(FIRST, SECOND, tmp_path / "a", at=AT)
    back = compare(SECOND, FIRST, tmp_path / "b", at=AT)
    assert {row["name"] for row in there.rings} == {row["name"] for row in back.rings}


# --------------------------------------------------------------------------------------------------
# After a purge


def purge(cases: Path, run: Detection, *rows: int) -> None:
    """Record a batch of some of a run's candidates."""
    likes = run.candidates.take(pa.array(rows))
    likes = likes.append_column("key", pa.array([f"k{run.run_id}{i}" for i in rows]))
    with CaseStore.open(cases, write=True) as store:
        store.record_batch(f"B-{run.run_id}", likes, path=cases, run=run, made_at=AT)


def test_purged_pairs__come_back_or_are_still_there(tmp_path: Path) -> None:
    purge(tmp_path, FIRST, *range(10))
    found = compare(FIRST, SECOND, tmp_path, at=AT).returned
    assert (found["pairs"], found["came_back"], found["still_there"]) == (10, 9, 0)
    assert {row["name"] for row in found["rows"]} == {"L-a"}
    found = compare(FIRST, FIRST, tmp_path, at=AT).returned
    assert (found["came_back"], found["still_there"]) == (0, 10)


def test_purged_ring__re_formed_with_these_accounts(tmp_path: Path) -> None:
    purge(tmp_path, FIRST, *range(10))
    (row,) = compare(FIRST, SECOND, tmp_path, at=AT).reformed
    assert (row["name"], row["ring_id"], row["by"], row["users_before"]) == ("L-a", "R-x", "members", 10)
    assert row["users_kept"] == [f"u{u:03}" for u in range(1, 10)]
    assert row["users_new"] == ["u010"]


def test_purged_ring__with_new_accounts_is_known_by_its_targets(tmp_path: Path) -> None:
    first = run_of({"R-a": range(10)}, day=0, targets={"R-a": range(10)})
    second = run_of({"R-b": range(50, 60)}, day=1, targets={"R-b": range(5, 12)})
    purge(tmp_path, first, *range(10))
    found = compare(first, second, tmp_path, at=AT)
    assert fates(found.rings) == {"L-a": "dormant", "L-b": "new"}
    (row,) = found.reformed
    assert (row["name"], row["ring_id"], row["by"], row["users_kept"]) == ("L-a", "R-b", "targets", [])
    assert len(row["users_new"]) == 10


def test_recognised__a_confirmed_ring(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path, write=True) as store:
        store.add_decisions(
            FIRST, decided(tmp_path / "d.csv", {"ring_id": "R-a", "verdict": "confirmed"}, run=FIRST), at=AT
        )
    found = compare(FIRST, SECOND, tmp_path, at=AT)
    assert {ring: one.verdict for ring, one in found.recognised.items()} == {"R-x": "confirmed"}


# --------------------------------------------------------------------------------------------------
# Figures


def test_precision__once_a_subject_by_tier(tmp_path: Path) -> None:
    rows = [
        {"ring_id": "R-a", "verdict": "confirmed"},
        {"ring_id": "R-b", "verdict": "cleared"},
        {"ring_id": "R-e", "verdict": "confirmed"},
        {"ring_id": "R-e", "verdict": "cleared", "reviewer": "Bo"},
        {"user_id": "u001", "verdict": "cleared"},
    ]
    again = [{"ring_id": "R-x", "verdict": "confirmed"}]
    with CaseStore.open(tmp_path, write=True) as store:
        store.add_decisions(FIRST, decided(tmp_path / "d.csv", *rows, run=FIRST), at=AT)
        store.add_decisions(SECOND, decided(tmp_path / "d.csv", *again, run=SECOND, at=AT + DAY), at=AT)
        found = precision(store.decisions(), AT + 900 * DAY)
    rings, users = found
    assert {name: rings[name] for name in ("subject", "tier", "confirmed", "cleared", "open", "precision")} == {
        "subject": "ring", "tier": "purge", "confirmed": 1, "cleared": 1, "open": 1, "precision": 0.5,
    }  # fmt: skip
    assert (users["subject"], users["cleared"], users["precision"]) == ("user", 1, 0.0)


def test_share__interval_of_wilson() -> None:
    # Wilson 1927 for 8 of 10 at z = 1.95996: centre (0.8 + z²/20) / (1 + z²/10), worked out by hand.
    found = share(8, 10)
    assert found["precision"] == 0.8
    assert (found["low"], found["high"]) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert share(0, 0) == {"precision": None, "low": None, "high": None}


def test_given_back__counts_against_the_ring() -> None:
    rows = [{"name": "L-a", "restored": i < 1} for i in range(4)] + [{"name": "L-b", "restored": False}]
    (row,) = given_back(rows)
    assert (row["name"], row["taken"], row["restored"], row["precision"]) == ("L-a", 4, 1, 0.75)


def test_drift__is_the_largest_difference_of_shares() -> None:
    def run(*scores: float) -> Detection:
        names = [f"R-{i}" for i in range(len(scores))]
        rings = {name: range(10 * i, 10 * i + 10) for i, name in enumerate(names)}
        return run_of(rings, scores=dict(zip(names, scores, strict=True)))

    low, high = run(0.1, 0.2, 0.3, 0.4, 0.5), run(0.4, 0.5, 0.6, 0.7, 0.8)
    found = drift(low, high)
    assert found is not None
    assert found["statistic"] == pytest.approx(0.6)
    same = drift(low, low)
    assert same is not None
    assert (same["statistic"], same["p_value"]) == (0.0, 1.0)
    assert drift(low, run(0.1, 0.2)) is None


# --------------------------------------------------------------------------------------------------
# The command


def test_command__tells_fates_and_writes_the_lineage(tmp_path: Path) -> None:
    a, b = FIRST.save(tmp_path / "runs" / "a"), SECOND.save(tmp_path / "runs" / "b")
    purge(tmp_path / "runs" / "cases", FIRST, *range(10))
    result = graphkit("compare", a, b)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "Rings: 1 continues, 1 grew, 1 dormant, 1 new." in lines
    assert "L-a   continues  R-a   R-x     10   10     9" in lines
    assert "Purged     10 pairs of user and note; 9 came back" in lines
    assert "Re-formed  L-a as R-x: 9 of 10 accounts, 1 new" in lines
    assert (tmp_path / "runs" / "cases" / "lineage.parquet").is_file()
    told = json.loads(graphkit("compare", a, b, "--json").stdout)
    assert fates(told["rings"]) == {"L-a": "continues", "L-b": "dormant", "L-c": "new", "L-e": "grew"}


def test_command__what_is_no_run_is_one_line(tmp_path: Path) -> None:
    result = graphkit("compare", FIRST.save(tmp_path / "a"), tmp_path / "b")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "is not a complete run directory" in result.stderr
    assert not (tmp_path / "cases").exists()


def test_runs_over_other_ids__are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds user_ids of type string and the run of type int64; wanted runs over"):
        compare(FIRST, with_integer_ids(SECOND), tmp_path / "cases", at=AT)
    with CaseStore.open(tmp_path / "cases") as store:
        assert store.runs() == []


def test_runs_without_rings__say_so(tmp_path: Path) -> None:
    a, b = run_of({}, day=0).save(tmp_path / "a"), run_of({}, day=1).save(tmp_path / "b")
    result = graphkit("compare", a, b)
    assert result.exit_code == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if line]
    assert lines == [
        "Rings: none in either run.",
        "Purged     nothing yet",
        "Drift      too few rings to compare their scores",
    ]
