"""Sessions: the likes of one user without a long gap between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


@kernel
def find_sessions(order: I32, ptr: I64, ts: I64, note: I32, born: I64, gap: int) -> tuple[I64, I64, I64]:
    """Cut the likes of each user where more than `gap` passes between two.

    Parameters
    ----------
    order
        Positions of likes by (user, ts), int32[m].
    ptr
        Those of user u are entries ``ptr[u]:ptr[u + 1]`` of `order`, int64[n_users + 1].
    ts, note
        Time and note by position.
    born
        By note: no time before which a like of it can be, int64[n_notes].
    gap
        In the unit of `ts`.

    Returns
    -------
    start : int64[s]
        Where each session begins in `order`; the next one's begin is its end.
    room : int64[s]
        How much earlier the session can be, none of its likes before its note was born.
    last : int64[s]
        Time of its last like. O(m).
    """
    n = 0
    for u in range(len(ptr) - 1):
        for p in range(ptr[u], ptr[u + 1]):
            n += p == ptr[u] or ts[order[p]] - ts[order[p - 1]] > gap
    start = np.empty(n, np.int64)
    room = np.empty(n, np.int64)
    last = np.empty(n, np.int64)
    s = -1
    for u in range(len(ptr) - 1):
        for p in range(ptr[u], ptr[u + 1]):
            t = ts[order[p]]
            since = t - born[note[order[p]]]
            if p == ptr[u] or t - ts[order[p - 1]] > gap:
                s += 1
                start[s] = p
                room[s] = since
            room[s] = min(room[s], since)
            last[s] = t
    return start, room, last


@kernel
def shift_sessions(order: I32, start: I64, ts: I64, shift: I64, out: I64) -> None:
    """Write the times by position, each session's moved by its own shift, int64[m]. O(m)."""
    for s in range(len(start)):
        end = start[s + 1] if s + 1 < len(start) else len(order)
        for p in range(start[s], end):
            out[order[p]] = ts[order[p]] + shift[s]
