"""Surviving likes laid out for counting, blocks of notes in several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graphkit._kernels.grouping import even_blocks
from graphkit._kernels.prune import count_rows, fill_rows
from graphkit.engines.room import Room

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

#: Blocks of notes that are laid out one beside the other.
_BLOCKS = 4


class Rows(NamedTuple):
    """The surviving likes laid out by user's rank, each with the run of its note's survivors within the window.

    Attributes
    ----------
    of : int32[k]
        Rank of the user of each survivor by (note, ts).
    row_ptr : int64[n_users + 1]
        Survivors of rank u, by note, are entries ``row_ptr[u]:row_ptr[u + 1]`` of the following.
    lo, hi : int32[k]
        Where in `of` the survivors of the note at most `window` away stand, the like itself among them.
    note, ts, key : int32[k], int64[k], int32[k]
        Their notes, times and breadth keys.
    """

    of: I32
    row_ptr: I64
    lo: I32
    hi: I32
    note: I32
    ts: I64
    key: I32


def lay_out(
    user: I32,
    rank: I32,
    ts: I64,
    key: I32,
    ptr: I64,
    alive: npt.NDArray[np.bool_],
    window: int,
    room: Room,
    map_: Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]] = map,
) -> Rows:
    """Lay the surviving likes out by user's rank.

    Parameters
    ----------
    user, ts, key, ptr
        Likes by (note, ts) with their breadth keys, and where each note begins.
    rank
        By user, below their number, int32[n_users].
    alive
        Which survive, bool[m].
    window
        Half-width of the window, ends included, in the unit of `ts`.
    room
        Where the rows stand.
    map_
        Applies a function to blocks of notes.

    Returns
    -------
    Rows
        O(m).
    """
    blocks = even_blocks(ptr, _BLOCKS)
    counts = [*map_(lambda block: count_rows(block[0], block[1], user, rank, ptr, alive), blocks)]
    none = np.zeros(len(rank), np.int64)
    row_ptr = np.concatenate([[0], np.cumsum(sum(counts, none))])
    k = int(row_ptr[-1])
    rows = Rows(
        room.empty(k, np.int32),
        row_ptr,
        room.empty(k, np.int32),
        room.empty(k, np.int32),
        room.empty(k, np.int32),
        room.empty(k, np.int64),
        room.empty(k, np.int32),
    )

    def fill(number: int) -> None:
        first, last = blocks[number]
        before = sum(counts[:number], none)
        head, base = row_ptr[:-1] + before, int(before.sum())
        of, _, lo, hi, note, its_ts, its_key = rows
        fill_rows(first, last, user, rank, ts, key, ptr, alive, window, head, base, of, lo, hi, note, its_ts, its_key)

    for _ in map_(fill, range(len(blocks))):
        pass
    return rows
