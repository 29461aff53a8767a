"""Which jobs were news, from likes made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graphkit.bipartite import BipartiteGraph
from graphkit.likes.model import NO_TIME, Notes
from graphkit.scoring.attach import Jobs
from graphkit.scoring.evidence import _early_jobs
from graphkit.scoring.membership import Membership
from tests.worlds import DAY, SECOND, Row, make_likes

HOUR = 3600 * SECOND
#: When the job of the ring, users 0 to 3, begins on the note.
BEGINS = DAY + 48 * HOUR


def is_news(outsiders: list[int], published: int | None = None, other_ring: list[int] | None = None) -> bool | None:
    """Tell whether the ring's job on a note was early, ``None`` where unknown.

    Parameters
    ----------
    outsiders, other_ring
        When users of no ring, and of another, like the note.
    published
        When it is said to have been published.
    """
    others = [*outsiders, *(other_ring or [])]
    rows: list[Row] = [(user, 0, BEGINS + user * SECOND) for user in range(4)]
    rows += [(10 + i, 0, ts) for i, ts in enumerate(others)]
    likes = make_likes(rows)
    if published is not None:
        likes = replace(likes, notes=Notes(likes.notes.ids, published_at=np.array([published])))
    ring_of = np.array([0] * 4 + [-1] * len(outsiders) + [1] * (len(others) - len(outsiders)), np.int32)
    members = Membership(ring_of, np.array([60, 60], np.int32), np.zeros(len(ring_of), np.bool_))
    one = np.array([0], np.int32)
    job = Jobs(one, one, np.array([BEGINS]), np.array([BEGINS + 3 * SECOND]), one + 4, one + 4, one.astype(np.float64))
    early, known = _early_jobs(likes, BipartiteGraph.from_likes(likes), members, job)
    return bool(early[0]) if known[0] else None


@pytest.mark.parametrize(("age", "wanted"), [(0, True), (HOUR, True), (HOUR + 1, False)])
def test_early_jobs__publication_tells_where_it_is_known(age: int, wanted: bool) -> None:
    assert is_news([], BEGINS - age) is wanted


@pytest.mark.parametrize("outsiders", [[BEGINS - 24 * HOUR], [BEGINS - 24 * HOUR, BEGINS]])
def test_early_jobs__no_note_is_published_after_its_first_like(outsiders: list[int]) -> None:
    assert is_news(outsiders, BEGINS + HOUR) is False


@pytest.mark.parametrize("unknown", [None, NO_TIME])
@pytest.mark.parametrize(
    ("first", "wanted"),
    [(-HOUR - 1, False), (-HOUR, True), (0, True), (HOUR, True), (HOUR + 1, None)],
    ids=["long before", "an hour before", "with the ring", "an hour after", "long after"],
)
def test_early_jobs__else_the_first_like_of_an_outsider_tells(
    first: int, wanted: bool | None, unknown: int | None
) -> None:
    assert is_news([BEGINS + 30 * HOUR, BEGINS + first], unknown) is wanted


def test_early_jobs__where_nobody_else_came_nothing_tells() -> None:
    assert is_news([]) is None


def test_early_jobs__members_of_another_ring_are_outsiders() -> None:
    assert is_news([], other_ring=[BEGINS - 2 * HOUR]) is False
