"""How many other members stood by each like of a member, and how many were to be expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphkit._kernels.distinct import dense, pack
from graphkit._kernels.grouping import expand_ranges, group_members, group_pointers
from graphkit._kernels.neighbours import window_bounds
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.project import WindowView
from graphkit.scoring.membership import NO_RING

_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Company:
    """Every like of a member with the company it had, window by window, ordered by (note, ts, user).

    Attributes
    ----------
    like
        Positions among all likes, int32[k].
    ring
        The member's ring, int32[k].
    met
        By window of the ladder: the other members' likes on the note within it, int32[k] each.
    expected
        By window of the ladder: how many the null expects, float64[k] each. The other members' likes then, on any
        note, times the note's baseline rate.
    """

    like: I32
    ring: I32
    met: tuple[I32, ...]
    expected: tuple[F64, ...]

    @classmethod
    def of(cls, graph: BipartiteGraph, views: tuple[WindowView, ...], ring_of: I32) -> Company:
        """Count the company of all members' likes. O(k log k) in them."""
        users = np.flatnonzero(ring_of != NO_RING)
        like = np.sort(graph.by_user_time[expand_ranges(graph.user_ptr[users], graph.user_ptr[users + 1])])
        ring = ring_of[graph.user[like]]
        ts = graph.ts[like]
        by_time = time_order(ts)
        # Likes are ordered by (note, ts) already, so that sorting by (note, ring) has little left to do.
        on_note = _Grouping.of(dense(pack(graph.note[like], ring)), by_time, ts)
        of_ring, of_user = _Grouping.of(ring, by_time, ts), _Grouping.of(graph.user[like], by_time, ts)
        met, expected = [], []
        for view in views:
            width = view.window_s * _US
            met.append(on_note.counts(width) - np.int32(1))
            others = of_ring.counts(width) - of_user.counts(width)
            expected.append(others * view.rates(like))
        return cls(like, ring, tuple(met), tuple(expected))


@dataclass(frozen=True, slots=True)
class _Grouping:
    """Elements by group and time, to count neighbours of each within its group."""

    order: I32
    ptr: I64
    ts: I64

    @classmethod
    def of(cls, code: I32, by_time: I32, ts: I64) -> _Grouping:
        """Group elements by code; `by_time` is their order in time."""
        ptr = group_pointers(code, int(code.max()) + 1 if len(code) else 0)
        order = group_members(code, by_time, ptr)
        return cls(order, ptr, ts[order])

    def counts(self, width: int) -> I32:
        """Return for each element how many of its group lie at most `width` away, itself included."""
        lo, hi = window_bounds(self.ts, self.ptr, width)
        out = np.empty(len(self.order), np.int32)
        out[self.order] = hi - lo
        return out
