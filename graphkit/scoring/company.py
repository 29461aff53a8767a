"""How many other members stood by each like of a member, and how many were to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import dense, pack
from graphkit._kernels.grouping import expand_ranges, group_members, group_pointers, pick
from graphkit._kernels.neighbours import counts_near
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.null import poisson_tail
from graphkit.projection.project import WindowView
from graphkit.scoring.membership import NO_RING, Membership

S = TypeVar("S", bound=np.generic)

_US = 1_000_000
#: A like needs this many other members with it: one may be chance or a friend.
MIN_COMPANY = 2


@dataclass(frozen=True, slots=True)
class Company:
    """The likes of members with the company they had, window by window, ordered by (note, ts, user).

    Attributes
    ----------
    ring_of
        Ring of each user, `NO_RING` where none, int32[n_users].
    like
        Positions among all likes of those with enough company at some window, int32[k].
    ring
        The member's ring, int32[k].
    met
        By window of the ladder: the other members' likes on the note within it, int32[k] each.
    expected
        By window of the ladder: how many the null expects, float64[k] each. The other members' likes then, on any
        note, times the note's baseline rate.
    p_value
        By window of the ladder: the Poisson tail of who met, 1 for fewer than `MIN_COMPANY`, float64[k] each.
    excess
        By window and ring: the likes that met `MIN_COMPANY` or more beyond those expected, added up; float64[W, r].
    present
        By window and ring: members with such a like, int64[W, r].
    """

    ring_of: I32
    like: I32
    ring: I32
    met: tuple[I32, ...]
    expected: tuple[F64, ...]
    p_value: tuple[F64, ...]
    excess: F64
    present: I64

    @classmethod
    def of(
        cls, graph: BipartiteGraph, views: tuple[WindowView, ...], ring_of: I32, least: int = MIN_COMPANY
    ) -> Company:
        """Count the company of all members' likes; those that never have `least` are left out. O(k log k)."""
        return cls._of_users(graph, views, ring_of, np.flatnonzero(ring_of != NO_RING), least)

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
        was = _same_before(self.ring_of, ring_of)
        changed = np.append(was == NO_RING, False)[ring_of]  # the last entry is for users in no ring
        fresh = Company._of_users(graph, views, ring_of, np.flatnonzero(changed), MIN_COMPANY)
        ring = np.where(changed, NO_RING, ring_of)[graph.user[self.like]]
        kept = np.flatnonzero(ring != NO_RING)
        # Both are in order: where the fresh ones go, and where those kept.
        fresh_at = np.searchsorted(self.like[kept], fresh.like) + np.arange(len(fresh.like))
        there = np.ones(len(kept) + len(fresh_at), np.bool_)
        there[fresh_at] = False
        source = np.empty(len(there), np.int64)
        source[there] = kept
        source[fresh_at] = len(self.like) + np.arange(len(fresh_at))

        def joined(old: npt.NDArray[S], new: npt.NDArray[S]) -> npt.NDArray[S]:
            return pick(old, new, source)

        def by_ring(old: npt.NDArray[S], new: npt.NDArray[S]) -> npt.NDArray[S]:
            return np.where(was == NO_RING, new, old[:, np.maximum(was, 0)] if old.shape[1] else new)

        return Company(
            ring_of,
            joined(self.like, fresh.like),
            joined(ring, fresh.ring),
            tuple(map(joined, self.met, fresh.met)),
            tuple(map(joined, self.expected, fresh.expected)),
            tuple(map(joined, self.p_value, fresh.p_value)),
            by_ring(self.excess, fresh.excess),
            by_ring(self.present, fresh.present),
        )

    @classmethod
    def _of_users(
        cls, graph: BipartiteGraph, views: tuple[WindowView, ...], ring_of: I32, users: I64, least: int
    ) -> Company:
        """Count the company of the likes of some users, who are all the members of their rings."""
        n_rings = int(ring_of.max(initial=NO_RING)) + 1
        around = _Around.of(graph, ring_of, users)
        all_met = [around.met(view) for view in views]
        # Who is near within a window is near within a wider one.
        rows = np.flatnonzero(all_met[-1] >= least) if views else np.arange(len(around.like))
        like, ring = around.like[rows], around.ring[rows]
        met, expected, p_value = [], [], []
        excess, present = np.zeros((len(views), n_rings)), np.zeros((len(views), n_rings), np.int64)
        for number, (view, its_met) in enumerate(zip(views, all_met, strict=True)):
            met.append(its_met[rows])
            expected.append(around.others(view)[rows] * view.rates(like))
            able = np.flatnonzero(met[-1] >= MIN_COMPANY)  # couples make no ring, and pass no like
            p_value.append(np.ones(len(like)))
            p_value[-1][able] = poisson_tail(met[-1][able], expected[-1][able])
            excess[number] = np.bincount(ring[able], met[-1][able] - expected[-1][able], n_rings)
            there = np.zeros(graph.n_users, np.bool_)
            there[graph.user[like[able]]] = True
            present[number] = np.bincount(ring_of[there], minlength=n_rings)
        return cls(ring_of, like, ring, tuple(met), tuple(expected), tuple(p_value), excess, present)


