"""Communities with known answers, and the wrapper around a partitioner with a process-wide state."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from itertools import combinations
from typing import Any
from unittest import mock

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graphkit.config import PartitionConfig, ProjectionConfig
from graphkit.partition import UserGraph, _cut, _refine, leiden, partition
from graphkit.projection.project import Edges, Projection, WindowView
from graphkit.projection.traffic import Traffic
from tests.examples import examples
from tests.worlds import make_likes

Pair = tuple[int, int]
CONFIG = PartitionConfig()
#: Refinement that drops nobody, to see the partition itself.
LENIENT = PartitionConfig(tie_p=1 - 1e-12, min_users=3)


def graph(pairs: Iterable[Pair], n_eligible: int = 10_000) -> UserGraph:
    ordered = sorted({(min(pair), max(pair)) for pair in pairs})
    u, v = np.array(ordered, np.int32).reshape(-1, 2).T
    return UserGraph(u.copy(), v.copy(), n_eligible)


def clique(members: Iterable[int]) -> list[Pair]:
    return list(combinations(members, 2))


def random_pairs(rng: np.random.Generator, members: range, density: float) -> list[Pair]:
    pairs = clique(members)
    return [pairs[i] for i in np.flatnonzero(rng.random(len(pairs)) < density)]


def found(pairs: Iterable[Pair], config: PartitionConfig = CONFIG, n_eligible: int = 10_000) -> list[list[int]]:
    return [community.tolist() for community in partition(graph(pairs, n_eligible), config)]


# --------------------------------------------------------------------------------------------------
# Known answers


def test_nothing_to_cut() -> None:
    assert found([]) == []


@pytest.mark.parametrize("size", [4, 5, 12, 60])
def test_a_complete_graph_stays_whole(size: int) -> None:
    assert found(clique(range(size))) == [list(range(size))]


@pytest.mark.parametrize("min_users", [3, 4, 6])
def test_smaller_than_the_least_is_no_community(min_users: int) -> None:
    pairs = [*clique(range(5)), *clique(range(10, 13))]
    config = PartitionConfig(min_users=min_users)
    assert found(pairs, config) == [c for c in ([*range(5)], [10, 11, 12]) if len(c) >= min_users]


def test_two_cliques_joined_by_a_bridge_are_two() -> None:
    pairs = [*clique(range(8)), *clique(range(8, 16)), (7, 8)]
    assert found(pairs) == [list(range(8)), list(range(8, 16))]


def test_a_bridge_is_cut_even_where_leiden_would_keep_it() -> None:
    pairs = [*clique(range(5)), *clique(range(5, 10)), (4, 5)]
    whole = PartitionConfig(resolution=1e-6)
    assert set(leiden(igraph.Graph(n=10, edges=pairs), whole)) == {0}
    assert found(pairs, whole) == [list(range(5)), list(range(5, 10))]


def test_a_pendant_member_is_dropped() -> None:
    assert found([*clique(range(8)), (7, 8)]) == [list(range(8))]


def test_a_chain_of_pendants_is_dropped_to_its_end() -> None:
    assert found([*clique(range(8)), (7, 8), (8, 9), (9, 10)]) == [list(range(8))]


def test_a_member_whose_tie_is_chance_is_dropped() -> None:
    # Two edges into twenty: P(Binomial(20, q) >= 2) is 0.06 where a share q = 2 % of all pairs are edges, 3e-8 at 4e-6.
    pairs = [*clique(range(20)), (0, 20), (1, 20)]
    loose = PartitionConfig(resolution=0.05)
    assert found(pairs, loose, n_eligible=139) == [list(range(20))]
    assert found(pairs, loose, n_eligible=10_000) == [list(range(21))]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_sparse_community_of_six_hundred_stays_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = random_pairs(rng, range(600), 0.03)
    communities = found(pairs, n_eligible=100_000)
    assert len(communities) == 1
    assert len(communities[0]) >= 590


def test_three_cliques_joined_by_sparse_edges_come_apart() -> None:
    # Between two of the cliques run 3 of 144 possible ties: a twelfth of what the numbers of their ties would give.
    cliques = [range(12 * i, 12 * i + 12) for i in range(3)]
    across = [(a[k], b[k]) for a, b in combinations(cliques, 2) for k in (0, 4, 8)]
    assert found([*across, *(pair for members in cliques for pair in clique(members))]) == [[*c] for c in cliques]


def test_two_halves_with_most_of_the_ties_between_them_that_chance_gives_stay_whole() -> None:
    # Every second possible tie across, beside all within: 2/3 of what the numbers of ties would give, more than half.
    pairs = [*clique(range(10)), *clique(range(10, 20))]
    across = [(i, 10 + j) for i in range(10) for j in range(10) if (i + j) % 2]
    assert found([*pairs, *across]) == [[*range(20)]]


def ring_of_cliques(n: int, size: int = 5) -> list[Pair]:
    """Cliques in a circle, each tied to the next by two edges, so that refinement sees no bridge."""
    pairs = [pair for i in range(n) for pair in clique(range(size * i, size * i + size))]
    return pairs + [(size * i + size - 1 - k, (size * (i + 1) + k) % (size * n)) for i in range(n) for k in range(2)]


def test_a_ring_of_thirty_cliques_is_thirty_communities() -> None:
    assert found(ring_of_cliques(30)) == [[*range(5 * i, 5 * i + 5)] for i in range(30)]


def test_a_ring_of_thirty_cliques_is_fewer_to_one_pass_alone() -> None:
    assert len(set(leiden(igraph.Graph(n=150, edges=ring_of_cliques(30)), CONFIG))) < 30


def test_cut__nothing_is_left_that_leiden_would_cut() -> None:
    net = igraph.Graph(n=80, edges=noisy())
    communities = [*_cut(net, PartitionConfig(resolution=0.6))]
    assert len(communities) > 3
    for part, members in communities:
        assert part.isomorphic(net.induced_subgraph(members))
        assert set(leiden(part, PartitionConfig(resolution=0.6))) == {0}


def test_a_sparse_and_a_tight_community_that_touch_come_apart() -> None:
    rng = np.random.default_rng(3)
    pairs = [*random_pairs(rng, range(300), 0.06), *clique(range(300, 330)), (0, 300), (1, 300), (2, 301)]
    communities = [set(community) for community in found(pairs, n_eligible=100_000)]
    assert set(range(300, 330)) in communities
    rest = [community for community in communities if not community & set(range(300, 330))]
    assert max(len(community) for community in rest) >= 280


def test_a_ring_of_users_has_no_bridge_and_stays() -> None:
    assert found([(i, (i + 1) % 6) for i in range(6)], PartitionConfig(resolution=0.01)) == [list(range(6))]


# --------------------------------------------------------------------------------------------------
# Laws

_pairs = st.sets(st.tuples(st.integers(0, 13), st.integers(0, 13)).filter(lambda pair: pair[0] < pair[1]), max_size=45)


@given(_pairs)
@examples(80)
def test_communities_are_disjoint_ordered_connected_and_without_bridges(pairs: set[Pair]) -> None:
    net: nx.Graph[int] = nx.Graph(pairs)
    communities = found(pairs, LENIENT, 50)
    everyone = [user for community in communities for user in community]
    assert len(everyone) == len(set(everyone))
    assert communities == sorted(sorted(community) for community in communities)
    components = [set(component) for component in nx.connected_components(net)]
    for community in communities:
        assert len(community) >= LENIENT.min_users
        assert any(set(community) <= component for component in components)
        part = net.subgraph(community)
        assert nx.is_connected(part)
        assert not list(nx.bridges(part))


@given(_pairs)
@examples(80)
def test_without_resolution_communities_are_networkxs_components_less_bridges(pairs: set[Pair]) -> None:
    net: nx.Graph[int] = nx.Graph(pairs)
    net.remove_edges_from(list(nx.bridges(net)))
    wanted = sorted(sorted(c) for c in nx.connected_components(net) if len(c) >= 3)
    config = LENIENT.model_copy(update={"resolution": 1e-9})
    assert found(pairs, config, 50) == wanted


@given(_pairs, st.sampled_from([3, 4, 5]))
@examples(80)
def test_what_is_left_out_of_the_cut_holds_no_community(pairs: set[Pair], min_users: int) -> None:
    config = LENIENT.model_copy(update={"min_users": min_users})
    chance = len(pairs) / (50 * 49 / 2)
    net: nx.Graph[int] = nx.Graph(sorted(pairs))
    wanted = []
    for component in nx.connected_components(net):
        members = sorted(component)
        part = igraph.Graph(n=14, edges=sorted(pairs)).induced_subgraph(members)
        queue = [(part, members)]
        while queue:  # every part is given to Leiden
            part, members = queue.pop()
            label = leiden(part, config)
            groups = [[v for v, own in enumerate(label) if own == one] for one in sorted(set(label))]
            if len(groups) == 1:
                wanted += naive_refine(net, {*members}, chance, config)
            else:
                queue += [(part.induced_subgraph(group), [members[v] for v in group]) for group in groups]
    assert found(pairs, config, 50) == sorted(wanted)


@given(_pairs, _pairs)
@examples(50)
def test_components_are_cut_as_if_alone(one: set[Pair], other: set[Pair]) -> None:
    # Among a million, every tie is beyond chance, so that the tie test does not see how many edges the neighbours have.
    moved = {(u + 20, v + 20) for u, v in other}
    alone = [*found(one, LENIENT, 10**6), *found(moved, LENIENT, 10**6)]
    assert found(one | moved, LENIENT, 10**6) == alone


@given(_pairs, st.integers(1, 1000))
@examples(30)
def test_only_the_order_of_users_matters(pairs: set[Pair], step: int) -> None:
    moved = {(u * step + 7, v * step + 7) for u, v in pairs}
    assert found(moved, LENIENT) == [[u * step + 7 for u in community] for community in found(pairs, LENIENT)]


def naive_refine(net: nx.Graph[int], members: set[int], chance: float, config: PartitionConfig) -> list[list[int]]:
    """Drop whose tie may be chance, then cut the bridges, and look again at what is left."""
    part = nx.Graph(net.subgraph(members))
    loose = {u for u, d in part.degree if stats.binom.sf(d - 1, len(part) - 1, chance) > config.tie_p}
    if len(members) < config.min_users:
        return []
    if loose:
        return naive_refine(net, members - loose, chance, config)
    part.remove_edges_from(list(nx.bridges(part)))
    pieces = list(nx.connected_components(part))
    if len(pieces) == 1:
        return [sorted(members)]
    return [found for piece in pieces for found in naive_refine(net, piece, chance, config)]


@given(_pairs, st.sampled_from([1e-4, 0.01, 0.05, 0.2]), st.sampled_from([1e-6, 1e-3, 0.03, 0.5]))
@examples(80)
def test_refinement_is_the_naive_ones(pairs: set[Pair], chance: float, tie_p: float) -> None:
    config = PartitionConfig(tie_p=tie_p, min_users=3)
    members = sorted({user for pair in pairs for user in pair})
    net = igraph.Graph(n=14, edges=sorted(pairs)).induced_subgraph(members)
    wanted = naive_refine(nx.Graph([*pairs]), {*members}, chance, config)
    found = _refine(net, members, chance, config)
    assert sorted(found) == sorted(wanted)


# --------------------------------------------------------------------------------------------------
# The wrapper


def noisy() -> list[Pair]:
    """A graph whose cut depends on the random state."""
    return random_pairs(np.random.default_rng(5), range(80), 0.08)


def test_the_noisy_graph_depends_on_the_seed() -> None:
    cuts = {str(found(noisy(), PartitionConfig(resolution=0.6, seed=seed))) for seed in range(6)}
    assert len(cuts) > 1


def test_the_cut_does_not_depend_on_what_ran_before() -> None:
    config = PartitionConfig(resolution=0.6)
    first = found(noisy(), config)
    net = igraph.Graph.GRG(60, 0.3)
    for state in range(4):
        random.seed(state)  # noqa: TID251 (the state that must not matter)
        net.community_leiden(objective_function="modularity")
        assert found(noisy(), config) == first


def test_threads_that_cut_at_once_draw_from_generators_of_their_own() -> None:
    config = PartitionConfig(resolution=0.6)
    alone = [leiden(igraph.Graph(n=80, edges=noisy()), config.model_copy(update={"seed": seed})) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool, switching_often():
        nets = [igraph.Graph(n=80, edges=noisy()) for _ in range(80)]
        found = pool.map(lambda i: leiden(nets[i], config.model_copy(update={"seed": i % 8})), range(80))
        assert [*found] == [alone[i % 8] for i in range(80)]


@contextmanager
def switching_often() -> Iterator[None]:
    """Let threads take turns at every chance."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_the_state_of_pythons_generator_is_left_alone() -> None:
    before = random.getstate()
    found(noisy())
    assert random.getstate() == before


