"""Drawings of graphs, against the obvious way to make them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.drawing import _LEAST, _REACH, _repel_near, heaviest_of_each, move_by_force

pytestmark = pytest.mark.kernels

_edges = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 3)).filter(lambda e: e[0] != e[1]), max_size=20
)


@given(_edges, st.integers(1, 4))
def test_heaviest_of_each__are_those_of_a_sort(edges: list[tuple[int, int, int]], most: int) -> None:
    wanted = set()
    for v in range(6):
        own = [e for e, (a, b, _) in enumerate(edges) if v in (a, b)]
        wanted |= set(sorted(own, key=lambda e: (-edges[e][2], e))[:most])
    a, b, weight = np.array(edges, np.int64).reshape(-1, 3).T
    kept = heaviest_of_each(a.copy(), b.copy(), weight.copy(), 6, most)
    assert set(np.flatnonzero(kept).tolist()) == wanted


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12, unique=True))
def test_repel_near__pushes_all_within_reach_and_nobody_else(places: list[tuple[int, int]]) -> None:
    at = np.array(places, np.float64)
    dx, dy = np.zeros(len(at)), np.zeros(len(at))
    _repel_near(at[:, 0].copy(), at[:, 1].copy(), dx, dy)
    for i, here in enumerate(at):
        away = here - np.delete(at, i, axis=0)
        square = (away**2).sum(axis=1)
        push = (away / (square[:, None] + _LEAST))[square <= _REACH**2].sum(axis=0)
        np.testing.assert_allclose([dx[i], dy[i]], push, atol=1e-12)


@pytest.mark.parametrize("near_only", [False, True])
def test_move_by_force__ties_are_shorter_than_what_is_between_two_cliques(near_only: bool) -> None:
    clique = [(a, b) for a in range(8) for b in range(a)]
    edges = np.array([*clique, *((a + 8, b + 8) for a, b in clique), (0, 8)])
    x, y = np.random.default_rng(1).uniform(-2, 2, (2, 16))
    move_by_force(x, y, edges[:, 0].copy(), edges[:, 1].copy(), 100, near_only)
    at = np.stack([x, y], axis=1)
    inside = [np.linalg.norm(at[a] - at[b]) for a, b in edges[:-1]]
    between = [np.linalg.norm(at[a] - at[b]) for a in range(1, 8) for b in range(9, 16)]
    assert max(inside) < np.median(between)


def test_move_by_force__pieces_stay_within_reach_of_each_other() -> None:
    x, y = np.random.default_rng(2).uniform(-2, 2, (2, 12))
    a = np.arange(0, 12, 2)
    move_by_force(x, y, a, a + 1, 100, False)
    assert np.isfinite([x, y]).all()
    assert max(np.ptp(x), np.ptp(y)) < 12**1.5
