"""Members found through the ring's jobs: accounts too sparse to have ties of their own.

A rotating farm sends a random tenth to each job, disposable accounts do a handful of jobs: two of them rarely
meet three times, but each meets the *ring* as often as it works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import dense, distinct, distinct_pairs, pack, unpack
from graphkit._kernels.grouping import expand_ranges, group_pointers, runs_between
from graphkit.bipartite import BipartiteGraph
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.null import benjamini_hochberg, poisson_tail
from graphkit.projection.project import WindowView
from graphkit.scoring.coordination import Coordination
from graphkit.scoring.kinship import Kinship
from graphkit.scoring.membership import NO_RING, Membership

_US = 1_000_000
#: A user meets a ring on at least this many jobs to be attached.
MIN_JOBS = 2


@dataclass(frozen=True, slots=True)
class Jobs:
    """What rings did: one row for each unbroken burst of a ring on a note, ordered by (note, ring, first).

    Attributes
    ----------
    note, ring
        Which note, by which ring, int32[j].
    first, last
        First and last coordinated like, microseconds since 1970 UTC, int64[j].
    n_likes, n_all
        Coordinated likes in the burst, and likes of anybody between its first and last, int64[j].
    rate
        Mean baseline rate of the note then, likes of it per like of anything, float64[j].
    """

    note: I32
    ring: I32
    first: I64
    last: I64
    n_likes: I64
    n_all: I64
    rate: F64

    def __len__(self) -> int:
        return len(self.note)

    def where(self, mask: npt.NDArray[np.bool_]) -> Jobs:
        """Return the jobs that `mask` selects."""
        return Jobs(*(getattr(self, name)[mask] for name in self.__slots__))


def find_jobs(graph: BipartiteGraph, views: tuple[WindowView, ...], members: Membership, likes: Coordination) -> Jobs:
    """Chain the coordinated likes of each (note, ring) whose gaps are at most the ring's window into jobs."""
    ring, like = likes.ring[likes.passed], likes.like[likes.passed]
    # They are ordered by note and time already.
    order = np.argsort(pack(graph.note[like], ring), kind="stable")
    ring, like = ring[order], like[order]
    note, ts = graph.note[like], graph.ts[like]
    if len(note) == 0:
        none32, none64 = np.empty(0, np.int32), np.empty(0, np.int64)
        return Jobs(none32, none32, none64, none64, none64, none64, np.empty(0))
    gap = members.window_s[ring].astype(np.int64) * _US
    fresh = np.ones(len(note), np.bool_)
    fresh[1:] = (note[1:] != note[:-1]) | (ring[1:] != ring[:-1]) | (ts[1:] - ts[:-1] > gap[1:])
    starts = np.flatnonzero(fresh)
    sizes = np.diff(np.append(starts, len(note)))
    rates = np.zeros(len(note))
    for view in views:
        mine = members.window_s[ring] == view.window_s
        rates[mine] = view.rates(like[mine])
    first, last = ts[starts], ts[starts + sizes - 1]
    low, high = note_ranges(graph, note[starts], first, last)
    return Jobs(
        note[starts],
        ring[starts],
        first,
        last,
        sizes,
        high - low,
        np.add.reduceat(rates, starts) / sizes,
    )


def attach(
    graph: BipartiteGraph, key: I32, members: Membership, jobs: Jobs, fdr: float, kinship: Kinship | None = None
) -> Membership:
    """Add users whose likes meet a ring's jobs more often than their own activity explains.

    User v, in no ring, met the jobs of ring C for K distinct breadth keys (authors, or notes long
    after publication): liked the note within a window of the burst.
    Given when v was active, the null expects ``E = sum over likes of v of the summed rates of C's jobs then under
    way``. Users with a Poisson tail, over the weight that their account gives it, that survives Benjamini-Hochberg over
    all users and rings join the ring that explains them best.

    Parameters
    ----------
    graph
        The bipartite graph.
    key
        What breadth counts, by like, int32[m].
    members
        Members so far.
    jobs
        The rings' jobs that tell (`telling_jobs`).
    fdr
        False discovery rate of attachments.
    kinship
        For the weights, where more is known of accounts than their likes.

    Returns
    -------
    Membership
        With the attached users added.
    """
    if len(jobs) == 0:
        return members
    start, stop = _under_way(members, jobs)
    user, ring, met = _meetings(graph, key, members, jobs, start, stop)
    if len(user) == 0:
        return members
    expected = np.empty(len(user))
    by_ring, by_job_ring = np.argsort(ring, kind="stable"), np.argsort(jobs.ring, kind="stable")
    ptr, job_ptr = group_pointers(ring, members.n_rings), group_pointers(jobs.ring, members.n_rings)
    for r in np.flatnonzero(np.diff(ptr)).tolist():
        mine, its = by_ring[ptr[r] : ptr[r + 1]], by_job_ring[job_ptr[r] : job_ptr[r + 1]]
        expected[mine] = _expected(graph, user[mine], start[its], stop[its], jobs.rate[its])
    p = poisson_tail(met, expected)
    if kinship is not None:
        p = np.minimum(p / kinship.weights(user, ring), 1.0)
    n_tests = int(np.count_nonzero(np.diff(graph.user_ptr) >= MIN_JOBS)) * members.n_rings
    q = benjamini_hochberg(p, max(n_tests, len(p)))
    keep = np.flatnonzero(q <= fdr)
    keep = keep[np.lexsort((ring[keep], p[keep]))][::-1]  # the best explanation is written last
    ring_of = members.ring_of.copy()
    attached = members.attached.copy()
    ring_of[user[keep]] = ring[keep]
    attached[user[keep]] = True
    return Membership(ring_of, members.window_s, attached)


