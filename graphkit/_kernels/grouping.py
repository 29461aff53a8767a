"""Compressed rows: where each group begins, and the elements of each group in order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


@kernel
def group_pointers(codes: I32, n_groups: int) -> I64:
    """Return where each group begins in a stable grouping by code, int64[n_groups + 1]. O(m + n_groups)."""
    ptr = np.zeros(n_groups + 1, np.int64)
    for p in range(len(codes)):
        ptr[codes[p] + 1] += 1
    for g in range(n_groups):
        ptr[g + 1] += ptr[g]
    return ptr


@kernel
def group_members(codes: I32, order: I32, ptr: I64) -> I32:
    """Return the elements group by group, within a group in the order given (counting sort, stable).

    Parameters
    ----------
    codes
        Group of each element, int32[m].
    order
        The elements in the order wanted within groups, int32[k], k <= m.
    ptr
        Where each group begins, int64[n_groups + 1].

    Returns
    -------
    int32[k]
    """
    head = ptr[:-1].copy()
    out = np.empty(len(order), np.int32)
    for p in order:
        g = codes[p]
        out[head[g]] = p
        head[g] += 1
    return out
