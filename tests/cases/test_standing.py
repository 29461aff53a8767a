"""What verdicts add up to, and what a later run has to honour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graphkit.cases.decisions import Decisions
from graphkit.cases.standing import DISPUTED, standings
from graphkit.cases.store import CaseStore
from graphkit.detection import Detection
from tests.cases.made import AT, DAY, decided, run_of


def said(verdict: str, reviewer: str = "Ada", day: int = 0, **subject: Any) -> dict[str, Any]:
    """Return a verdict on user u1 unless said otherwise."""
    subject = subject or {"user_id": "u1"}
    row = {**dict.fromkeys(("ring_id", "user_id", "note_id", "name", "comment")), **subject}
    return {**row, "verdict": verdict, "reviewer": reviewer, "time": AT + day * DAY}


def held(*rows: dict[str, Any], day: int = 10, period_d: int = 180) -> dict[Any, str]:
    found = standings(rows, AT + day * DAY, period_d=period_d)
    return {key: one.verdict for key, one in found.items()}


def test_last_word_of_a_reviewer__counts() -> None:
    assert held(said("confirmed", day=0), said("cleared", day=1)) == {("user", "u1"): "cleared"}
    assert held(said("cleared", day=1), said("confirmed", day=0)) == {("user", "u1"): "cleared"}


def test_reviewers_who_differ__leave_it_disputed() -> None:
    (one,) = standings([said("confirmed"), said("cleared", "Bo", 1)], AT + DAY).values()
    assert (one.verdict, one.since, dict(one.said)) == (DISPUTED, AT + DAY, {"Ada": "confirmed", "Bo": "cleared"})


def test_reviewers_who_agree__hold_it() -> None:
    assert held(said("confirmed"), said("confirmed", "Bo")) == {("user", "u1"): "confirmed"}


def test_later_words__are_not_known_yet() -> None:
    assert held(said("confirmed"), said("cleared", day=5), day=4) == {("user", "u1"): "confirmed"}


def test_clearance__lapses_with_what_was_said_before() -> None:
    rows = [said("confirmed", day=0), said("cleared", day=1)]
    assert held(*rows, day=30, period_d=30) == {("user", "u1"): "cleared"}
    assert held(*rows, day=31, period_d=30) == {}


def test_subjects__ring_user_and_like_are_apart() -> None:
    rows = [
        said("confirmed", ring_id="R-a", name="L-a"),
        said("cleared", ring_id="R-a", name="L-a", user_id="u1"),
        said("unsure", user_id="u1", note_id="n1"),
    ]
    assert held(*rows) == {("ring", "L-a"): "confirmed", ("user", "u1"): "cleared", ("like", "u1", "n1"): "unsure"}


@given(st.lists(st.tuples(st.sampled_from(["confirmed", "cleared", "unsure"]), st.sampled_from("AB")), max_size=8))
def test_standing__is_that_of_the_last_words(words: list[tuple[str, str]]) -> None:
    rows = [said(verdict, who, day) for day, (verdict, who) in enumerate(words)]
    last = {who: verdict for verdict, who in words}
    doubts = [verdict for verdict in ("cleared", "unsure", "confirmed") if verdict in last.values()]
    disputed = {"confirmed", "cleared"} <= {*last.values()}
    assert held(*rows) == ({("user", "u1"): DISPUTED if disputed else doubts[0]} if last else {})


# --------------------------------------------------------------------------------------------------
# Over runs

FIRST = run_of({"R-a": range(10), "R-b": range(10, 20)}, day=0)
#: The same rings a day later: one under another id, one gone, one new.
SECOND = run_of({"R-x": range(1, 11), "R-c": range(30, 40)}, day=1)


def handed_in(folder: Path, run: Detection, *rows: dict[str, str]) -> Decisions:
    return decided(folder / "d.csv", *rows, run=run)


def test_recognised__a_ring_by_its_name_whatever_its_id(tmp_path: Path) -> None:
    decisions = handed_in(
        tmp_path, FIRST, {"ring_id": "R-a", "verdict": "confirmed"}, {"ring_id": "R-b", "verdict": "cleared"}
    )
    with CaseStore.open(tmp_path, write=True) as store:
        store.add_decisions(FIRST, decisions, at=AT)
    with CaseStore.open(tmp_path) as store:
        found = store.recognised(SECOND, at=AT)
    assert {ring: one.verdict for ring, one in found.items()} == {"R-x": "confirmed"}


def test_decisions_for_a_run__on_rings_under_the_ids_they_have_there(tmp_path: Path) -> None:
    rows = [
        {"ring_id": "R-a", "verdict": "confirmed"},
        {"ring_id": "R-b", "verdict": "cleared"},
        {"ring_id": "R-b", "user_id": "u015", "verdict": "cleared"},
    ]
    with CaseStore.open(tmp_path, write=True) as store:
        store.add_decisions(FIRST, handed_in(tmp_path, FIRST, *rows), at=AT)
        found = store.decisions_for(SECOND)
    assert {(row["ring_id"], row["user_id"], row["verdict"]) for row in found} == {
        ("R-x", None, "confirmed"),
        (None, "u015", "cleared"),
    }
    assert {row["run_id"] for row in found} == {FIRST.run_id}


def test_decisions_for_a_run__another_ring_with_the_id_is_not_meant(tmp_path: Path) -> None:
    later = run_of({"R-y": range(10), "R-a": range(50, 60)}, day=1)
    with CaseStore.open(tmp_path, write=True) as store:
        store.add_decisions(FIRST, handed_in(tmp_path, FIRST, {"ring_id": "R-a", "verdict": "cleared"}), at=AT)
        assert [row["ring_id"] for row in store.decisions_for(later)] == ["R-y"]


def test_recognised__a_clearance_ends(tmp_path: Path) -> None:
    with CaseStore.open(tmp_path, write=True) as store:
        store.add_decisions(FIRST, handed_in(tmp_path, FIRST, {"ring_id": "R-a", "verdict": "cleared"}), at=AT)
        assert [*store.recognised(SECOND, at=AT + 179 * DAY)] == ["R-x"]
        assert [*store.recognised(SECOND, at=AT + 180 * DAY)] == []


def test_two_words_at_one_time__the_more_doubtful_is_the_last() -> None:
    rows = [said("confirmed"), said("cleared"), said("unsure")]
    assert held(*rows) == held(*rows[::-1]) == {("user", "u1"): "cleared"}
    assert held(said("unsure"), said("confirmed")) == {("user", "u1"): "unsure"}