def test_igraph_draws_from_pythons_generator_afterwards_also_after_a_failure() -> None:
    net = igraph.Graph(n=3, edges=[(0, 1)])
    with mock.patch.object(igraph.Graph, "community_leiden", side_effect=RuntimeError), pytest.raises(RuntimeError):
        leiden(net, CONFIG)
    before = random.getstate()
    igraph.Graph.Erdos_Renyi(n=50, p=0.5)
    assert random.getstate() != before
    random.setstate(before)


def test_objective_weights_resolution_and_iterations_are_passed() -> None:
    net = igraph.Graph(n=3, edges=[(0, 1), (1, 2)])
    original = igraph.Graph.community_leiden
    seen: list[dict[str, Any]] = []

    def spy(self: igraph.Graph, **given: Any) -> object:
        seen.append(given)
        return original(self, **given)

    with mock.patch.object(igraph.Graph, "community_leiden", spy):
        leiden(net, PartitionConfig(resolution=0.25, iterations=7))
    assert seen == [{"objective_function": "modularity", "weights": None, "resolution": 0.25, "n_iterations": 7}]


def modularity(net: nx.Graph[int], groups: Iterable[Iterable[int]], resolution: float) -> float:
    return float(nx.community.modularity(net, [set(group) for group in groups], resolution=resolution))


