"""Likes near each like, against counting them one by one."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.grouping import group_pointers
from graphkit._kernels.neighbours import (
    cool_rates,
    counts_around,
    counts_near,
    counts_within,
    heat_at,
    window_bounds,
)
from graphkit.likes.model import Likes
from tests import reference
from tests.examples import examples
from tests.worlds import SECOND, World, seeded_world, worlds

pytestmark = pytest.mark.kernels

times = st.lists(st.integers(-12, 12), max_size=20).map(sorted)
far_times = st.lists(st.integers(-(2**61), 2**61), max_size=8).map(sorted)


@given(st.lists(times, min_size=1, max_size=4), st.integers(0, 30))
def test_bounds_hold_the_neighbours_of_the_own_group(groups: list[list[int]], width: int) -> None:
    ts = np.array([t for group in groups for t in group], np.int64)
    ptr = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    lo, hi = window_bounds(ts, ptr, width)
    assert lo.dtype == hi.dtype == np.int32
    for start, group in zip(ptr.tolist(), groups, strict=False):
        for i, t in enumerate(group, start=start):
            near = [start + j for j, other in enumerate(group) if abs(other - t) <= width]
            assert list(range(lo[i], hi[i])) == near


@given(st.lists(times, min_size=1, max_size=4), st.integers(0, 30), st.randoms())
def test_counts_near_are_those_of_the_own_group(groups: list[list[int]], width: int, draw: random.Random) -> None:
    ts = np.array([t for group in groups for t in group], np.int64)
    ptr = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    order = draw.sample(range(len(ts)), len(ts))
    counts = counts_near(ts, ptr, np.array(order, np.int32), width)
    assert counts.dtype == np.int32
    wanted = [sum(abs(other - t) <= width for other in group) for group in groups for t in group]
    assert counts[order].tolist() == wanted


@given(st.one_of(times, far_times), st.one_of(st.integers(0, 30), st.integers(0, 2**60)))
def test_counts_hold_both_ends(ts: list[int], width: int) -> None:
    counts = within(np.array(ts, np.int64), width)
    assert counts.dtype == np.int32
    assert counts.tolist() == [sum(abs(other - t) <= width for other in ts) for t in ts]


@given(st.one_of(times, far_times), st.one_of(times, far_times), st.one_of(st.integers(0, 30), st.integers(0, 2**60)))
def test_counts_around_other_moments_hold_both_ends(ts: list[int], moments: list[int], width: int) -> None:
    counts = counts_around(np.array(ts, np.int64), np.array(moments, np.int64), width)
    assert counts.tolist() == [sum(abs(other - t) <= width for other in ts) for t in moments]


Rates = npt.NDArray[np.uint32]


def within(sorted_ts: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.int32]:
    """Return what the kernel writes."""
    counts = np.empty(len(sorted_ts), np.int32)
    counts_within(sorted_ts, width, counts)
    return counts


def rates_of_all(
    likes: Likes, window_us: int, horizon_us: int, hot_rate: float, hot_max: int, inclusive: bool
) -> tuple[Rates, int]:
    """Run the kernel for all likes."""
    horizon_us = max(horizon_us, 4 * window_us)
    by_time = np.argsort(likes.ts, kind="stable")
    sorted_ts = likes.ts[by_time]
    ptr = group_pointers(likes.note, likes.n_notes)
    inner = within(sorted_ts, window_us)
    flank_all, within_all = np.empty(len(likes), np.int32), np.empty(len(likes) if inclusive else 0, np.int32)
    flank_all[by_time] = within(sorted_ts, horizon_us) - inner
    if inclusive:
        within_all[by_time] = inner
    rate, n_cool, n_without = np.zeros(len(likes), np.uint32), 0, 0
    limits = (window_us, horizon_us, float(hot_rate), hot_max)
    none = np.empty(0, np.int32)
    for first, last in ((0, likes.n_notes // 2), (likes.n_notes // 2, likes.n_notes)):
        n_cool += cool_rates(first, last, likes.ts, ptr, flank_all, within_all, *limits, rate)
        n_without += cool_rates(first, last, likes.ts, ptr, none, none, *limits, np.empty(0, np.uint32))
    assert n_cool == n_without
    return rate, n_cool


def heat_of_all(likes: Likes, window_us: int, horizon_us: int, hot_rate: float, hot_max: int) -> npt.NDArray[np.bool_]:
    """Run the kernel for likes asked for, here for all."""
    ptr = group_pointers(likes.note, likes.n_notes)
    widths = (window_us, max(horizon_us, 4 * window_us))
    return heat_at(np.arange(len(likes)), likes.note, likes.ts, ptr, *widths, float(hot_rate), hot_max)


#: Microseconds, so that windows end beside the likes and on them.
widths = st.sampled_from([1, SECOND - 1, SECOND, SECOND + 1, 2 * SECOND, 7 * SECOND, 30 * SECOND, 50_000 * SECOND])


@given(
    worlds(),
    widths,
    widths,
    st.sampled_from([1e-9, 1 / 3, 0.5, 2 / 3, 1, 2, 100.0]),
    st.sampled_from([2, 3, 5, 5000]),
    st.booleans(),
)
@examples(150)
def test_rates_and_heat_are_the_references(
    world: World, window_us: int, horizon_us: int, hot_rate: float, hot_max: int, inclusive: bool
) -> None:
    assert_the_references(world.likes, window_us, horizon_us, hot_rate, hot_max, inclusive)


def assert_the_references(
    likes: Likes, window_us: int, horizon_us: int, hot_rate: float, hot_max: int, inclusive: bool
) -> float:
    """Compare the kernels with the reference; return the share of likes at hot moments."""
    table = reference.rows(likes)
    wanted = reference.rates(table, window_us, horizon_us, inclusive)
    is_hot = reference.hot(table, window_us, horizon_us, hot_rate, hot_max)
    assert heat_of_all(likes, window_us, horizon_us, hot_rate, hot_max).tolist() == is_hot
    cool, n_cool = rates_of_all(likes, window_us, horizon_us, hot_rate, hot_max, inclusive)
    assert cool.tolist() == [0 if h else q for q, h in zip(wanted, is_hot, strict=True)]
    near = reference.window_counts(table, window_us)
    assert n_cool == sum(count.note - 1 for count, h in zip(near, is_hot, strict=True) if not h)
    return float(np.mean(is_hot))


@pytest.mark.parametrize("inclusive", [False, True])
def test_rates_and_heat_of_a_larger_world(inclusive: bool) -> None:
    likes = seeded_world(4).likes
    for window_us, horizon_us in [(SECOND, 600 * SECOND), (60 * SECOND, 3600 * SECOND), (600 * SECOND, SECOND)]:
        assert 0 < assert_the_references(likes, window_us, horizon_us, 1, 7, inclusive) < 1


@given(st.integers(0, 30), st.integers(0, 2**31 - 64))
def test_a_rate_in_fixed_point_is_the_fraction_rounded_down(flank_note: int, others: int) -> None:
    # A like and its note's flank, among as many likes of other notes as an int32 can count.
    ts = np.array([0] + [3] * flank_note, np.int64)
    ptr = np.array([0, len(ts)], np.int64)
    flank_all = np.full(len(ts), flank_note + others, np.int32)
    rate = np.empty(len(ts), np.uint32)
    cool_rates(0, len(ptr) - 1, ts, ptr, flank_all, flank_all[:0], 1, 4, 99.0, 99, rate)
    share = (flank_note + Fraction(1, 2)) / (flank_note + others + Fraction(1, 2))
    assert rate[0] == min(int(share * 2**32), 2**32 - 1)


@given(st.integers(0, 30), st.integers(0, 2**31 - 64))
def test_an_inclusive_rate_in_fixed_point_is_the_fraction_rounded_down(burst: int, others: int) -> None:
    # A like amid its note's burst and as many likes of other notes as an int32 can count; none of the note beyond.
    n = burst + 1
    ts = np.zeros(n, np.int64)
    within_all = np.full(n, n + others, np.int32)
    flank_all = 2**31 - 1 - within_all
    rate = np.empty(n, np.uint32)
    cool_rates(0, 1, ts, np.array([0, n], np.int64), flank_all, within_all, 1, 4, 99.0, 99, rate)
    within = (burst + Fraction(1, 2)) / (burst + others + Fraction(1, 2))
    beyond = Fraction(1, 2) / (2**31 - 1 - n - others + Fraction(1, 2))
    assert rate[0] == min(int(max(within, beyond) * 2**32), 2**32 - 1)
