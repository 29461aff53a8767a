"""Likes of members on what their ring pushed, given apart from the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import pack
from graphkit._kernels.grouping import expand_ranges
from graphkit.bipartite import BipartiteGraph
from graphkit.config import ScoringConfig
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.null import poisson_tail
from graphkit.scoring.attach import note_ranges
from graphkit.scoring.rings import Rings
from graphkit.scoring.tiers import REVIEW
from graphkit.scoring.verdicts import LikeVerdicts, share_between

#: A straggler comes at most this long before or after the ring's jobs on the note.
_REACH_US = 24 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class _Spans:
    """Where and when rings worked, ordered by (ring, note): one row for each ring and target.

    Attributes
    ----------
    ring, note
        Which ring on which note, int32[s].
    start, stop
        A day before its first job there and a day after its last, microseconds since 1970 UTC, int64[s].
    n_likes
        Its coordinated likes there, int64[s].
    """

    ring: I32
    note: I32
    start: I64
    stop: I64
    n_likes: I64

    @classmethod
    def of(cls, rings: Rings, config: ScoringConfig) -> _Spans:
        """Return those of rings that are proposed, as far as their jobs are not small beside the ring's usual."""
        jobs = rings.jobs
        usual = config.min_job_share * rings.numbers["job_size"][jobs.ring]
        jobs = jobs.where((rings.tier[jobs.ring] >= REVIEW) & (jobs.n_likes >= usual))
        key = pack(jobs.ring, jobs.note)
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        if len(starts) == 0:
            none32, none64 = np.empty(0, np.int32), np.empty(0, np.int64)
            return cls(none32, none32, none64, none64, none64)
        return cls(
            jobs.ring[order][starts],
            jobs.note[order][starts],
            np.minimum.reduceat(jobs.first[order], starts) - _REACH_US,
            np.maximum.reduceat(jobs.last[order], starts) + _REACH_US,
            np.add.reduceat(jobs.n_likes[order], starts),
        )

    def find(self, ring: npt.NDArray[np.integer], note: npt.NDArray[np.integer], ts: I64) -> I64:
        """Return the row within which each like is, -1 for none, int64[k]."""
        key, wanted = pack(self.ring, self.note), pack(ring, note)
        row = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        inside = (key[row] == wanted) & (ts >= self.start[row]) & (ts <= self.stop[row])
        return np.where(inside, row, -1)


def find_stragglers(graph: BipartiteGraph, moments: I64, rings: Rings, config: ScoringConfig) -> LikeVerdicts:
    """Find likes of members on targets that no company explains, beyond those the members give anyway.

    Around a target, at most a day before the ring's first job on it and a day after its last, members would give as
    many likes as their share in what is liked otherwise then gives of the crowd on the note. Where a ring's members
    gave significantly more than that over all its targets (Poisson tail of at most `like_p`), the surplus is put down
    to the ring, shared among targets as its coordinated likes are: with E likes expected on a target that has n of
    these, and a surplus of k for each coordinated like, one is an ordinary like with probability ``E / (E + k n)``.

    Parameters
    ----------
    graph
        The bipartite graph.
    moments
        Times of all likes, ascending, int64[m].
    rings
        Scored rings.
    config
        Significance, the score that asks for a review, and which jobs are small.

    Returns
    -------
    LikeVerdicts
        All for `review`: those of rings in tier `review` or `purge` whose score, the ring's times the probability that
        the like is no ordinary one, is at least `review_score`. O(k log m) in the members' likes k.
    """
    spans = _Spans.of(rings, config)
    if len(spans.ring) == 0:
        none = np.empty(0, np.int64)
        return _for_review(none, none, np.empty(0))
    ring_of = rings.members.ring_of
    users = np.flatnonzero(np.append(rings.tier, -1)[ring_of] >= REVIEW)
    like = np.sort(graph.by_user_time[expand_ranges(graph.user_ptr[users], graph.user_ptr[users + 1])])
    row = spans.find(ring_of[graph.user[like]], graph.note[like], graph.ts[like])
    like, row = like[row >= 0].astype(np.int64), row[row >= 0]
    low, high = note_ranges(graph, spans.note, spans.start, spans.stop)
    crowd = high - low - np.bincount(row, minlength=len(spans.ring))
    expected = crowd * share_between(graph, moments, rings, spans.ring, spans.start, spans.stop)
    apart = np.isin(like, rings.tested.like[rings.tested.passed], invert=True)
    like, row = like[apart], row[apart]
    n = len(rings)
    came, usual = np.bincount(spans.ring[row], minlength=n), np.bincount(spans.ring, expected, n)
    surplus = np.maximum(came - usual, 0) / np.maximum(np.bincount(spans.ring, spans.n_likes, n), 1)
    surplus[poisson_tail(came, usual) > config.like_p] = 0
    given = surplus[spans.ring] * spans.n_likes
    own = np.divide(given, expected + given, out=np.zeros(len(given)), where=given > 0)
    score = rings.score[spans.ring[row]] * own[row]
    keep = score >= config.review_score
    return _for_review(like[keep], spans.ring[row][keep].astype(np.int64), score[keep])


def _for_review(like: I64, ring: I64, score: F64) -> LikeVerdicts:
    """Return the verdict on likes that nothing of a ring rests on."""
    no = np.zeros(len(like), np.bool_)
    return LikeVerdicts(like, ring, score, np.full(len(like), REVIEW, np.int8), exclusive=no, in_company=no)
