"""The projection against the reference, and the laws it obeys where the reference is too slow."""

from __future__ import annotations

from itertools import combinations
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine, rows
from graphkit.likes.model import UNKNOWN, Likes
from graphkit.projection import project as module
from graphkit.projection.project import Projection
from tests import reference
from tests.examples import examples
from tests.reference import Edge
from tests.worlds import DAY, SECOND, World, make_likes, seeded_world, worlds

pytestmark = pytest.mark.kernels

#: Just below one: every pair is significant whose p-value does not round to one.
ALMOST_ONE = 1 - 2**-53


def run(likes: Likes, config: ProjectionConfig, threads: int = 1, task_work: int = 20_000_000) -> Projection:
    """Project; `task_work` sets how many likes a block of the pair kernel walks over."""
    graph = BipartiteGraph.from_likes(likes)
    with mock.patch.object(rows, "_TASK_WORK", task_work):
        return module.project(graph, likes.breadth_keys(config.fresh_s), config.windows_s, config, LocalEngine(threads))


def edges_of(projection: Projection) -> list[Edge]:
    """Return the edges as the reference writes them, in the order they came."""
    return [
        Edge(view.window_s, *row)
        for view in projection.views
        for row in zip(
            *(getattr(view.edges, name).tolist() for name in Edge._fields if name != "window_s"),
            strict=True,
        )
    ]


def significant(likes: Likes, config: ProjectionConfig, threads: int = 1, task_work: int = 20_000_000) -> list[Edge]:
    return edges_of(run(likes, config, threads, task_work))


def all_tested(likes: Likes, config: ProjectionConfig, level: float = ALMOST_ONE, task_work: int = 50) -> list[Edge]:
    """Return every tested pair whose p-value is at most `level`, with the p-value for q-value: no correction."""
    with (
        mock.patch.object(module, "benjamini_hochberg", lambda p, n_tests: p),
        mock.patch.object(module, "largest_significant_p", return_value=level),
    ):
        return edges_of(run(likes, config.model_copy(update={"fdr": level}), task_work=task_work))


def surely_below(edges: list[Edge], level: float) -> set[tuple[int, int, int]]:
    """Return the edges whose q-value lies below the level by more than rounding."""
    return {edge[:3] for edge in edges if edge.q_value < level * (1 - 1e-9)}


def assert_same(found: list[Edge], wanted: list[Edge], level: float) -> None:
    """Hold found edges against the reference's: counts and expectations to the last bit, probabilities to 1e-9.

    A q-value within rounding of the level may fall on either side of it.
    """
    by_pair = {edge[:3]: edge for edge in wanted}
    assert [edge[:3] for edge in found] == sorted(edge[:3] for edge in found)
    assert surely_below(wanted, level) <= {edge[:3] for edge in found}
    for edge in found:
        expected = by_pair[edge[:3]]
        assert edge[:6] == expected[:6]
        assert edge.p_value == pytest.approx(expected.p_value, rel=1e-9)
        assert edge.q_value == pytest.approx(expected.q_value, rel=1e-9)
        assert expected.q_value <= level * (1 + 1e-9)


def relabelled(edges: list[Edge], name: dict[int, int]) -> list[Edge]:
    swapped = [edge._replace(u=min(a, b), v=max(a, b)) for edge in edges for a, b in [(name[edge.u], name[edge.v])]]
    return sorted(swapped, key=lambda edge: edge[:3])


# --------------------------------------------------------------------------------------------------
# Equal to the reference


@given(worlds(), st.floats(0.01, 0.99))
@examples(100)
def test_every_tested_pair_is_the_references(world: World, level: float) -> None:
    wanted = [edge._replace(q_value=edge.p_value) for edge in reference.project(world.likes, world.config)]
    for at_most in (ALMOST_ONE, level):
        assert_same(all_tested(world.likes, world.config, at_most, task_work=5), wanted, at_most)


