"""Accounts found by the gatherings that share them: against a slow twin, by hand, and on a planted world."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import graphkit as gk
from graphkit.config import Config, ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.likes.model import Likes
from graphkit.projection.project import project
from graphkit.scoring.attach import Jobs
from graphkit.scoring.gathered import Gathered, add_gathered, find_gathered
from graphkit.scoring.membership import NO_RING
from graphkit.simulation import simulate
from graphkit.simulation.actors import Drip, Lottery, Niche, PartTime, Superfans
from graphkit.simulation.world import World
from tests.projection.test_gatherings import rotating
from tests.reference import rows
from tests.scoring import naive
from tests.worlds import DAY, SECOND, make_likes


def gathered_in(likes: Likes, config: Config) -> tuple[Gathered, ...]:
    graph = likes.bipartite()
    key = likes.breadth_keys(config.projection.fresh_s)
    projection = project(graph, key, config.projection.windows_s, config.projection, LocalEngine(1))
    return find_gathered(likes, graph, projection, config, LocalEngine(1))


def as_jobs(jobs: list[naive.Job]) -> Jobs:
    def column(name: str, kind: type[np.generic]) -> np.ndarray[tuple[int], np.dtype[Any]]:
        return np.array([getattr(job, name) for job in jobs], kind)

    whole = (column(name, np.int64) for name in ("first", "last", "n_likes", "n_all"))
    return Jobs(column("note", np.int32), column("ring", np.int32), *whole, column("rate", np.float64))


@pytest.mark.kernels
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("fdr", [0.02, 0.5])
def test_add_gathered__attaches_whoever_came_at_the_rate_of_passers_by(seed: int, fdr: float) -> None:
    """Even and odd jobs are two communities. Strangers came to each, some of whom are in a ring already."""
    crowd = [
        (400 + 4 * job + i, 1000 + job, DAY + (job * 8 * 3600 + 9 * i) * SECOND) for job in range(24) for i in range(4)
    ]
    likes = make_likes([*rotating(n_jobs=24, size=21, users=100, noise=600, events=9, seed=seed), *crowd])
    table, key = rows(likes), likes.breadth_keys(86_400)
    users, notes = likes.users.ids.to_pylist(), likes.notes.ids.to_pylist()
    inside = [0 if user >= 400 and user % 4 else NO_RING for user in users]
    jobs = []
    for note in range(len(notes)):
        times = [like.ts for like in table if like.note == note and 1000 <= notes[note] < 1100]
        if times:
            jobs.append(naive.Job(note, notes[note] % 2, min(times), max(times), len(times), len(times), 0.001))

    # No job is mostly its own, so that naive holds all of them to the rate of passers-by.
    crowded = [job._replace(n_likes=0) for job in jobs]
    beside = naive.telling_jobs(table, key.tolist(), inside, [0, 0], crowded, [True, True])
    joins = naive.attach(table, 3, naive.meetings(table, key.tolist(), inside, [0, 0], beside), fdr)
    came = [sorted(user for user, ring in joins.items() if ring == wanted) for wanted in (0, 1)]
    sizes = sorted(map(len, came))
    assert sizes[0] > 3
    for least in (3, *sizes, sizes[1] + 1):
        config = Config.model_validate({"projection": {"fdr": fdr}, "partition": {"min_users": max(least, 3)}})
        gathered = (Gathered(600, 12, 9, as_jobs(jobs)),)
        after = add_gathered(likes.bipartite(), key, np.sort(likes.ts), np.array(inside, np.int32), gathered, config)
        wanted = [ring for ring in came if len(ring) >= least]
        assert [np.flatnonzero(after == 1 + i).tolist() for i in range(len(wanted))] == wanted
        rest = set(range(len(inside))).difference(*wanted)
        assert {user: int(after[user]) for user in rest} == {user: inside[user] for user in rest}


@pytest.mark.kernels
def test_find_gathered__jobs_of_a_rotating_farm_are_one_community() -> None:
    likes = make_likes(rotating())
    gathered = gathered_in(likes, Config(projection=ProjectionConfig(windows_s=(60, 600, 21600))))
    assert [found.window_s for found in gathered] == [60, 600, 21600]
    for found in gathered[:2]:
        jobs = np.asarray(likes.notes.ids)[found.jobs.note]
        assert set(jobs.tolist()) <= set(range(1000, 1040))
        assert len(jobs) >= 30
        assert found.jobs.ring.tolist() == [0] * len(jobs)
        assert found.n_gatherings >= 40
        assert found.n_reunions > 20


@pytest.mark.kernels
def test_add_gathered__finds_the_accounts_and_few_others() -> None:
    likes = make_likes(rotating())
    config = Config(projection=ProjectionConfig(windows_s=(60, 600)))
    nobody = np.full(likes.n_users, NO_RING, np.int32)
    key = likes.breadth_keys(config.projection.fresh_s)
    found = add_gathered(likes.bipartite(), key, np.sort(likes.ts), nobody, gathered_in(likes, config), config)
    users = np.asarray(likes.users.ids)[found != NO_RING]
    assert np.count_nonzero(users < 60) >= 57
    assert np.count_nonzero(users >= 60) <= 2
    assert len(rows(likes)) > 12_000


def evaluated(world: World, seed: int) -> gk.Evaluation:
    """Return how a run over a world is judged."""
    made = simulate(world, seed=seed)
    return gk.evaluate(gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes)), made)


def proposed(found: list[gk.Evaluation], kind: str) -> float:
    """Add up the shares of the members of a kind of ring that are in purge or review."""
    return sum(of.kinds[kind].members["proposed"].share for of in found)


#: Paid people of whom a fifth comes to each job, so that two of them meet on two or three, and fan clubs.
SPARSE = World(
    name="sparse",
    users=12_000,
    days=14,
    actors=(
        PartTime(count=2, size=(150, 200), jobs=(45, 60), participation=(0.18, 0.22), capture=(0.05, 0.95)),
        Superfans(count=2),
    ),
)


@pytest.mark.slow
def test_detect__people_who_seldom_meet_one_another_are_found_by_their_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = (1, 2, 3)
    by_jobs = [evaluated(SPARSE, seed) for seed in seeds]
    monkeypatch.setattr(
        "graphkit.scoring.rings.add_gathered", lambda graph, key, moments, ring_of, gathered, config: ring_of
    )
    by_pairs = [evaluated(SPARSE, seed) for seed in seeds]
    assert proposed(by_jobs, "part_time") >= proposed(by_pairs, "part_time") + 0.5
    assert proposed(by_jobs, "part_time") >= 1.3
    for found in by_jobs:
        taken = found.lookalikes["superfans"].taken
        assert taken["purge"].n + taken["review"].n == 0
        assert found.likes_honest["proposed"].share <= 0.06


#: Accounts that spread each job over a day or two, beneath likes of their own, so that few pairs meet beyond chance.
SLOW = World(
    name="slow",
    users=12_000,
    days=14,
    actors=(
        Drip(
            count=3,
            size=(120, 200),
            jobs=(14, 18),
            participation=(0.4, 0.6),
            camouflage=(2.0, 4.0),
            capture=(0.05, 0.4),
        ),
        Lottery(count=2),
        Niche(count=2),
    ),
)


@pytest.mark.slow
def test_detect__slow_jobs_are_found_by_who_came_over_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = (1, 3, 4)
    over_hours = [evaluated(SLOW, seed) for seed in seeds]

    def within_an_hour(*of: Any) -> npt.NDArray[np.int32]:
        *before, gathered, config = of
        return add_gathered(*before, tuple(found for found in gathered if found.window_s <= 3600), config)

    monkeypatch.setattr("graphkit.scoring.rings.add_gathered", within_an_hour)
    assert proposed([evaluated(SLOW, seed) for seed in seeds], "drip") <= 0.3
    assert proposed(over_hours, "drip") >= 1.3
    for found in over_hours:
        assert found.likes_honest["purge"].share <= 0.02
        assert not any(kind.taken["purge"].n for kind in found.lookalikes.values())