def telling_jobs(
    graph: BipartiteGraph,
    key: I32,
    moments: I64,
    members: Membership,
    jobs: Jobs,
    backed: npt.NDArray[np.bool_],
) -> Jobs:
    """Return the jobs at which being there says something, each with the rate at which others are there.

    In a crowd, being there says little, so of most rings only jobs count of which the ring made most likes. The crowd
    at the jobs of a large farm may be the rest of the farm, though. Where more than timing speaks for a ring, all its
    jobs count, and whoever came to a single one of them is taken for a passer-by: their share of all likes then is
    the least rate of the job. A farm's own come again and are no passers-by; at a viral moment nearly all are.

    Parameters
    ----------
    graph, key, members, jobs
        As for `attach`; all jobs.
    moments
        Times of all likes, ascending, int64[m].
    backed
        For which rings more than timing speaks, bool[n_rings].

    Returns
    -------
    Jobs
    """
    own = 2 * jobs.n_likes > jobs.n_all
    open_ = ~own & backed[jobs.ring] if len(jobs) else own
    return beside_passers_by(graph, key, moments, members, jobs, open_).where(own | open_)


def beside_passers_by(
    graph: BipartiteGraph,
    key: I32,
    moments: I64,
    members: Membership,
    jobs: Jobs,
    crowded: npt.NDArray[np.bool_],
) -> Jobs:
    """Raise the rates of some jobs to the share of passers-by: users who came to a single job of the ring.

    Parameters
    ----------
    graph, key, members, jobs
        As for `attach`; all jobs.
    moments
        Times of all likes, ascending, int64[m].
    crowded
        Which jobs, bool[j].

    Returns
    -------
    Jobs
        All of them. O(k log k) in the likes k at the jobs.
    """
    open_ = np.flatnonzero(crowded)
    if len(open_) == 0:
        return jobs
    start, stop = _under_way(members, jobs)
    low, high = note_ranges(graph, jobs.note, start, stop)
    like = expand_ranges(low, high)
    job = np.repeat(np.arange(len(jobs)), high - low)
    free = members.ring_of[graph.user[like]] == NO_RING
    like, job = like[free], job[free]
    person = dense(pack(graph.user[like], jobs.ring[job]))
    once = np.bincount(distinct_pairs(person, key[like])[0])[person] == 1
    passing = np.bincount(job[once], minlength=len(jobs))
    anybody = np.searchsorted(moments, stop, "right") - np.searchsorted(moments, start, "left")
    rate = jobs.rate.copy()
    rate[open_] = np.maximum(rate[open_], (passing[open_] + 0.5) / (anybody[open_] + 0.5))
    return replace(jobs, rate=rate)


def _under_way(members: Membership, jobs: Jobs) -> tuple[I64, I64]:
    """Return from when to when a like meets each job: within the ring's window of its burst."""
    reach = members.window_s[jobs.ring].astype(np.int64) * _US
    return jobs.first - reach, jobs.last + reach


def _meetings(
    graph: BipartiteGraph, key: I32, members: Membership, jobs: Jobs, start: I64, stop: I64
) -> tuple[I64, I64, I64]:
    """Return user, ring and the distinct breadth keys at which they met often enough, for users in no ring."""
    low, high = note_ranges(graph, jobs.note, start, stop)
    like = expand_ranges(low, high)
    ring = np.repeat(jobs.ring, high - low)
    free = members.ring_of[graph.user[like]] == NO_RING
    like, ring = like[free], ring[free]
    pair = pack(graph.user[like], ring)
    which, _, _ = distinct_pairs(dense(pair), key[like])
    met = np.bincount(which)
    often = met >= MIN_JOBS
    return (*unpack(distinct(pair)[0][often]), met[often])


def note_ranges(graph: BipartiteGraph, note: I32, start: I64, stop: I64) -> tuple[I64, I64]:
    """Return for each (note, time range, ends included) where its likes begin and end."""
    return runs_between(graph.ts, graph.note_ptr, note, start, stop)


def _expected(graph: BipartiteGraph, users: I64, start: I64, stop: I64, rate: F64) -> F64:
    """Return for each user the summed rates of the jobs under way at each of its likes."""
    moments = np.concatenate([start, stop + 1])
    steps = np.concatenate([rate, -rate])
    order = np.argsort(moments, kind="stable")
    moments = moments[order]
    level = np.concatenate([[0.0], np.maximum(np.cumsum(steps[order]), 0.0)])
    low, high = graph.user_ptr[users], graph.user_ptr[users + 1]
    likes = graph.by_user_time[expand_ranges(low, high)]
    sizes = high - low
    at = level[np.searchsorted(moments, graph.ts[likes], "right")]
    return np.asarray(np.add.reduceat(at, np.concatenate([[0], np.cumsum(sizes)[:-1]])), np.float64)
