"""What outsiders have in common with a ring's targets."""

from __future__ import annotations

from collections.abc import Sequence
from unittest import mock

import numpy as np
import pytest

from graphkit.bipartite import BipartiteGraph
from graphkit.likes.model import UNKNOWN, Likes
from graphkit.scoring import audience
from graphkit.scoring.membership import Membership
from tests import reference
from tests.scoring import naive
from tests.worlds import DAY, SECOND, Row, make_likes

HOUR = 3600 * SECOND
#: Members of the ring, who like targets 0 and 1 together.
RING = [(user, note, DAY + note * SECOND) for user in range(4) for note in (0, 1)]


def overlap(likes: Likes, ring_of: Sequence[int], targets: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return found and expected pairs by ring; `targets` are pairs of a ring and a note code."""
    n_rings = 1 + max(ring_of)
    members = Membership(np.array(ring_of, np.int32), np.full(n_rings, 60, np.int32), np.zeros(len(ring_of), np.bool_))
    ring, note = np.array(sorted(targets), np.int64).reshape(-1, 2).T
    found, expected = audience.audience_overlap(likes, BipartiteGraph.from_likes(likes), members, ring, note)
    return list(zip(found.tolist(), expected.tolist(), strict=True))


def of_the_ring(outsiders: Sequence[Row], authors: Sequence[int] | None = None) -> tuple[float, float]:
    """Return found and expected pairs of the ring's targets, notes 0 and 1, beside likes of outsiders."""
    likes = make_likes([*RING, *outsiders], authors)
    (pairs,) = overlap(likes, [0] * 4 + [-1] * (likes.n_users - 4), [(0, 0), (0, 1)])
    return pairs


#: User 5 likes both targets, 6 likes one of them and note 2, 7 likes notes 2 and 3.
THREE = [(user, note, DAY + HOUR) for user, note in [(5, 0), (5, 1), (6, 0), (6, 2), (7, 2), (7, 3)]]


def test_audience_overlap__by_hand() -> None:
    # Three of six likes of outsiders fall on targets, so each like does with 1/2: 5 has two ordered pairs, 6 has one.
    assert of_the_ring(THREE) == (2, pytest.approx(3 / 2))


def test_audience_overlap__targets_of_one_author_count_once() -> None:
    # Two of six fall on a target that counts: 5 has one pair with what does not, 6 has one.
    assert of_the_ring(THREE, authors=[8, 8, 9, 9]) == (0, pytest.approx(2 / 3))


def test_audience_overlap__targets_of_unknown_author_count_each() -> None:
    assert of_the_ring(THREE, authors=[UNKNOWN, UNKNOWN, 9, 9]) == of_the_ring(THREE)


def test_audience_overlap__nothing_is_expected_where_no_outsider_likes_a_target() -> None:
    later = [(user, note, ts if note < 2 else ts + 24 * HOUR) for user, note, ts in THREE]
    # All three likes of outsiders on the first day are on targets: 5 has two pairs, and 6 has none within a day.
    assert of_the_ring(later) == (2, pytest.approx(2))


@pytest.mark.parametrize(("hours", "expected"), [(5, 3 / 2), (11, 3 / 2), (12, 2)])
def test_audience_overlap__the_share_is_taken_over_a_stretch_and_those_beside_it(hours: int, expected: float) -> None:
    # As by hand, where all other likes come in the same stretch of six hours or in the next; not beyond.
    later = [(user, note, ts if note < 2 else DAY + hours * HOUR) for user, note, ts in THREE]
    assert of_the_ring(later) == (2, pytest.approx(expected))


def test_audience_overlap__members_of_other_rings_are_no_outsiders() -> None:
    likes = make_likes([*RING, *THREE])
    ring_of = [0, 0, 0, 0, 1, 1, 1]
    assert overlap(likes, ring_of, [(0, 0), (0, 1), (1, 2)]) == [(0, 0), (0, 0)]


def test_audience_overlap__nobody_outside() -> None:
    assert of_the_ring([]) == (0, 0)


def crowd(seed: int, hours: int, n_users: int = 40, n_notes: int = 14, n: int = 200) -> Likes:
    """Return likes at random over so many hours, most notes with an author."""
    rng = np.random.default_rng(seed)
    rows = zip(rng.integers(0, n_users, n), rng.integers(0, n_notes, n), rng.integers(0, hours * HOUR, n), strict=True)
    authors = np.where(rng.random(n_notes) < 0.2, UNKNOWN, rng.integers(0, 9, n_notes)).tolist()
    return make_likes([(int(user), int(note), DAY + int(t)) for user, note, t in rows], authors)


@pytest.mark.parametrize("most", [1, 7, 4096])
@pytest.mark.parametrize("hours", [2, 9, 17, 70])
def test_audience_overlap__is_the_naive_one(hours: int, most: int) -> None:
    likes = crowd(hours, hours)
    ring_of = np.random.default_rng(hours).choice([0, 1, 2, -1], likes.n_users, p=[0.1, 0.1, 0.1, 0.7]).tolist()
    targets = [(0, 0), (0, 3), (0, 4), (0, 9), (2, 3), (2, 5)]
    with mock.patch.object(audience, "_MOST_OUTSIDERS", most):
        found = overlap(likes, ring_of, targets)
    rows = reference.rows(likes)
    for ring in range(3):
        wanted = naive.audience_pairs(likes, rows, ring_of, [note for r, note in targets if r == ring], most)
        assert found[ring] == (wanted[0], pytest.approx(wanted[1]))


@pytest.mark.parametrize(("taste", "least", "most"), [(0.0, 0.9, 1.1), (0.5, 2.0, 4.0)])
def test_audience_overlap__is_as_expected_of_targets_at_random_and_a_multiple_of_those_of_one_taste(
    taste: float, least: float, most: float
) -> None:
    # A tenth of the users give that share of their likes to the ten targets among two hundred notes.
    rng = np.random.default_rng(4)
    user, note = rng.integers(0, 1000, 20_000), rng.integers(0, 200, 20_000)
    note = np.where((user < 100) & (rng.random(20_000) < taste), rng.integers(0, 10, 20_000), note)
    moments = DAY + rng.integers(0, 100 * HOUR, 20_000)
    likes = make_likes(list(zip(user.tolist(), note.tolist(), moments.tolist(), strict=True)))
    ((found, expected),) = overlap(likes, [-1] * 999 + [0], [(0, note) for note in range(10)])
    assert least < found / expected < most
