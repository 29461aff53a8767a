"""Where members stand in drawings: the same every time, and everybody somewhere."""

from __future__ import annotations

import numpy as np
import pytest

from graphkit.plots.layout import TIES_EACH, Ties, lay_out, strongest


def test_strongest__keeps_all_where_nobody_has_many() -> None:
    a, b = np.array([0, 1, 2]), np.array([1, 2, 3])
    assert strongest(Ties(a, b, np.array([5, 1, 3]))).tolist() == [0, 1, 2]


def test_strongest__of_a_star_within_a_clique_drops_the_lightest() -> None:
    a, b = np.triu_indices(2 * TIES_EACH, 1)
    weight = a + b
    kept = strongest(Ties(a, b, weight))
    ends = np.bincount(np.concatenate([a[kept], b[kept]]), minlength=2 * TIES_EACH)
    assert len(kept) < len(a)
    assert ends.min() >= TIES_EACH
    assert weight[kept].max() == weight.max()


def test_lay_out__the_same_for_the_same_ties_whatever_was_drawn_before() -> None:
    import random

    a, b = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 0])
    first = lay_out(6, a, b)
    random.seed(99)  # noqa: TID251 - the state of the process must not matter
    assert lay_out(6, a, b).tolist() == first.tolist()
    assert first.min() >= 0
    assert first.max() <= 1


def test_lay_out__members_without_ties_stand_below() -> None:
    place = lay_out(5, np.array([0, 1]), np.array([1, 2]))
    assert place[3:, 1].min() > place[:3, 1].max()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_lay_out__without_any_tie(n: int) -> None:
    none = np.empty(0, np.int64)
    place = lay_out(n, none, none)
    assert place.shape == (n, 2)
    assert len({*map(tuple, place.tolist())}) == n
