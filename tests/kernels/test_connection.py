"""What holds a graph together, against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.connection import cut_vertices, in_one_piece

pytestmark = pytest.mark.kernels

_edges = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda e: e[0] != e[1]), max_size=16)


def ends(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.array(edges, np.int64).reshape(-1, 2).T
    return a.copy(), b.copy()


@given(_edges)
def test_cut_vertices__are_those_that_networkx_finds(edges: list[tuple[int, int]]) -> None:
    graph = nx.Graph(edges)
    found = np.flatnonzero(cut_vertices(*ends(edges), 9))
    assert set(found.tolist()) == set(nx.articulation_points(graph))


def test_cut_vertices__of_a_long_path_are_all_but_its_ends() -> None:
    n = 50_000  # deeper than any recursion would go
    cut = cut_vertices(np.arange(n - 1), np.arange(1, n), n)
    assert not cut[[0, -1]].any()
    assert cut[1:-1].all()


@given(st.integers(1, 9), _edges)
def test_in_one_piece__as_networkx_has_it(n: int, edges: list[tuple[int, int]]) -> None:
    graph = nx.empty_graph(n)
    graph.add_edges_from((a % n, b % n) for a, b in edges)
    a, b = ends([*graph.edges])
    assert in_one_piece(a, b, n) == nx.is_connected(graph)
