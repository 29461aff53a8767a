"""Likes into canonical order, one per user and note.

Three passes: count likes by note, scatter them to their note, settle every note on its own. A note's likes are
contiguous by then, so settling is local and notes can be shared out among threads.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I8 = npt.NDArray[np.int8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F64 = npt.NDArray[np.float64]

#: Below this many keys insertion beats counting digits.
_SHORT = 40
_BYTE = np.uint64(255)


@kernel
def count(codes: I32, counts: I64) -> None:
    """Add the number of times each code occurs to `counts`."""
    for code in codes:
        counts[code] += 1


@kernel
def scatter(
    user: I32,
    note: I32,
    ts: I64,
    unlike: npt.NDArray[np.bool_],
    user_rank: I32,
    note_rank: I32,
    place: I64,
    out_user: I32,
    out_ts: I64,
    out_row: I32,
    row: int,
) -> None:
    """Write every like to the next place of its note, ranks for codes, ``~user`` for an unlike.

    `place` holds the next free position by note code and moves on. `unlike` may be empty (none is), and so may
    `out_row`, which otherwise receives the row numbers counted from `row`.
    """
    flagged = len(unlike) > 0
    numbered = len(out_row) > 0
    for i in range(len(user)):
        n = note_rank[note[i]]
        at = place[n]
        place[n] = at + 1
        u = user_rank[user[i]]
        out_user[at] = ~u if flagged and unlike[i] else u
        out_ts[at] = ts[i]
        if numbered:
            out_row[at] = row + i


@kernel
def sort_pairs(keys: U64, values: I32, lo: int, hi: int, spare_keys: U64, spare_values: I32) -> None:
    """Sort ``keys[lo:hi]`` ascending in place, `values` along with it; stable.

    Insertion for short runs; else one counting pass for each byte in which the keys differ, O(8 n) at worst. The
    spare arrays hold at least ``hi - lo``.
    """
    if hi - lo <= _SHORT:
        for i in range(lo + 1, hi):
            k, v = keys[i], values[i]
            j = i - 1
            while j >= lo and keys[j] > k:
                keys[j + 1] = keys[j]
                values[j + 1] = values[j]
                j -= 1
            keys[j + 1] = k
            values[j + 1] = v
        return
    differ = np.uint64(0)
    for i in range(lo + 1, hi):
        differ |= keys[i] ^ keys[lo]
    place = np.empty(257, np.int64)
    for byte in range(8):
        shift = np.uint64(8 * byte)
        if (differ >> shift) & _BYTE == 0:
            continue
        place[:] = 0
        for i in range(lo, hi):
            place[np.int64((keys[i] >> shift) & _BYTE) + 1] += 1
        for d in range(256):
            place[d + 1] += place[d]
        for i in range(lo, hi):
            digit = np.int64((keys[i] >> shift) & _BYTE)
            spare_keys[place[digit]] = keys[i]
            spare_values[place[digit]] = values[i]
            place[digit] += 1
        for i in range(lo, hi):
            keys[i] = spare_keys[i - lo]
            values[i] = spare_values[i - lo]


@kernel
def settle_runs(order: I32, ts: I64, low: int, coarse: int) -> None:
    """Put elements in order of time that are in order of time but for its last bits; stable.

    Parameters
    ----------
    order
        The elements, ordered by ``(ts - low) >> coarse``, int32[m]; overwritten.
    ts
        Time of each element, none before `low`, int64[m].
    low, coarse
        As above.
    """
    i = 0
    while i < len(order):
        at = (ts[order[i]] - low) >> coarse
        ascending = True
        j = i + 1
        while j < len(order) and (ts[order[j]] - low) >> coarse == at:
            ascending = ascending and ts[order[j - 1]] <= ts[order[j]]
            j += 1
        if not ascending:
            keys = np.empty(j - i, np.uint64)
            for k in range(i, j):
                keys[k - i] = np.uint64(ts[order[k]] - ts[order[i]] + (1 << coarse))
            sort_pairs(keys, order[i:j], 0, j - i, np.empty(j - i, np.uint64), np.empty(j - i, np.int32))
        i = j


@kernel
def _precedes(a: int, b: int, dwell: F64, completed: I8, device: I32, ip: I32, source: I32) -> bool:
    """Tell whether row a's payload comes before row b's: column by column, unknown last."""
    if len(dwell) > 0 and dwell[a] != dwell[b] and not (np.isnan(dwell[a]) and np.isnan(dwell[b])):
        return bool(np.isnan(dwell[b]) or dwell[a] < dwell[b])
    if len(completed) > 0 and completed[a] != completed[b]:
        return bool(completed[b] < 0 or 0 <= completed[a] < completed[b])
    if len(device) > 0 and device[a] != device[b]:
        return bool(device[b] < 0 or 0 <= device[a] < device[b])
    if len(ip) > 0 and ip[a] != ip[b]:
        return bool(ip[b] < 0 or 0 <= ip[a] < ip[b])
    if len(source) > 0 and source[a] != source[b]:
        return bool(source[b] < 0 or 0 <= source[a] < source[b])
    return False


@kernel
def _users_ascending(size: int, user: I32, keys: U64, order: I32, spare_keys: U64, spare_order: I32) -> None:
    """Put users in ascending order where keys are equal; `user` is by element, ``~user`` for an unlike.

    The first `size` of `keys` ascend, and `order` names their elements. What is equal is overwritten.
    """
    i = 0
    while i < size:
        j = i + 1
        ascending = True
        while j < size and keys[j] == keys[i]:
            ascending = ascending and user[order[j - 1]] <= user[order[j]]
            j += 1
        if not ascending:
            for k in range(i, j):
                u = user[order[k]]
                keys[k] = np.uint64(~u if u < 0 else u)
            sort_pairs(keys, order, i, j, spare_keys, spare_order)
        i = j


@kernel
def _room(starts: I64, first: int, last: int) -> tuple[int, U64, I32, U64, I32, I32, I64]:
    """Return the likes of the longest of some notes, and room for as many: keys, order, spare of both, user, time."""
    longest = 0
    for n in range(first, last):
        longest = max(longest, starts[n + 1] - starts[n])
    return (
        longest,
        np.empty(longest, np.uint64),
        np.empty(longest, np.int32),
        np.empty(longest, np.uint64),
        np.empty(longest, np.int32),
        np.empty(longest, np.int32),
        np.empty(longest, np.int64),
    )


@kernel
def rearrange(starts: I64, first: int, last: int, user: I32, ts: I64, row: I32) -> None:
    """Put the likes of notes `first` (included) to `last` (excluded) in order of (ts, user), in place.

    Parameters
    ----------
    starts
        Note n has the positions ``starts[n]`` to ``starts[n + 1]`` (excluded), int64.
    user, ts
        By position; overwritten.
    row
        Receives where the like at each position was. O(m).
    """
    _, keys, order, spare_keys, spare_order, user_in, ts_in = _room(starts, first, last)
    for n in range(first, last):
        lo = starts[n]
        size = starts[n + 1] - lo
        for i in range(size):
            user_in[i] = user[lo + i]
            ts_in[i] = ts[lo + i]
            order[i] = i
        least = ts_in[:size].min() if size > 0 else 0
        for i in range(size):
            keys[i] = np.uint64(ts_in[i] - least)
        sort_pairs(keys, order, 0, size, spare_keys, spare_order)
        _users_ascending(size, user_in, keys, order, spare_keys, spare_order)
        for i in range(size):
            user[lo + i] = user_in[order[i]]
            ts[lo + i] = ts_in[order[i]]
            row[lo + i] = lo + order[i]


@kernel
def settle(
    starts: I64,
    first: int,
    last: int,
    n_users: int,
    user: I32,
    ts: I64,
    row: I32,
    repeats: I32,
    kept: I64,
    dwell: F64,
    completed: I8,
    device: I32,
    ip: I32,
    source: I32,
) -> None:
    """Order the likes of notes `first` (included) to `last` (excluded) and keep one like of each user.

    A note's rows are put in order of (ts, likes before unlikes, user) and walked once: a user's first like is kept,
    later ones are repeats of it, an unlike undoes everything so far. Of likes of one user at one instant the least
    payload wins. O(rows) plus O(users) for the walk's memory; nothing is sorted that arrives in order.

    Parameters
    ----------
    starts
        Note n has the positions ``starts[n]`` to ``starts[n + 1]`` (excluded), int64.
    user, ts, row
        As written by `scatter`; overwritten with the kept likes of each note from ``starts[n]`` on.
    repeats
        Receives the repeats of each kept like, at its position.
    kept
        Receives the kept likes by note.
    dwell, completed, device, ip, source
        Payload by row number, codes by sorted value; empty where absent.
    """
    longest, keys, order, spare_keys, spare_order, user_in, ts_in = _room(starts, first, last)
    numbered = len(row) > 0
    row_in = np.empty(longest if numbered else 0, np.int32)
    # Position of the user's kept like plus one, and nothing older than this note's first position counts.
    seat = np.zeros(n_users, np.int32)

    for n in range(first, last):
        lo = starts[n]
        size = starts[n + 1] - lo
        least = ts[lo] if size > 0 else 0
        for i in range(size):
            user_in[i] = user[lo + i]
            ts_in[i] = ts[lo + i]
            least = min(least, ts_in[i])
            order[i] = i
        if numbered:
            for i in range(size):
                row_in[i] = row[lo + i]
        ascending = True
        for i in range(size):
            keys[i] = np.uint64(ts_in[i] - least) * np.uint64(2) + np.uint64(user_in[i] < 0)
            ascending = ascending and (i == 0 or keys[i - 1] <= keys[i])
        if not ascending:
            sort_pairs(keys, order, 0, size, spare_keys, spare_order)
        _users_ascending(size, user_in, keys, order, spare_keys, spare_order)

        out = lo
        undone = False
        for i in range(size):
            at = order[i]
            u = user_in[at]
            if u < 0:
                u = ~u
                if seat[u] > lo:
                    user[seat[u] - 1] = -1
                    seat[u] = 0
                    undone = True
                continue
            p = seat[u] - 1
            if p >= lo:
                repeats[p] += 1
                same_instant = numbered and ts[p] == ts_in[at]
                if same_instant and _precedes(row_in[at], row[p], dwell, completed, device, ip, source):
                    row[p] = row_in[at]
                continue
            user[out] = u
            ts[out] = ts_in[at]
            repeats[out] = 0
            if numbered:
                row[out] = row_in[at]
            out += 1
            seat[u] = out
        if undone:
            end = out
            out = lo
            for p in range(lo, end):
                if user[p] >= 0:
                    user[out] = user[p]
                    ts[out] = ts[p]
                    repeats[out] = repeats[p]
                    if numbered:
                        row[out] = row[p]
                    out += 1
        kept[n] = out - lo


@kernel
def squeeze(starts: I64, kept: I64, user: I32, ts: I64, row: I32, repeats: I32) -> int:
    """Close the gaps between notes in place; return the number of likes left."""
    out = 0
    for n in range(len(kept)):
        for p in range(starts[n], starts[n] + kept[n]):
            user[out] = user[p]
            ts[out] = ts[p]
            repeats[out] = repeats[p]
            if len(row) > 0:
                row[out] = row[p]
            out += 1
    return out


@kernel
def coarsest(ts: I64, steps: I64) -> int:
    """Return the largest of the ascending `steps`, each a multiple of the one before, that divides every time."""
    level = len(steps) - 1
    for t in ts:
        while level > 0 and t % steps[level] != 0:
            level -= 1
    return int(steps[level])
