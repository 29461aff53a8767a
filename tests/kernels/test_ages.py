"""Ages below limits, against counting them; first likes of others, against looking for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels import ages
from graphkit._kernels.ages import ages_below, first_of_others
from graphkit._kernels.grouping import group_pointers

pytestmark = pytest.mark.kernels


#: Small ones, so that limits fall on ages.
_ages = st.integers(0, 4) | st.integers(0, 3 * ages._BINS)
_halves = st.integers(-2, 10) | st.integers(-2, 6 * ages._BINS + 3)


@given(
    st.lists(st.tuples(st.integers(0, 3), _ages, st.booleans()), max_size=40),
    st.lists(_halves, min_size=1, max_size=6),
    st.sampled_from([1, 10**9]),
)
def test_ages_below__are_those_that_a_scan_counts(
    likes: list[tuple[int, int, bool]], halves: list[int], unit: int
) -> None:
    note = np.array([like[0] for like in likes], np.int32)
    age = np.array([like[1] for like in likes], np.int64)
    counted = np.array([like[2] for like in likes], np.bool_)
    born = np.array([5, 0, -7, 10**6], np.int64) * unit
    limits = np.sort(np.array(halves) / 2 * unit)
    found = ages_below(born[note] + age * unit, note, born, counted, limits)
    assert found.tolist() == [int(np.count_nonzero(age[counted] * unit < limit)) for limit in limits]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 5)), max_size=40),
    st.lists(st.integers(-1, 2), min_size=6, max_size=6),
)
def test_first_of_others__is_the_earliest_like_by_anybody_else(
    likes: list[tuple[int, int, int]], ring_of: list[int]
) -> None:
    likes.sort()
    note, ts, user = (
        np.array([like[i] for like in likes], kind) for i, kind in enumerate((np.int32, np.int64, np.int32))
    )
    pairs = [(n, r) for n in range(4) for r in range(3)]
    asked = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    found = first_of_others(*asked, group_pointers(note, 4), user, ts, np.array(ring_of, np.int32))
    never = np.iinfo(np.int64).max
    assert found.tolist() == [
        min((t for n, t, u in likes if n == asked_note and ring_of[u] != ring), default=never)
        for asked_note, ring in pairs
    ]
