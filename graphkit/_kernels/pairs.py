"""Counting co-likes row by row, and weighing the pairs that reach the minimum against the baseline.

Row by row (Gustavson 1978, "Two fast algorithms for sparse matrices", sec. 3): one user at a time, one dense
counter a user, so that neither pairs nor blocks of them are ever written down. A pair costs one increment.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Number = TypeVar("Number", np.int32, np.int64)

#: Where half an expectation saturates: beyond any breadth, and far from the end of int64.
_MOST_EXPECTED = 1 << 60


@kernel
def row_work(lo: I32, hi: I32, rows: I32, row_ptr: I64) -> I64:
    """Return for each user the likes that its row walks over, its own included, int64[n_users]. O(m)."""
    n = len(row_ptr) - 1
    work = np.zeros(n, np.int64)
    for u in range(n):
        for k in range(row_ptr[u], row_ptr[u + 1]):
            work[u] += hi[rows[k]] - lo[rows[k]]
    return work


@kernel
def _breadth(u: int, v: int, row_ptr: I64, rows: I32, note: I32, ts: I64, key: I32, window: int, stamp: I64) -> int:
    """Return the distinct keys among the co-likes of a pair, merging two rows in note order.

    `stamp` is scratch by key; its last entry counts the calls, so that nothing need be cleared.
    """
    stamp[-1] += 1
    mark = stamp[-1]
    breadth = 0
    i = row_ptr[u]
    j = row_ptr[v]
    while i < row_ptr[u + 1] and j < row_ptr[v + 1]:
        p = rows[i]
        q = rows[j]
        if note[p] < note[q]:
            i += 1
        elif note[p] > note[q]:
            j += 1
        else:
            if abs(ts[p] - ts[q]) <= window:
                k = min(key[p], key[q])
                if stamp[k] != mark:
                    stamp[k] = mark
                    breadth += 1
            i += 1
            j += 1
    return breadth


@kernel
def _expected_half(u: int, v: int, time_ptr: I64, by_time_ts: I64, by_time_rate: I64, window: int, enough: int) -> int:
    """Sum over u's likes (v's likes within the window, on any note) x (rate), in fixed point, at most 2**60.

    Once the sum exceeds `enough` it may be returned as it stands.
    """
    total = 0
    end = time_ptr[v + 1]
    a = time_ptr[v]
    b = time_ptr[v]
    for k in range(time_ptr[u], time_ptr[u + 1]):
        t = by_time_ts[k]
        while a < end and by_time_ts[a] < t - window:
            a += 1
        while b < end and by_time_ts[b] <= t + window:
            b += 1
        if b > a:
            total = min(total + (b - a) * int(by_time_rate[k]), _MOST_EXPECTED)
            if total > enough:
                break
        if a == end:
            break
    return total


@kernel
def _grown(array: npt.NDArray[Number], size: int) -> npt.NDArray[Number]:
    wider = np.empty(size, array.dtype)
    wider[: len(array)] = array
    return wider


@kernel
def count_pairs(
    first: int,
    last: int,
    user: I32,
    note: I32,
    ts: I64,
    key: I32,
    n_keys: int,
    lo: I32,
    hi: I32,
    row_ptr: I64,
    rows: I32,
    time_ptr: I64,
    by_time_ts: I64,
    by_time_rate: I64,
    window: int,
    min_weight: int,
    min_breadth: int,
    most_expected: I64,
) -> tuple[I32, I32, I32, I32, I64]:
    """Find the pairs (u, v), u < v, ``first <= u < last``, that are tested and may turn out significant.

    Parameters
    ----------
    first, last
        Users whose rows are counted.
    user, note, ts, key, n_keys
        Surviving likes by (note, ts): user, note, time and breadth key; keys lie below `n_keys`.
    lo, hi
        The run of the note within the window of each.
    row_ptr, rows
        Surviving likes of each user, by note.
    time_ptr, by_time_ts, by_time_rate
        All likes of each user by time: their times, and their rates, 0 at hot moments.
    window, min_weight, min_breadth
        As in the config; the window in the unit of `ts`.
    most_expected
        By breadth, up to the last which stands for all beyond: pairs with a larger expectation are left out,
        int64, ascending.

    Returns
    -------
    u, v, weight, breadth : int32[k]
    expected : int64[k]
        Twice the expectation, in fixed point. Ordered by (u, v).

    Notes
    -----
    O(co-likes + pairs with enough of them x likes a user). The expectation is summed first, since it reads
    contiguous memory and ends early for the many pairs that chance explains; rows are merged for the rest.
    """
    n_users = len(row_ptr) - 1
    count = np.zeros(n_users, np.int32)
    touched = np.empty(n_users, np.int32)
    stamp = np.zeros(n_keys + 1, np.int64)
    last_breadth = len(most_expected) - 1
    size = 1024
    found = 0
    out_u = np.empty(size, np.int32)
    out_v = np.empty(size, np.int32)
    out_weight = np.empty(size, np.int32)
    out_breadth = np.empty(size, np.int32)
    out_expected = np.empty(size, np.int64)
    for u in range(first, last):
        n_touched = 0
        for r in range(row_ptr[u], row_ptr[u + 1]):
            p = rows[r]
            for q in range(lo[p], hi[p]):
                v = user[q]
                if v > u:
                    if count[v] == 0:
                        touched[n_touched] = v
                        n_touched += 1
                    count[v] += 1
        start = found
        for k in range(n_touched):
            v = touched[k]
            weight = count[v]
            count[v] = 0
            if weight < min_weight:
                continue
            enough = most_expected[min(weight, last_breadth)]
            expected = _expected_half(u, v, time_ptr, by_time_ts, by_time_rate, window, enough)
            if expected > enough:
                continue
            expected += _expected_half(v, u, time_ptr, by_time_ts, by_time_rate, window, enough)
            if expected > enough:
                continue
            breadth = _breadth(u, v, row_ptr, rows, note, ts, key, window, stamp)
            if breadth < min_breadth or expected > most_expected[min(breadth, last_breadth)]:
                continue
            if found == size:
                size *= 2
                out_u = _grown(out_u, size)
                out_v = _grown(out_v, size)
                out_weight = _grown(out_weight, size)
                out_breadth = _grown(out_breadth, size)
                out_expected = _grown(out_expected, size)
            out_u[found] = u
            out_v[found] = v
            out_weight[found] = weight
            out_breadth[found] = breadth
            out_expected[found] = expected
            found += 1
        if found - start > 1:
            order = np.argsort(out_v[start:found])
            out_v[start:found] = out_v[start:found][order]
            out_weight[start:found] = out_weight[start:found][order]
            out_breadth[start:found] = out_breadth[start:found][order]
            out_expected[start:found] = out_expected[start:found][order]
    return (
        out_u[:found].copy(),
        out_v[:found].copy(),
        out_weight[:found].copy(),
        out_breadth[:found].copy(),
        out_expected[:found].copy(),
    )
