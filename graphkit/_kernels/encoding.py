"""Ids to dense codes by open addressing, and 64-bit hashes of values for fingerprints.

A table is a flat uint64 array of ``2 * capacity`` (a power of two): slot s holds a hash at ``2 s`` and code + 1
at ``2 s + 1``, 0 where empty; both in one cache line, so a lookup is one miss.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MUL_1 = np.uint64(0xBF58476D1CE4E5B9)
_MUL_2 = np.uint64(0x94D049BB133111EB)
_0, _1, _2, _3, _4, _5, _6, _7 = (np.uint64(i) for i in range(8))
_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)
_8, _16, _24, _32, _40, _48, _56 = (np.uint64(bits) for bits in range(8, 64, 8))


@kernel
def mix(x: np.uint64) -> np.uint64:
    """Return the splitmix64 hash of `x`: a bijection, so equal hashes mean equal integers."""
    x += _GOLDEN
    x = (x ^ (x >> _30)) * _MUL_1
    x = (x ^ (x >> _27)) * _MUL_2
    return x ^ (x >> _31)


@kernel
def hash_ints(values: I64) -> U64:
    """Return the hash of every value, uint64."""
    out = np.empty(len(values), np.uint64)
    for i in range(len(values)):
        out[i] = mix(np.uint64(values[i]))
    return out


@kernel
def _word(data: U8, p: np.uint64) -> np.uint64:
    """Return the eight bytes from `p` on as one number; written out and unsigned, it compiles to a single load."""
    return (
        np.uint64(data[p])
        | np.uint64(data[p + _1]) << _8
        | np.uint64(data[p + _2]) << _16
        | np.uint64(data[p + _3]) << _24
        | np.uint64(data[p + _4]) << _32
        | np.uint64(data[p + _5]) << _40
        | np.uint64(data[p + _6]) << _48
        | np.uint64(data[p + _7]) << _56
    )


@kernel
def _same(a: U8, p: np.uint64, b: U8, q: np.uint64, size: np.uint64) -> bool:
    """Tell whether `size` bytes of `a` from `p` on equal those of `b` from `q` on."""
    end = p + size
    while p + _8 <= end:
        if _word(a, p) != _word(b, q):
            return False
        p += _8
        q += _8
    while p < end:
        if a[p] != b[q]:
            return False
        p += _1
        q += _1
    return True


@kernel
def hash_texts(offsets: I64, data: U8) -> U64:
    """Return the hash of every text; text i is ``data[offsets[i]:offsets[i + 1]]``."""
    out = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(out)):
        p, end = np.uint64(offsets[i]), np.uint64(offsets[i + 1])
        h = end - p
        while p + _8 <= end:
            h = mix(h ^ _word(data, p))
            p += _8
        if p < end:
            word = _0
            shift = _0
            while p < end:
                word |= np.uint64(data[p]) << shift
                shift += _8
                p += _1
            h = mix(h ^ word)
        out[i] = h
    return out


@kernel
def encode_ints(values: I64, hashes: U64, table: U64, stored: I64, n: int, insert: bool, codes: I32) -> int:
    """Write the code of every value to `codes`, int32; return how many codes there are then.

    Unseen values get the next codes when `insert`, else -1. `stored` holds the value of each code. The table
    must have room for every value being unseen.
    """
    mask = np.uint64(len(table) // 2 - 1)
    for i in range(len(values)):
        h = hashes[i]
        slot = h & mask
        code = np.int64(-1)
        while True:
            at = np.int64(slot) * 2
            found = table[at + 1]
            if found == _0:
                if insert:
                    stored[n] = values[i]
                    code = np.int64(n)
                    n += 1
                    table[at] = h
                    table[at + 1] = np.uint64(n)
                break
            if table[at] == h:
                code = np.int64(found) - 1
                break
            slot = (slot + _1) & mask
        codes[i] = code
    return n


@kernel
def encode_texts(
    offsets: I64, data: U8, hashes: U64, table: U64, ends: I64, arena: U8, n: int, insert: bool, codes: I32
) -> int:
    """Write the code of every text to `codes`, int32; return how many codes there are then.

    As `encode_ints`; text of code c is ``arena[ends[c]:ends[c + 1]]``, and equal hashes are checked byte by byte.
    """
    mask = np.uint64(len(table) // 2 - 1)
    for i in range(len(hashes)):
        h = hashes[i]
        p = offsets[i]
        size = offsets[i + 1] - p
        slot = h & mask
        code = np.int64(-1)
        while True:
            at = np.int64(slot) * 2
            found = table[at + 1]
            if found == _0:
                if insert:
                    q = ends[n]
                    for b in range(size):
                        arena[q + b] = data[p + b]
                    code = np.int64(n)
                    n += 1
                    ends[n] = q + size
                    table[at] = h
                    table[at + 1] = np.uint64(n)
                break
            if table[at] == h:
                c = np.int64(found) - 1
                q = ends[c]
                if ends[c + 1] - q == size and _same(arena, np.uint64(q), data, np.uint64(p), np.uint64(size)):
                    code = c
                    break
            slot = (slot + _1) & mask
        codes[i] = code
    return n


@kernel
def rehash(old: U64, new: U64) -> None:
    """Move every filled slot of `old` into the empty table `new`."""
    mask = np.uint64(len(new) // 2 - 1)
    for s in range(len(old) // 2):
        if old[2 * s + 1] != _0:
            slot = old[2 * s] & mask
            while new[np.int64(slot) * 2 + 1] != _0:
                slot = (slot + _1) & mask
            at = np.int64(slot) * 2
            new[at] = old[2 * s]
            new[at + 1] = old[2 * s + 1]


@kernel
def add_column(rows: U64, hashes: U64, known: npt.NDArray[np.bool_], salt: np.uint64) -> None:
    """Add one column to the hashes of rows; unknown values add nothing. `known` may be empty: all are."""
    every = len(known) == 0
    for i in range(len(rows)):
        if every or known[i]:
            rows[i] += mix(hashes[i] ^ salt)


@kernel
def sum_rows(rows: U64) -> tuple[np.uint64, np.uint64]:
    """Return two sums over the hashes of rows, both independent of their order."""
    first = _0
    second = _0
    for i in range(len(rows)):
        h = mix(rows[i])
        first += h
        second += mix(h ^ _GOLDEN)
    return first, second
