"""Batches laid beside the truth, by hand."""

from __future__ import annotations

import dataclasses

import pytest

from graphkit.errors import InputError
from graphkit.evaluation import BatchFigures, Share, evaluate_batch, pool_batches
from graphkit.evaluation.truth import Truth, encode_truth
from graphkit.purge import Batch
from tests.evaluation.made import made_truth
from tests.purge.made import Like, made_run, plan

#: Ring R-a pushes n0, ring R-b pushes n1; n1 has no other likes. One like of each ring was honest, one is for review.
LIKES = [
    *(Like(f"a{i}", "n0", "R-a") for i in range(4)),
    Like("a4", "n0", "R-a", tier="review"),
    *(Like(f"b{i}", "n1", "R-b") for i in range(3)),
]
HONEST = {"a0", "b0"}


def truth(likes: list[Like] = LIKES) -> Truth:
    told = tuple((like.user, like.note, "farm-001", like.user not in HONEST) for like in likes)
    return encode_truth(made_truth(told, (("farm-001", "farm", True),)), "truth")


def batch() -> Batch:
    return plan(made_run(LIKES, others={"n0": 95, "n1": 0}, kept=len(LIKES)), max_note_share=0.5)


def figures() -> BatchFigures:
    return evaluate_batch(batch(), truth())


def test_batch__is_counted_like_by_like() -> None:
    found = figures()
    assert found.honest == Share.one(1, 4)
    assert found.taken == Share.one(4, 7)
    assert found.found == Share.one(3, 6)
    assert {name: held.n for name, held in found.held.items() if held.n} == {"note_share": 3}
    assert {held.of for held in found.held.values()} == {7}


def test_waiting__are_rings_that_a_person_must_confirm() -> None:
    assert figures().waiting == Share.one(1, 2)


@pytest.mark.parametrize(
    ("low", "high", "covered", "exceeded"), [(0, 1, 1, 0), (1, 5, 1, 0), (2, 5, 0, 0), (0, 0, 0, 1)]
)
def test_interval__covers_the_truth_or_not(low: int, high: int, covered: int, exceeded: int) -> None:
    says = {"likes": 0.5, "low": low, "high": high}
    made = batch()
    found = evaluate_batch(dataclasses.replace(made, info={**made.info, "expected_honest": says}), truth())
    assert (found.covered, found.exceeded) == (Share.one(covered, 1), Share.one(exceeded, 1))
    assert (found.expected.sum, found.low.sum, found.high.sum) == (0.5, low, high)


def test_empty_batch__says_nothing_of_intervals() -> None:
    found = evaluate_batch(plan(made_run(LIKES, kept=len(LIKES)), min_score=0.999), truth())
    assert found.honest == found.covered == found.exceeded == Share.one(0, 0)
    assert found.taken == Share.one(0, 7)


def test_several__keep_each_batch_apart() -> None:
    found = pool_batches([figures(), figures()])
    assert found.n_batches == 2
    assert found.honest == Share((1, 1), (4, 4))
    assert found.held["note_share"] == Share((3, 3), (7, 7))


def test_another_truth__is_refused() -> None:
    with pytest.raises(InputError, match=r"tells of 3"):
        evaluate_batch(batch(), truth(LIKES[:3]))


def test_batch_without_its_run__is_refused() -> None:
    with pytest.raises(InputError, match=r"does not hold its run; wanted one just made"):
        evaluate_batch(dataclasses.replace(batch(), run=None), truth())
