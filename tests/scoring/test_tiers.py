"""Scores and tiers from numbers made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import ScoringConfig
from graphkit.schemas import CHANNELS
from graphkit.scoring import tiers
from graphkit.scoring.tiers import EXPLANATIONS, PURGE, REVIEW, WATCH
from tests.scoring import naive_verdicts

CONFIG = ScoringConfig()
#: Numbers that close every explanation, each in one way only.
CLOSED = {
    "window_s": 3600.0,
    "quick": 0.5,
    "bundled": 0.49,
    "episodes": 10.0,
    "job_size": 10.0,
    "notes_effective": 1.01,
    "n_users": 40.0,
    "burst_capture": 0.67,
    "authors_effective": 3.0,
}
ALL_OPEN = {
    "window_s": 3600.0,
    "quick": 0.4,
    "bundled": 0.4,
    "episodes": 7.0,
    "job_size": 29.0,
    "notes_effective": 1.01,
    "n_users": 29.0,
    "burst_capture": 0.66,
    "authors_effective": math.nan,
}
FOLLOWING = {"arrival": -0.25}


def by_channel(**nats: float) -> dict[str, np.ndarray]:
    """Return the weights of one ring, 0 where not given."""
    assert nats.keys() <= {name for name, _ in CHANNELS}
    return {name: np.array([nats.get(name, 0.0)]) for name, _ in CHANNELS}


def one(numbers: dict[str, float]) -> dict[str, np.ndarray]:
    return {name: np.array([value]) for name, value in numbers.items()}


def left_open(numbers: dict[str, float], weights: dict[str, float] | None = None) -> set[str]:
    """Return the explanations left open, without ``may_be_``."""
    found = tiers.open_explanations(one(numbers), by_channel(**(weights or {})), CONFIG)
    assert {float(value[0]) for value in found.values()} <= {0.0, 1.0}
    return {name.removeprefix("may_be_") for name, value in found.items() if value[0]}


# --------------------------------------------------------------------------------------------------
# Explanations


def test_open_explanations__none() -> None:
    assert left_open(CLOSED, FOLLOWING) == set()


def test_open_explanations__all() -> None:
    assert left_open(ALL_OPEN, FOLLOWING) == {name.removeprefix("may_be_") for name in EXPLANATIONS}


@pytest.mark.parametrize(
    ("numbers", "explanation"),
    [
        ({"quick": 0.49}, "taste"),
        ({"bundled": 0.5}, "taste"),
        ({"episodes": 9.0}, "circle"),
        ({"burst_capture": 0.66}, "crowd"),
        ({"burst_capture": math.nan}, "crowd"),
        ({"authors_effective": math.nan}, "fans"),
    ],
    ids=["slow ties", "down a list", "few occasions", "others in the bursts", "no bursts", "authors unknown"],
)
def test_open_explanations__each_is_opened_by_one_number(numbers: dict[str, float], explanation: str) -> None:
    assert left_open(CLOSED | numbers, FOLLOWING) == {explanation}


@pytest.mark.parametrize(
    ("numbers", "weights", "explanation"),
    [
        ({"quick": 0.5}, {}, "taste"),
        ({}, {"audience": 0.5, "arrival": 0.1, "views": 0.6}, "taste"),
        ({}, {"audience": 0.5, "reciprocity": 0.5, "views": 0.6}, "taste"),
        ({"episodes": 10.0}, {}, "circle"),
        ({"episodes": 8.0}, {"taste": 0.6, "views": 0.6}, "circle"),
        ({"job_size": 30.0}, {}, "circle"),
        ({"burst_capture": 0.67}, {}, "crowd"),
        ({"authors_effective": 1.0}, {}, "fans"),
        ({}, {"arrival": -0.24}, "fans"),
    ],
    ids=[
        *(
            "half tied within an hour",
            "no audience in common, no news and a witness",
            "no audience in common, the members' own and a witness",
        ),
        *("many occasions", "occasions and two witnesses", "too many for a circle", "bursts of its own"),
        *("authors known", "not early"),
    ],
)
def test_open_explanations__each_is_closed(
    numbers: dict[str, float], weights: dict[str, float], explanation: str
) -> None:
    assert explanation in left_open(ALL_OPEN, FOLLOWING)
    assert explanation not in left_open(ALL_OPEN | numbers, FOLLOWING | weights)


@pytest.mark.parametrize(
    "weights",
    [{"audience": 0.49, "arrival": 0.5}, {"audience": 0.7, "arrival": -0.1}, {"audience": 0.7}, {"arrival": 0.5}],
    ids=["not far enough from common", "news", "nobody knows whether news", "no audience to tell"],
)
def test_open_explanations__a_taste_is_not_closed(weights: dict[str, float]) -> None:
    assert "taste" in left_open(ALL_OPEN, weights | {"views": 0.6})


def test_open_explanations__a_taste_is_not_closed_without_a_witness() -> None:
    # Whoever looks for give-aways comes to notes that have nothing else in common.
    assert "taste" in left_open(ALL_OPEN, {"audience": 3.0, "arrival": 0.5, "views": 0.59})


@pytest.mark.parametrize(
    ("window_s", "views", "open_"), [(3600.0, -0.1, False), (3601.0, -0.1, True), (3601.0, 0.0, False)]
)
def test_open_explanations__ties_within_the_hour_close_no_taste_that_shows_over_more_when_witnesses_are_silent(
    window_s: float, views: float, open_: bool
) -> None:
    # Nobody was asked where every witness weighs nothing at all.
    assert ("taste" in left_open(CLOSED | {"window_s": window_s}, {"views": views})) is open_


@pytest.mark.parametrize(
    ("window_s", "bundled", "open_"), [(601.0, 0.5, True), (601.0, 0.49, False), (600.0, 1.0, False)]
)
def test_open_explanations__ties_within_the_hour_close_no_taste_of_people_with_a_list(
    window_s: float, bundled: float, open_: bool
) -> None:
    assert ("taste" in left_open(CLOSED | {"window_s": window_s, "bundled": bundled})) is open_


@pytest.mark.parametrize(
    ("episodes", "views", "open_"), [(9, 0.59, True), (10, 0.59, False), (7, 0.6, True), (8, 0.6, False)]
)
def test_open_explanations__a_circle_asks_for_more_occasions_without_two_witnesses(
    episodes: float, views: float, open_: bool
) -> None:
    weights = {"taste": 0.6, "views": views}
    assert ("circle" in left_open(ALL_OPEN | {"episodes": float(episodes)}, weights)) is open_


WITNESSES = [
    ("dwell", "completion"),
    ("registration", "devices"),
    *zip(["taste", "addresses", "views", "engagement", "reciprocity"]),
]


@pytest.mark.parametrize("first", range(len(WITNESSES)))
def test_open_explanations__two_witnesses_close_all_but_a_circle(first: int) -> None:
    for name in WITNESSES[first]:
        for other in WITNESSES[(first + 1) % len(WITNESSES)]:
            assert left_open(ALL_OPEN, FOLLOWING | {name: 0.6, other: 0.6}) == {"circle"}


def test_open_explanations__two_witnesses_close_a_circle_of_thirty() -> None:
    assert "circle" in left_open(ALL_OPEN | {"n_users": 30.0}, FOLLOWING | {"dwell": 0.6})
    assert left_open(ALL_OPEN | {"n_users": 30.0}, FOLLOWING | {"dwell": 0.6, "views": 0.6}) == set()


def test_open_explanations__many_occasions_do_not_close_a_circle_that_likes_its_own_notes() -> None:
    mutual = {"reciprocity": 0.5}
    assert left_open(CLOSED | {"n_users": 29.0}, mutual) == {"circle"}
    assert left_open(CLOSED | {"n_users": 30.0}, mutual) == set()
    assert left_open(CLOSED | {"n_users": 29.0, "job_size": 30.0}, mutual) == set()


def test_open_explanations__a_crowd_at_one_note_asks_for_three_witnesses() -> None:
    one_note = CLOSED | {"notes_effective": 1.0, "job_size": 30.0}
    assert left_open(one_note) == {"crowd"}
    assert left_open(one_note, {"dwell": 0.6, "devices": 0.6}) == {"crowd"}
    assert left_open(one_note, {"dwell": 0.6, "devices": 0.6, "views": 0.6}) == set()


def test_open_explanations__three_witnesses_close_all() -> None:
    assert left_open(ALL_OPEN, FOLLOWING | {"dwell": 0.6, "devices": 0.6, "views": 0.6}) == set()


@pytest.mark.parametrize("names", WITNESSES, ids=" and ".join)
def test_open_explanations__one_witness_closes_none_however_loud(names: tuple[str, ...]) -> None:
    open_ = left_open(ALL_OPEN, FOLLOWING)
    assert left_open(ALL_OPEN, FOLLOWING | dict.fromkeys(names, 3.0)) == open_


# --------------------------------------------------------------------------------------------------
# Scores


def explained(*names: str) -> dict[str, np.ndarray]:
    return {name: np.array([float(name.removeprefix("may_be_") in names)]) for name in EXPLANATIONS}


def test_log_odds__are_the_prior_and_all_weights() -> None:
    nats = tiers.log_odds(
        explained(), by_channel(lockstep=2.0, arrival=-0.5, views=1.25), ScoringConfig(prior_log_odds=-1)
    )
    assert nats.tolist() == [1.75]


@pytest.mark.parametrize("name", [name.removeprefix("may_be_") for name in EXPLANATIONS])
def test_log_odds__are_at_most_those_of_the_open_score_while_an_explanation_is_open(name: str) -> None:
    nats = tiers.log_odds(explained(name), by_channel(lockstep=2.0, exclusivity=3.0), CONFIG)
    assert nats == pytest.approx([math.log(9)])


def test_log_odds__below_the_open_score_stay_what_they_are() -> None:
    assert tiers.log_odds(explained("taste"), by_channel(lockstep=2.0), CONFIG).tolist() == [2.0]


# --------------------------------------------------------------------------------------------------
# Tiers


def tier(score: float, q_value: float = 0.01, config: ScoringConfig = CONFIG, **nats: float) -> int:
    return int(tiers.assign_tiers(np.array([score]), by_channel(**nats), np.array([q_value]), config)[0])


TWO = {"exclusivity": 0.5, "devotion": 0.5}


def test_assign_tiers__purge() -> None:
    assert tier(0.95, 0.05, **TWO) == PURGE


def test_assign_tiers__a_lower_score_is_for_review() -> None:
    assert tier(0.949, 0.05, **TWO) == REVIEW


def test_assign_tiers__a_higher_q_value_is_for_review() -> None:
    assert tier(0.99, 0.051, **TWO) == REVIEW


@pytest.mark.parametrize(
    "nats", [{"devotion": 3.0}, {"devotion": 3.0, "capture": 0.49}, {"devotion": 3.0, "lockstep": 2.0}]
)
def test_assign_tiers__fewer_channels_than_two_besides_lockstep_are_for_review(nats: dict[str, float]) -> None:
    assert tier(0.99, **nats) == REVIEW


@pytest.mark.parametrize(("score", "wanted"), [(0.5, REVIEW), (0.499, WATCH), (0.0, WATCH)])
def test_assign_tiers__review_asks_for_a_score_only(score: float, wanted: int) -> None:
    assert tier(score, 1.0) == wanted


def test_assign_tiers__a_ring_with_an_open_explanation_is_for_review_by_default() -> None:
    # The open score lies below that of purge.
    nats = tiers.log_odds(explained("crowd"), by_channel(lockstep=2.0, exclusivity=3.0, devotion=3.0), CONFIG)
    assert tier(float(1 / (1 + np.exp(-nats[0]))), **TWO) == REVIEW


# --------------------------------------------------------------------------------------------------
# What timing may condemn alone

_nats = st.sampled_from([-3.0, -1.0, -0.1, 0.0, 0.49, 0.5, 0.59, 0.6, 2.0])
_weights = st.fixed_dictionaries({name: _nats for name, _ in CHANNELS})


@given(_weights)
def test_n_witnesses__is_the_naive_one(weights: dict[str, float]) -> None:
    assert tiers.n_witnesses(one(weights), CONFIG).tolist() == [naive_verdicts.witnesses(weights, 0.6)]


@given(_weights)
def test_slow_may_purge__is_the_naive_one(weights: dict[str, float]) -> None:
    wanted = naive_verdicts.slow_may_purge(weights, CONFIG)
    assert tiers.slow_may_purge(one(weights), CONFIG).tolist() == [wanted]


def follows(**nats: float) -> bool:
    return bool(tiers.like_followers(by_channel(**nats), CONFIG)[0])


def test_like_followers__right_after_publication_for_one_author() -> None:
    assert follows(arrival=-0.25, authors=0.49)


@pytest.mark.parametrize(
    "nats",
    [{"arrival": -0.24}, {"arrival": -3.0, "authors": 0.5}, {"arrival": -3.0, "dwell": 0.6}],
    ids=["not early", "several authors", "a witness"],
)
def test_like_followers__not(nats: dict[str, float]) -> None:
    assert not follows(**nats)
