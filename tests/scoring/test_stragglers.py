"""Likes of members on targets, apart from the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ScoringConfig
from graphkit.scoring.attach import Jobs, find_jobs
from graphkit.scoring.coordination import Coordination
from graphkit.scoring.evidence import gather
from graphkit.scoring.membership import NO_RING, Membership
from graphkit.scoring.rings import Rings
from graphkit.scoring.stragglers import find_stragglers
from graphkit.scoring.tiers import PURGE, REVIEW, WATCH
from tests.examples import examples
from tests.scoring import naive, naive_verdicts
from tests.scoring.worlds import HOUR, Scene, scenes
from tests.worlds import DAY, SECOND, make_likes


def rings_of(scene: Scene, tiers: list[int], score: float) -> Rings:
    jobs = find_jobs(scene.graph, scene.projection.views, scene.members, scene.tested)
    numbers = gather(scene.likes, scene.graph, scene.projection, scene.members, scene.tested, jobs, scene.config)
    n = scene.members.n_rings
    scores, tier = np.full(n, score), np.array(tiers[:n], np.int8)
    return Rings(scene.members, scene.tested, jobs, numbers, {}, np.zeros(n), scores, 1 - scores, tier)


@given(
    scenes(),
    st.lists(st.sampled_from([WATCH, REVIEW, PURGE, PURGE]), min_size=2, max_size=2),
    st.sampled_from([0.7, 1.0]),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from([0.05, 0.3, 0.999]),
)
@examples(150)
def test_find_stragglers(scene: Scene, tiers: list[int], score: float, job_share: float, like_p: float) -> None:
    config = ScoringConfig(like_p=like_p, min_job_share=job_share, review_score=0.02)
    rings = rings_of(scene, tiers, score)
    found = find_stragglers(scene.graph, np.sort(scene.graph.ts), rings, config)
    jobs = naive.find_jobs(scene.rows, scene.rates, scene.ring_of, scene.windows, scene.passed)
    wanted = {}
    for ring in range(len(rings)):
        if rings.tier[ring] >= REVIEW:
            sizes = [n for job in jobs if job.ring == ring for n in [job.n_likes] * job.n_likes]
            least = job_share * naive.median_or_nan(sizes)
            its = naive_verdicts.stragglers(scene.rows, scene.ring_of, set(scene.passed), jobs, ring, least, like_p)
            wanted |= {p: (ring, own * score) for p, own in its.items()}
    if any(s == pytest.approx(config.review_score, abs=1e-9) for _, s in wanted.values()):
        return  # whether it is proposed hangs on the last bit
    wanted = {p: of for p, of in sorted(wanted.items()) if of[1] >= config.review_score}
    assert found.like.tolist() == list(wanted)
    assert found.ring.tolist() == [ring for ring, _ in wanted.values()]
    assert found.score.tolist() == pytest.approx([s for _, s in wanted.values()])


def test_find_stragglers__within_a_day_of_the_jobs() -> None:
    """Ten members do twenty jobs at noon; one comes to each of six targets a day later, to a seventh a second after."""
    noon = DAY + 12 * HOUR
    jobs = [(user, note, noon + user * SECOND) for note in range(20) for user in range(9)]
    late = [(9, note, noon + 8 * SECOND + 24 * HOUR + (note == 6) * SECOND) for note in range(7)]
    readers = [(100 + n, 50 + n, noon + 24 * HOUR) for n in range(200)]
    likes = make_likes(jobs + late + readers)
    graph = BipartiteGraph.from_likes(likes)
    ids = np.array(likes.users.ids)
    passed = np.flatnonzero(ids[graph.user] < 9).astype(np.int32)
    one, n = np.ones(len(passed)), len(passed)
    tested = Coordination(
        passed, np.zeros(n, np.int32), np.full(n, 8, np.int32), one * 0.1, np.full(n, 60, np.int32), one * 1e-9, one > 0
    )
    note = np.arange(20, dtype=np.int32)
    at = np.full(20, noon)
    nine = np.full(20, 9)
    done = Jobs(note, np.zeros(20, np.int32), at, at + 8 * SECOND, nine, nine, np.full(20, 0.01))
    ring_of = np.where(ids < 10, 0, NO_RING).astype(np.int32)
    members = Membership(ring_of, np.array([60], np.int32), np.zeros(len(ids), np.bool_))
    score, numbers = np.array([0.99]), {"job_size": np.array([9.0])}
    rings = Rings(members, tested, done, numbers, {}, score, score, 1 - score, np.array([PURGE], np.int8))
    found = find_stragglers(graph, np.sort(graph.ts), rings, ScoringConfig())
    assert graph.note[found.like].tolist() == [0, 1, 2, 3, 4, 5]
    assert ids[graph.user[found.like]].tolist() == [9] * 6
    assert found.score.tolist() == pytest.approx([0.99] * 6)  # nobody else likes these notes
