"""One user's partners: the pairs that the projection weighs, and those it never looks at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.likes.model import Likes
from graphkit.projection.partners import Partners, find_partners
from graphkit.projection.project import project
from graphkit.projection.traffic import Traffic
from tests import reference
from tests.examples import examples
from tests.worlds import SECOND, World, seeded_world, worlds

pytestmark = pytest.mark.kernels


def found(likes: Likes, config: ProjectionConfig, user: int) -> list[Partners]:
    graph, key = BipartiteGraph.from_likes(likes), likes.breadth_keys(config.fresh_s)
    traffic = Traffic.of(graph, config)
    return [find_partners(key, user, traffic, window_s) for window_s in config.windows_s]


@examples(50)
@given(worlds(), st.data())
def test_partners__are_the_references_pairs_of_that_user(world: World, data: st.DataObject) -> None:
    likes, config = world.likes, world.config
    user = data.draw(st.integers(0, likes.n_users - 1))
    table, key = reference.rows(likes), reference.breadth_keys(likes, config.fresh_s)
    for one in found(likes, config, user):
        width, horizon = one.window_s * SECOND, config.horizon_s * SECOND
        is_hot = reference.hot(table, width, horizon, config.hot_rate, config.hot_max)
        rate = reference.rates(table, width, horizon, one.window_s > config.burst_s)
        pairs = {p: n for p, n in reference.pairs(table, key, width, is_hot).items() if user in p}
        assert one.user.tolist() == sorted(v if u == user else u for u, v in pairs)
        for other, weight, breadth, expected in zip(
            one.user.tolist(), one.weight.tolist(), one.breadth.tolist(), one.expected.tolist(), strict=True
        ):
            pair = (min(user, other), max(user, other))
            assert (weight, breadth) == pairs[pair]
            assert expected == reference.expectation(table, *pair, width, rate, is_hot) * 2.0**-33
        mine = [i for i, like in enumerate(table) if like.user == user]
        assert one.n_hot == sum(is_hot[i] for i in mine)
        met = [i for i in mine if reference.window_counts(table, width)[i].note > 1]
        assert one.n_met == len(met)


def test_partners__hold_every_edge_of_the_projection() -> None:
    world = seeded_world(3)
    likes, config = world.likes, world.config
    graph, key = BipartiteGraph.from_likes(likes), likes.breadth_keys(config.fresh_s)
    projection = project(graph, key, config.windows_s, config, LocalEngine(1))
    edges = {
        (view.window_s, u, v): p
        for view in projection.views
        for u, v, p in zip(view.edges.u.tolist(), view.edges.v.tolist(), view.edges.p_value.tolist(), strict=True)
    }
    assert edges
    seen = {
        (one.window_s, min(user, other), max(user, other)): p
        for user in range(likes.n_users)
        for one in found(likes, config, user)
        for other, p in zip(one.user.tolist(), one.p_value.tolist(), strict=True)
    }
    assert {pair: seen[pair] for pair in edges} == edges
