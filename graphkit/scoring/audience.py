"""Whether a ring's targets have an audience in common, as the notes of one author, one topic or one list have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.audience import count_by_stretch, stretch_of_likes, sum_over_likes
from graphkit._kernels.distinct import pack
from graphkit._kernels.grouping import expand_ranges
from graphkit.bipartite import BipartiteGraph
from graphkit.likes.model import F64, I64, Likes
from graphkit.scoring.membership import NO_RING, Membership

#: The rate at which targets are liked is taken over such a stretch of time and its two neighbours.
_STRETCH_US = 6 * 3_600_000_000
#: Outsiders looked at per ring; where there are more, every so many-th.
_MOST_OUTSIDERS = 4096


def audience_overlap(
    likes: Likes, graph: BipartiteGraph, members: Membership, ring: I64, target: I64
) -> tuple[F64, F64]:
    """Count how often outsiders who liked one target liked another, and how often that was to be expected.

    Outsiders are users in no ring. Those who liked a target are followed through all their likes: each like at t falls
    on another target with the share that targets have of all outsiders' likes around t. Where targets have
    nothing in common, as the orders of unrelated customers have, what is found is what is expected; where they are of
    one taste, one author or one front page, it is a multiple. Targets of one author count once a user.

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    members
        Who belongs to which ring.
    ring, target
        Distinct pairs of a ring and a note that it pushed, ordered by ring, int64[k].

    Returns
    -------
    found, expected : float64[n_rings]
        Ordered pairs of likes of one outsider on two targets. O(likes of the outsiders followed), at most
        `_MOST_OUTSIDERS` a ring.
    """
    begin = int(graph.ts.min()) if len(graph) else 0
    n_stretches = 1 + (int(graph.ts.max(initial=begin)) - begin) // _STRETCH_US
    inside = members.ring_of != NO_RING
    of_like: npt.NDArray[np.integer] = np.empty(len(graph), np.uint16 if n_stretches <= 1 << 16 else np.int32)
    stretch_of_likes(graph.ts, begin, _STRETCH_US, of_like)
    everyone = _with_neighbours(count_by_stretch(graph.user, of_like, inside, n_stretches))
    # Followed user by user, and most users by many rings: laid out so, two bytes a like instead of random reads.
    by_user = of_like[graph.by_user_time]
    found, expected = np.zeros(members.n_rings), np.zeros(members.n_rings)
    bounds = np.searchsorted(ring, np.arange(members.n_rings + 1))
    for r in range(members.n_rings):
        notes = target[bounds[r] : bounds[r + 1]]
        like = expand_ranges(graph.note_ptr[notes], graph.note_ptr[notes + 1])
        like = _first_by_author(graph, likes, like[~inside[graph.user[like]]])
        stretch = of_like[like]
        share = _with_neighbours(np.bincount(stretch, minlength=n_stretches)) / np.maximum(everyone, 1)
        who, which, count = np.unique(graph.user[like], return_inverse=True, return_counts=True)
        own = np.bincount(which, weights=share[stretch], minlength=len(who))
        step = max(1, -(-len(who) // _MOST_OUTSIDERS))
        who, count, own = who[::step], count[::step], own[::step]
        reach = sum_over_likes(who, graph.user_ptr, by_user, share)
        found[r] = np.sum(count * (count - 1))
        expected[r] = np.sum(count * reach - own)
    return found, expected


def _with_neighbours(count: npt.NDArray[np.int64]) -> F64:
    """Add to each entry those beside it."""
    return np.convolve(count, np.ones(3))[1:-1]


def _first_by_author(graph: BipartiteGraph, likes: Likes, like: I64) -> I64:
    """Keep of the likes of one user on notes of one author the earliest."""
    pair = pack(graph.user[like], likes.author_key[graph.note[like]])
    order = np.argsort(pair, kind="stable")
    pair, like = pair[order], like[order]
    fresh = np.ones(len(like), np.bool_)
    fresh[1:] = pair[1:] != pair[:-1]
    starts = np.flatnonzero(fresh)
    if len(starts) == len(like):  # as always where a note is an author of its own
        return like
    ts = graph.ts[like]
    first = np.repeat(np.minimum.reduceat(ts, starts), np.diff(np.append(starts, len(like))))
    return np.minimum.reduceat(np.where(ts == first, like, len(graph)), starts)
