"""Where values stand among sorted ones, by halving: no table beside the values themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


@kernel
def _compared(a: U8, p: int, size: int, b: U8, q: int, other: int) -> int:
    """Return a number below, at or above 0, as ``a[p:p + size]`` sorts before, at or after ``b[q:q + other]``."""
    for i in range(min(size, other)):
        if a[p + i] != b[q + i]:
            return -1 if a[p + i] < b[q + i] else 1
    return size - other


@kernel
def text_places(offsets: I64, data: U8, wanted: I64, wanted_data: U8, exact: bool) -> I64:
    """Return for each wanted text the first place among sorted ones whose text is not before it, int64.

    Parameters
    ----------
    offsets, data
        Text i of those sorted by their bytes is ``data[offsets[i]:offsets[i + 1]]``; offsets int32 or int64.
    wanted, wanted_data
        The same of those that are looked for, in any order.
    exact
        Whether only an equal text counts; -1 for those without one.
    """
    out = np.empty(len(wanted) - 1, np.int64)
    n = len(offsets) - 1
    for i in range(len(out)):
        q = wanted[i]
        size = wanted[i + 1] - q
        low, high = 0, n
        while low < high:
            middle = (low + high) // 2
            p = offsets[middle]
            if _compared(data, p, offsets[middle + 1] - p, wanted_data, q, size) < 0:
                low = middle + 1
            else:
                high = middle
        there = low < n and _compared(data, offsets[low], offsets[low + 1] - offsets[low], wanted_data, q, size) == 0
        out[i] = low if there or not exact else -1
    return out
