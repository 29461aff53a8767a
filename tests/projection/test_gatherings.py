"""Gatherings and the users they share: against the reference, by laws, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.likes.model import Likes
from graphkit.projection import gatherings
from graphkit.projection.gatherings import Gatherings, Reunions, find_reunions
from graphkit.projection.traffic import Traffic
from tests import reference
from tests.examples import examples
from tests.worlds import DAY, SECOND, Row, World, make_likes, worlds

HOUR = 3600 * SECOND


def search(likes: Likes, config: ProjectionConfig, window_s: int, threads: int = 1) -> tuple[Gatherings, Reunions]:
    """Return the gatherings of one window and the reunions among them, as if no other window were looked at."""
    graph = likes.bipartite()
    found = Gatherings.of(graph, Traffic.of(graph, config), window_s)
    n_tests = len(found) * (len(found) - 1) // 2
    return found, find_reunions(graph, found, likes.author_key, n_tests, config, LocalEngine(threads))


def check(world: World, least: int) -> int:
    """Hold both to the reference for each window; return how many reunions there were."""
    likes, config, n = world.likes, world.config, 0
    table = reference.rows(likes)
    for window_s in config.windows_s:
        window_us = window_s * SECOND
        horizon_us = reference.wide(window_us, config.horizon_s * SECOND)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gatherings, "LEAST_LIKES", least)
            found, met = search(likes, config, window_s)
        wanted = reference.gatherings(table, window_us, horizon_us, least)
        assert list(zip(found.note.tolist(), found.middle.tolist(), found.share.tolist(), strict=True)) == [
            (g.note, g.middle, g.share) for g in wanted
        ]
        assert [part.tolist() for part in np.split(found.like, found.ptr[1:-1])][: len(found)] == [
            [*g.likes] for g in wanted
        ]
        assert found.first.tolist() == [table[g.likes[0]].ts for g in wanted]
        assert found.last.tolist() == [table[g.likes[-1]].ts for g in wanted]
        assert found.n_likes.tolist() == [len(g.likes) for g in wanted]
        pairs = reference.reunions(table, wanted, likes.author_key.tolist(), horizon_us, config.min_weight)
        q = reference.benjamini_hochberg([p.p_value for p in pairs], max(len(wanted) * (len(wanted) - 1) // 2, 1))
        doubtful = any(abs(x - config.reunion_fdr) <= 1e-9 for x in q)
        kept = [pair for pair, x in zip(pairs, q, strict=True) if x <= config.reunion_fdr]
        columns = (met.one, met.other, met.shared, met.expected2)
        if not doubtful:
            assert list(zip(*(column.tolist() for column in columns), strict=True)) == [pair[:4] for pair in kept]
            assert met.p_value.tolist() == pytest.approx([pair.p_value for pair in kept], rel=1e-9)
        n += len(kept)
    return n


@pytest.mark.kernels
@given(worlds(users=(3, 8)), st.integers(1, 3))
@examples(100)
def test_gatherings_and_reunions__are_those_of_the_reference(world: World, least: int) -> None:
    check(world, least)


@pytest.mark.kernels
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gatherings_and_reunions__of_a_larger_world(seed: int) -> None:
    rows = rotating(n_jobs=12, size=21, users=300, noise=1500, events=30, seed=seed)
    config = ProjectionConfig(windows_s=(60, 600), reunion_fdr=0.9)
    assert check(World(tuple(rows), None, config), 4) > 0


def rotating(
    n_jobs: int = 40, size: int = 60, users: int = 5000, noise: int = 60_000, events: int = 500, seed: int = 7
) -> list[Row]:
    """Return likes of a fortnight: everybody's, of notes shown to a dozen strangers, and of a farm's jobs.

    Users 0 to `size` are the farm, of which a third does each job, seconds apart; jobs are notes from 1000 on, and what
    was shown to strangers are those from 2000 on.
    """
    rng = np.random.default_rng(seed)
    columns = (rng.integers(0, users, noise), rng.integers(0, 1000, noise), rng.integers(0, 14 * 86_400, noise))
    rows = [(int(user), int(note), DAY + int(t) * SECOND) for user, note, t in zip(*columns, strict=True)]
    for note in range(2000, 2000 + events):
        moment = DAY + int(rng.integers(0, 14 * 86_400)) * SECOND
        rows += [(int(user), note, moment + int(rng.integers(0, 60)) * SECOND) for user in rng.choice(users, 12)]
    for job in range(n_jobs):
        moment = DAY + job * 8 * HOUR
        members = rng.choice(size, size // 3, replace=False)
        rows += [(int(member), 1000 + job, moment + int(rng.integers(0, 60)) * SECOND) for member in members]
    return rows


def jobs_joined(rows: list[Row], authors: list[int] | None = None, horizon_s: int = 6 * 3600) -> tuple[int, int]:
    """Return how many pairs of jobs were found to share users, and how many other pairs."""
    likes = make_likes(rows, authors)
    found, met = search(likes, ProjectionConfig(horizon_s=horizon_s), 60)
    job = np.isin(np.asarray(likes.notes.ids)[found.note], range(1000, 1100))
    both = job[met.one] & job[met.other]
    return int(both.sum()), int((~both).sum())


def test_jobs_of_a_rotating_farm_are_joined_and_nothing_else() -> None:
    joined, other = jobs_joined(rotating())
    assert joined > 20
    assert other == 0


def test_nothing_is_joined_where_everybody_is_a_stranger() -> None:
    assert jobs_joined(rotating(n_jobs=0)) == (0, 0)


def test_gatherings_of_one_author_are_not_compared() -> None:
    one_author = [*range(1000), *[0] * 40, *range(1040, 2500)]
    assert jobs_joined(rotating(), one_author) == (0, 0)


def test_gatherings_of_one_evening_are_not_compared() -> None:
    assert jobs_joined(rotating(), horizon_s=14 * 86_400) == (0, 0)


def test_users_in_too_many_gatherings_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gatherings, "_BUSIEST", 1)
    assert jobs_joined(rotating()) == (0, 0)


def test_no_likes_near_one_another_are_no_gatherings() -> None:
    likes = make_likes([(user, user % 3, DAY + user * HOUR) for user in range(30)])
    found, met = search(likes, ProjectionConfig(), 60)
    assert (len(found), len(met)) == (0, 0)


@pytest.mark.kernels
@pytest.mark.parametrize("seed", [4, 5])
def test_laws__threads_time_and_names_change_nothing(seed: int) -> None:
    rows, config = rotating(noise=20_000, seed=seed), ProjectionConfig()
    base = search(make_likes(rows), config, 60)[1]
    threads = search(make_likes(rows), config, 60, threads=2)[1]
    shifted = search(make_likes([(u, n, t + 12_345) for u, n, t in rows]), config, 60)[1]
    renamed = search(make_likes([(3 * u + 5, n, t) for u, n, t in rows]), config, 60)[1]
    assert len(base) > 0
    for met in (threads, shifted, renamed):
        for name in Reunions.__slots__:
            np.testing.assert_array_equal(getattr(met, name), getattr(base, name), err_msg=name)