def co_likes(graph: BipartiteGraph, views: tuple[WindowView, ...], members: Membership) -> tuple[F64, F64]:
    """Add up by ring whom all likes of its members met within its own window, and whom they were expected to.

    Returns
    -------
    met, expected : float64[n_rings]
        Members of a pair count for one another. O(k log k) in the members' likes.
    """
    met, expected = np.zeros(members.n_rings), np.zeros(members.n_rings)
    inside = members.ring_of != NO_RING
    for view in views:
        shown = np.append(members.window_s == view.window_s, False)[members.ring_of]
        around = _Around.of(graph, members.ring_of, np.flatnonzero(inside & shown))
        met += np.bincount(around.ring, around.met(view), members.n_rings)
        expected += np.bincount(around.ring, around.others(view) * view.rates(around.like), members.n_rings)
    return met, expected


def _same_before(was: I32, now: I32) -> I32:
    """Return for each ring of `now` the one that had the same members before, `NO_RING` where none had."""
    inside = np.flatnonzero(now != NO_RING)
    n = int(now.max(initial=NO_RING)) + 1
    size = np.bincount(now[inside], minlength=n)
    one = np.full(n, NO_RING, np.int32)
    one[now[inside]] = was[inside]  # the ring that some member was in
    same = (was[inside] == one[now[inside]]) & (was[inside] != NO_RING)
    stayed = np.bincount(now[inside], weights=same, minlength=n) == size
    before = np.bincount(was[was != NO_RING], minlength=1)
    stayed &= before[np.maximum(one, 0)] == size
    return np.where(stayed, one, NO_RING).astype(np.int32)


@dataclass(frozen=True, slots=True)
class _Around:
    """The likes of the members of some rings, ordered by (note, ts, user), and who is near each of them."""

    like: I32
    ring: I32
    on_note: _Grouping
    of_ring: _Grouping
    of_user: _Grouping

    @classmethod
    def of(cls, graph: BipartiteGraph, ring_of: I32, users: I64) -> _Around:
        """Group the likes of `users`, who are all the members of their rings."""
        like = np.sort(graph.by_user_time[expand_ranges(graph.user_ptr[users], graph.user_ptr[users + 1])])
        user, ts = graph.user[like], graph.ts[like]
        ring = ring_of[user]
        by_time = time_order(ts, graph.room)
        # Likes are ordered by (note, ts) already, so that sorting by (note, ring) has little left to do.
        on_note = _Grouping.of(dense(pack(graph.note[like], ring)), by_time, ts)
        return cls(like, ring, on_note, _Grouping.of(ring, by_time, ts), _Grouping.of(user, by_time, ts))

    def met(self, view: WindowView) -> I32:
        """Return how many other members liked the note within the window of each like, int32[k]."""
        return self.on_note.counts(view.window_s * _US) - np.int32(1)

    def others(self, view: WindowView) -> I32:
        """Return how many likes other members gave, on any note, within the window of each like, int32[k]."""
        width = view.window_s * _US
        return self.of_ring.counts(width) - self.of_user.counts(width)


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
        return counts_near(self.ts, self.ptr, self.order, width)
