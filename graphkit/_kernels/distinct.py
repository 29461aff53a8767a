"""Distinct numbers and pairs by sorting, which beats hashing once they are many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
_LOW = (1 << 32) - 1


def distinct(values: I64) -> tuple[I64, I64]:
    """Return the distinct values, ascending, and how often each occurs; both int64. O(k log k)."""
    ordered = np.sort(values)
    fresh = np.ones(len(ordered), np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(fresh)
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def dense(values: I64) -> npt.NDArray[np.int32]:
    """Return the rank of each value among the distinct ones, int32[k]. O(k log k); fast where nearly sorted."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    rank = np.empty(len(values), np.int32)
    rank[order] = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]]))[: len(values)]
    return rank


def pack(high: npt.NDArray[np.integer], low: npt.NDArray[np.integer]) -> I64:
    """Return each pair of codes below 2**31 as one number, ordered as the pairs are; int64."""
    return high.astype(np.int64) << 32 | low.astype(np.int64)


def unpack(pairs: I64) -> tuple[I64, I64]:
    """Return what `pack` was given; int64."""
    return pairs >> 32, pairs & _LOW


def distinct_pairs(high: npt.NDArray[np.integer], low: npt.NDArray[np.integer]) -> tuple[I64, I64, I64]:
    """Return the distinct pairs of codes below 2**31, ascending, and how often each occurs; int64."""
    pairs, count = distinct(pack(high, low))
    return (*unpack(pairs), count)
