"""Decoys: the same likes with coordination destroyed, and what is honest about them kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphkit._kernels.grouping import even_blocks
from graphkit._kernels.ordering import rearrange
from graphkit._kernels.sessions import find_sessions, shift_sessions
from graphkit.bipartite import BipartiteGraph
from graphkit.engines import Engine
from graphkit.likes.model import I64, Likes
from graphkit.likes.order import BLOCKS_PER_THREAD

_US = 1_000_000
#: Likes of one user at most this far apart are one session.
_SESSION_US = 1800 * _US
#: Sessions are moved by up to so many windows.
_MOVED_WINDOWS = 20
_PAYLOAD = ("repeats", "dwell_ms", "completed", "device", "ip", "source")


@dataclass(frozen=True, slots=True)
class Sessions:
    """The likes cut into sessions, ready to be moved.

    Attributes
    ----------
    likes, graph
        The likes and their graph.
    start, room_us, last
        By session: where it begins among the likes by (user, ts), how much earlier it can be, time of its last like,
        int64[s].
    """

    likes: Likes
    graph: BipartiteGraph
    start: I64
    room_us: I64
    last: I64

    @classmethod
    def of(cls, likes: Likes, graph: BipartiteGraph) -> Sessions:
        """Cut the likes, of which `graph` is the graph, into sessions. O(m log m)."""
        born = likes.publication
        found = find_sessions(graph.by_user_time, graph.user_ptr, likes.ts, likes.note, born, _SESSION_US)
        return cls(likes, graph, *map(likes.room.keep, found))

    def moved(self, window_s: int, seed: int, engine: Engine) -> Likes:
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
        if len(self.likes) == 0:
            return self.likes
        reach = _MOVED_WINDOWS * window_s * _US
        latest = np.minimum(self.last.max() - self.last, reach)
        shift = np.random.default_rng(seed).integers(-np.minimum(self.room_us, reach), latest, endpoint=True)
        ts = self.likes.room.empty(len(self.likes), np.int64)
        shift_sessions(self.graph.by_user_time, self.start, self.likes.ts, shift, ts)
        return self._reordered(ts, engine)

    def _reordered(self, ts: I64, engine: Engine) -> Likes:
        """Return the likes at other times, in the order of these; overwrites `ts`."""
        room = self.likes.room
        user, row = room.empty(len(ts), np.int32), room.empty(len(ts), np.int32)
        user[:] = self.likes.user
        note_ptr = self.graph.note_ptr

        def arrange(block: tuple[int, int]) -> None:
            rearrange(note_ptr, *block, user, ts, row)

        list(engine.map(arrange, even_blocks(note_ptr, engine.threads * BLOCKS_PER_THREAD)))
        columns = {name: getattr(self.likes, name) for name in _PAYLOAD}
        moved: dict[str, Any] = {name: room.take(c, row) for name, c in columns.items() if c is not None}
        return replace(self.likes, user=user, ts=ts, **moved)
