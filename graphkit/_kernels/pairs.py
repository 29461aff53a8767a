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
U32 = npt.NDArray[np.uint32]
Number = TypeVar("Number", np.int32, np.int64)

#: Where half an expectation saturates: beyond any breadth, and far from the end of int64.
_MOST_EXPECTED = 1 << 60
#: Before and after all times.
_BEFORE, _AFTER = -(1 << 63), (1 << 63) - 1


@kernel
def row_work(lo: I32, hi: I32, row_ptr: I64) -> I64:
    """Return for each user the likes that its row walks over, its own included, int64[n_users]. O(m)."""
    n = len(row_ptr) - 1
    work = np.zeros(n, np.int64)
    for u in range(n):
        for r in range(row_ptr[u], row_ptr[u + 1]):
            work[u] += hi[r] - lo[r]
    return work


@kernel
def activity_steps(times: I64, rates: U32, window: int, moment: I64, count: I64, rate: I64) -> int:
    """Write how many of the likes lie within the window of each moment, and the sum of their rates, as step functions.

    Parameters
    ----------
    times, rates
        Likes of a user by time, int64[d] and uint32[d].
    window
        Half-width of the window, ends included, in the unit of the times.
    moment, count, rate
        Receive the steps, at least ``2 d + 2`` of each: `count` and `rate` of step i hold from ``moment[i]`` to
        ``moment[i + 1]`` (excluded). The first moment lies before, the last after all times.

    Returns
    -------
    int
        Number of steps. O(d).
    """
    moment[0] = _BEFORE
    count[0] = rate[0] = 0
    step = n = total = 0
    came = gone = 0
    while gone < len(times):
        leaving = times[gone] + window + 1
        if came < len(times) and times[came] - window <= leaving:
            at = times[came] - window
            n += 1
            total += int(rates[came])
            came += 1
        else:
            at = leaving
            n -= 1
            total -= int(rates[gone])
            gone += 1
        if at != moment[step]:
            step += 1
            moment[step] = at
        count[step] = n
        rate[step] = total
    moment[step + 1] = _AFTER
    return step + 1


@kernel
def index_steps(moment: I64, n_steps: int, index: I32) -> tuple[int, int]:
    """Lay an index over the steps of an activity, so that the step of a moment is found at once.

    Parameters
    ----------
    moment, n_steps
        As `activity_steps` writes and returns them.
    index
        Receives for each stretch of time the step in which it begins; at least two entries a step. The stretches are
        as long as a power of two and begin with the first step that has a beginning.

    Returns
    -------
    int, int
        How many moments, as a power of two, a stretch holds; and how many stretches there are, none where nobody was
        active. O(steps).
    """
    if n_steps < 2:
        return 0, 0
    first, end = moment[1], moment[n_steps - 1]
    shift = 0
    while (end - first) >> shift >= 2 * n_steps:
        shift += 1
    n = ((end - first) >> shift) + 1
    step = 1
    for i in range(n):
        while moment[step + 1] <= first + (i << shift):
            step += 1
        index[i] = step
    return shift, n