@given(_pairs.filter(bool), st.sampled_from([0.2, 0.5, 1.0, 2.0]))
@examples(30)
def test_leiden_leaves_no_two_groups_whose_union_is_more_modular_by_networkx(
    pairs: set[Pair], resolution: float
) -> None:
    net: nx.Graph[int] = nx.convert_node_labels_to_integers(nx.Graph(sorted(pairs)))
    config = PartitionConfig(resolution=resolution, iterations=-1)
    label = leiden(igraph.Graph(n=len(net), edges=sorted(net.edges)), config)
    groups = [{v for v in net if label[v] == one} for one in sorted(set(label))]
    best = modularity(net, groups, resolution)
    for a, b in combinations(range(len(groups)), 2):
        rest = [group for i, group in enumerate(groups) if i not in (a, b)]
        assert modularity(net, [*rest, groups[a] | groups[b]], resolution) <= best + 1e-12


# --------------------------------------------------------------------------------------------------
# From the projection


def view(window_s: int, pairs: list[Pair]) -> WindowView:
    u, v = np.array(pairs, np.int32).reshape(-1, 2).T
    rest = {field.name: np.zeros(len(u)) for field in fields(Edges)} | {"u": u.copy(), "v": v.copy()}
    edges = Edges(**rest)
    return WindowView(window_s, edges, Traffic.of(make_likes([]).bipartite(), ProjectionConfig()), 0, 0, 0)


@given(st.lists(_pairs, min_size=1, max_size=3))
def test_a_pair_significant_in_several_windows_is_one_edge(windows: list[set[Pair]]) -> None:
    views = tuple(view(w + 1, sorted(pairs)) for w, pairs in enumerate(windows))
    joined = UserGraph.from_projection(Projection(views, 99, 1))
    assert list(zip(joined.u.tolist(), joined.v.tolist(), strict=True)) == sorted(set().union(*windows))
    assert joined.n_eligible == 99
    assert {joined.u.dtype, joined.v.dtype} == {np.dtype(np.int32)}


@pytest.mark.slow
def test_import_igraph_bare__leaves_matplotlib_out_and_in_reach() -> None:
    code = (
        "import sys; from graphkit.partition import import_igraph_bare as bare; bare();"
        "assert 'igraph' in sys.modules and 'matplotlib.pyplot' not in sys.modules;"
        "import matplotlib.pyplot"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
