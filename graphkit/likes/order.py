"""From coded rows to one like per user and note, in canonical order.

Counting, scattering and settling are each shared out among the engine's threads; what they write does not depend
on how. Memory: 16 bytes a row beside the rows themselves, and as much again for a moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit._kernels import ordering
from graphkit._kernels.grouping import even_blocks
from graphkit.engines import Engine, Room
from graphkit.errors import CapacityError
from graphkit.likes.model import I32, I64
from graphkit.likes.rows import CODED, Rows

MAX_ROWS = 2**31 - 2
#: Blocks of notes a thread settles, so that one with hot notes does not keep the others waiting.
BLOCKS_PER_THREAD = 4
#: Further columns of a like, in the order in which they decide between two, and what they are held in.
PAYLOAD: dict[str, Any] = {"dwell_ms": np.float64, "completed": np.int8, **dict.fromkeys(CODED, np.int32)}


@dataclass(frozen=True)
class Ordered:
    """Kept likes ordered by (note, ts, user).

    Attributes
    ----------
    user, note, ts, repeats
        As in ``Likes``, with codes by rank.
    payload
        Payload columns of the kept likes.
    duplicate, undone
        Rows that were not kept.
    """

    user: I32
    note: I32
    ts: I64
    repeats: I32
    payload: dict[str, npt.NDArray[Any]]
    duplicate: int
    undone: int


def order(chunks: list[Rows], ranks: dict[str, I32], engine: Engine) -> Ordered:
    """Keep the first like of each user and note that no unlike undid, and put the likes in order.

    Parameters
    ----------
    chunks
        The rows; the list is emptied on the way, to save memory.
    ranks
        Rank of each provisional code, for ``user_id``, ``note_id`` and the coded payload columns.
    engine
        Threads to use, and room for what is ordered.

    Raises
    ------
    CapacityError
        When there are more than 2^31 - 2 rows, or no room for them.
    """
    total = sum(map(len, chunks))
    check_rows(total)
    room = engine.room
    payload = _payload(chunks, ranks, room)
    n_users, n_notes = len(ranks["user_id"]), len(ranks["note_id"])
    starts, places, groups, firsts = _places(chunks, ranks["note_id"], n_notes, engine)

    user = room.empty(total, np.int32)
    ts = room.empty(total, np.int64)
    row = room.empty(total if payload else 0, np.int32)

    def scatter(g: int) -> None:
        first = firsts[g]
        for c in groups[g]:
            rows = chunks[c]
            columns = (rows.user, rows.note, rows.ts, rows.unlike)
            ordering.scatter(*columns, ranks["user_id"], ranks["note_id"], places[g], user, ts, row, first)
            first += len(rows)

    list(engine.map(scatter, range(len(groups))))
    chunks.clear()

    repeats = room.empty(total, np.int32)
    kept = np.empty(n_notes, np.int64)
    columns: list[npt.NDArray[Any]] = [payload.get(name, np.empty(0, kind)) for name, kind in PAYLOAD.items()]

    def settle(block: tuple[int, int]) -> None:
        ordering.settle(starts, *block, n_users, user, ts, row, repeats, kept, *columns)

    list(engine.map(settle, even_blocks(starts, engine.threads * BLOCKS_PER_THREAD)))

    m = int(kept.sum())
    if m < total:
        ordering.squeeze(starts, kept, user, ts, row, repeats)
        user, ts, repeats, row = (room.keep(column[:m].copy()) for column in (user, ts, repeats, row))
    duplicate = int(repeats.sum(dtype=np.int64))
    note = room.keep(np.repeat(np.arange(n_notes, dtype=np.int32), kept))
    payload = {name: room.take(values, row) for name, values in payload.items()}
    return Ordered(user, note, ts, repeats, payload, duplicate, total - m - duplicate)


def check_rows(total: int) -> None:
    """Raise `CapacityError` when there are more rows than positions can number."""
    if total > MAX_ROWS:
        todo = "narrow the time span with --since and --until"
        raise CapacityError(f"{total:,} likes", wanted=f"at most {MAX_ROWS:,}", todo=todo)


def _payload(chunks: list[Rows], ranks: dict[str, I32], room: Room) -> dict[str, npt.NDArray[Any]]:
    """Return the payload columns of all rows, coded ones by rank, and take them out of the chunks."""
    out: dict[str, npt.NDArray[Any]] = {}
    for name in list(chunks[0].payload) if chunks else []:
        column = np.concatenate([rows.payload.pop(name) for rows in chunks])
        if name in ranks:
            there = column >= 0
            column[there] = ranks[name][column[there]]
        out[name] = room.keep(column)
    return out


def _places(
    chunks: list[Rows], rank: I32, n_notes: int, engine: Engine
) -> tuple[I64, list[I64], list[list[int]], list[int]]:
    """Share the chunks out, a group for each thread, and say where each group's likes of each note begin.

    Returns
    -------
    starts, places, groups, firsts
        Where each note begins, by rank, one more than there are notes; for each group its places by rank, its chunks,
        and the number of its first row.
    """
    sizes = np.array([len(rows) for rows in chunks], np.int64)
    before = np.cumsum(sizes) - sizes
    share = max(1, int(sizes.sum()) // engine.threads)
    group_of = np.minimum(before // share, engine.threads - 1)
    groups = [np.flatnonzero(group_of == g).tolist() for g in np.unique(group_of)]
    firsts = [int(before[g[0]]) for g in groups]

    def count(g: list[int]) -> I64:
        counts = np.zeros(n_notes, np.int64)
        for c in g:
            ordering.count(chunks[c].note, counts)
        by_rank = np.empty_like(counts)
        by_rank[rank] = counts
        return by_rank

    counts = list(engine.map(count, groups))
    starts = np.zeros(n_notes + 1, np.int64)
    for one in counts:
        starts[1:] += one
    np.cumsum(starts, out=starts)
    places = []
    place = starts[:-1].copy()
    for one in counts:
        places.append(place)
        place = place + one
    return starts, places, groups, firsts
