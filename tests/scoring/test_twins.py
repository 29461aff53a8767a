"""Scoring against its slow twins, number by number."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from graphkit._kernels.grouping import expand_ranges
from graphkit.config import ScoringConfig
from graphkit.schemas import CHANNELS, EVIDENCE
from graphkit.scoring.attach import Jobs, attach, find_jobs, note_ranges, telling_jobs
from graphkit.scoring.coordination import MIN_COMPANY
from graphkit.scoring.evidence import Numbers, gather
from graphkit.scoring.kinship import Kinship
from graphkit.scoring.rings import Rings
from graphkit.scoring.tiers import EXPLANATIONS, PURGE, REVIEW, WATCH
from graphkit.scoring.verdicts import _expected_beside, judge_likes
from tests.examples import examples
from tests.reference import SECOND, poisson_tail, rates
from tests.scoring import naive, naive_verdicts
from tests.scoring.worlds import Scene, scenes

pytestmark = pytest.mark.kernels
NUMBERS = [name for name, _ in EVIDENCE if not name.startswith("weight_") and name not in EXPLANATIONS]

TASTE = ("own_topics", "own_topics_expected", "own_topics_chance")


def jobs_of(scene: Scene) -> Jobs:
    return find_jobs(scene.graph, scene.projection.views, scene.members, scene.tested)


def numbers_of(scene: Scene) -> Numbers:
    jobs = jobs_of(scene)
    of = (scene.members, scene.tested, jobs)
    return gather(scene.likes, scene.graph, scene.projection, *of, scene.config)


def naive_jobs(scene: Scene) -> list[naive.Job]:
    return naive.find_jobs(scene.rows, scene.rates, scene.ring_of, scene.windows, scene.passed)


def as_rows(jobs: Jobs) -> list[naive.Job]:
    return [naive.Job(*row) for row in zip(*(getattr(jobs, n).tolist() for n in naive.Job._fields), strict=True)]


@given(scenes())
@examples(40)
def test_coordinate(scene: Scene) -> None:
    tested = scene.tested
    assert tested.like.tolist() == [p for p, like in enumerate(scene.rows) if scene.ring_of[like.user] >= 0]
    for row, position in enumerate(tested.like.tolist()):
        ring = scene.ring_of[scene.rows[position].user]
        assert tested.ring[row] == ring
        options = naive.options(scene.rows, scene.rates, scene.ring_of, position, scene.windows[ring])
        best = min(option.p_value for option in options)
        chosen = next(option for option in options if option.window_s == tested.window_s[row])
        assert chosen.p_value == pytest.approx(best, rel=1e-9)
        earlier = [option for option in options if option.window_s < chosen.window_s]
        assert all(option.p_value > chosen.p_value * (1 - 1e-9) for option in earlier)
        assert tested.company[row] == chosen.company
        assert tested.expected[row] == pytest.approx(chosen.expected, rel=1e-12)
        p_value = min(1.0, chosen.p_value * len(options))
        assert tested.p_value[row] == pytest.approx(p_value, rel=1e-9)
        if p_value != pytest.approx(scene.config.like_p, rel=1e-9):
            assert tested.passed[row] == (chosen.company >= MIN_COMPANY and p_value < scene.config.like_p)


@given(scenes())
@examples(40)
def test_find_jobs(scene: Scene) -> None:
    found, wanted = as_rows(jobs_of(scene)), naive_jobs(scene)
    assert [job[:6] for job in found] == [job[:6] for job in wanted]
    assert [job.rate for job in found] == pytest.approx([job.rate for job in wanted], rel=1e-12)


@given(scenes(), st.lists(st.booleans(), min_size=2, max_size=2))
@examples(40)
def test_telling_jobs(scene: Scene, backed: list[bool]) -> None:
    key = scene.likes.breadth_keys(scene.world.config.fresh_s)
    flags = np.array(backed[: scene.members.n_rings])
    told = as_rows(telling_jobs(scene.graph, key, np.sort(scene.graph.ts), scene.members, jobs_of(scene), flags))
    wanted = naive.telling_jobs(
        scene.rows, key.tolist(), scene.ring_of, scene.windows, as_rows(jobs_of(scene)), flags.tolist()
    )
    assert [job[:6] for job in told] == [job[:6] for job in wanted]
    assert [job.rate for job in told] == pytest.approx([job.rate for job in wanted], rel=1e-12)


@given(scenes(), st.sampled_from([0.01, 0.3, 0.9]), st.booleans())
@examples(60)
def test_attach(scene: Scene, fdr: float, weighted: bool) -> None:
    key = scene.likes.breadth_keys(scene.world.config.fresh_s)
    jobs = jobs_of(scene)
    kinship = Kinship(scene.likes, scene.members) if weighted else None
    grown = attach(scene.graph, key, scene.members, jobs, fdr, kinship)
    found = naive.meetings(scene.rows, key.tolist(), scene.ring_of, scene.windows, as_rows(jobs))
    weights = [naive.kin(scene.likes, scene.ring_of, m.user, m.ring) for m in found] if weighted else []
    joins = {u: r for u, (was, r) in enumerate(zip(scene.ring_of, grown.ring_of.tolist(), strict=True)) if was != r}
    assert np.flatnonzero(grown.attached).tolist() == sorted(joins)
    surely, perhaps = (
        naive.attach(scene.rows, len(scene.windows), found, fdr * around, weights) for around in (1 - 1e-9, 1 + 1e-9)
    )
    assert surely.items() <= joins.items() <= perhaps.items() or ambiguous(found, weights or [1.0] * len(found))


def ambiguous(found: list[naive.Meeting], weights: list[float]) -> bool:
    """Tell whether a user's ring hangs on the last bit of an expectation."""
    by_user: dict[int, list[float]] = {}
    for m, weight in zip(found, weights, strict=True):
        by_user.setdefault(m.user, []).append(min(poisson_tail(m.met, Fraction(m.expected)) / weight, 1.0))
    return any(len(ps) == 2 and ps[0] != ps[1] and math.isclose(*ps, rel_tol=1e-9) for ps in by_user.values())


