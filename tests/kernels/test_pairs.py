"""The work of the pair kernel; its pairs are held against the reference where the projection is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from graphkit._kernels.grouping import group_members, group_pointers
from graphkit._kernels.neighbours import window_bounds
from graphkit._kernels.pairs import row_work
from tests import reference
from tests.worlds import SECOND, World, worlds

pytestmark = pytest.mark.kernels


@given(worlds())
@settings(max_examples=50)
def test_work_of_a_row_is_the_likes_around_its_likes(world: World) -> None:
    likes = world.likes
    lo, hi = window_bounds(likes.ts, group_pointers(likes.note, likes.n_notes), SECOND)
    ptr = group_pointers(likes.user, likes.n_users)
    work = row_work(lo, hi, group_members(likes.user, np.arange(len(likes), dtype=np.int32), ptr), ptr)
    table = reference.rows(likes)
    around = reference.window_counts(table, SECOND)
    assert work.tolist() == [
        sum(count.note for like, count in zip(table, around, strict=True) if like.user == user)
        for user in range(likes.n_users)
    ]
