"""Intervals beside scipy's and statistics', and what several runs add up to."""

from __future__ import annotations

import math
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graphkit.evaluation.shares import Loss, Share, join, wilson


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilson__is_scipys(counted: tuple[int, int]) -> None:
    n, of = counted
    expected = stats.binomtest(n, of).proportion_ci(method="wilson")
    assert wilson(n, of) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_share__of_nothing_is_unknown() -> None:
    share = Share.one(0, 0)
    assert all(map(math.isnan, (share.share, share.mean, share.least, share.most, *share.interval)))


def test_share__runs_of_one_size_have_the_interval_of_their_mean() -> None:
    share = Share((300, 400, 500), (1000, 1000, 1000))
    parts = [0.3, 0.4, 0.5]
    half = stats.t.ppf(0.975, 2) * stdev(parts) / math.sqrt(3)
    assert share.interval == pytest.approx((0.4 - half, 0.4 + half))


def test_share__runs_that_agree_leave_wilsons_interval() -> None:
    assert Share((0, 0), (50, 50)).interval == wilson(0, 100)


def test_share__a_run_without_anything_to_count_is_no_run() -> None:
    share = Share((1, 0, 3), (4, 0, 4))
    assert (share.mean, share.least, share.most) == (0.5, 0.25, 0.75)
    assert share.interval == Share((1, 3), (4, 4)).interval


def test_share__is_of_sums_and_the_mean_is_of_runs() -> None:
    share = Share((1, 0), (1, 99))
    assert (share.share, share.mean) == (0.01, 0.5)


def test_join__what_a_run_lacks_counts_nothing() -> None:
    joined = join([{"farm": Share.one(1, 2)}, {"drip": Share((3, 4), (5, 6))}], [1, 2])
    assert joined == {"farm": Share((1, 0, 0), (2, 0, 0)), "drip": Share((0, 3, 4), (0, 5, 6))}


def test_join__losses_stand_together() -> None:
    parts = [Loss((1, 2), (0.5,), Share.one(2, 10)), Loss((7,), (0.1,), Share.one(1, 20))]
    joined = join(parts, [1, 1])
    assert joined == Loss((1, 2, 7), (0.5, 0.1), Share((2, 1), (10, 20)))
    assert joined.most == 7
    assert joined.classes == {"1": 1, "2": 1, "3-5": 0, "6-10": 1, "11-20": 0, "21+": 0}


def test_loss__classes_hold_their_upper_ends() -> None:
    loss = Loss((1, 2, 3, 5, 6, 10, 11, 20, 21), (1.0,), Share.one(9, 9))
    assert list(loss.classes.values()) == [1, 1, 2, 2, 2, 1]
