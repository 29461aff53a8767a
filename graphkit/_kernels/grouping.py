"""Compressed rows: where each group begins, and the elements of each group in order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel
from graphkit._kernels.ordering import sort_pairs

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


@kernel
def group_pointers(codes: I32 | I64, n_groups: int) -> I64:
    """Return where each group begins in a stable grouping by code, int64[n_groups + 1]. O(m + n_groups)."""
    ptr = np.zeros(n_groups + 1, np.int64)
    for p in range(len(codes)):
        ptr[codes[p] + 1] += 1
    for g in range(n_groups):
        ptr[g + 1] += ptr[g]
    return ptr


@kernel
def group_members(codes: I32, order: I32, ptr: I64) -> I32:
    """Return the elements group by group, within a group in the order given (counting sort, stable).

    Parameters
    ----------
    codes
        Group of each element, int32[m].
    order
        The elements in the order wanted within groups, int32[k], k <= m.
    ptr
        Where each group begins, int64[n_groups + 1].

    Returns
    -------
    int32[k]
    """
    head = ptr[:-1].copy()
    out = np.empty(len(order), np.int32)
    for p in order:
        g = codes[p]
        out[head[g]] = p
        head[g] += 1
    return out


@kernel
def group_by_time(codes: I32, ts: I64, ptr: I64, out: I32, times: I64) -> None:
    """Write the elements group by group, within a group by time, equal times by position; and their times.

    Parameters
    ----------
    codes, ts
        Group and time of each element, int32[m], int64[m].
    ptr
        Where each group begins, int64[n_groups + 1].
    out, times
        Receive both, int32[m], int64[m]. O(m) and the sorting within groups. Groups are filled as the elements come and
        sorted then, which touches memory in fewer places than going through the elements by time.
    """
    head = ptr[:-1].copy()
    keys = times.view(np.uint64)
    first = ts.min() if len(ts) > 0 else 0
    for p in range(len(codes)):
        at = head[codes[p]]
        head[codes[p]] = at + 1
        out[at] = p
        keys[at] = np.uint64(ts[p] - first)
    longest = 0
    for g in range(len(ptr) - 1):
        longest = max(longest, ptr[g + 1] - ptr[g])
    spare_keys = np.empty(longest, np.uint64)
    spare = np.empty(longest, np.int32)
    for g in range(len(ptr) - 1):
        sort_pairs(keys, out, ptr[g], ptr[g + 1], spare_keys, spare)
    times += first


@kernel
def runs_between(ts: I64, ptr: I64, group: I32, first: I64, last: I64) -> tuple[I64, I64]:
    """Return for each (group, first, last), ends included, where the group's elements of these times begin and end.

    Parameters
    ----------
    ts
        Times, ascending within each group, int64[m].
    ptr
        Group g is ``ptr[g]:ptr[g + 1]``, int64[g + 1].
    group, first, last
        The group and the times asked for, int32[k] and int64[k].

    Returns
    -------
    low, high : int64[k]
        O(k log m).
    """
    low = np.empty(len(group), np.int64)
    high = np.empty(len(group), np.int64)
    for j in range(len(group)):
        begin, end = ptr[group[j]], ptr[group[j] + 1]
        low[j] = begin + np.searchsorted(ts[begin:end], first[j], "left")
        high[j] = begin + np.searchsorted(ts[begin:end], last[j], "right")
    return low, high


@kernel
def pick(one: npt.NDArray[Any], other: npt.NDArray[Any], at: I64) -> npt.NDArray[Any]:
    """Return the elements at some positions of two arrays of one type, those of `other` counted on after `one`."""
    out = np.empty(len(at), one.dtype)
    n = len(one)
    for i in range(len(at)):
        out[i] = one[at[i]] if at[i] < n else other[at[i] - n]
    return out


def expand_ranges(low: I64, high: I64) -> I64:
    """Return the concatenation of ``range(low[j], high[j])`` over j."""
    sizes = high - low
    ends = np.cumsum(sizes)
    offset: I64 = np.repeat(low - (ends - sizes), sizes)
    return np.arange(len(offset)) + offset


def even_blocks(ptr: I64, n: int) -> list[tuple[int, int]]:
    """Cut groups into at most `n` blocks of about as many elements: first group, and last group, excluded."""
    cuts = np.searchsorted(ptr, np.linspace(0, ptr[-1], n + 1)[1:-1])
    return list(pairwise(np.unique(np.concatenate([[0], cuts, [len(ptr) - 1]])).tolist()))
