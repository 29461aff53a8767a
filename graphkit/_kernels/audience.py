"""Likes by stretch of time: how many there are, and what a share by stretch adds up to over somebody's likes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Stretches = npt.NDArray[np.integer]


@kernel
def stretch_of_likes(ts: I64, first: int, length: int, out: Stretches) -> None:
    """Write into `out` which stretch each like falls in: s begins at ``first + s * length``, in units of `ts`. O(m)."""
    for p in range(len(ts)):
        out[p] = (ts[p] - first) // length


@kernel
def count_by_stretch(user: I32, stretch: Stretches, left_out: npt.NDArray[np.bool_], n: int) -> I64:
    """Count the likes in each of `n` stretches of time, without those of the users left out.

    Parameters
    ----------
    user, stretch
        User and stretch of each like, int32[m], uint16[m] or int32[m].
    left_out
        By user, bool[n_users].
    n
        Number of stretches.

    Returns
    -------
    int64[n]
        O(m).
    """
    out = np.zeros(n, np.int64)
    for p in range(len(stretch)):
        if not left_out[user[p]]:
            out[stretch[p]] += 1
    return out


@kernel
def sum_over_likes(who: I32, user_ptr: I64, stretch: Stretches, share: F64) -> F64:
    """Add up a share by stretch of time over all likes of some users.

    Parameters
    ----------
    who
        The users, int32[k].
    user_ptr, stretch
        Likes of user u fall in the stretches ``stretch[user_ptr[u]:user_ptr[u + 1]]``, uint16[m] or int32[m].
    share
        By stretch, float64[n].

    Returns
    -------
    float64[k]
        O(likes of the users).
    """
    out = np.zeros(len(who))
    for i in range(len(who)):
        for k in range(user_ptr[who[i]], user_ptr[who[i] + 1]):
            out[i] += share[stretch[k]]
    return out
