"""Rings against decoys, reckoned by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import ScoringConfig
from graphkit.schemas import CHANNELS
from graphkit.scoring.attach import Jobs
from graphkit.scoring.competition import compete, false_discovery_rates
from graphkit.scoring.coordination import Coordination
from graphkit.scoring.membership import Membership
from graphkit.scoring.rings import Rings
from graphkit.scoring.tiers import PURGE, REVIEW

N_USERS = 40
CONFIG = ScoringConfig()
#: Nats at which ``1 - score`` is too small to be seen.
SURE = 40.0


def rings(of: Sequence[tuple[range, float]], edges: float = 10.0) -> Rings:
    """Return rings of these members and nats, all with as many ties, that differ in nothing else."""
    ring_of = np.full(N_USERS, -1, np.int32)
    for ring, (users, _) in enumerate(of):
        ring_of[users.start : users.stop] = ring
    members = Membership(ring_of, np.full(len(of), 60, np.int32), np.zeros(N_USERS, np.bool_))
    nats = np.array([nats for _, nats in of], np.float64)
    score = 1 / (1 + np.exp(-nats))
    weights = {name: np.full(len(of), 1.0) for name, _ in CHANNELS}
    none = np.empty(0, np.int64)
    return Rings(
        members, Coordination(*[none] * 7), Jobs(*[none] * 7), {"edges": np.full(len(of), edges)}, weights,
        nats, score, 1 - score, np.zeros(len(of), np.int8),
    )  # fmt: skip


def q_values(found: Rings, *decoys: Rings, k: int = 1) -> list[float]:
    return compete(found, decoys, k, CONFIG).q_value.round(9).tolist()


FOUND = rings([(range(10), SURE), (range(10, 20), SURE + 1)])


# --------------------------------------------------------------------------------------------------
# Echoes and strangers


def test_compete__without_decoys_the_q_value_is_one_less_the_score() -> None:
    found = rings([(range(10), 1.0), (range(10, 20), 3.0)])
    assert compete(found, [], 1, CONFIG).q_value.tolist() == (1 - found.score).tolist()


@pytest.mark.parametrize("k", [0, 1, 3])
def test_compete__without_rings_nothing_has_a_q_value(k: int) -> None:
    assert q_values(rings([]), rings([(range(5), 1.0), (range(5, 9), 2.0)]), k=k) == []


def test_compete__an_echo_with_half_the_ties_makes_its_ring_lose() -> None:
    assert q_values(FOUND, rings([(range(10), 0.0)], edges=5))[0] == 1


def test_compete__an_echo_with_half_the_ties_makes_no_other_lose() -> None:
    assert q_values(FOUND, rings([(range(10), 0.0)], edges=5))[1] == 0


def test_compete__an_echo_with_half_the_ties_counts_against_others_that_score_no_more() -> None:
    assert q_values(FOUND, rings([(range(10), SURE + 1)], edges=5)) == [1, 1]


def test_compete__an_echo_with_fewer_ties_does_not_count() -> None:
    assert q_values(FOUND, rings([(range(10), SURE + 1)], edges=4.9)) == [0, 0]


def test_compete__a_decoy_is_an_echo_when_half_of_it_are_members() -> None:
    assert q_values(FOUND, rings([(range(5, 10), 0.0), (range(20, 25), 0.0)]))[0] == 1
    assert q_values(FOUND, rings([(range(8, 10), 0.0), (range(30, 34), 0.0)]))[0] == 1


@pytest.mark.parametrize(("echo", "wanted"), [(range(15, 25), [0, 1]), (range(16, 26), [0, 0])])
def test_compete__a_decoy_of_which_fewer_than_half_are_members_is_none(echo: range, wanted: list[float]) -> None:
    assert q_values(FOUND, rings([(echo, 0.0)])) == wanted


@pytest.mark.parametrize(("nats", "wanted"), [(SURE + 1, [0.5, 0.5]), (SURE, [0.5, 0]), (SURE - 1, [0, 0])])
def test_compete__a_stranger_counts_against_rings_that_score_no_more(nats: float, wanted: list[float]) -> None:
    # Two rings score as the lower or more, one as the higher; its rate of one or none counts unless that is less.
    assert q_values(FOUND, rings([(range(30, 40), nats)], edges=1)) == wanted


def test_compete__decoys_of_several_windows_add_up() -> None:
    strangers = rings([(range(30, 40), SURE)])
    assert q_values(FOUND, strangers, strangers) == [1, 0]


def test_compete__decoys_are_shared_out_among_their_sets() -> None:
    strangers = rings([(range(30, 40), SURE)])
    assert q_values(FOUND, strangers, strangers, k=4) == [0.25, 0]


def test_compete__a_q_value_is_never_less_than_the_chance_that_a_ring_is_none() -> None:
    found = rings([(range(10), 1.0), (range(10, 20), SURE)])
    assert q_values(found, rings([(range(30, 40), 1.0)])) == [0.5, 0]
    assert q_values(found, rings([(range(30, 40), 1.0)]), k=8) == [round(1 - found.score[0], 9), 0]


def test_compete__the_tier_follows() -> None:
    lost = compete(FOUND, [rings([(range(10), 0.0)])], 1, CONFIG)
    assert lost.tier.tolist() == [REVIEW, PURGE]


def test_compete__scores_stay() -> None:
    lost = compete(FOUND, [rings([(range(10), 0.0)])], 1, CONFIG)
    assert (lost.score.tolist(), lost.nats.tolist()) == (FOUND.score.tolist(), FOUND.nats.tolist())


# --------------------------------------------------------------------------------------------------
# Rates


def rates(score: Sequence[float], lost: Sequence[bool], against: Sequence[float], k: int = 1) -> list[float]:
    found = false_discovery_rates(np.array(score, float), np.array(lost, bool), np.array(against, float), k)
    return found.tolist()


def test_false_discovery_rates__by_hand() -> None:
    # At 4 no decoy to one ring, at 3 one to two, at 2 one to three, at 1 three to four.
    assert rates([4, 3, 2, 1], [False] * 4, [3.5, 1.5, 1.5]) == pytest.approx([0, 1 / 3, 1 / 3, 3 / 4])


def test_false_discovery_rates__a_ring_that_lost_is_none() -> None:
    # Of two rings left one decoy scores as much as the lower.
    assert rates([3, 2, 1], [False, True, False], [1]) == pytest.approx([0, 1, 1 / 2])


def test_false_discovery_rates__are_at_most_one() -> None:
    assert rates([2, 1], [False, False], [9, 9, 9]) == [1, 1]


_scores = st.lists(st.sampled_from([-2.0, 0.0, 0.5, 1.0, 7.0]), max_size=9)


@given(_scores.flatmap(lambda s: st.tuples(st.just(s), st.lists(st.booleans(), min_size=len(s), max_size=len(s)))),
       _scores, st.integers(1, 3))  # fmt: skip
def test_false_discovery_rates__are_the_naive_ones(
    table: tuple[list[float], list[bool]], against: list[float], k: int
) -> None:
    left = [s for s, lost in zip(*table, strict=True) if not lost]

    def rate(least: float) -> float:
        return min(1.0, sum(a >= least for a in against) / k / sum(s >= least for s in left))

    wanted = [1.0 if lost else min(rate(s) for s in left if s <= score) for score, lost in zip(*table, strict=True)]
    assert rates(*table, against, k) == pytest.approx(wanted)


@given(_scores, _scores, st.integers(1, 3))
def test_false_discovery_rates__fall_with_the_score(score: list[float], against: list[float], k: int) -> None:
    score = sorted(score)
    found = rates(score, [False] * len(score), against, k)
    assert found == sorted(found, reverse=True)
