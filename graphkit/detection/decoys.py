"""Decoys: the same likes with coordination destroyed, and what is honest about them kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphkit._kernels.grouping import group_members
from graphkit._kernels.ordering import rearrange
from graphkit._kernels.sessions import find_sessions, shift_sessions
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.engines import LocalEngine
from graphkit.likes.model import I32, I64, Likes

_US = 1_000_000
#: Likes of one user at most this far apart are one session.
_SESSION_US = 1800 * _US
#: Sessions are moved by up to so many windows.
_MOVED_WINDOWS = 20
#: Notes are put in order in so many blocks a thread, so that one with hot notes does not keep the others waiting.
_BLOCKS_PER_THREAD = 4
_PAYLOAD = ("repeats", "dwell_ms", "completed", "device", "ip", "source")


@dataclass(frozen=True, slots=True)
class Sessions:
    """The likes cut into sessions, ready to be moved.

    Attributes
    ----------
    likes
        The likes.
    note_ptr
        Where each note's likes begin, int64[n_notes + 1].
    order
        Positions of likes by (user, ts), int32[m].
    start, room_us, last
        By session: where it begins in `order`, how much earlier it can be, time of its last like, int64[s].
    """

    likes: Likes
    note_ptr: I64
    order: I32
    start: I64
    room_us: I64
    last: I64

    @classmethod
    def of(cls, likes: Likes, graph: BipartiteGraph) -> Sessions:
        """Cut the likes, of which `graph` is the graph, into sessions. O(m log m)."""
        order = group_members(likes.user, time_order(likes.ts), graph.user_ptr)
        found = find_sessions(order, graph.user_ptr, likes.ts, likes.note, likes.publication, _SESSION_US)
        return cls(likes, graph.note_ptr, order, *found)

    def moved(self, window_s: int, seed: int, engine: LocalEngine) -> Likes:
        """Return the likes with each session of each user moved whole, by up to twenty windows either way.

        Who likes what stays, in which order and at which pace; that two users do so within one window does not. What
        honest people share who saw one list at one time mostly stays too, since their sessions are long beside a
        window. A like stays after its note's publication (or its first like where that is unknown) and within the
        period: each session is moved at random within what that leaves of the twenty windows.

        Parameters
        ----------
        window_s
            The window, seconds.
        seed
            Of the moves; users and sessions are numbered canonically, so that equal likes make equal decoys.
        engine
            Threads to use.

        Returns
        -------
        Likes
            O(m).
        """
        if len(self.order) == 0:
            return self.likes
        reach = _MOVED_WINDOWS * window_s * _US
        latest = np.minimum(self.last.max() - self.last, reach)
        shift = np.random.default_rng(seed).integers(-np.minimum(self.room_us, reach), latest, endpoint=True)
        return self._reordered(shift_sessions(self.order, self.start, self.likes.ts, shift), engine)

    def _reordered(self, ts: I64, engine: LocalEngine) -> Likes:
        """Return the likes at other times, in the order of these; overwrites `ts`."""
        m = len(ts)
        payload: dict[str, Any] = {name: c for name in _PAYLOAD if (c := getattr(self.likes, name)) is not None}
        user = self.likes.user.copy()
        row = np.empty(m, np.int32)
        cuts = np.linspace(0, m, engine.threads * _BLOCKS_PER_THREAD + 1)[1:-1]
        n_notes = len(self.note_ptr) - 1
        edges = np.unique(np.concatenate([[0], np.searchsorted(self.note_ptr, cuts), [n_notes]]))

        def arrange(b: int) -> None:
            rearrange(self.note_ptr, edges[b], edges[b + 1], user, ts, row)

        list(engine.map(arrange, range(len(edges) - 1)))
        return replace(self.likes, user=user, ts=ts, **{name: column[row] for name, column in payload.items()})