@given(scenes())
@examples(60)
def test_evidence(scene: Scene) -> None:
    jobs, numbers = jobs_of(scene), numbers_of(scene)
    assert sorted(numbers) == sorted([*NUMBERS, "window_s", "n_users"])
    edges = {
        view.window_s: set(zip(view.edges.u.tolist(), view.edges.v.tolist(), strict=True))
        for view in scene.projection.views
    }
    for ring in range(scene.members.n_rings):
        wanted = naive.evidence(
            scene.likes, scene.rows, scene.rates, edges, scene.ring_of, scene.windows, set(scene.passed),
            as_rows(jobs), ring, scene.config.session_gap_s, scene.config.short_dwell_ms,
            scene.config.timing_window_s,
        )  # fmt: skip
        if not any(scene.ring_of[scene.rows[p].user] == ring for p in scene.passed):
            continue  # without a coordinated like there is no ring to have numbers
        found = {name: float(values[ring]) for name, values in numbers.items()}
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)


def flanks_of(scene: Scene) -> dict[int, list[int]]:
    """Return the rates of every window with the burst left out."""
    horizon = scene.world.config.horizon_s * SECOND
    return {w: rates(scene.rows, w * SECOND, horizon) for w in scene.world.config.windows_s}


@given(scenes())
@examples(100)
def test_expected_beside__asks_the_flanks_alone(scene: Scene) -> None:
    tested, flanks = scene.tested, flanks_of(scene)
    wanted = [
        expected * flanks[w][p] / scene.rates[w][p]
        for p, w, expected in zip(tested.like.tolist(), tested.window_s.tolist(), tested.expected.tolist(), strict=True)
    ]
    found = _expected_beside(scene.projection.views[0].traffic, tested)
    assert found.tolist() == pytest.approx(wanted, rel=1e-9)


#: What speaks for rings besides silence, so that none of it, one witness, two, or no timing alone does.
LOUD: list[set[str]] = [
    set(),
    {"devices"},
    {"devices", "registration"},
    {"views", "devices"},
    {"authors"},
    {"audience"},
]


