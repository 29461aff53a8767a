"""How many likes lie near each like, and the rate at which its note was ordinarily liked then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
Bool = npt.NDArray[np.bool_]

#: Bits of the fixed point in which rates are held, so that sums of them do not depend on their order.
RATE_BITS = 32


@kernel
def _slid(ts: I64, t: int, width: int, a: int, b: int, end: int) -> tuple[int, int]:
    """Return where what lies within `width` of the time `t` begins and ends: from `a` and `b` on, `end` at most."""
    while t - ts[a] > width:
        a += 1
    while b < end and ts[b] - t <= width:
        b += 1
    return a, b


@kernel
def window_bounds(ts: I64, ptr: I64, width: int) -> tuple[I32, I32]:
    """Return, for each element, the run of its own group that lies at most `width` away, ends included.

    Parameters
    ----------
    ts
        Times, ascending within each group, int64[m].
    ptr
        Group g is ``ptr[g]:ptr[g + 1]``, int64[g + 1].
    width
        Half-width of the window, in the unit of `ts`.

    Returns
    -------
    lo, hi : int32[m]
        Positions; the element itself lies in ``lo:hi``. O(m).
    """
    lo = np.empty(len(ts), np.int32)
    hi = np.empty(len(ts), np.int32)
    for g in range(len(ptr) - 1):
        a = ptr[g]
        b = ptr[g]
        end = ptr[g + 1]
        for p in range(ptr[g], end):
            a, b = _slid(ts, ts[p], width, a, b, end)
            lo[p] = a
            hi[p] = b
    return lo, hi


@kernel
def counts_near(ts: I64, ptr: I64, order: I32, width: int) -> I32:
    """Return for each element how many of its own group lie at most `width` away, itself and ends included.

    Parameters
    ----------
    ts, ptr, width
        As for `window_bounds`.
    order
        Whom each entry of `ts` is of, int32[m].

    Returns
    -------
    int32[m]
        By element. O(m).
    """
    out = np.empty(len(ts), np.int32)
    for g in range(len(ptr) - 1):
        a = ptr[g]
        b = ptr[g]
        end = ptr[g + 1]
        for p in range(ptr[g], end):
            a, b = _slid(ts, ts[p], width, a, b, end)
            out[order[p]] = b - a
    return out


@kernel
def counts_around(sorted_ts: I64, moments: I64, width: int) -> I64:
    """Return for each of the ascending moments how many of the ascending times lie at most `width` away, int64[k].

    Each search begins where the last one ended: O(k log(m / k)).
    """
    out = np.empty(len(moments), np.int64)
    a = 0
    b = 0
    for i in range(len(moments)):
        a = _gallop(sorted_ts, a, moments[i] - width)
        b = _gallop(sorted_ts, b, moments[i] + width + 1)
        out[i] = b - a
    return out


@kernel
def _gallop(ascending: I64, at: int, value: int) -> int:
    """Return the first position from `at` on that holds at least `value`, the length where there is none."""
    m = len(ascending)
    step = 1
    high = at
    while high < m and ascending[high] < value:
        at = high + 1
        high += step
        step *= 2
    high = min(high, m)
    while at < high:
        middle = (at + high) // 2
        if ascending[middle] < value:
            at = middle + 1
        else:
            high = middle
    return at


@kernel
def counts_within(sorted_ts: I64, width: int, out: I32) -> None:
    """Write for each of the ascending times how many lie at most `width` away, ends included, int32[m]. O(m)."""
    m = len(sorted_ts)
    a = 0
    b = 0
    for p in range(m):
        t = sorted_ts[p]
        while t - sorted_ts[a] > width:
            a += 1
        while b < m and sorted_ts[b] - t <= width:
            b += 1
        out[p] = b - a


@kernel
def _rate(burst: int, flank: int, flank_all: int, within_all: int) -> int:
    """Return a rate in fixed point; `within_all` is 0 where the burst is left out."""
    value = ((2 * flank + 1) << RATE_BITS) // (2 * flank_all + 1)
    if within_all > 0:
        value = max(value, ((2 * burst - 1) << RATE_BITS) // (2 * within_all - 1))
    return min(value, (1 << RATE_BITS) - 1)


@kernel
def _is_hot(
    burst: int, near_flank: int, flank: int, window: int, near: int, horizon: int, hot_rate: float, hot_max: int
) -> bool:
    return bool(
        burst > hot_max
        or float(near_flank) * window > hot_rate * (near - window)
        or float(flank) * window > hot_rate * (horizon - window)
    )


@kernel
def cool_rates(
    first: int,
    last: int,
    ts: I64,
    ptr: I64,
    flank_all: I32,
    within_all: I32,
    window: int,
    horizon: int,
    hot_rate: float,
    hot_max: int,
    rate: U32,
) -> int:
    """Find each like's baseline rate in fixed point, 0 at hot moments.

    Parameters
    ----------
    first, last
        Notes ``first:last`` are looked at.
    ts, ptr
        Likes by (note, ts) and where each note begins.
    flank_all
        Likes of all notes within the horizon but outside the window of each like, int32[m]; read only for `rate`.
    within_all
        Likes of all notes within the window of each like, itself included, int32[m]; empty where the burst is left out.
    window, horizon
        Half-widths, ``horizon >= 4 * window``, in the unit of `ts`.
    hot_rate
        Ordinary likes within the window above which a moment is hot.
    hot_max
        Likes within the window above which a moment is hot whatever its flow.
    rate
        Receives by like, uint32[m]: ``floor(2**32 (2 f + 1) / (2 F + 1))``, below ``2**32``: f the note's likes within
        the horizon but outside the window, F those of all notes. With `within_all`, the larger of this and the same of
        the likes within the window but this one. 0 where there are more than `hot_max` likes within the window, or a
        flow outside the window, over four windows or over the horizon, that would bring more than `hot_rate`. May be
        empty, where only the number returned is wanted.

    Returns
    -------
    int
        Likes near likes away from hot moments, themselves left out: at least twice the co-likes. O(m).
    """
    near = 4 * window
    n_cool = 0
    for g in range(first, last):
        end = ptr[g + 1]
        a0 = ptr[g]
        b0 = ptr[g]
        a1 = ptr[g]
        b1 = ptr[g]
        a2 = ptr[g]
        b2 = ptr[g]
        for p in range(ptr[g], end):
            t = ts[p]
            while t - ts[a0] > window:
                a0 += 1
            while b0 < end and ts[b0] - t <= window:
                b0 += 1
            while t - ts[a1] > near:
                a1 += 1
            while b1 < end and ts[b1] - t <= near:
                b1 += 1
            while t - ts[a2] > horizon:
                a2 += 1
            while b2 < end and ts[b2] - t <= horizon:
                b2 += 1
            burst = b0 - a0
            flank = (b2 - a2) - burst
            hot = _is_hot(burst, (b1 - a1) - burst, flank, window, near, horizon, hot_rate, hot_max)
            if not hot:
                n_cool += burst - 1
            if len(rate) > 0:
                within = int(within_all[p]) if len(within_all) > 0 else 0
                rate[p] = 0 if hot else _rate(burst, flank, int(flank_all[p]), within)
    return n_cool


@kernel
def _count_between(ascending: I64, first: int, last: int) -> int:
    return int(np.searchsorted(ascending, last, "right") - np.searchsorted(ascending, first, "left"))


@kernel
def rates_at(
    like: I64, note: I32, ts: I64, ptr: I64, flank_all: I64, within_all: I64, window: int, horizon: int
) -> U32:
    """Find the baseline rates of some likes, whatever the moment.

    Parameters
    ----------
    like
        Positions of likes, int64[k]; in ascending order memory is read in order.
    note, ts, ptr
        All likes by (note, ts), and where each note begins.
    flank_all, within_all, window, horizon
        As for `cool_rates`, the first two by like asked for, int64[k].

    Returns
    -------
    uint32[k]
        O(k log m), the logarithm within a note.
    """
    rate = np.empty(len(like), np.uint32)
    for i in range(len(like)):
        t = ts[like[i]]
        own = ts[ptr[note[like[i]]] : ptr[note[like[i]] + 1]]
        burst = _count_between(own, t - window, t + window)
        flank = _count_between(own, t - horizon, t + horizon) - burst
        rate[i] = _rate(burst, flank, flank_all[i], within_all[i] if len(within_all) > 0 else 0)
    return rate


@kernel
def heat_at(like: I64, note: I32, ts: I64, ptr: I64, window: int, horizon: int, hot_rate: float, hot_max: int) -> Bool:
    """Tell which of some likes stand at hot moments; parameters as for `rates_at` and `cool_rates`, bool[k]."""
    hot = np.empty(len(like), np.bool_)
    near = 4 * window
    for i in range(len(like)):
        t = ts[like[i]]
        own = ts[ptr[note[like[i]]] : ptr[note[like[i]] + 1]]
        burst = _count_between(own, t - window, t + window)
        flank = _count_between(own, t - horizon, t + horizon) - burst
        near_flank = _count_between(own, t - near, t + near) - burst
        hot[i] = _is_hot(burst, near_flank, flank, window, near, horizon, hot_rate, hot_max)
    return hot
