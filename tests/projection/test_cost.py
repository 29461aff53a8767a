"""What a run is said to take, against what it does."""

from __future__ import annotations

import pytest
from hypothesis import given

from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.progress import Progress
from graphkit.projection.cost import Cost, expected_cost
from graphkit.projection.project import project
from tests import reference
from tests.worlds import World, seeded_world, worlds

pytestmark = pytest.mark.kernels

GB = 10**9


@given(worlds())
def test_co_likes__are_all_of_them_where_nothing_is_hot(world: World) -> None:
    likes = world.likes
    config = ProjectionConfig(hot_rate=1e9, hot_max=10**6)
    found = expected_cost(likes.bipartite(), (1, 5, 60), config, LocalEngine(1))
    assert found.co_likes == tuple(len(reference.co_likes(reference.rows(likes), w * 10**6)) for w in (1, 5, 60))


@given(worlds())
def test_co_likes__are_never_fewer_than_are_counted(world: World) -> None:
    likes, config = world.likes, world.config
    graph = likes.bipartite()
    said = expected_cost(graph, config.windows_s, config, LocalEngine(1))
    done = project(graph, likes.breadth_keys(config.fresh_s), config.windows_s, config, LocalEngine(1))
    for n, view in zip(said.co_likes, done.views, strict=True):
        assert 2 * n + len(likes) >= view.n_walked


@pytest.mark.parametrize(
    ("co_likes", "told"),
    [
        ((1_000_000_000, 2_000_000_000), ["the window of 60 s has 1,000,000,000 co-likes"]),
        ((999_999_999, 4_000_000_000), []),
        ((1_000, 5_000_000_000), ["the window of 600 s has 5,000,000,000 co-likes"]),
        ((0, 0), []),
    ],
)
def test_warnings__a_window_dominates(co_likes: tuple[int, int], told: list[str]) -> None:
    found = Cost((60, 600), co_likes, GB, GB, 1.0).warnings
    assert [line.partition(" and will")[0] for line in found] == told


def test_a_run_tells_its_cost_before_it_counts__where_somebody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    likes, config = seeded_world(1).likes, ProjectionConfig()
    graph, engine = likes.bipartite(), LocalEngine(1)
    for show in (False, True):
        project(graph, likes.note, config.windows_s, config, engine, Progress(show))
        assert ("co-likes at most: " in capsys.readouterr().err) is show


def test_str__says_what_is_met_and_what_that_takes() -> None:
    cost = Cost((60, 600), (17_000, 5_000_000), 1_900_000_000, 2 * GB, 12.3)
    assert str(cost) == (
        "co-likes at most: 17,000 within 60 s, 5,000,000 within 600 s; about 12 s to count them, and 1.9 GB of memory"
    )


def test_warnings__memory_is_short() -> None:
    assert Cost((60,), (1,), GB, GB, 1.0).warnings == []
    (told,) = Cost((60,), (1,), 2 * GB, GB, 1.0).warnings
    assert told.startswith("a run takes 2.0 GB, and 1.0 GB are allowed: the rest goes to files")
