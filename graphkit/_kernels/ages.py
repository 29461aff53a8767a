"""How old notes are when they are liked, and when others began to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

#: Ages go into bins as wide as a power of two, which are found without dividing; so many at most.
_BINS = 4096


@kernel
def ages_below(ts: I64, note: I32, born: I64, counted: npt.NDArray[np.bool_], limits: F64) -> I64:
    """Count the likes whose note was younger than each limit.

    Parameters
    ----------
    ts, note
        Time and note of each like, int64[m], int32[m].
    born
        By note, no later than its first like, int64[n_notes].
    counted
        Which likes count, bool[m].
    limits
        Ascending, in the unit of `ts`, float64[k].

    Returns
    -------
    int64[k]
        O(m + likes in the bin of a limit x log k): ages go into bins, and only in bins that hold a limit do they count
        one by one.
    """
    highest = 0
    for p in range(len(ts)):
        highest = max(highest, ts[p] - born[note[p]])
    bits = 0
    while highest >> bits >= _BINS:
        bits += 1
    in_bin = np.zeros(_BINS + 1, np.int64)
    split = np.zeros(_BINS + 1, np.bool_)
    for limit in limits:
        if limit < _BINS << bits:
            split[int(max(limit, 0.0)) >> bits] = True
    below = np.zeros(len(limits) + 1, np.int64)  # by the first limit above; the last is for ages above all
    for p in range(len(ts)):
        if not counted[p]:
            continue
        age = ts[p] - born[note[p]]
        b = age >> bits
        if split[b]:
            below[np.searchsorted(limits, np.float64(age), "right")] += 1
        else:
            in_bin[b] += 1
    for b in range(_BINS + 1):
        if in_bin[b] > 0:
            below[np.searchsorted(limits, np.float64(b << bits), "right")] += in_bin[b]
    return np.cumsum(below[:-1])


@kernel
def first_of_others(note: I32, ring: I32, ptr: I64, user: I32, ts: I64, ring_of: I32) -> I64:
    """Return for each pair of a note and a ring the note's first like by anybody outside the ring.

    Parameters
    ----------
    note, ring
        The pairs, int32[k].
    ptr, user, ts
        Likes by (note, ts), and where each note begins.
    ring_of
        Ring of each user, int32[n_users].

    Returns
    -------
    int64[k]
        Its time, the largest int64 where there is none. O(the ring's likes before it), a pair.
    """
    out = np.full(len(note), np.iinfo(np.int64).max, np.int64)
    for j in range(len(note)):
        for p in range(ptr[note[j]], ptr[note[j] + 1]):
            if ring_of[user[p]] != ring[j]:
                out[j] = ts[p]
                break
    return out
