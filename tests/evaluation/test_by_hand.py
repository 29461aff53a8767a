"""The run and the truth of ``tests.evaluation.made``, figure by figure."""

from __future__ import annotations

import math

import pytest

import graphkit as gk
from graphkit.evaluation import Share
from graphkit.evaluation.truth import encode_truth
from tests.evaluation.made import CANDIDATES, GROUPS, LIKES, RINGS, made_run, made_truth


def counts(share: Share) -> tuple[int, int]:
    return share.n, share.of


def judged(**run: object) -> gk.Evaluation:
    return gk.evaluate(made_run(**run), encode_truth(made_truth(), "truth"))


@pytest.fixture(scope="module")
def found() -> gk.Evaluation:
    return judged()


def test_likes__honest_of_those_in_a_tier(found: gk.Evaluation) -> None:
    """Eight are to be purged, of which the two of e and f are honest."""
    assert {tier: counts(s) for tier, s in found.likes_honest.items()} == {
        "purge": (2, 8), "review": (0, 1), "proposed": (2, 9),
    }  # fmt: skip


def test_likes__found_of_those_bought(found: gk.Evaluation) -> None:
    """Eight were bought: six are to be purged, one is for review, one is missed."""
    assert {tier: counts(s) for tier, s in found.likes_found.items()} == {
        "purge": (6, 8), "review": (1, 8), "proposed": (7, 8),
    }  # fmt: skip


def test_members__honest_of_those_in_a_tier(found: gk.Evaluation) -> None:
    """d counts once, by its best tier; e, f and g belong to no ring."""
    assert {tier: counts(s) for tier, s in found.members_honest.items()} == {
        "purge": (2, 5), "review": (0, 1), "watch": (1, 1), "proposed": (2, 6), "any": (3, 7),
    }  # fmt: skip


def test_members__found_of_those_in_rings(found: gk.Evaluation) -> None:
    assert counts(found.members_found["purge"]) == (3, 4)
    assert counts(found.members_found["proposed"]) == (4, 4)


def test_rings__mistaken(found: gk.Evaluation) -> None:
    """Nobody of R-2 belongs to a ring; half of R-3 does, which is enough."""
    assert {tier: counts(s) for tier, s in found.rings_mistaken.items()} == {
        "purge": (1, 2), "review": (0, 0), "watch": (0, 1), "proposed": (1, 2), "any": (1, 3),
    }  # fmt: skip


def test_rings__of_true_members_but_honest_likes_are_mistaken() -> None:
    rings = (("R-1", "review", 0.9, 0.01, {"a": "review"}),)
    found = judged(rings=rings, candidates=(("a", "n9", "R-1", "review", 0.9),))
    assert counts(found.rings_mistaken["review"]) == (1, 1)
    assert counts(found.rings_honest["review"]) == (1, 1)


def test_rings__mostly_of_honest_likes(found: gk.Evaluation) -> None:
    assert counts(found.rings_honest["purge"]) == (1, 2)


def test_rings__found_when_half_of_what_they_were_paid_for_is(found: gk.Evaluation) -> None:
    assert counts(found.rings_found["purge"]) == (1, 1)


@pytest.mark.parametrize(("n", "rings"), [(4, 1), (3, 0)])
def test_rings__half_is_the_border(n: int, rings: int) -> None:
    found = judged(candidates=CANDIDATES[:n])
    assert counts(found.rings_found["purge"]) == (rings, 1)


def test_rings__a_ring_that_is_main_of_two_is_split(found: gk.Evaluation) -> None:
    """R-1 and R-3 both hold members of the one true ring."""
    assert counts(found.rings_split) == (1, 1)
    assert counts(judged(rings=RINGS[:2]).rings_split) == (0, 1)


def test_rings__mixed_of_two() -> None:
    likes = (*LIKES, ("x", "n5", "farm-002", True), ("y", "n5", "farm-002", True))
    truth = encode_truth(made_truth(likes, (*GROUPS, ("farm-002", "farm", True))), "truth")
    both = dict.fromkeys("abcdxy", "watch")
    run = made_run((("R-1", "watch", 0.9, 0.01, both),), (), kept=len(likes))
    found = gk.evaluate(run, truth)
    assert counts(found.rings_mixed) == (1, 1)
    assert [group.taken_purge for group in found.groups] == [False, False, False]


def test_kinds__likes_members_and_rings(found: gk.Evaluation) -> None:
    assert list(found.kinds) == ["farm"]
    farm = found.kinds["farm"]
    assert counts(farm.likes["purge"]) == (6, 8)
    assert counts(farm.likes["review"]) == (1, 8)
    assert counts(farm.members["proposed"]) == (4, 4)
    assert counts(farm.rings["purge"]) == (1, 1)


def test_lookalikes__likes_touched_and_taken(found: gk.Evaluation) -> None:
    assert list(found.lookalikes) == ["superfans"]
    fans = found.lookalikes["superfans"]
    assert counts(fans.likes["purge"]) == (2, 4)
    assert counts(fans.touched["purge"]) == (1, 1)
    assert counts(fans.taken["purge"]) == (1, 1)
    assert counts(fans.touched["review"]) == counts(fans.taken["review"]) == (0, 1)


def test_lookalikes__touched_in_passing_is_not_taken() -> None:
    """One like of e among six of the ring: the group is touched, and no ring of the run is it."""
    candidates = (*CANDIDATES[:7], ("e", "n3", "R-1", "purge", 0.9))
    fans = judged(rings=RINGS[:1], candidates=candidates).lookalikes["superfans"]
    assert counts(fans.touched["purge"]) == (1, 1)
    assert counts(fans.taken["purge"]) == (0, 1)


