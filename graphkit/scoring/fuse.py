"""Communities that did the same jobs are one ring."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import distinct_pairs, pack, unpack
from graphkit._kernels.selection import group_medians
from graphkit.likes.model import I32, I64
from graphkit.scoring.attach import Jobs
from graphkit.scoring.membership import NO_RING, Membership

_US = 1_000_000
#: Communities are one ring when they did jobs together for this many authors, and for this share of the authors that
#: the one with fewer worked for.
_LEAST_SHARED = 3
_SHARE = 0.5
#: Jobs of fewer likes than this share of a community's median job do not count, and half of those that count as shared
#: have more than this share of it, for either: a few members who came to what another community is about do not make
#: the two one.
_LEAST_PART, _USUAL_PART = 0.1, 1 / 3
#: Of communities more than so many times as large, each joins only the one that it did most with.
_ALIKE = 2


def fuse(members: Membership, jobs: Jobs, author_key: I32, apart: npt.NDArray[np.bool_]) -> I32:
    """Join communities that worked together for three authors, and for half the authors of the one with fewer.

    A farm that replaces its accounts shows as a chain of communities: each overlaps with the next on the jobs that
    both were alive for. Unrelated rings seldom serve one customer within one window, and not again and again. Where
    authors are unknown each note counts as one.

    A community joins all that it did so much with and that are up to twice as large, but of larger ones only the one
    it did most with: a handful of people who were at a push, where a ring's accounts happened to be, must not make one
    of the ring and of everybody at the push.

    Parameters
    ----------
    members
        Who belongs to which community.
    jobs
        What they did, ordered by (note, ring, first).
    author_key
        Author of each note, or the note itself, int32[n_notes].
    apart
        Communities of another sort, which are joined with one another only, bool[n_rings].

    Returns
    -------
    int32[n_rings]
        For each community the first of those it is one with.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = members.n_rings
    usual = group_medians(jobs.ring, jobs.n_likes.astype(np.float64), n)
    jobs = jobs.where(jobs.n_likes >= _LEAST_PART * usual[jobs.ring])
    key = author_key[jobs.note].astype(np.int64)
    ring, _, _ = distinct_pairs(jobs.ring, key)
    n_jobs = np.bincount(ring, minlength=n)
    one, other = _together(jobs, members.window_s[jobs.ring].astype(np.int64) * _US)
    pair, which = np.unique(pack(jobs.ring[one], jobs.ring[other]), return_inverse=True)
    shared = np.bincount(distinct_pairs(which, key[one])[0], minlength=len(pair))
    a, b = unpack(pair)
    part = jobs.n_likes / usual[jobs.ring]
    least = np.minimum(*(group_medians(which, part[job], len(pair)) for job in (one, other)))
    same = least >= _USUAL_PART
    same &= (shared >= _LEAST_SHARED) & (shared >= _SHARE * np.minimum(n_jobs[a], n_jobs[b]))
    same &= apart[a] == apart[b]
    smaller, larger = _joined(a[same], b[same], shared[same], members)
    ties = coo_array((np.ones(len(smaller), np.int8), (smaller, larger)), shape=(n, n))
    _, label = connected_components(ties, directed=False)
    first = np.full(n, n, np.int64)
    np.minimum.at(first, label, np.arange(n))
    return np.asarray(first[label], np.int32)


def _joined(a: I64, b: I64, shared: I64, members: Membership) -> tuple[I64, I64]:
    """Return the pairs of communities that are joined, of those that worked together for so many authors."""
    n = members.n_rings
    size = np.bincount(members.ring_of[members.ring_of != NO_RING], minlength=n)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), -size))] = np.arange(n)  # of two as large the first counts as the larger
    larger, smaller = np.where(rank[a] < rank[b], a, b), np.where(rank[a] < rank[b], b, a)
    order = np.lexsort((-rank[larger], shared))
    best = np.empty(n, np.int64)
    best[smaller[order]] = order  # what it shares most with is written last
    kept = (best[smaller] == np.arange(len(a))) | (_ALIKE * size[smaller] >= size[larger])
    return smaller[kept], larger[kept]


def _together(jobs: Jobs, reach: I64) -> tuple[I64, I64]:
    """Return the pairs of jobs of two rings on one note at most the longer of their windows apart.

    Returns
    -------
    one, other : int64[k]
        Positions of jobs, those of the ring with the smaller number first.
    """
    order = np.lexsort((jobs.first, jobs.note))
    parts: list[I64] = [np.empty((0, 2), np.int64)]
    for step in range(1, len(order)):
        before, after = order[:-step], order[step:]
        on_one_note = jobs.note[before] == jobs.note[after]
        if not on_one_note.any():
            break
        near = jobs.first[after] - jobs.last[before] <= np.maximum(reach[before], reach[after])
        met = on_one_note & near & (jobs.ring[before] != jobs.ring[after])
        both = np.stack([before[met], after[met]], axis=1)
        swapped = jobs.ring[both[:, 0]] > jobs.ring[both[:, 1]]
        both[swapped] = both[swapped, ::-1]
        parts.append(both)
    one, other = np.concatenate(parts).T
    return one, other
