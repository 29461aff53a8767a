"""Where members stand in the drawing of a ring: laid out here once, so that the page only draws."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from graphkit.likes.model import F64, I64

if TYPE_CHECKING:
    import numpy.typing as npt

#: Strongest ties kept for each member: more make a blot, and these hold its parts together.
TIES_EACH = 8
#: Members beyond which the layout takes fewer rounds.
_LARGE = 400
_ROUNDS, _FEW_ROUNDS = 400, 120
_SEED = 7


def strongest(n: int, a: I64, b: I64, weight: I64) -> npt.NDArray[np.int64]:
    """Return the positions of the ties that are among the `TIES_EACH` heaviest of either end, ascending.

    Parameters
    ----------
    n
        Members.
    a, b, weight
        Ends and weight of each tie.
    """
    order = np.argsort(-weight, kind="stable")
    keep = np.zeros(len(a), np.bool_)
    for ends in (a, b):
        keep[order] |= _rank_within(np.concatenate([a, b])[_both(order, len(a), ends is b)], n) < TIES_EACH
    return np.flatnonzero(keep)