@given(worlds())
@examples(80)
def test_every_significant_pair_is_the_references(world: World) -> None:
    assert_same(significant(world.likes, world.config), reference.project(world.likes, world.config), world.config.fdr)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_larger_world_is_the_references_whatever_blocks_and_threads(seed: int) -> None:
    world = seeded_world(seed)
    wanted = reference.project(world.likes, world.config)
    assert len(wanted) > 200
    assert 50 < len(surely_below(wanted, world.config.fdr)) < len(wanted)
    once = significant(world.likes, world.config)
    assert_same(once, wanted, world.config.fdr)
    by_p = [edge._replace(q_value=edge.p_value) for edge in wanted]
    for level in (ALMOST_ONE, *np.quantile([edge.p_value for edge in by_p], [0.2, 0.5, 0.8])):
        assert_same(all_tested(world.likes, world.config, level), by_p, level)
    for threads in (1, 2):
        for task_work in (1, 50, 1000):
            assert significant(world.likes, world.config, threads, task_work) == once


@given(worlds())
@examples(50)
def test_what_a_projection_says_about_itself(world: World) -> None:
    config, table = world.config, reference.rows(world.likes)
    projection = run(world.likes, config)
    able = sum(np.bincount(world.likes.user) >= config.min_weight)
    assert projection.n_eligible == able
    assert projection.n_tests == max(1, reference.number_of_tests(table, len(config.windows_s), config.min_weight))
    assert tuple(view.window_s for view in projection.views) == config.windows_s
    for view in projection.views:
        window_us, horizon_us = view.window_s * SECOND, config.horizon_s * SECOND
        inclusive = view.window_s > config.burst_s
        every = np.arange(len(table))
        wanted = reference.rates(table, window_us, horizon_us, inclusive)
        assert view.rates(every).tolist() == [q / 2**32 for q in wanted]
        assert view.n_hot == sum(reference.hot(table, window_us, horizon_us, config.hot_rate, config.hot_max))
        is_hot = reference.hot(table, window_us, horizon_us, config.hot_rate, config.hot_max)
        cool = [like for like, hot in zip(table, is_hot, strict=True) if not hot]
        alive = reference.prune(cool, window_us, config.min_weight)
        assert view.n_surviving == sum(alive)
        kept = [like for like, is_alive in zip(cool, alive, strict=True) if is_alive]
        assert view.n_walked == 2 * len(reference.co_likes(kept, window_us)) + len(kept)
        edges = view.edges
        assert {edges.u.dtype, edges.v.dtype, edges.weight.dtype, edges.breadth.dtype} == {np.dtype(np.int32)}
        assert edges.expected2.dtype == np.int64
        assert edges.expected.tolist() == [float(e) / 2**33 for e in edges.expected2.tolist()]


def test_more_pairs_than_a_block_first_has_room_for() -> None:
    # Sixty users like three notes at once, a day apart: nothing else lies in the horizon, so every rate is 1 and E = 3.
    rows = [(user, note, DAY + note * 86_400 * SECOND) for user in range(60) for note in range(3)]
    edges = all_tested(make_likes(rows), ProjectionConfig(windows_s=(60,)), task_work=10**6)
    assert [(edge.u, edge.v) for edge in edges] == list(combinations(range(60), 2))
    assert {edge[3:6] for edge in edges} == {(3, 3, 6 * (2**32 - 1))}


@pytest.mark.parametrize("n_users", [1, 2])
def test_nothing_to_project(n_users: int) -> None:
    projection = run(make_likes([(user, user, DAY) for user in range(n_users)]), ProjectionConfig())
    assert edges_of(projection) == []
    assert [len(view.edges) for view in projection.views] == [0, 0, 0, 0]
    assert projection.n_eligible == 0


# --------------------------------------------------------------------------------------------------
# Laws

LARGER = seeded_world(7, n_users=300, n_notes=250, n_noise=6000)


def test_the_larger_world_has_edges_of_every_sort() -> None:
    found, every = significant(LARGER.likes, LARGER.config), all_tested(LARGER.likes, LARGER.config)
    assert {edge.window_s for edge in found} == set(LARGER.config.windows_s)
    assert 100 < len(found) < len(every)
    assert any(view.n_hot for view in run(LARGER.likes, LARGER.config).views)
    assert any(edge.breadth < edge.weight for edge in found)


