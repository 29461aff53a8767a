"""What reviewers said, and what it does to a batch."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from graphkit.detection import Detection
from tests.purge.made import NOW, Like, Ring, gone, held_by, made_run, plan, verdict

LIKE = ("u0", "n0")
OF_LIKE = {"user_id": "u0", "note_id": "n0"}


@pytest.fixture(scope="module")
def doubtful() -> Detection:
    """A ring for review with a like that is no ordinary one, and one that may well be."""
    ring = Ring("review", 0.8, 0.2)
    return made_run([Like(*LIKE, tier="review", score=0.79), Like("u1", "n1", tier="review", score=0.5)], {"R-a": ring})


def after(run: Detection, *words: tuple[str, dict[str, Any]], **fields: Any) -> set[Any]:
    return gone(plan(run, verdicts=[verdict(word, run, **what) for word, what in words], **fields))


@pytest.mark.parametrize(
    ("what", "goes"),
    [
        ({"ring_id": "R-a"}, {LIKE}),
        ({"user_id": "u0"}, {LIKE}),
        (OF_LIKE, {LIKE}),
        ({"user_id": "u1"}, set()),
        ({"user_id": "u1", "note_id": "n1"}, {("u1", "n1")}),
    ],
)
def test_confirmed__lets_likes_for_review_pass(doubtful: Detection, what: dict[str, Any], goes: set[Any]) -> None:
    assert after(doubtful, ("confirmed", what)) == goes


@pytest.mark.parametrize(
    ("admit", "what", "goes"),
    [
        ("none", OF_LIKE, 0),
        ("likes", OF_LIKE, 1),
        ("likes", {"user_id": "u0"}, 1),
        ("likes", {"ring_id": "R-a"}, 0),
    ],
)
def test_admit_confirmed__says_whose_word_counts(
    doubtful: Detection, admit: str, what: dict[str, Any], goes: int
) -> None:
    assert len(after(doubtful, ("confirmed", what), admit_confirmed=admit)) == goes


def test_min_reviewers__as_many_people_and_not_one_twice(doubtful: Detection) -> None:
    ann, again, bo = (
        ("confirmed", {"ring_id": "R-a", **how})
        for how in ({}, {"time": NOW - dt.timedelta(minutes=1)}, {"reviewer": "bo"})
    )
    assert after(doubtful, ann, again, min_reviewers=2) == set()
    assert after(doubtful, ann, bo, min_reviewers=2) == {LIKE}


def test_confirmed__of_another_run_or_from_the_future_does_not_count(doubtful: Detection) -> None:
    assert after(doubtful, ("confirmed", {"ring_id": "R-a", "run_id": "another"})) == set()
    assert after(doubtful, ("confirmed", {"ring_id": "R-a", "time": NOW + dt.timedelta(minutes=1)})) == set()


@pytest.mark.parametrize("what", [{"ring_id": "R-a"}, {"user_id": "u0"}, OF_LIKE])
@pytest.mark.parametrize("word", ["cleared", "unsure"])
def test_doubt__of_another_run_counts(word: str, what: dict[str, Any]) -> None:
    assert after(made_run([Like(*LIKE)]), (word, {**what, "run_id": "another"})) == set()


@pytest.mark.parametrize(
    ("what", "rail"), [({"ring_id": "R-a"}, None), ({"user_id": "u0"}, None), (OF_LIKE, "cleared_like")]
)
def test_cleared__ends_after_its_period_but_for_a_like(what: dict[str, Any], rail: str | None) -> None:
    run = made_run([Like(*LIKE)])
    for days, holds in ((29.9, True), (30, False)):
        word = verdict("cleared", run, **what, time=NOW - dt.timedelta(days=days))
        batch = plan(run, verdicts=[word], cleared_d=30)
        assert (LIKE in held_by(batch)) == (holds or rail is not None)


def test_verdicts__of_one_person_the_last_counts(doubtful: Detection) -> None:
    early = {"time": NOW - dt.timedelta(days=1), **OF_LIKE}
    assert after(doubtful, ("confirmed", OF_LIKE), ("unsure", early)) == {LIKE}
    assert after(doubtful, ("unsure", OF_LIKE), ("confirmed", early)) == set()


def test_verdicts__at_one_moment_the_cautious_one_counts(doubtful: Detection) -> None:
    assert after(doubtful, ("cleared", OF_LIKE), ("confirmed", OF_LIKE)) == set()


def test_verdicts__a_finer_confirmation_does_not_outweigh_a_wider_clearance(doubtful: Detection) -> None:
    assert after(doubtful, ("confirmed", OF_LIKE), ("cleared", {"user_id": "u0"})) == set()


def test_disputed__one_who_clears_and_one_who_confirms() -> None:
    run = made_run([Like(*LIKE)])
    words = [verdict("cleared", run, **OF_LIKE), verdict("confirmed", run, **OF_LIKE, reviewer="bo")]
    assert held_by(plan(run, verdicts=words)) == {LIKE: "disputed"}


def test_confirmed__does_not_stand_in_for_channels(doubtful: Detection) -> None:
    assert after(doubtful, ("confirmed", OF_LIKE), min_channels=4) == set()


def test_confirmed__integers_and_texts_are_different_people() -> None:
    import pyarrow as pa

    run = made_run([Like(7, 8)], ids=pa.int64())
    assert len(after(run, ("cleared", {"user_id": "7"}))) == 1
    assert after(run, ("cleared", {"user_id": 7})) == set()
