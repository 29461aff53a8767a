"""Which likes of members carry evidence of coordination, like by like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import dense, pack
from graphkit._kernels.grouping import group_members, group_pointers
from graphkit._kernels.neighbours import RATE_BITS, window_bounds
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.config import ScoringConfig
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.null import poisson_tail
from graphkit.projection.project import WindowView
from graphkit.scoring.membership import NO_RING, Membership

_US = 1_000_000
_RATE_UNIT = 2.0**-RATE_BITS
#: A like needs this many other members with it: one may be chance or a friend.
MIN_COMPANY = 2


@dataclass(frozen=True, slots=True)
class Coordination:
    """Every like of a member, tested, ordered by (note, ts, user).

    Attributes
    ----------
    like
        Positions among all likes, int32[k].
    ring
        The member's ring, int32[k].
    company
        Other members on the note within the window that shows the like best, int32[k].
    expected
        Members the null expects there, float64[k].
    window_s
        That window, seconds, int32[k].
    p_value
        Poisson tail of the company, times the number of windows, at most 1; float64[k].
    passed
        Company of at least `MIN_COMPANY` and a p-value of at most `ScoringConfig.like_p`, bool[k].
    """

    like: I32
    ring: I32
    company: I32
    expected: F64
    window_s: I32
    p_value: F64
    passed: npt.NDArray[np.bool_]

    def where(self, mask: npt.NDArray[np.bool_]) -> Coordination:
        """Return the likes that `mask` selects."""
        return Coordination(*(getattr(self, name)[mask] for name in self.__slots__))


def coordinate(
    graph: BipartiteGraph, views: tuple[WindowView, ...], members: Membership, config: ScoringConfig
) -> Coordination:
    """Test every like of every member against the members' activity at the note's ordinary rate.

    A like p of member u on note n at t is expected to have ``(A_C - A_u)(t ± Δ) q_p`` other members with it: the
    likes of the other members then, on any note, times the note's baseline rate. The Poisson tail of those that
    were there is taken for each window of the ladder up to the ring's own, and the best is kept at the price of all
    (Bonferroni). Wider windows than the ring's would lend its activity to its members' ordinary likes.

    Parameters
    ----------
    graph
        The bipartite graph.
    views
        The projection's windows, for their baseline rates.
    members
        Who belongs to which ring.
    config
        Largest p-value.

    Returns
    -------
    Coordination
        O(k log k) in the members' likes k, a window.
    """
    together = Company.of(graph, members.ring_of)
    like, ring = together.like, together.ring
    best = np.full(len(like), 2.0)
    company = np.zeros(len(like), np.int32)
    expected = np.zeros(len(like))
    window_s = np.full(len(like), views[0].window_s if views else 0, np.int32)
    own_window = members.window_s[ring] if members.n_rings else window_s
    n_windows = np.searchsorted([view.window_s for view in views], own_window, "right")
    for view in views:
        k, mean = together.within(view)
        able = (k >= MIN_COMPANY) & (view.window_s <= own_window)
        p = np.ones(len(like))
        p[able] = poisson_tail(k[able], mean[able])
        better = p < best
        best = np.where(better, p, best)
        company = np.where(better, k, company).astype(np.int32)
        expected = np.where(better, mean, expected)
        window_s = np.where(better, np.int32(view.window_s), window_s)
    p_value = np.minimum(best * n_windows, 1.0)
    passed = (company >= MIN_COMPANY) & (p_value <= config.like_p)
    return Coordination(like, ring, company, expected, window_s, p_value, passed)


@dataclass(frozen=True, slots=True)
class Company:
    """Every like of a member, ready to count the other members around it.

    Attributes
    ----------
    like
        Positions among all likes, int32[k].
    ring
        The member's ring, int32[k].
    on_note, of_ring, of_user
        The likes grouped by (note, ring), by ring and by user.
    """

    like: I32
    ring: I32
    on_note: Grouping
    of_ring: Grouping
    of_user: Grouping

    @classmethod
    def of(cls, graph: BipartiteGraph, ring_of: I32) -> Company:
        """Gather the likes of all members. O(k log k)."""
        ring = ring_of[graph.user]
        like = np.flatnonzero(ring != NO_RING).astype(np.int32)
        ring = ring[like]
        ts = graph.ts[like]
        user = graph.user[like]
        by_time = time_order(ts)
        # Likes are ordered by (note, ts) already, so that sorting by (note, ring) has little left to do.
        pair = dense(pack(graph.note[like], ring))
        return cls(like, ring, *(Grouping.of(code, by_time, ts) for code in (pair, ring, user)))

    def within(self, view: WindowView) -> tuple[I64, F64]:
        """Return for each like the other members' likes on its note within the window, and the expected number."""
        width = view.window_s * _US
        mean = (self.of_ring.counts(width) - self.of_user.counts(width)) * (view.rate[self.like] * _RATE_UNIT)
        return self.on_note.counts(width) - 1, mean


@dataclass(frozen=True, slots=True)
class Grouping:
    """Elements by group and time, to count neighbours of each within its group."""

    order: I32
    ptr: I64
    ts: I64

    @classmethod
    def of(cls, code: I32, by_time: I32, ts: I64) -> Grouping:
        """Group elements by code; `by_time` is their order in time."""
        ptr = group_pointers(code, int(code.max()) + 1 if len(code) else 0)
        order = group_members(code, by_time, ptr)
        return cls(order, ptr, ts[order])

    def counts(self, width: int) -> I64:
        """Return for each element how many of its group lie at most `width` away, itself included."""
        lo, hi = window_bounds(self.ts, self.ptr, width)
        out = np.empty(len(self.order), np.int64)
        out[self.order] = hi - lo
        return out
