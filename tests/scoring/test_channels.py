"""What channels add, from numbers made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from graphkit.scoring.channels import CHANNELS, weigh

NAMES = {channel.name: channel for channel in CHANNELS}


def nats(channel: str, **numbers: float) -> float:
    """Return what a channel adds, within its limits."""
    return float(weigh({name: np.array([value]) for name, value in numbers.items()}, [channel])[channel][0])


def taste(
    own: float,
    ordinary: float = 0.3,
    chance: float = 0.05,
    likes: float = 1e6,
    window_s: float = 600,
    reciprocity: float = math.nan,
) -> float:
    return nats(
        "taste",
        own_topics=own,
        own_topics_expected=ordinary,
        own_topics_chance=chance,
        own_topics_likes=likes,
        window_s=window_s,
        reciprocity=reciprocity,
    )


def test_taste__speaks_for_a_ring_whose_likes_are_chance_to_its_members() -> None:
    assert taste(0.05) == pytest.approx(0.8 * math.log(6), rel=1e-3)


def test_taste__less_than_chance_says_no_more() -> None:
    assert taste(0.001) == taste(0.05)


def test_taste__speaks_against_a_ring_of_its_members_taste() -> None:
    assert taste(0.3) == NAMES["taste"].least


def test_taste__tells_nothing_where_nobody_has_any() -> None:
    assert taste(0.05, ordinary=0.05) == 0
    assert taste(0.05, ordinary=0.04) == 0


def test_taste__tells_little_by_few_likes() -> None:
    assert taste(0.05, likes=20) == pytest.approx(taste(0.05) / 2, rel=1e-3)
    assert taste(0.05, likes=0) == 0


def test_taste__is_unknown_without_topics() -> None:
    assert taste(math.nan, math.nan, math.nan, math.nan) == 0


def test_taste__does_not_speak_for_what_hunters_of_prizes_do_over_hours() -> None:
    assert taste(0.05, window_s=3600) > 1
    assert taste(0.05, window_s=3601) == 0
    assert taste(0.3, window_s=3601) == NAMES["taste"].least
    assert taste(0.05, window_s=3601, reciprocity=0.3) == taste(0.05)


@pytest.mark.parametrize(
    ("reciprocity", "own_topics", "least"),
    [(math.nan, 0.05, -3.0), (0.29, 0.05, -3.0), (0.3, 0.05, -1.5), (0.3, 0.1, -3.0), (0.3, math.nan, -3.0)],
)
def test_arrival__counts_less_against_those_who_exchange_what_they_do_not_like(
    reciprocity: float, own_topics: float, least: float
) -> None:
    found = nats(
        "arrival",
        arrival_early=0.99,
        authors_effective=5.0,
        reciprocity=reciprocity,
        own_topics=own_topics,
        own_topics_expected=0.3,
        own_topics_chance=0.05,
        own_topics_likes=1e6,
        window_s=600,
    )
    assert found == least


def test_arrival__counts_more_where_authors_are_unknown() -> None:
    unknown = dict.fromkeys(
        ("reciprocity", "own_topics", "own_topics_expected", "own_topics_chance", "own_topics_likes"), math.nan
    )
    assert nats("arrival", arrival_early=0.99, authors_effective=math.nan, window_s=600, **unknown) == -7.0
