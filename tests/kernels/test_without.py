"""Medians without one member, against taking each away by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.without import medians_without_each, shares_without_each

pytestmark = pytest.mark.kernels

_NUMBERS = st.lists(st.lists(st.integers(0, 5), max_size=7), max_size=4)


@given(_NUMBERS)
def test_medians_without_each__are_those_of_the_others(groups: list[list[int]]) -> None:
    values = np.array([value for group in groups for value in group], np.float64)
    found = medians_without_each(values, np.cumsum([0, *map(len, groups)]))
    rest = [[*group[:i], *group[i + 1 :]] for group in groups for i in range(len(group))]
    expected = [statistics.median(others) if others else math.nan for others in rest]
    np.testing.assert_array_equal(found, expected)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=4), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 3), unique=True)), max_size=6),
)
def test_shares_without_each__are_medians_over_the_targets_left(
    targets: list[list[tuple[int, int]]], members: list[tuple[int, list[int]]]
) -> None:
    ptr = np.cumsum([0, *map(len, targets)])
    members = [(ring % len(targets), liked) for ring, liked in members]
    members = [(ring, [t for t in liked if t < len(targets[ring])]) for ring, liked in members]
    given_likes, everybody = np.array([t for ring in targets for t in ring], np.int64).reshape(-1, 2).T
    found = shares_without_each(
        np.array([ring for ring, _ in members], np.int64),
        np.cumsum([0, *(len(liked) for _, liked in members)]),
        np.array([ptr[ring] + t for ring, liked in members for t in liked], np.int64),
        ptr,
        given_likes.copy(),
        everybody.copy(),
    )
    for share, (ring, liked) in zip(found.tolist(), members, strict=True):
        left = [(n - (t in liked), n_all) for t, (n, n_all) in enumerate(targets[ring])]
        shares = [n / max(n_all, 1) for n, n_all in left if n > 0]
        assert share == pytest.approx(statistics.median(shares) if shares else math.nan, nan_ok=True)
