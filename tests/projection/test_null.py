"""Tail probabilities and the control of false discoveries, against scipy and against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from graphkit.projection.null import benjamini_hochberg, pair_p_values, poisson_tail
from tests import reference
from tests.examples import examples

#: Below the least normal number a tail may come out as nought.
LEAST = float(np.finfo(np.float64).tiny)
breadths = st.integers(1, 60)
#: From one like meeting one at the least rate there is, to hundreds of co-likes.
expectations = st.one_of(st.integers(1, 2**33), st.integers(2**33, 300 * 2**33))
p_values = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1e-300, 1e-12, 0.01, 0.01, 1.0])), max_size=30)


@given(st.lists(st.tuples(breadths, expectations), min_size=1, max_size=20))
def test_p_values_are_poisson_tails(pairs: list[tuple[int, int]]) -> None:
    breadth = np.array([b for b, _ in pairs], np.int32)
    expected2 = np.array([e for _, e in pairs], np.int64)
    p = pair_p_values(breadth, expected2)
    assert p.tolist() == special.pdtrc(breadth - 1, expected2 / 2**33).tolist()
    np.testing.assert_allclose(p, stats.poisson.sf(breadth - 1, expected2 / 2**33), rtol=1e-9, atol=LEAST)
    exact = [reference.poisson_tail(b, Fraction(e, 2**33)) for b, e in pairs]
    np.testing.assert_allclose(p, exact, rtol=1e-9, atol=LEAST)


def test_a_tail_from_nought_is_certain() -> None:
    assert poisson_tail([0, 0, 1], [0.0, 5.0, 0.0]).tolist() == [1.0, 1.0, 0.0]


def test_no_pairs() -> None:
    assert len(pair_p_values(np.empty(0, np.int32), np.empty(0, np.int64))) == 0
    assert len(benjamini_hochberg(np.empty(0), 10)) == 0


@given(p_values, st.integers(0, 10**12))
def test_benjamini_hochberg_is_the_references(p: list[float], untested: int) -> None:
    q = benjamini_hochberg(np.array(p, np.float64), len(p) + untested)
    np.testing.assert_allclose(q, reference.benjamini_hochberg(p, len(p) + untested), rtol=1e-12)


@given(p_values)
def test_benjamini_hochberg_is_scipys_when_every_test_is_given(p: list[float]) -> None:
    assume(p)
    np.testing.assert_allclose(benjamini_hochberg(np.array(p), len(p)), stats.false_discovery_control(p), rtol=1e-12)


@given(p_values, st.integers(0, 200))
@examples(50)
def test_untested_pairs_count_as_p_one(p: list[float], untested: int) -> None:
    assume(p)
    padded = stats.false_discovery_control([*p, *[1.0] * untested])
    q = benjamini_hochberg(np.array(p), len(p) + untested)
    np.testing.assert_allclose(q, padded[: len(p)], rtol=1e-12)


@given(p_values, st.integers(0, 200), st.sampled_from([0.001, 0.05, 0.5]))
def test_leaving_out_what_cannot_be_significant_changes_no_edge(p: list[float], untested: int, fdr: float) -> None:
    # The kernels leave out pairs with p > fdr.
    full = benjamini_hochberg(np.array(p, np.float64), len(p) + untested)
    few = np.array([x for x in p if x <= fdr], np.float64)
    short = benjamini_hochberg(few, len(p) + untested)
    assert short[short <= fdr].tolist() == pytest.approx(full[full <= fdr].tolist(), rel=1e-12)