@kernel
def expected_twice(
    times: I64, rates: U32, moment: I64, count: I64, rate: I64, index: I32, shift: int, stretches: int, enough: int
) -> int:
    """Return twice the co-likes expected of two users, in fixed point, each half at most 2**60.

    Parameters
    ----------
    times, rates
        Likes of one user by time, int64[d] and uint32[d].
    moment, count, rate
        Steps of the other's activity, as `activity_steps` writes them.
    index, shift, stretches
        What `index_steps` wrote and returned for them.
    enough
        Once the sum exceeds it, it may be returned as it stands.

    Returns
    -------
    int
        Sum over the one's likes of (the other's likes within the window) x (rate), plus the same with the two
        exchanged: a like within the window of another has that other within its own. O(d).
    """
    mine = theirs = 0
    for k in range(len(times)):
        at = (times[k] - moment[1]) >> shift
        if at < 0 or at >= stretches:
            continue
        step = index[at]
        while moment[step + 1] <= times[k]:
            step += 1
        if count[step] > 0:
            mine = min(mine + count[step] * int(rates[k]), _MOST_EXPECTED)
            theirs = min(theirs + rate[step], _MOST_EXPECTED)
            if mine + theirs > enough:
                break
    return mine + theirs


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
    row_ptr: I64,
    lo: I32,
    hi: I32,
    note: I32,
    ts: I64,
    key: I32,
    n_notes: int,
    n_keys: int,
    code: I32,
    time_ptr: I64,
    by_time_ts: I64,
    by_time_rate: U32,
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
    user
        User of each surviving like, by (note, ts).
    row_ptr
        Surviving likes of user u by note are entries ``row_ptr[u]:row_ptr[u + 1]`` of the following.
    lo, hi
        The positions in `user` of the likes of the note within the window of each.
    note, ts, key, n_notes, n_keys
        Note, time and breadth key of each; notes lie below `n_notes`, keys below `n_keys`.
    code, time_ptr, by_time_ts, by_time_rate
        All likes of user u by time are entries ``time_ptr[code[u]]:time_ptr[code[u] + 1]``: their times, and their
        rates, 0 at hot moments.
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
    O(co-likes + likes of v, for pairs with enough co-likes): let v be the user with fewer. What a pair is weighed by is
    laid out once for u, its activity as steps and its likes by note, so that one walk over the likes of v is left. The
    expectation is summed first, since it ends early for the many pairs that chance explains.
    """
    n_users = len(row_ptr) - 1
    weight_of = np.zeros(n_users, np.int32)
    touched = np.empty(n_users, np.int32)
    seat = np.full(n_notes, -1, np.int32)  # the entry of u's like of each note
    stamp = np.zeros(n_keys, np.int64)  # the last pair that met for each key
    mark = 0
    most = 0
    for u in range(first, last):
        most = max(most, time_ptr[code[u] + 1] - time_ptr[code[u]])
    moment = np.empty(2 * most + 2, np.int64)
    count = np.empty(2 * most + 2, np.int64)
    rate = np.empty(2 * most + 2, np.int64)
    index = np.empty(4 * most + 4, np.int32)
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
            for q in range(lo[r], hi[r]):
                v = user[q]
                if v > u:
                    if weight_of[v] == 0:
                        touched[n_touched] = v
                        n_touched += 1
                    weight_of[v] += 1
        n_tested = 0
        for k in range(n_touched):
            v = touched[k]
            if weight_of[v] >= min_weight:
                touched[n_tested] = v
                n_tested += 1
            else:
                weight_of[v] = 0
        if n_tested == 0:
            continue
        touched[:n_tested].sort()
        own = slice(time_ptr[code[u]], time_ptr[code[u] + 1])
        n_steps = activity_steps(by_time_ts[own], by_time_rate[own], window, moment, count, rate)
        shift, stretches = index_steps(moment, n_steps, index)
        for r in range(row_ptr[u], row_ptr[u + 1]):
            seat[note[r]] = r
        for k in range(n_tested):
            v = touched[k]
            weight = weight_of[v]
            weight_of[v] = 0
            other = slice(time_ptr[code[v]], time_ptr[code[v] + 1])
            enough = most_expected[min(weight, last_breadth)]
            expected = expected_twice(
                by_time_ts[other], by_time_rate[other], moment, count, rate, index, shift, stretches, enough
            )
            if expected > enough:
                continue
            mark += 1
            breadth = 0
            for r in range(row_ptr[v], row_ptr[v + 1]):
                p = seat[note[r]]
                if p >= 0 and abs(ts[p] - ts[r]) <= window and stamp[min(key[p], key[r])] != mark:
                    stamp[min(key[p], key[r])] = mark
                    breadth += 1
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
        for r in range(row_ptr[u], row_ptr[u + 1]):
            seat[note[r]] = -1
    return (
        out_u[:found].copy(),
        out_v[:found].copy(),
        out_weight[:found].copy(),
        out_breadth[:found].copy(),
        out_expected[:found].copy(),
    )
