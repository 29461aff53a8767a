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
def lay_out(
    user: I32, rank: I32, ts: I64, key: I32, ptr: I64, alive: Bool, window: int
) -> tuple[I32, I64, I32, I32, I32, I64, I32]:
    """Lay the surviving likes out by user's rank, each with the run of its note's survivors within the window.

    Parameters
    ----------
    user, ts, key, ptr
        Likes by (note, ts) with their breadth keys, and where each note begins.
    rank
        By user, below their number, int32[n_users].
    alive
        Which survive, bool[m].
    window
        Half-width of the window, ends included, in the unit of `ts`.

    Returns
    -------
    of : int32[k]
        Rank of the user of each survivor by (note, ts).
    row_ptr : int64[n_users + 1]
        Survivors of rank u, by note, are entries ``row_ptr[u]:row_ptr[u + 1]`` of the following.
    lo, hi : int32[k]
        Where in `of` the survivors of the note at most `window` away stand, the like itself among them.
    note, ts, key : int32[k], int64[k], int32[k]
        O(m).
    """
    n_users = len(rank)
    row_ptr = np.zeros(n_users + 1, np.int64)
    for p in range(len(user)):
        row_ptr[rank[user[p]] + 1] += alive[p]
    for u in range(n_users):
        row_ptr[u + 1] += row_ptr[u]
    k = row_ptr[n_users]
    head = row_ptr[:-1].copy()
    of = np.empty(k, np.int32)
    out_lo = np.empty(k, np.int32)
    out_hi = np.empty(k, np.int32)
    out_note = np.empty(k, np.int32)
    out_ts = np.empty(k, np.int64)
    out_key = np.empty(k, np.int32)
    place = np.empty(k, np.int64)  # where each survivor, by (note, ts), stands among the rows
    base = 0
    for g in range(len(ptr) - 1):
        last = base
        for p in range(ptr[g], ptr[g + 1]):
            if alive[p]:
                u = rank[user[p]]
                r = head[u]
                head[u] += 1
                of[last] = u
                place[last] = r
                out_note[r] = g
                out_ts[r] = ts[p]
                out_key[r] = key[p]
                last += 1
        a = base
        b = base
        for s in range(base, last):
            t = out_ts[place[s]]
            while t - out_ts[place[a]] > window:
                a += 1
            while b < last and out_ts[place[b]] - t <= window:
                b += 1
            out_lo[place[s]] = a
            out_hi[place[s]] = b
        base = last
    return of, row_ptr, out_lo, out_hi, out_note, out_ts, out_key
