"""Gatherings: the likes of a note around its densest moments, and the users that two of them share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

#: Looking one moment up among the likes of a user costs as much as counting so many of them.
_LOOK_UP = 16
#: Likes of a bin, about: those at the ends of what is asked for are looked at one by one.
_IN_BIN = 8


@kernel
def gather(ts: I64, ptr: I64, window: int, least: int) -> tuple[I32, I32]:
    """Cut each note's likes into gatherings: its densest moment first, with all likes at most `window` from it.

    Parameters
    ----------
    ts, ptr
        Likes by (note, ts), and where each note begins.
    window
        Half-width of a gathering, ends included, in the unit of `ts`.
    least
        Fewest likes of a gathering, at least 1.

    Returns
    -------
    gathering : int32[m]
        The gathering of each like, -1 where none; gatherings of a note stand together, the densest first.
    middle : int32[n]
        The like around which each stands: among the note's likes in no gathering, the one with most likes of the note
        within the window, the earliest of several. O(m).
    """
    gathering = np.full(len(ts), -1, np.int32)
    middle = np.empty(len(ts) // least, np.int32)
    longest = 0
    for g in range(len(ptr) - 1):
        longest = max(longest, ptr[g + 1] - ptr[g])
    near, dense, begins = np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty(longest + 1, np.int32)
    n = 0
    for g in range(len(ptr) - 1):
        first, last = ptr[g], ptr[g + 1]
        if last - first < least:
            continue
        low = high = first
        most = 0
        for p in range(first, last):
            while ts[p] - ts[low] > window:
                low += 1
            while high < last and ts[high] - ts[p] <= window:
                high += 1
            near[p - first] = high - low
            most = max(most, high - low)
        # The likes by how many are near, most first, equal ones by position: counted, since counts are small.
        begins[: most + 1] = 0
        for at in range(last - first):
            begins[near[at]] += 1
        n_dense = 0
        for size in range(most, least - 1, -1):
            here = begins[size]
            begins[size] = n_dense
            n_dense += here
        for at in range(last - first):
            size = near[at]
            if size >= least:
                dense[begins[size]] = at
                begins[size] += 1
        for at in dense[:n_dense]:
            p = first + at
            if gathering[p] >= 0:
                continue
            low, high = p, p + 1
            while low > first and ts[p] - ts[low - 1] <= window and gathering[low - 1] < 0:
                low -= 1
            while high < last and ts[high] - ts[p] <= window and gathering[high] < 0:
                high += 1
            if high - low >= least:
                gathering[low:high] = n
                middle[n] = p
                n += 1
    return gathering, middle[:n]


@kernel
def shared_users(
    first: int,
    last: int,
    user: I32,
    ptr: I64,
    gathering: I32,
    user_ptr: I64,
    middle: I64,
    key: I32,
    share: I64,
    apart: int,
    least: int,
    enough: I64,
) -> tuple[I32, I32, I32]:
    """Count the users that gatherings share with later ones, row by row, one dense counter a gathering.

    Parameters
    ----------
    first, last
        The gatherings whose rows are counted; the last excluded.
    user, ptr
        Users by gathering, and where each gathering begins.
    gathering, user_ptr
        Gatherings by user, ascending, and where each user begins.
    middle, key
        Moment of each gathering, int64[n], and what it is about, int32[n]: those of one key are not compared.
    share
        Of all likes around each, in fixed point, int64[n].
    apart
        Gatherings no farther apart than this are not compared.
    least
        Least shared users.
    enough
        By shared users, the last entry for all beyond: the largest expectation (twice, in fixed point) that is of
        interest, int64.

    Returns
    -------
    one, other, shared : int32[k]
        Gatherings with ``one < other``, by (one, other), and how many users are in both. O(sum over users of gatherings
        squared).
    """
    # Counters are not cleared: each row counts on from where no counter of an earlier one can be.
    counter = np.zeros(len(ptr) - 1, np.int32)
    next_base = 0
    often = np.empty(len(ptr) - 1, np.int32)
    room = 1024
    one, other, shared = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    n = 0
    for i in range(first, last):
        base = next_base
        next_base = base + ptr[i + 1] - ptr[i]
        n_often = 0
        for m in range(ptr[i], ptr[i + 1]):
            r = user_ptr[user[m] + 1] - 1
            while gathering[r] > i:
                j = gathering[r]
                shares = max(counter[j], base) + 1
                counter[j] = shares
                if shares == base + least:
                    often[n_often] = j
                    n_often += 1
                r -= 1
        begin = n
        for j in often[:n_often]:
            c = counter[j] - base
            if key[j] == key[i] or abs(middle[j] - middle[i]) <= apart:
                continue
            # Whoever is in both gave a like around either, so that no less than this is expected.
            if c * (share[i] + share[j]) > enough[min(c, len(enough) - 1)]:
                continue
            if n == room:
                room *= 2
                one, other, shared = _grown(one, room), _grown(other, room), _grown(shared, room)
            one[n], other[n], shared[n] = i, j, c
            n += 1
        order = np.argsort(other[begin:n])
        other[begin:n] = other[begin:n][order]
        shared[begin:n] = shared[begin:n][order]
    return one[:n], other[:n], shared[:n]


@kernel
def likes_around(
    first: int,
    last: int,
    row_ptr: I64,
    other: I32,
    user: I32,
    ptr: I64,
    times: I64,
    times_ptr: I64,
    middle: I64,
    reach: int,
) -> I64:
    """Count the likes that the users of gatherings gave around others.

    Parameters
    ----------
    first, last
        The gatherings that are asked about; the last excluded.
    row_ptr, other
        The others by gathering, int32[k], and where each gathering begins.
    user, ptr
        Users by gathering, and where each gathering begins.
    times, times_ptr
        Times of all likes by user, ascending, and where each user begins.
    middle, reach
        Moment of each gathering, int64[n], and the half-width of what is around it, ends included.

    Returns
    -------
    int64
        For each other from ``row_ptr[first]`` to ``row_ptr[last]``: likes of anything by the users of the gathering, at
        most `reach` from the middle of the other. O(likes of the users, and others), a gathering.
    """
    base = row_ptr[first]
    out = np.zeros(row_ptr[last] - base, np.int64)
    begins, binned = np.empty(0, np.int64), np.empty(0, np.int64)
    for i in range(first, last):
        moments = middle[other[row_ptr[i] : row_ptr[i + 1]]]
        if len(moments) == 0:
            continue
        found = out[row_ptr[i] - base : row_ptr[i + 1] - base]
        n_binned = 0
        for m in range(ptr[i], ptr[i + 1]):
            mine = times[times_ptr[user[m]] : times_ptr[user[m] + 1]]
            if _LOOK_UP * len(moments) >= len(mine):
                n_binned += len(mine)
                continue
            for k in range(len(moments)):
                until = np.searchsorted(mine, moments[k] + reach, "right")
                found[k] += until - np.searchsorted(mine, moments[k] - reach, "left")
        # All other likes go into bins of time, as wide as a power of two.
        low, high = moments.min() - reach, moments.max() + reach
        bits = 0
        while (high - low) >> bits > n_binned // _IN_BIN:
            bits += 1
        n_bins = ((high - low) >> bits) + 1
        if n_bins >= len(begins):
            begins = np.empty(2 * n_bins + 1, np.int64)
        if n_binned > len(binned):
            binned = np.empty(2 * n_binned, np.int64)
        begins[: n_bins + 1] = 0
        for filling in range(2):  # counted first
            for m in range(ptr[i], ptr[i + 1]):
                mine = times[times_ptr[user[m]] : times_ptr[user[m] + 1]]
                if _LOOK_UP * len(moments) < len(mine):
                    continue
                for t in mine:
                    if t < low or t > high:
                        continue
                    b = (t - low) >> bits
                    if filling:
                        binned[begins[b]] = t
                    begins[b] += 1
            # Where bins begin; and once they are filled again, since each then stands where the next began.
            at = 0
            for b in range(n_bins + 1):
                if filling:
                    at, begins[b] = begins[b], at
                else:
                    at, begins[b] = at + begins[b], at
        for k in range(len(moments)):
            begin, end = moments[k] - reach, moments[k] + reach
            b_begin, b_end = (begin - low) >> bits, (end - low) >> bits
            found[k] += begins[b_end + 1] - begins[b_begin]
            for at in range(begins[b_begin], begins[b_begin + 1]):
                found[k] -= binned[at] < begin
            for at in range(begins[b_end], begins[b_end + 1]):
                found[k] -= binned[at] > end
    return out


@kernel
def _grown(array: I32, room: int) -> I32:
    out = np.empty(room, np.int32)
    out[: len(array)] = array
    return out
