"""Lossless pruning: likes that cannot be part of any tested pair, and the others laid out for counting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@kernel
def prune(user: I32, ts: I64, ptr: I64, hot: Bool, n_users: int, window: int, min_weight: int) -> Bool:
    """Mark the likes that survive until nothing more falls.

    A like falls when no other surviving like of its note lies at most `window` away; all likes of a user fall
    when fewer than `min_weight` survive. The weight of every pair that reaches `min_weight` is untouched,
    since each of its co-likes keeps the other alive.

    Parameters
    ----------
    user, ts, ptr
        Likes by (note, ts), and where each note begins.
    hot
        Likes that are left out from the start, bool[m].
    n_users
        Number of users.
    window
        Half-width of the window, ends included, in the unit of `ts`.
    min_weight
        Least co-liked notes of a tested pair.

    Returns
    -------
    bool[m]
        O(m) a round; rounds go on while any like falls.
    """
    m = len(user)
    alive = ~hot
    degree = np.zeros(n_users, np.int32)
    for p in range(m):
        degree[user[p]] += alive[p]
    changed = True
    while changed:
        changed = False
        for g in range(len(ptr) - 1):
            before = -1  # the surviving like before p, and whether it has company already
            company = False
            for p in range(ptr[g], ptr[g + 1]):
                if not alive[p]:
                    continue
                if degree[user[p]] < min_weight:
                    alive[p] = False
                    degree[user[p]] -= 1
                    changed = True
                    continue
                close = bool(before >= 0 and ts[p] - ts[before] <= window)
                if before >= 0 and not company and not close:
                    alive[before] = False
                    degree[user[before]] -= 1
                    changed = True
                before = p
                company = close
            if before >= 0 and not company:
                alive[before] = False
                degree[user[before]] -= 1
                changed = True
    return alive


@kernel
def count_rows(first: int, last: int, user: I32, rank: I32, ptr: I64, alive: Bool) -> I32:
    """Count by rank the survivors on the notes ``first:last``, int32[n_users]."""
    counts = np.zeros(len(rank), np.int32)
    for p in range(ptr[first], ptr[last]):
        counts[rank[user[p]]] += alive[p]
    return counts


@kernel
def fill_rows(
    first: int,
    last: int,
    user: I32,
    rank: I32,
    ts: I64,
    key: I32,
    ptr: I64,
    alive: Bool,
    window: int,
    head: I64,
    base: int,
    of: I32,
    out_lo: I32,
    out_hi: I32,
    out_note: I32,
    out_ts: I64,
    out_key: I32,
) -> None:
    """Write the rows of the survivors on the notes ``first:last``.

    `head` holds by rank where the next of them goes, and moves on; `base` survivors stand on notes before.
    """
    longest = 0
    for g in range(first, last):
        longest = max(longest, ptr[g + 1] - ptr[g])
    place = np.empty(longest, np.int64)  # where each survivor of a note stands among the rows
    times = np.empty(longest, np.int64)
    for g in range(first, last):
        n = 0
        for p in range(ptr[g], ptr[g + 1]):
            if alive[p]:
                u = rank[user[p]]
                r = head[u]
                head[u] += 1
                of[base + n] = u
                place[n] = r
                times[n] = ts[p]
                out_note[r] = g
                out_ts[r] = ts[p]
                out_key[r] = key[p]
                n += 1
        a = 0
        b = 0
        for s in range(n):
            while times[s] - times[a] > window:
                a += 1
            while b < n and times[b] - times[s] <= window:
                b += 1
            out_lo[place[s]] = base + a
            out_hi[place[s]] = base + b
        base += n
