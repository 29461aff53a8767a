"""Counting co-likes row by row, and weighing the pairs that reach the minimum against the baseline.

Row by row (Gustavson 1978, "Two fast algorithms for sparse matrices", sec. 3): one user at a time, one dense
counter a user, so that neither pairs nor blocks of them are ever written down. A pair costs one increment.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

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
def _co_likes(
    u: int, v: int, row_ptr: I64, rows: I32, note: I32, ts: I64, key: I32, window: int, stamp: I32
) -> tuple[int, int]:
    """Return (weight, breadth) of a pair by merging two rows in note order; `stamp` is scratch by key."""
    weight = 0
    breadth = 0
    # A second merge clears the stamps of the first, so that the scratch needs no generation counter.
    for clear in range(2):
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
                    if clear == 1:
                        stamp[k] = 0
                    else:
                        weight += 1
                        if stamp[k] == 0:
                            stamp[k] = 1
                            breadth += 1
                i += 1
                j += 1
    return weight, breadth


@kernel
def _expected_half(u: int, v: int, time_ptr: I64, by_time_ts: I64, by_time_rate: I64, window: int) -> int:
    """Sum over u's likes (v's likes within the window, on any note) x (rate): fixed point, at most 2**60."""
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
        total = min(total + (b - a) * int(by_time_rate[k]), _MOST_EXPECTED)
    return total


@kernel
def count_pairs(
    first: int,
    last: int,
    user: I32,
    hot: Bool,
    lo: I32,
    hi: I32,
    cool_before: I32,
    cool: I32,
    row_ptr: I64,
    rows: I32,
    hot_likes: I32,
    full_row_ptr: I64,
    full_rows: I32,
    note: I32,
    ts: I64,
    key: I32,
    n_keys: int,
    by_time_ts: I64,
    by_time_rate: I64,
    window: int,
    min_weight: int,
    min_cool: int,
    min_breadth: int,
    max_p: float,
) -> tuple[I32, I32, I32, I32, I32, I64]:
    """Find the pairs (u, v), u < v, ``first <= u < last``, that are tested and may turn out significant.

    Parameters
    ----------
    first, last
        Users whose rows are counted.
    user, hot, lo, hi
        Surviving likes by (note, ts): user, hot moment, and the run of the note within the window.
    cool_before, cool
        Cool likes before each position, int32[m + 1], and their positions, int32.
    row_ptr, rows
        Surviving likes of each user.
    hot_likes
        Surviving hot likes of each user, int32[n_users].
    full_row_ptr, full_rows, note, ts, key, n_keys
        All likes of each user by note; note, time and breadth key of each like; keys lie below `n_keys`.
    by_time_ts, by_time_rate
        All likes of each user by time (same pointers): their times and rates.
    window, min_weight, min_cool, min_breadth
        As in the config; the window in the unit of `ts`.
    max_p
        Pairs whose probability of exactly their breadth exceeds this are left out: their p-value does too.

    Returns
    -------
    u, v, weight, cool, breadth : int32[k]
    expected : int64[k]
        Twice the expectation, in fixed point. Ordered by (u, v). O(co-likes + tested pairs x likes a user).
    """
    n_users = len(row_ptr) - 1
    count = np.zeros(n_users, np.int32)
    touched = np.empty(n_users, np.int32)
    stamp = np.zeros(n_keys, np.int32)
    size = 1024
    found = 0
    out_u = np.empty(size, np.int32)
    out_v = np.empty(size, np.int32)
    out_weight = np.empty(size, np.int32)
    out_cool = np.empty(size, np.int32)
    out_breadth = np.empty(size, np.int32)
    out_expected = np.empty(size, np.int64)
    log_max = math.log(max_p)
    scale = 2.0**-33
    for u in range(first, last):
        n_touched = 0
        for r in range(row_ptr[u], row_ptr[u + 1]):
            p = rows[r]
            if hot[p]:
                for c in range(cool_before[lo[p]], cool_before[hi[p]]):
                    v = user[cool[c]]
                    if v > u:
                        if count[v] == 0:
                            touched[n_touched] = v
                            n_touched += 1
                        count[v] += 1
            else:
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
            n_cool = count[v]
            count[v] = 0
            if n_cool < min_cool or n_cool + min(hot_likes[u], hot_likes[v]) < min_weight:
                continue
            weight, breadth = _co_likes(u, v, full_row_ptr, full_rows, note, ts, key, window, stamp)
            if weight < min_weight or breadth < min_breadth:
                continue
            expected = _expected_half(u, v, full_row_ptr, by_time_ts, by_time_rate, window) + _expected_half(
                v, u, full_row_ptr, by_time_ts, by_time_rate, window
            )
            mean = expected * scale
            # The probability of exactly `breadth` bounds the tail from below: beyond it, no need to look.
            if mean >= breadth and max_p < 0.5:
                continue
            if -mean + breadth * math.log(mean) - math.lgamma(breadth + 1.0) > log_max:
                continue
            if found == size:
                size *= 2
                out_u = _grow32(out_u, size)
                out_v = _grow32(out_v, size)
                out_weight = _grow32(out_weight, size)
                out_cool = _grow32(out_cool, size)
                out_breadth = _grow32(out_breadth, size)
                wider = np.empty(size, np.int64)
                wider[:found] = out_expected
                out_expected = wider
            out_u[found] = u
            out_v[found] = v
            out_weight[found] = weight
            out_cool[found] = n_cool
            out_breadth[found] = breadth
            out_expected[found] = expected
            found += 1
        if found - start > 1:
            order = np.argsort(out_v[start:found])
            out_v[start:found] = out_v[start:found][order]
            out_weight[start:found] = out_weight[start:found][order]
            out_cool[start:found] = out_cool[start:found][order]
            out_breadth[start:found] = out_breadth[start:found][order]
            out_expected[start:found] = out_expected[start:found][order]
    return (
        out_u[:found].copy(),
        out_v[:found].copy(),
        out_weight[:found].copy(),
        out_cool[:found].copy(),
        out_breadth[:found].copy(),
        out_expected[:found].copy(),
    )


@kernel
def _grow32(array: I32, size: int) -> I32:
    wider = np.empty(size, np.int32)
    wider[: len(array)] = array
    return wider
