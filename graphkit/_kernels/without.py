"""Medians of a group of which one member is taken away, for each member."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@kernel
def medians_without_each(values: F64, group_ptr: I64) -> F64:
    """Return for each value the median of all others of its group.

    Parameters
    ----------
    values
        By group, float64[k]; none is NaN.
    group_ptr
        Group g is ``group_ptr[g]:group_ptr[g + 1]``, int64[g + 1].

    Returns
    -------
    float64[k]
        NaN where there are no others. O(k log k).
    """
    out = np.full(len(values), np.nan)
    for g in range(len(group_ptr) - 1):
        first, n = group_ptr[g], group_ptr[g + 1] - group_ptr[g]
        if n < 2:
            continue
        order = np.argsort(values[first : first + n])
        low, high = (n - 2) // 2, (n - 1) // 2
        for rank in range(n):
            a = first + order[low if low < rank else low + 1]
            b = first + order[high if high < rank else high + 1]
            out[first + order[rank]] = (values[a] + values[b]) / 2
    return out


@kernel
def shares_without_each(
    ring_of: I64, like_ptr: I64, like_target: I64, target_ptr: I64, given: I64, everybody: I64
) -> F64:
    """Return for each member the median share of its ring in the likes of those targets that are left without it.

    Parameters
    ----------
    ring_of
        Ring of each member, int64[n].
    like_ptr, like_target
        Member i liked the targets ``like_target[like_ptr[i]:like_ptr[i + 1]]``.
    target_ptr
        Ring r has the targets ``target_ptr[r]:target_ptr[r + 1]``.
    given, everybody
        By target, the ring's likes and everybody's, int64[t].

    Returns
    -------
    float64[n]
        NaN where no target is left. O(targets log targets) a member.
    """
    out = np.full(len(ring_of), np.nan)
    left = given.copy()
    share = np.empty(len(given), np.float64)
    for i in range(len(ring_of)):
        for p in range(like_ptr[i], like_ptr[i + 1]):
            left[like_target[p]] -= 1
        k = 0
        for t in range(target_ptr[ring_of[i]], target_ptr[ring_of[i] + 1]):
            if left[t] > 0:
                share[k] = left[t] / max(everybody[t], 1)
                k += 1
        for p in range(like_ptr[i], like_ptr[i + 1]):
            left[like_target[p]] += 1
        if k > 0:
            ordered = np.sort(share[:k])
            out[i] = (ordered[(k - 1) // 2] + ordered[k // 2]) / 2
    return out
