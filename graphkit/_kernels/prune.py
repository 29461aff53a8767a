"""Lossless pruning: likes that cannot be part of any tested pair."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@kernel
def prune(user: I32, ts: I64, ptr: I64, n_users: int, window: int, min_weight: int) -> Bool:
    """Mark the likes that survive until nothing more falls.

    A like falls when no other surviving like of its note lies at most `window` away; all likes of a user fall
    when fewer than `min_weight` survive. The weight of every pair that reaches `min_weight` is untouched,
    since each of its co-likes keeps the other alive.

    Parameters
    ----------
    user, ts, ptr
        Likes by (note, ts), and where each note begins.
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
    alive = np.ones(m, np.bool_)
    degree = np.zeros(n_users, np.int32)
    for p in range(m):
        degree[user[p]] += 1
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
