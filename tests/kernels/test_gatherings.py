"""Likes around gatherings, counted one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.gatherings import likes_around
from tests.examples import examples

pytestmark = pytest.mark.kernels

#: Few moments, so that likes stand on the ends of what is around; and many likes of a user, so that some are looked up.
TIMES = st.lists(st.lists(st.integers(0, 12), max_size=60).map(sorted), min_size=1, max_size=4)


@given(TIMES, st.lists(st.integers(0, 12), min_size=1, max_size=5), st.integers(0, 4), st.data())
@examples(200)
def test_likes_around__are_those_within_reach_ends_included(
    times: list[list[int]], middle: list[int], reach: int, data: st.DataObject
) -> None:
    n, users = len(middle), range(len(times))
    there = [data.draw(st.lists(st.sampled_from(users), unique=True)) for _ in middle]
    others = [data.draw(st.lists(st.integers(0, n - 1), unique=True).map(sorted)) for _ in middle]

    def laid_out(rows: list[list[int]], kind: type) -> tuple[np.ndarray, np.ndarray]:
        return np.array([x for row in rows for x in row], kind), np.cumsum([0, *map(len, rows)])

    (user, ptr), (other, row_ptr), (moments, times_ptr) = (
        laid_out(there, np.int32),
        laid_out(others, np.int32),
        laid_out(times, np.int64),
    )
    first = data.draw(st.integers(0, n))
    found = likes_around(first, n, row_ptr, other, user, ptr, moments, times_ptr, np.array(middle, np.int64), reach)
    assert found.tolist() == [
        sum(abs(t - middle[j]) <= reach for u in there[i] for t in times[u]) for i in range(first, n) for j in others[i]
    ]
