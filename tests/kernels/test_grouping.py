"""Compressed rows against a list of lists."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.grouping import group_by_time, group_members, group_pointers, pick, runs_between

pytestmark = pytest.mark.kernels

numbers = st.integers(-(2**31), 2**31 - 1)
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


@pytest.mark.parametrize("n", [0, 1, 30, 400])
def test_group_by_time__is_the_stable_order_by_group_and_time(n: int) -> None:
    rng = np.random.default_rng(n)
    codes, ts = rng.integers(0, 4, n, dtype=np.int32), rng.integers(0, 50, n)
    order, times = np.empty(n, np.int32), np.empty(n, np.int64)
    group_by_time(codes, ts, group_pointers(codes, 5), order, times)
    assert order.tolist() == sorted(range(n), key=lambda i: (codes[i], ts[i], i))
    assert times.tolist() == ts[order].tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5)), max_size=30), st.data())
def test_runs_between_are_those_of_a_scan(elements: list[tuple[int, int]], data: st.DataObject) -> None:
    elements.sort()
    ts = np.array([t for _, t in elements], np.int64)
    ptr = group_pointers(np.array([g for g, _ in elements], np.int32), 4)
    asked = data.draw(st.lists(st.tuples(st.integers(0, 3), st.integers(-7, 7), st.integers(0, 6)), max_size=8))
    group, first, length = np.array(asked, np.int64).reshape(-1, 3).T
    low, high = runs_between(ts, ptr, group.astype(np.int32), first.copy(), first + length)
    assert low.dtype == high.dtype == np.int64
    for (g, a, n), lo, hi in zip(asked, low.tolist(), high.tolist(), strict=True):
        assert list(range(lo, hi)) == [i for i, (of, t) in enumerate(elements) if of == g and a <= t <= a + n]
        assert ptr[g] <= lo <= hi <= ptr[g + 1]


@given(st.lists(numbers, max_size=9), st.lists(numbers, max_size=9), st.data())
def test_pick__counts_the_second_array_on(one: list[int], other: list[int], data: st.DataObject) -> None:
    both = [*range(len(one) + len(other))]
    at = data.draw(st.lists(st.sampled_from(both), max_size=12)) if both else []
    for kind in (np.int32, np.float64):
        parts = [np.array(part).astype(kind) for part in (one, other)]
        found = pick(*parts, np.array(at, np.int64))
        assert found.dtype == kind
        assert found.tolist() == np.concatenate(parts)[at].tolist()
