"""Ages below limits, against counting them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels import ages
from graphkit._kernels.ages import ages_below

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
