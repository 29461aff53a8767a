"""What counting the pairs of a window takes, and what it gives: the work that engines share out differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PairWork:
    """The likes of a window, ready for its pairs of users to be counted and weighed.

    Attributes
    ----------
    user, ts, key
        User, time and breadth key of all likes by (note, ts), int32[m], int64[m], int32[m].
    note_ptr
        Likes of note n are entries ``note_ptr[n]:note_ptr[n + 1]``, int64[n_notes + 1].
    alive
        Which likes count: those that pruning left, bool[m].
    user_ptr, user_ts, user_rate
        All likes of user u by time are entries ``user_ptr[u]:user_ptr[u + 1]``: their times and their baseline rates
        in fixed point, 0 at hot moments; int64[n_users + 1], int64[m], uint32[m].
    window
        Half-width of the window, ends included, in the unit of the times.
    min_weight, min_breadth
        Least co-likes and distinct keys of a pair that is tested.
    most_expected
        By breadth, up to the last which stands for all beyond: pairs with a larger expectation are left out, int64.
    """

    user: I32
    ts: I64
    key: I32
    note_ptr: I64
    alive: Bools
    user_ptr: I64
    user_ts: I64
    user_rate: U32
    window: int
    min_weight: int
    min_breadth: int
    most_expected: I64

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_ptr) - 1


class Pairs(NamedTuple):
    """Pairs of users, ``u < v``, each once, in no particular order.

    Attributes
    ----------
    u, v
        User codes, int32[k].
    weight, breadth
        Co-likes, and distinct keys among them, int32[k].
    expected2
        Twice the expectation with 32 fractional bits, int64[k].
    """

    u: I32
    v: I32
    weight: I32
    breadth: I32
    expected2: I64


class PairCount(NamedTuple):
    """Pairs as they come.

    Attributes
    ----------
    n_walked
        Likes walked over: twice the co-likes, plus one a surviving like.
    blocks
        Pairs, with the likes walked for them.
    """

    n_walked: int
    blocks: Iterator[tuple[Pairs, int]]
