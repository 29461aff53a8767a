"""How much an account's registration, devices and addresses say about its belonging to a ring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from graphkit.likes.model import NO_TIME, Likes, Users
from graphkit.scoring.kinship import Kinship
from graphkit.scoring.membership import NO_RING, Membership
from tests.examples import examples
from tests.scoring import naive
from tests.scoring.worlds import HOUR, Scene, scenes
from tests.worlds import DAY, make_likes


@given(scenes())
@examples(80)
def test_weights(scene: Scene) -> None:
    pairs = [
        (user, ring)
        for ring in range(scene.members.n_rings)
        for user in range(scene.likes.n_users)
        if scene.ring_of[user] != ring
    ]
    user, ring = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    weights = Kinship(scene.likes, scene.members).weights(user, ring)
    assert weights.tolist() == pytest.approx([naive.kin(scene.likes, scene.ring_of, u, r) for u, r in pairs])
    # Weights of hypotheses may not favour anybody without taking it from others: on average they are 1 at most.
    assert all(weights[ring == r].mean() <= 1 + 1e-12 for r in set(ring.tolist()))


def cohort(n_members: int, n_others: int) -> tuple[Likes, Membership]:
    """Return members registered within one hour, others every twelve hours from then on, and one of these unknown."""
    n = n_members + n_others
    likes = make_likes([(user, 0, DAY) for user in range(n)])
    at = DAY + np.concatenate([np.arange(n_members) * HOUR // n_members, np.arange(n_others) * 12 * HOUR])
    at[-1] = NO_TIME
    ring_of = np.where(np.arange(n) < n_members, 0, NO_RING).astype(np.int32)
    members = Membership(ring_of, np.array([60], np.int32), np.zeros(n, np.bool_))
    return replace(likes, users=Users(likes.users.ids, registered_at=at)), members


def test_weights__whoever_registered_with_half_of_the_members() -> None:
    likes, members = cohort(20, 200)
    at = likes.users.registered_at
    assert at is not None
    at[30], at[31] = DAY + HOUR // 4, DAY - 1  # within the earliest shortest half, and before all
    asked = np.array([30, 31, 219], np.int64)
    weights = Kinship(likes, members).weights(asked, np.zeros(3, np.int64))
    # Of 199 others two were registered then: the first of all, and user 30.
    assert weights.tolist() == pytest.approx([0.5 + 0.5 * 199 / 2, 0.5, 1])


def test_weights__a_handful_of_registrations_tells_nothing() -> None:
    likes, members = cohort(7, 200)
    assert Kinship(likes, members).weights(np.arange(7, 50), np.zeros(43, np.int64)).tolist() == [1.0] * 43


def test_weights__nothing_known() -> None:
    likes, members = cohort(9, 3)
    bare = replace(likes, users=Users(likes.users.ids))
    assert Kinship(bare, members).weights(np.array([9, 10]), np.zeros(2, np.int64)).tolist() == [1.0, 1.0]
