"""Medians within groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def group_medians(group: npt.NDArray[np.integer], values: F64, n_groups: int) -> F64:
    """Return the median of the values of each group, NaN for a group without any, float64[n_groups].

    NaN among the values counts as missing. O(k log k).
    """
    known = ~np.isnan(values)
    group, values = group[known], values[known]
    order = np.lexsort((values, group))
    values = values[order]
    sizes = np.bincount(group, minlength=n_groups)
    start = np.cumsum(sizes) - sizes
    out = np.full(n_groups, np.nan)
    there = sizes > 0
    low = values[(start + (sizes - 1) // 2)[there]]
    high = values[(start + sizes // 2)[there]]
    out[there] = (low + high) / 2
    return out