def test_row_order_does_not_matter() -> None:
    shuffled = [LARGER.rows[i] for i in np.random.default_rng(0).permutation(len(LARGER.rows))]
    assert significant(make_likes(shuffled, LARGER.authors), LARGER.config) == significant(LARGER.likes, LARGER.config)


def test_names_of_users_do_not_matter() -> None:
    likes = LARGER.likes
    new = np.random.default_rng(1).permutation(likes.n_users).tolist()
    renamed = make_likes([(new[user], note, ts) for user, note, ts in reference.rows(likes)], authors_of(likes))
    name = dict(enumerate(new))
    assert significant(renamed, LARGER.config) == relabelled(significant(likes, LARGER.config), name)


def test_names_of_notes_and_authors_do_not_matter() -> None:
    likes = LARGER.likes
    new = np.random.default_rng(2).permutation(likes.n_notes).tolist()
    authors = authors_of(likes)
    moved = [UNKNOWN] * len(authors)
    for note, author in enumerate(authors):
        moved[new[note]] = author if author == UNKNOWN else 1000 - author
    renamed = make_likes([(user, new[note], ts) for user, note, ts in reference.rows(likes)], moved)
    assert significant(renamed, LARGER.config) == significant(likes, LARGER.config)


@pytest.mark.parametrize("shift", [1, -DAY - 7, 10**9 * SECOND])
def test_only_differences_of_time_matter(shift: int) -> None:
    likes = LARGER.likes
    moved = make_likes([(user, note, ts + shift) for user, note, ts in reference.rows(likes)], authors_of(likes))
    assert significant(moved, LARGER.config) == significant(likes, LARGER.config)


def test_time_may_run_backwards() -> None:
    likes = LARGER.likes
    mirrored = make_likes([(user, note, 2 * DAY - ts) for user, note, ts in reference.rows(likes)], authors_of(likes))
    assert significant(mirrored, LARGER.config) == significant(likes, LARGER.config)


@pytest.mark.parametrize("n_likes", [2, 3])
def test_a_stranger_far_away_changes_the_number_of_tests_at_most(n_likes: int) -> None:
    likes = LARGER.likes
    later = DAY + 365 * 86_400 * SECOND
    stranger = [(likes.n_users, likes.n_notes + i, later + i * SECOND) for i in range(n_likes)]
    joined = make_likes([*reference.rows(likes), *stranger], [*authors_of(likes), *[UNKNOWN] * n_likes])
    assert all_tested(joined, LARGER.config) == all_tested(likes, LARGER.config)
    before, after = run(likes, LARGER.config), run(joined, LARGER.config)
    assert after.n_eligible - before.n_eligible == (n_likes >= LARGER.config.min_weight)
    if n_likes < LARGER.config.min_weight:
        assert edges_of(after) == edges_of(before)


@given(worlds())
@example(seeded_world(3))
@examples(50)
def test_weight_is_networkx_projection_when_the_window_holds_everything(world: World) -> None:
    likes = world.likes
    weights = reference.networkx_weights(reference.rows(likes))
    # A crowd liking other notes outside the window keeps the expectations, and so the p-values, below one.
    window_s = 200_000
    crowd = [(likes.n_users, likes.n_notes + i, DAY + 2 * window_s * SECOND) for i in range(3000)]
    config = ProjectionConfig(windows_s=(window_s,), min_weight=2, min_breadth=1)
    found = all_tested(make_likes([*reference.rows(likes), *crowd]), config)
    assert {(edge.u, edge.v): edge.weight for edge in found} == {pair: w for pair, w in weights.items() if w >= 2}
    assert all(edge.weight == edge.breadth for edge in found)


def authors_of(likes: Likes) -> list[int]:
    """Return the author code of every note."""
    assert likes.notes.author is not None
    return [int(author) for author in likes.notes.author]
