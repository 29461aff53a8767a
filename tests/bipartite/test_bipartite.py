"""The bipartite graph: its orders, its matrix, and the ecosystem's conventions both ways."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networkx.algorithms import bipartite

import graphkit as gk
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.engines import Room
from graphkit.errors import InputError
from tests import reference
from tests.examples import examples
from tests.worlds import DAY, SECOND, World, make_likes, worlds

pytestmark = pytest.mark.kernels


def graph_of(world: World) -> BipartiteGraph:
    return world.likes.bipartite()


def same(a: BipartiteGraph, b: BipartiteGraph) -> None:
    assert (a.n_users, a.n_notes) == (b.n_users, b.n_notes)
    assert a.user_ids.equals(b.user_ids)
    assert a.note_ids.equals(b.note_ids)
    for name in ("user", "note", "ts", "note_ptr", "user_ptr", "by_user", "by_user_time"):
        left, right = getattr(a, name), getattr(b, name)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


# --------------------------------------------------------------------------------------------------
# Orders


@given(worlds())
@examples(50)
def test_orders(world: World) -> None:
    graph, rows = graph_of(world), reference.rows(world.likes)
    everything = range(len(rows))
    assert graph.by_user.tolist() == sorted(everything, key=lambda p: (rows[p].user, rows[p].note))
    assert graph.by_user_time.tolist() == sorted(everything, key=lambda p: (rows[p].user, rows[p].ts))
    assert graph.user_ts.tolist() == [rows[p].ts for p in graph.by_user_time]
    for j in range(graph.n_notes):
        mine = range(graph.note_ptr[j], graph.note_ptr[j + 1])
        assert [rows[p] for p in mine] == sorted((r for r in rows if r.note == j), key=lambda r: (r.ts, r.user))
    for i in range(graph.n_users):
        mine = graph.by_user[graph.user_ptr[i] : graph.user_ptr[i + 1]]
        assert mine.tolist() == [p for p in everything if rows[p].user == i]


@given(
    st.lists(st.integers(0, 40), max_size=60),
    st.sampled_from([1, 1_000, SECOND, 60 * SECOND, 7]),
    st.sampled_from([0, -DAY, DAY, 10**15]),
    st.sampled_from([0, 1, 999]),
)
def test_time_order_is_stable_whatever_the_unit(steps: list[int], unit: int, start: int, offset: int) -> None:
    ts = np.array([start + offset + s * unit for s in steps], np.int64)
    order = time_order(ts, Room())
    assert order.dtype == np.int32
    assert order.tolist() == sorted(range(len(ts)), key=lambda p: ts[p])


@pytest.mark.parametrize("unit", [1, 1_000, SECOND], ids=["us", "ms", "s"])
@pytest.mark.parametrize("years", [1, 100, 250_000])
def test_time_order_over_long_spans(unit: int, years: int) -> None:
    # 100 years of microseconds leave no room for positions beside them; 250,000 do not fit seconds either.
    rng = np.random.default_rng(years)
    ts = rng.integers(0, years * 365 * 86_400 * SECOND // unit, 5000) * unit
    ts = np.concatenate([ts, ts[:100], ts.max(keepdims=True), ts.min(keepdims=True)])
    np.testing.assert_array_equal(time_order(ts, Room()), np.argsort(ts, kind="stable"))


def test_time_order_sees_one_microsecond_off_the_grid() -> None:
    span = 100 * 365 * 86_400 * SECOND
    ts = np.array([span, 5 * SECOND + 1, 5 * SECOND, 0, *[5 * SECOND] * 5000], np.int64)
    np.testing.assert_array_equal(time_order(ts, Room()), np.argsort(ts, kind="stable"))


def test_time_order_numbers_positions_in_any_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphkit.bipartite._STEP", 7)
    ts = np.random.default_rng(1).integers(0, 20, 100)
    np.testing.assert_array_equal(time_order(ts, Room()), np.argsort(ts, kind="stable"))


def test_time_order_of_nothing() -> None:
    assert time_order(np.empty(0, np.int64), Room()).tolist() == []


# --------------------------------------------------------------------------------------------------
# scipy


@given(worlds())
@examples(50)
def test_to_scipy_is_the_biadjacency(world: World) -> None:
    graph, rows = graph_of(world), reference.rows(world.likes)
    matrix = graph.to_scipy()
    wanted = np.zeros((graph.n_users, graph.n_notes), np.int8)
    for row in rows:
        wanted[row.user, row.note] = 1
    np.testing.assert_array_equal(matrix.toarray(), wanted)
    assert matrix.dtype == np.int8
    assert matrix.has_sorted_indices
    assert matrix.has_canonical_format
    assert matrix.nnz == len(rows)


@given(worlds())
@examples(20)
def test_to_scipy_is_networkxs_biadjacency(world: World) -> None:
    graph = graph_of(world)
    net = graph.to_networkx()
    users, notes = ([node for node in net if net.nodes[node]["bipartite"] == side] for side in (0, 1))
    matrix = bipartite.biadjacency_matrix(net, users, notes, weight=None)
    np.testing.assert_array_equal(matrix.toarray(), graph.to_scipy().toarray())


# --------------------------------------------------------------------------------------------------
# networkx and igraph


@given(worlds())
@examples(30)
def test_networkx_conventions_and_back(world: World) -> None:
    graph, rows = graph_of(world), reference.rows(world.likes)
    net = graph.to_networkx()
    assert nx.is_bipartite(net)
    assert net.number_of_edges() == len(rows)
    users, notes = graph.user_ids.to_pylist(), graph.note_ids.to_pylist()
    sides = dict(net.nodes(data="bipartite"))
    assert sides == {("user", u): 0 for u in users} | {("note", n): 1 for n in notes}
    assert [*sides] == [*(("user", u) for u in users), *(("note", n) for n in notes)]
    for row in rows:
        edge = ("user", users[row.user]), ("note", notes[row.note])
        assert net.edges[edge]["ts"] == np.datetime64(row.ts, "us")
    same(BipartiteGraph.from_networkx(net), graph)


@given(worlds())
@examples(30)
def test_igraph_conventions_and_back(world: World) -> None:
    graph, rows = graph_of(world), reference.rows(world.likes)
    net = graph.to_igraph()
    proper, kinds = net.is_bipartite(return_types=True)
    assert proper
    assert len(kinds) == net.vcount() == graph.n_users + graph.n_notes
    assert net.vs["type"] == [False] * graph.n_users + [True] * graph.n_notes
    assert net.vs["id"] == graph.user_ids.to_pylist() + graph.note_ids.to_pylist()
    assert net.get_edgelist() == [(row.user, graph.n_users + row.note) for row in rows]
    assert net.es["ts"] == [row.ts for row in rows]
    assert net.simplify().ecount() == len(rows)
    same(BipartiteGraph.from_igraph(graph.to_igraph()), graph)


IDS: list[tuple[str, Sequence[object], pa.DataType]] = [
    ("strings", ["a", "é", "你好"], pa.string()),
    ("large integers", [-(2**63), 0, 2**63 - 1], pa.int64()),
]


@pytest.mark.parametrize(("ids", "kind"), [case[1:] for case in IDS], ids=[case[0] for case in IDS])
def test_ids_come_back_as_they_went(ids: Sequence[object], kind: pa.DataType) -> None:
    table = pa.table(
        {
            "user_id": pa.array([*ids, ids[0]], kind),
            "note_id": pa.array([*ids, ids[1]], kind),
            "ts": pa.array([DAY + i for i in range(4)], pa.timestamp("us")),
        }
    )
    graph = gk.read_likes(table).bipartite()
    for back in (BipartiteGraph.from_networkx(graph.to_networkx()), BipartiteGraph.from_igraph(graph.to_igraph())):
        same(back, graph)
        assert back.user_ids.type == kind


def test_edges_may_come_in_any_direction_and_order() -> None:
    graph = make_likes([(u, n, DAY + u + n) for u in range(4) for n in range(3)]).bipartite()
    net = graph.to_networkx()
    mixed: nx.Graph[object] = nx.Graph()
    mixed.add_nodes_from(reversed([*net.nodes(data=True)]))
    mixed.add_edges_from([(v, u, data) for u, v, data in net.edges(data=True)][::-1])
    same(BipartiteGraph.from_networkx(mixed), graph)
    swapped = graph.to_igraph().permute_vertices([*range(6, -1, -1)])
    same(BipartiteGraph.from_igraph(swapped), graph)


@pytest.mark.parametrize("what", ["side", "stamp"])
def test_networkx_without_its_attributes_is_refused(what: str) -> None:
    net = make_likes([(1, 1, DAY), (2, 1, DAY)]).bipartite().to_networkx()
    if what == "side":
        del net.nodes["user", 1]["bipartite"]
    else:
        del net.edges[("user", 1), ("note", 1)]["ts"]
    with pytest.raises(InputError, match="bipartite=0/1"):
        BipartiteGraph.from_networkx(net)


@pytest.mark.parametrize("what", ["type", "id", "ts"])
def test_igraph_without_its_attributes_is_refused(what: str) -> None:
    net = make_likes([(1, 1, DAY), (2, 1, DAY)]).bipartite().to_igraph()
    del (net.es if what == "ts" else net.vs)[what]
    with pytest.raises(InputError, match="without type and id"):
        BipartiteGraph.from_igraph(net)


def test_the_likes_lend_their_memory() -> None:
    likes = make_likes([(1, 1, DAY), (2, 1, DAY)])
    graph = likes.bipartite()
    assert graph.user is likes.user
    assert graph.ts is likes.ts
    assert len(graph) == 2