def test_lookalikes__taken_by_a_ring_of_paid_members_that_lists_its_likes() -> None:
    """a is a fan as well: a ring of the four paid that lists nothing but a's likes as a fan has taken the fans."""
    likes = (*LIKES, *(("a", note, "fans-001", False) for note in ("n3", "n4")))
    listed = tuple(("a", note, "R-1", "purge", 0.9) for note in ("n3", "n4"))
    found = gk.evaluate(made_run(RINGS[:1], listed, kept=len(likes)), encode_truth(made_truth(likes), "truth"))
    assert counts(found.lookalikes["superfans"].taken["purge"]) == (1, 1)


def test_lookalikes__not_taken_by_a_ring_that_lists_what_its_fans_were_paid_for() -> None:
    """a and b are fans as well, and everything listed of them was bought."""
    likes = (*LIKES, *((user, "n3", "fans-001", False) for user in "ab"))
    rings = (("R-1", "purge", 0.9, 0.01, {"a": "purge", "b": "purge"}),)
    found = gk.evaluate(made_run(rings, CANDIDATES[:4], kept=len(likes)), encode_truth(made_truth(likes), "truth"))
    assert counts(found.lookalikes["superfans"].taken["purge"]) == (0, 1)


def test_honest_kinds__camouflage_and_organic_stand_apart(found: gk.Evaluation) -> None:
    assert {kind: counts(f["purge"]) for kind, f in found.honest_kinds.items()} == {
        "superfans": (2, 4), "organic": (0, 1), "camouflage": (0, 1),
    }  # fmt: skip


def test_lost__by_user(found: gk.Evaluation) -> None:
    """e and f lose one of two likes each; of g, e and f, the only people here, that is two."""
    loss = found.lost_by_user["purge"]
    assert loss.lost == (1, 1)
    assert loss.largest_share == (0.5,)
    assert counts(loss.touched) == (2, 3)


def test_lost__camouflage_hurts_nobody() -> None:
    found = judged(candidates=(("a", "n9", "R-1", "purge", 0.9),))
    assert found.lost_by_user["purge"].lost == ()
    assert found.lost_by_note["purge"].lost == (1,)
    assert counts(found.likes_honest["purge"]) == (1, 1)


def test_lost__by_note(found: gk.Evaluation) -> None:
    """n3 loses both its likes; n1, n4 and n9 have honest likes too and lose none."""
    loss = found.lost_by_note["purge"]
    assert loss.lost == (2,)
    assert loss.largest_share == (1.0,)
    assert counts(loss.touched) == (1, 4)
    assert loss.classes == {"1": 0, "2": 1, "3-5": 0, "6-10": 0, "11-20": 0, "21+": 0}


def test_calibration__likes(found: gk.Evaluation) -> None:
    bins = {(b.low, b.high): b for b in found.calibration.likes if b.true.of}
    assert {k: counts(b.true) for k, b in bins.items()} == {(0.6, 0.8): (1, 3), (0.9, 0.95): (6, 6)}
    assert bins[0.6, 0.8].score == pytest.approx(0.7)


def test_calibration__rings(found: gk.Evaluation) -> None:
    """A score on a bound lies in the bin that it ends: 0.95 is not above 0.95."""
    bins = {(b.low, b.high): counts(b.true) for b in found.calibration.rings if b.true.of}
    assert bins == {(0.0, 0.2): (1, 1), (0.6, 0.8): (0, 1), (0.9, 0.95): (1, 1)}


def test_calibration__q_values(found: gk.Evaluation) -> None:
    levels = {level.q: counts(level.mistaken) for level in found.calibration.levels}
    assert levels == {0.01: (0, 1), 0.05: (1, 2), 0.1: (1, 2), 0.2: (1, 2)}


def test_calibration__an_unknown_q_value_is_not_believed() -> None:
    rings = tuple((*ring[:3], None, ring[4]) for ring in RINGS)
    assert {level.mistaken.of for level in judged(rings=rings).calibration.levels} == {0}


def test_groups__one_by_one(found: gk.Evaluation) -> None:
    farm, fans = found.groups
    assert (farm.group_id, farm.n_users, farm.n_notes, farm.n_likes) == ("farm-001", 4, 2, 8)
    assert (farm.likes_purge, farm.likes_review, farm.users_purge, farm.users_review) == (6, 1, 3, 1)
    assert farm.rings == (("R-1", "purge", 4, 4), ("R-3", "watch", 1, 2))
    assert fans.rings == (("R-2", "purge", 2, 2),)


def test_empty_run__finds_nothing_and_hurts_nobody() -> None:
    found = judged(rings=(), candidates=())
    assert counts(found.likes_found["purge"]) == (0, 8)
    assert found.likes_honest["purge"].of == 0
    assert math.isnan(found.likes_honest["purge"].share)
    assert found.lost_by_note["purge"].most == 0


def test_world_without_groups() -> None:
    truth = encode_truth(made_truth((("a", "n1", None, False), ("b", "n1", None, False)), ()), "truth")
    rings = (("R-1", "purge", 0.9, 0.01, {"a": "purge", "b": "purge"}),)
    found = gk.evaluate(made_run(rings, (("a", "n1", "R-1", "purge", 0.9),), kept=2), truth)
    assert counts(found.likes_honest["purge"]) == (1, 1)
    assert counts(found.rings_mistaken["purge"]) == (1, 1)
    assert (found.kinds, found.lookalikes, found.groups) == ({}, {}, ())