@given(scenes(), st.sampled_from([0.01, 0.01, 0.5, 0.9]), st.sampled_from([0.0, 0.33, 1.0]), st.integers(0, 99))
@examples(40)
def test_judge_likes(scene: Scene, least: float, job_share: float, seed: int) -> None:
    jobs, numbers, rng = jobs_of(scene), numbers_of(scene), np.random.default_rng(seed)
    n = scene.members.n_rings
    score = np.linspace(0.6, 0.99, n)
    born = scene.likes.publication.tolist()
    all_jobs, passed = naive_jobs(scene), set(scene.passed)
    rows_of_tested = {p: row for row, p in enumerate(scene.tested.like.tolist())}
    flanks = flanks_of(scene)
    for loud in LOUD:
        config = ScoringConfig(
            like_p=scene.config.like_p,
            purge_like_score=least,
            min_job_share=job_share,
            timing_window_s=int(rng.choice([1, 3, 3600])),
            min_episodes=int(rng.choice([1, 8])),
        )
        tiers = rng.choice([WATCH, REVIEW, PURGE, PURGE, PURGE], n)
        arrival = rng.choice([-3.0, -1.0, -0.5, 0.0, 0.5], n)
        weights = {name: np.full(n, 0.6 if name in loud else 0.4) for name, _ in CHANNELS} | {"arrival": arrival}
        nats = np.log(score / (1 - score))
        rings = Rings(scene.members, scene.tested, jobs, numbers, weights, nats, score, 1 - score, tiers)
        verdicts = judge_likes(scene.likes, scene.graph, scene.projection.views[0].traffic, rings, config)
        assert verdicts.like.tolist() == scene.passed
        for row, position in enumerate(scene.passed):
            like, at = scene.rows[position], rows_of_tested[position]
            ring = scene.ring_of[like.user]
            own = {name: float(values[ring]) for name, values in weights.items()}
            job = next(j for j in all_jobs if (j.note, j.ring) == (like.note, ring) and j.first <= like.ts <= j.last)
            window_s = int(scene.tested.window_s[at])
            beside = float(scene.tested.expected[at]) * flanks[window_s][position] / scene.rates[window_s][position]
            ordinary = naive_verdicts.ordinary_share(
                scene.rows, scene.ring_of, scene.windows, passed, ring, job, int(scene.tested.company[at]), beside
            )
            genuine = min(max(1 - ordinary, 0), 1)
            usual = naive.median_or_nan(n for j in all_jobs if j.ring == ring for n in [j.n_likes] * j.n_likes)
            assert verdicts.ring[row] == ring
            assert verdicts.exclusive[row] == (2 * job.n_likes > job.n_all)
            assert verdicts.score[row] == pytest.approx(score[ring] * genuine, abs=1e-12)
            if genuine != pytest.approx(least, abs=1e-9):
                early = like.ts - born[like.note] <= 3600 * 1_000_000
                follows = early and naive_verdicts.like_followers(own, config)
                slow = window_s > config.timing_window_s and not naive_verdicts.slow_may_purge(own, config)
                weak = job.n_likes < job_share * usual or genuine < least or follows or slow
                assert verdicts.tier[row] == (REVIEW if tiers[ring] == PURGE and weak else tiers[ring])


@given(scenes(), st.integers(-3, 3), st.integers(0, 9))
@examples(30)
def test_note_ranges(scene: Scene, shift: int, length: int) -> None:
    note = scene.graph.note
    start = scene.graph.ts + shift * 1_000_000
    low, high = note_ranges(scene.graph, note, start, start + length * 1_000_000)
    wanted = [
        [p for p, like in enumerate(scene.rows) if like.note == n and a <= like.ts <= a + length * 1_000_000]
        for n, a in zip(note.tolist(), start.tolist(), strict=True)
    ]
    assert [[*range(a, b)] for a, b in zip(low.tolist(), high.tolist(), strict=True)] == wanted
    assert expand_ranges(low, high).tolist() == [p for part in wanted for p in part]


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        lambda s: len(naive_jobs(s)) > 1 and any(j.n_likes < j.n_all for j in naive_jobs(s)),
        lambda s: len({(j.note, j.ring) for j in naive_jobs(s)}) < len(naive_jobs(s)),
        lambda s: attach(
            s.graph, s.likes.breadth_keys(s.world.config.fresh_s), s.members, jobs_of(s), 0.3
        ).attached.any(),
        lambda s: any(2 * j.n_likes <= j.n_all for j in naive_jobs(s)),
        lambda s: 0 < s.tested.passed.sum() < len(s.tested.like),
        lambda s: len(set(s.tested.window_s[s.tested.passed].tolist())) > 1,
        lambda s: {True, False, None} <= {naive.is_news(s.likes, s.rows, s.ring_of, job) for job in naive_jobs(s)},
        lambda s: numbers_of(s)["audience_pairs"].max() > 2,
        lambda s: len({n for name in TASTE for n in numbers_of(s)[name][:1].tolist() if 0 < n < 1}) == len(TASTE),
    ],
    ids=[
        "a crowd at a job",
        "two jobs on a note",
        "attached",
        "a job that is not mostly its ring's",
        "some likes pass",
        "several windows",
        "new and old notes",
        "outsiders on two targets",
        "members with a taste",
    ],
)
def test_the_drawn_scenes_hold_what_the_twins_are_about(wanted: Callable[[Scene], bool]) -> None:
    look = settings(
        max_examples=1000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
    )
    assert wanted(find(scenes(), lambda scene: bool(wanted(scene)), settings=look))
