"""Cutting a row of sizes into stretches that a task can bear."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def cuts(size: npt.NDArray[np.int64], most: int) -> list[int]:
    """Return where to cut so that no stretch adds up to more than `most`; ends included. Larger sizes stand alone."""
    total = np.cumsum(size)
    found = [0]
    while found[-1] < len(size):
        base = int(total[found[-1] - 1]) if found[-1] else 0
        found.append(max(int(np.searchsorted(total, base + most, "right")), found[-1] + 1))
    return found
