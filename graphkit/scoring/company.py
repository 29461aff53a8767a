"""How many other members stood by each like of a member, and how many were to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import dense, pack
from graphkit._kernels.grouping import expand_ranges, group_members, group_pointers
from graphkit._kernels.neighbours import window_bounds
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.null import poisson_tail
from graphkit.projection.project import WindowView
from graphkit.scoring.membership import NO_RING

S = TypeVar("S", bound=np.generic)
Bools = npt.NDArray[np.bool_]

_US = 1_000_000
#: A like needs this many other members with it: one may be chance or a friend.
MIN_COMPANY = 2


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
    p_value
        By window of the ladder: the Poisson tail of who met, 1 for fewer than `MIN_COMPANY`, float64[k] each.
    """

    like: I32
    ring: I32
    met: tuple[I32, ...]
    expected: tuple[F64, ...]
    p_value: tuple[F64, ...]

    @classmethod
    def of(cls, graph: BipartiteGraph, views: tuple[WindowView, ...], ring_of: I32) -> Company:
        """Count the company of all members' likes. O(k log k) in them."""
        return cls._of_users(graph, views, ring_of, np.flatnonzero(ring_of != NO_RING))

    def of_members(self, graph: BipartiteGraph, views: tuple[WindowView, ...], ring_of: I32) -> Company:
        """Return the company under another membership; only rings of other members than before are counted.

        Parameters
        ----------
        graph, views
            As this one was counted with.
        ring_of
            Ring of each user, `NO_RING` where none, int32[n_users].

        Returns
        -------
        Company
            As `of` returns it, O(k) and O(j log j) in the likes j of rings that changed.
        """
        user = graph.user[self.like]
        was = np.full(len(ring_of), NO_RING, np.int32)
        was[user] = self.ring
        changed = _changed(was, ring_of)
        fresh = Company._of_users(graph, views, ring_of, np.flatnonzero(changed))
        kept = np.flatnonzero(((ring_of != NO_RING) & ~changed)[user])
        # Both are in order: where the fresh ones go, and where those kept.
        fresh_at = np.searchsorted(self.like[kept], fresh.like) + np.arange(len(fresh.like))
        there = np.ones(len(kept) + len(fresh_at), np.bool_)
        there[fresh_at] = False
        source = np.empty(len(there), np.int64)
        source[there] = kept
        source[fresh_at] = len(self.like) + np.arange(len(fresh_at))

        def joined(old: npt.NDArray[S], new: npt.NDArray[S]) -> npt.NDArray[S]:
            return np.concatenate([old, new]).take(source)

        return Company(
            joined(self.like, fresh.like),
            joined(ring_of[user], fresh.ring),
            tuple(map(joined, self.met, fresh.met)),
            tuple(map(joined, self.expected, fresh.expected)),
            tuple(map(joined, self.p_value, fresh.p_value)),
        )

    @classmethod
    def _of_users(cls, graph: BipartiteGraph, views: tuple[WindowView, ...], ring_of: I32, users: I64) -> Company:
        """Count the company of the likes of some users, who are all the members of their rings."""
        like = np.sort(graph.by_user_time[expand_ranges(graph.user_ptr[users], graph.user_ptr[users + 1])])
        ring = ring_of[graph.user[like]]
        ts = graph.ts[like]
        by_time = time_order(ts, graph.room)
        # Likes are ordered by (note, ts) already, so that sorting by (note, ring) has little left to do.
        on_note = _Grouping.of(dense(pack(graph.note[like], ring)), by_time, ts)
        of_ring, of_user = _Grouping.of(ring, by_time, ts), _Grouping.of(graph.user[like], by_time, ts)
        met, expected, p_value = [], [], []
        for view in views:
            width = view.window_s * _US
            met.append(on_note.counts(width) - np.int32(1))
            others = of_ring.counts(width) - of_user.counts(width)
            expected.append(others * view.rates(like))
            able = np.flatnonzero(met[-1] >= MIN_COMPANY)
            p_value.append(np.ones(len(like)))
            p_value[-1][able] = poisson_tail(met[-1][able], expected[-1][able])
        return cls(like, ring, tuple(met), tuple(expected), tuple(p_value))


def _changed(was: I32, now: I32) -> Bools:
    """Tell which users are now in a ring that had other members before, whatever it was called; bool[n_users]."""
    inside = np.flatnonzero(now != NO_RING)
    n = int(now.max(initial=NO_RING)) + 1
    size = np.bincount(now[inside], minlength=n)
    one = np.full(n, NO_RING, np.int32)
    one[now[inside]] = was[inside]  # the ring that some member was in
    same = (was[inside] == one[now[inside]]) & (was[inside] != NO_RING)
    stayed = np.bincount(now[inside], weights=same, minlength=n) == size
    before = np.bincount(was[was != NO_RING], minlength=1)
    stayed &= before[np.maximum(one, 0)] == size
    changed = np.zeros(len(now), np.bool_)
    changed[inside] = ~stayed[now[inside]]
    return changed


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
