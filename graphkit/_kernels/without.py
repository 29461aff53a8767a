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
        Member i liked the targets ``like_target[like_ptr[i]:like_ptr[i + 1]]``, each once.
    target_ptr
        Ring r has the targets ``target_ptr[r]:target_ptr[r + 1]``.
    given, everybody
        By target, the ring's likes and everybody's, int64[t].

    Returns
    -------
    float64[n]
        NaN where no target is left. O(targets) a member.
    """
    share = given / np.maximum(everybody, 1)
    ascending = np.empty(len(given), np.int64)  # the targets of each ring by share, those without a like left out
    end = np.empty(len(target_ptr) - 1, np.int64)
    for r in range(len(end)):
        end[r] = target_ptr[r]
        for k in np.argsort(share[target_ptr[r] : target_ptr[r + 1]]):
            if given[target_ptr[r] + k] > 0:
                ascending[end[r]] = target_ptr[r] + k
                end[r] += 1
    liked = np.zeros(len(given), np.int64)
    out = np.full(len(ring_of), np.nan)
    for i in range(len(ring_of)):
        r, own = ring_of[i], like_target[like_ptr[i] : like_ptr[i + 1]]
        liked[own] = 1
        less = (given[own] - 1) / np.maximum(everybody[own], 1)
        less = np.sort(less[given[own] > 1])
        n = end[r] - target_ptr[r] - np.count_nonzero(given[own] > 0) + len(less)
        # Two ascending runs, the targets not liked and those with a like less, are merged up to the middle.
        at, k, low, high = target_ptr[r], 0, np.nan, np.nan
        for _ in range(n // 2 + 1 if n > 0 else 0):
            while at < end[r] and liked[ascending[at]] > 0:
                at += 1
            low = high
            if k == len(less) or (at < end[r] and share[ascending[at]] <= less[k]):
                high = share[ascending[at]]
                at += 1
            else:
                high = less[k]
                k += 1
        out[i] = high if n % 2 == 1 else (low + high) / 2
        liked[own] = 0
    return out
