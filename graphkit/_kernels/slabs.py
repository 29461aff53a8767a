"""Counting and weighing pairs where no task sees all likes: co-likes of a slab of time, and pairs met again later.

A slab is a stretch of likes by (note, ts). It owns the co-likes of each of its likes with later ones, which may lie in
the next slab: these follow it as a ghost strip. Each co-like is so counted in exactly one slab.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel
from graphkit._kernels.pairs import activity_steps, expected_twice, index_steps

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]


@kernel
def co_likes(user: I32, key: I32, stop: I32) -> tuple[I64, I32]:
    """Write down the co-likes that a slab owns.

    Parameters
    ----------
    user, key
        User and breadth key of each like of the slab and of its ghost strip, int32[k].
    stop
        For each like of the slab where its company ends: those after it, up to `stop` (excluded), int32[s], ``s <= k``.

    Returns
    -------
    pair : int64[c]
        ``u << 32 | v`` with ``u < v``.
    key : int32[c]
        The smaller key of the two likes. O(c).
    """
    n = 0
    for p in range(len(stop)):
        n += stop[p] - p - 1
    pair = np.empty(n, np.int64)
    out_key = np.empty(n, np.int32)
    at = 0
    for p in range(len(stop)):
        for q in range(p + 1, stop[p]):
            u = min(user[p], user[q])
            v = max(user[p], user[q])
            pair[at] = (np.int64(u) << 32) | np.int64(v)
            out_key[at] = min(key[p], key[q])
            at += 1
    return pair, out_key


@kernel
def weigh_pairs(
    heavy: I32,
    light: I32,
    enough: I64,
    user_ptr: I64,
    user_ts: I64,
    user_rate: U32,
    window: int,
) -> I64:
    """Return twice the co-likes expected of each pair, in fixed point, int64[k].

    Parameters
    ----------
    heavy, light
        Users of each pair, ordered by `heavy`, the one of whom is laid out; the likes of the other are walked over.
    enough
        By pair: once the sum exceeds it, it may be returned as it stands.
    user_ptr, user_ts, user_rate
        Likes of each user by time, and their rates, 0 at hot moments.
    window
        Half-width of the window, ends included, in the unit of the times.

    Notes
    -----
    The same sums as in `count_pairs`; O(likes of `light`) a pair.
    """
    most = 0
    for i in range(len(heavy)):
        most = max(most, user_ptr[heavy[i] + 1] - user_ptr[heavy[i]])
    moment = np.empty(2 * most + 2, np.int64)
    count = np.empty(2 * most + 2, np.int64)
    rate = np.empty(2 * most + 2, np.int64)
    index = np.empty(4 * most + 4, np.int32)
    out = np.empty(len(heavy), np.int64)
    shift = 0
    stretches = 0
    for i in range(len(heavy)):
        u = heavy[i]
        if i == 0 or u != heavy[i - 1]:
            own = slice(user_ptr[u], user_ptr[u + 1])
            n_steps = activity_steps(user_ts[own], user_rate[own], window, moment, count, rate)
            shift, stretches = index_steps(moment, n_steps, index)
        other = slice(user_ptr[light[i]], user_ptr[light[i] + 1])
        out[i] = expected_twice(
            user_ts[other], user_rate[other], moment, count, rate, index, shift, stretches, enough[i]
        )
    return out
