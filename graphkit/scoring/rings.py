"""From communities to scored rings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit.bipartite import BipartiteGraph
from graphkit.config import Config, ScoringConfig
from graphkit.likes.model import F64, I32, Likes
from graphkit.progress import SILENT, Progress
from graphkit.projection.project import Projection
from graphkit.scoring.attach import Jobs, attach, find_jobs
from graphkit.scoring.channels import weigh
from graphkit.scoring.coordination import MIN_COMPANY, Company, Coordination, coordinate
from graphkit.scoring.evidence import Numbers, gather
from graphkit.scoring.membership import NO_RING, Membership

#: Tiers, weakest first, so that they compare as integers.
TIERS = ("watch", "review", "purge")
WATCH, REVIEW, PURGE = range(3)

#: Channels that read more than who liked what when.
_BEYOND_TIMING = (
    "dwell", "completion", "registration", "devices", "addresses", "views", "engagement", "reciprocity",
)  # fmt: skip
#: Share of members that must have a tie within `timing_window_s` for timing alone to suffice.
_QUICK = 0.5
#: Rounds of attaching accounts; each may reveal jobs that attach more.
_MAX_ROUNDS = 3
#: A narrower window is preferred when it shows this share of the meetings beyond expectation that the best one shows.
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Rings:
    """Scored rings.

    Attributes
    ----------
    members
        Who belongs to which.
    tested
        Every like of every member, tested.
    jobs
        Bursts of coordinated likes.
    numbers
        Every number of ``schemas.EVIDENCE`` but the weights, by ring, NaN where unknown.
    weights
        Nats by channel and ring.
    score
        Evidence that each is a ring, 0 to 1, float64[n_rings].
    q_value
        Expected share of non-rings among rings at least this strong, float64[n_rings].
    tier
        `WATCH`, `REVIEW` or `PURGE`, int8[n_rings].
    """

    members: Membership
    tested: Coordination
    jobs: Jobs
    numbers: Numbers
    weights: Numbers
    score: F64
    q_value: F64
    tier: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return self.members.n_rings


def find_rings(
    likes: Likes,
    graph: BipartiteGraph,
    key: I32,
    projection: Projection,
    communities: tuple[I32, ...],
    config: Config,
    progress: Progress = SILENT,
) -> Rings:
    """Score communities: which likes of theirs are coordinated, who else took part, what speaks for a ring.

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    key
        What breadth counts, by like (`Likes.breadth_keys`), int32[m].
    projection
        The significant edges, and the baseline rates of each window.
    communities
        Members of each community, disjoint.
    config
        Settings.
    progress
        Told about the work.

    Returns
    -------
    Rings
        Communities without enough members that have coordinated likes are left out.
    """
    with progress.stage("score", len(communities), "communities"):
        members = _label(graph, communities, projection, config.partition.min_users)
        tested = coordinate(graph, projection.views, members, config.scoring)
        for _ in range(_MAX_ROUNDS):
            jobs = find_jobs(graph, projection.views, members, tested)
            grown = attach(graph, key, members, jobs, config.projection.fdr)
            if np.array_equal(grown.ring_of, members.ring_of):
                break
            members = grown
            tested = coordinate(graph, projection.views, members, config.scoring)
        members = _drop_idle(graph, members, tested, config.partition.min_users)
        tested = coordinate(graph, projection.views, members, config.scoring)
        jobs = find_jobs(graph, projection.views, members, tested)
        numbers = gather(likes, graph, projection, members, tested, jobs, config.scoring)
        numbers["window_s"] = members.window_s.astype(np.float64)
        weights = weigh(numbers)
        score, tier = _judge(numbers, weights, config.scoring)
        return Rings(members, tested, jobs, numbers, weights, score, tail_share(score), tier)


def _label(graph: BipartiteGraph, communities: tuple[I32, ...], projection: Projection, min_users: int) -> Membership:
    ring_of = np.full(graph.n_users, NO_RING, np.int32)
    for ring, users in enumerate(communities):
        ring_of[users] = ring
    n = len(communities)
    together = Company.of(graph, ring_of)
    excess, present = np.zeros((len(projection.views), n)), np.zeros((len(projection.views), n))
    for row, view in enumerate(projection.views):
        met, mean = together.within(view)
        beyond = np.where(met >= MIN_COMPANY, met - mean, 0.0)  # couples make no ring, and pass no like
        excess[row] = np.bincount(together.ring, weights=beyond, minlength=n)
        in_company = np.bincount(graph.user[together.like][met >= MIN_COMPANY], minlength=graph.n_users) > 0
        present[row] = np.bincount(ring_of[in_company], minlength=n)
    ladder = np.array([view.window_s for view in projection.views], np.int32)
    # argmax finds the first, that is narrowest, window with enough of what the best one shows, and enough members.
    most = present.max(axis=0, initial=0)
    able = present >= np.minimum(np.maximum(_ENOUGH * most, min_users), most)
    enough = able & (excess >= _ENOUGH * np.where(able, excess, 0).max(axis=0, initial=0))
    window = ladder[np.argmax(enough, axis=0)] if n else ladder[:0]
    return Membership(ring_of, window, np.zeros(graph.n_users, np.bool_))


def _drop_idle(graph: BipartiteGraph, members: Membership, tested: Coordination, min_users: int) -> Membership:
    """Drop members without coordinated likes, and rings too small without them; renumber the rest."""
    active = np.zeros(graph.n_users, np.bool_)
    active[graph.user[tested.like[tested.passed]]] = True
    ring_of = np.where(active, members.ring_of, NO_RING).astype(np.int32)
    size = np.bincount(ring_of[ring_of != NO_RING], minlength=members.n_rings)
    keep = size >= min_users
    number = np.where(keep, np.cumsum(keep) - 1, NO_RING).astype(np.int32)
    ring_of = np.where(ring_of == NO_RING, NO_RING, number[ring_of] if len(number) else NO_RING).astype(np.int32)
    return Membership(ring_of, members.window_s[keep], members.attached & (ring_of != NO_RING))


def _judge(numbers: Numbers, weights: Numbers, config: ScoringConfig) -> tuple[F64, npt.NDArray[np.int8]]:
    """Return score and tier of each ring from the nats of its channels.

    A ring whose members mostly meet over hours may be a taste in common: the baseline knows no tastes. It reaches
    `PURGE` only when a channel that reads more than who liked what when speaks for it too.
    """
    total = config.prior_log_odds + sum(weights.values())
    score = 1 / (1 + np.exp(-np.asarray(total, np.float64)))
    speaking = sum((w >= config.channel_nats).astype(np.int64) for name, w in weights.items() if name != "lockstep")
    tier = np.full(len(score), WATCH, np.int8)
    tier[score >= config.review_score] = REVIEW
    able = (numbers["quick"] >= _QUICK) | backed_beyond_timing(weights, config)
    tier[(score >= config.purge_score) & (speaking >= config.min_channels) & able] = PURGE
    return score, tier


def backed_beyond_timing(weights: Numbers, config: ScoringConfig) -> npt.NDArray[np.bool_]:
    """Tell which rings a channel speaks for that reads more than who liked what when, bool[n_rings]."""
    speaks = np.array([weights[name] >= config.channel_nats for name in _BEYOND_TIMING])
    return np.asarray(speaks.any(axis=0), np.bool_)


def tail_share(score: F64) -> F64:
    """Return for each ring the mean of ``1 - score`` over the rings that score at least as high.

    The expected false discovery rate when the score is read as the probability of a ring.

    References
    ----------
    Efron 2010, "Large-Scale Inference", sec. 5.2 (tail-area from local false discovery rates).
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    running = np.cumsum(1 - ranked) / np.arange(1, len(score) + 1)
    last = np.searchsorted(-ranked, -ranked, "right") - 1  # equal scores share one value
    q = np.empty(len(score))
    q[order] = running[last] if len(score) else running
    return q
