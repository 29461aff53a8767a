"""The verdict on every coordinated like: how likely it is an ordinary one, and in which tier it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit._kernels.grouping import expand_ranges, group_members, group_pointers, runs_between
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.config import ScoringConfig
from graphkit.likes.model import F64, I32, I64, Likes
from graphkit.projection.traffic import Traffic
from graphkit.scoring.coordination import Coordination
from graphkit.scoring.evidence import EARLY_US
from graphkit.scoring.membership import NO_RING
from graphkit.scoring.rings import Rings
from graphkit.scoring.tiers import PURGE, REVIEW, like_followers, slow_may_purge

_US = 1_000_000


@dataclass(frozen=True, slots=True)
class LikeVerdicts:
    """The verdict on likes, ordered as the likes are.

    Attributes
    ----------
    like, ring
        Position among all likes, and ring, int64[k].
    score
        Evidence that the like was coordinated, 0 to 1, float64[k].
    tier
        `WATCH`, `REVIEW` or `PURGE`, int8[k].
    exclusive
        Most likes of the burst were the ring's, bool[k].
    in_company
        The like is no straggler (`graphkit.scoring.stragglers`), bool[k].
    """

    like: I64
    ring: I64
    score: F64
    tier: npt.NDArray[np.int8]
    exclusive: npt.NDArray[np.bool_]
    in_company: npt.NDArray[np.bool_]

    def where(self, rows: npt.NDArray[np.bool_ | np.intp]) -> LikeVerdicts:
        """Return the likes that a mask selects, or those at some places."""
        return LikeVerdicts(*(getattr(self, name)[rows] for name in self.__slots__))

    def beside(self, others: LikeVerdicts) -> LikeVerdicts:
        """Return these and others, ordered as the likes are."""
        both = (np.concatenate([getattr(self, name), getattr(others, name)]) for name in self.__slots__)
        joined = LikeVerdicts(*both)
        return joined.where(np.argsort(joined.like))


def judge_likes(
    likes: Likes, graph: BipartiteGraph, traffic: Traffic, rings: Rings, config: ScoringConfig
) -> LikeVerdicts:
    """Judge every coordinated like by its ring, its company and the burst it belongs to.

    A like of a burst with s ring likes among b is an ordinary one with probability of about (expected members
    there) / s, where the expected members are the larger of what the note's flanks give and what the crowd in the
    very burst gives: ``(b - s)`` times the members' share, as likes to those of others, of what is liked otherwise;
    over all times or then, whichever is larger, since accounts that are at work read more than they do on average. A
    member's ordinary like on a note where the ring did not work falls into a small burst; bursts below `min_job_share`
    of the ring's usual are for review, and so are likes right after publication when the ring as a whole comes as
    followers do (`like_followers`), and likes whose company came over hours when a taste in common may explain that
    (`slow_may_purge`).

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    traffic
        For the times of all likes and the rates of notes.
    rings
        Scored rings.
    config
        Minimum burst and probability of tier `purge`.

    Returns
    -------
    LikeVerdicts
        O(k log m) in the members' likes k.
    """
    passed = rings.tested.where(rings.tested.passed)
    like, ring = passed.like.astype(np.int64), passed.ring.astype(np.int64)
    job = _job_of(graph, rings, like, ring)
    in_job, crowd = rings.jobs.n_likes[job], rings.jobs.n_all[job]
    member = np.flatnonzero(rings.members.ring_of != NO_RING)
    activity = np.zeros(len(rings), np.int64)
    np.add.at(activity, rings.members.ring_of[member], np.diff(graph.user_ptr)[member])
    always = activity / np.maximum(len(graph) - activity, 1)
    share = np.maximum(always[ring], _share_then(graph, traffic.sorted_ts, rings)[job])
    expected = np.maximum(_expected_beside(traffic, passed), (crowd - in_job) * share)
    genuine = np.clip(1 - expected / np.maximum(passed.company + 1, in_job), 0, 1)
    tier = rings.tier[ring]
    weak = (in_job < config.min_job_share * rings.numbers["job_size"][ring]) | (genuine < config.purge_like_score)
    early = graph.ts[like] - likes.publication[graph.note[like]] <= EARLY_US
    slow = passed.window_s > config.timing_window_s
    weak |= slow & ~slow_may_purge(rings.weights, config)[ring]
    weak |= early & like_followers(rings.weights, config)[ring]
    tier = np.where((tier == PURGE) & weak, REVIEW, tier).astype(np.int8)
    return LikeVerdicts(like, ring, rings.score[ring] * genuine, tier, 2 * in_job > crowd, np.ones(len(like), np.bool_))


def _job_of(graph: BipartiteGraph, rings: Rings, like: I64, ring: I64) -> I64:
    """Return the job each coordinated like belongs to; jobs are ordered by (note, ring, first)."""
    jobs = rings.jobs
    order = np.lexsort((graph.ts[like], ring, graph.note[like]))
    job = np.empty(len(like), np.int64)
    job[order] = np.repeat(np.arange(len(jobs)), jobs.n_likes)
    return job


def _expected_beside(traffic: Traffic, passed: Coordination) -> F64:
    """Return the members expected with each like, by the flanks of its window alone, float64[k].

    The rate of wide windows has the burst in it, and of the burst the ring's own likes, which are no crowd.
    """
    expected = passed.expected.copy()
    for window_s in np.unique(passed.window_s):
        of = np.flatnonzero(passed.window_s == window_s)
        like = passed.like[of]
        flank = traffic.flank_rates(like, int(window_s)).astype(np.float64)
        expected[of] *= flank / traffic.rates(like, int(window_s))
    return expected


def _share_then(graph: BipartiteGraph, moments: I64, rings: Rings) -> F64:
    """Return for each job what `share_between` does from a window of the ring before it to a window after it."""
    reach = rings.members.window_s[rings.jobs.ring].astype(np.int64) * _US
    return share_between(graph, moments, rings, rings.jobs.ring, rings.jobs.first - reach, rings.jobs.last + reach)


def share_between(graph: BipartiteGraph, moments: I64, rings: Rings, ring: I32, start: I64, stop: I64) -> F64:
    """Return how much a ring's members like otherwise at some time, for every like of others.

    Parameters
    ----------
    graph, moments, rings
        As for `judge_likes`; times of all likes, ascending, int64[m].
    ring
        Whose members, int32[k].
    start, stop
        From when to when, ends included, microseconds since 1970 UTC, int64[k].

    Returns
    -------
    float64[k]
        Their likes then that did not pass over those of everybody else then. O(j log j + k log m) in the likes j of
        all members.
    """
    tested, ring_of = rings.tested, rings.members.ring_of

    def count(like: npt.NDArray[np.int32]) -> I64:
        of, ts = ring_of[graph.user[like]], graph.ts[like]
        ptr = group_pointers(of, len(rings))
        order = group_members(of, time_order(ts, graph.room), ptr)
        low, high = runs_between(ts[order], ptr, ring, start, stop)
        return high - low

    users = np.flatnonzero(ring_of != NO_RING)
    mine = count(graph.by_user_time[expand_ranges(graph.user_ptr[users], graph.user_ptr[users + 1])])
    anybody = np.searchsorted(moments, stop, "right") - np.searchsorted(moments, start, "left")
    otherwise = mine - count(tested.like[tested.passed])
    return np.asarray(otherwise / np.maximum(anybody - mine, 1), np.float64)
