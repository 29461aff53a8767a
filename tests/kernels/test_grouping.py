"""Compressed rows against a list of lists."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.grouping import group_members, group_pointers

pytestmark = pytest.mark.kernels

codes_of_seven = st.lists(st.integers(0, 6), max_size=40)


@given(codes_of_seven, st.randoms(use_true_random=False), st.integers(0, 40))
def test_groups_hold_their_elements_in_the_order_given(codes: list[int], random: object, left_out: int) -> None:
    array = np.array(codes, np.int32)
    ptr = group_pointers(array, 7)
    assert ptr.dtype == np.int64
    assert np.diff(ptr).tolist() == [codes.count(group) for group in range(7)]
    order = list(range(len(codes)))
    random.shuffle(order)  # type: ignore[attr-defined]
    members = group_members(array, np.array(order, np.int32), ptr)
    assert members.dtype == np.int32
    assert members.tolist() == [i for group in range(7) for i in order if codes[i] == group]
