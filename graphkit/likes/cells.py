"""Settling likes on executors: rows go to the cell of their note, and each cell keeps one like of each user and note.

Functions of the records of one part, as in `graphkit.likes.pieces`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graphkit.engines import LocalEngine, Room
from graphkit.engines.cuts import cuts
from graphkit.likes.model import I32, I64
from graphkit.likes.order import order
from graphkit.likes.pieces import Codes, Piece, Record
from graphkit.likes.rows import Rows
from graphkit.likes.tables import mapped

#: Multiplier that spreads users over cells (Knuth, "The Art of Computer Programming" 3, sec. 6.4).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
#: Executors count no bytes: what a task holds is bounded by its rows.
_NO_LIMIT = 1 << 62


@dataclass(frozen=True)
class Cells:
    """Runs of notes that are settled together; a note with too many rows alone, in several parts by user.

    Attributes
    ----------
    first
        The first note of each, and the number of notes at the end, int64.
    base
        The first part of each, and the number of parts at the end, int64.
    """

    first: I64
    base: I64

    @classmethod
    def of(cls, first: I64, rows: I64, n_notes: int, most: int) -> Cells:
        """Return cells of `most` rows at most, but for single notes; those are given to several parts.

        Parameters
        ----------
        first, rows
            First note and rows of runs of notes, in order, none with more than `most` rows but single notes.
        n_notes
            Number of notes.
        most
            As above.
        """
        at = np.array(cuts(rows, most)[:-1])
        parts = -(-np.add.reduceat(rows, at) // most)
        return cls(np.append(first[at], n_notes), np.append(0, np.cumsum(parts)).astype(np.int64))

    def __len__(self) -> int:
        """Return the number of parts."""
        return int(self.base[-1])

    def of_part(self, part: int) -> int:
        """Return the cell that a part belongs to."""
        return int(np.searchsorted(self.base, part, "right")) - 1


class Placed(NamedTuple):
    """Rows of a part of a cell; notes count from the first of the cell's `n_notes`."""

    cell: int
    n_notes: int
    rows: Rows


class Settled(NamedTuple):
    """Kept likes of a part of a cell by (note, ts, user).

    Attributes
    ----------
    cell
        The part's number.
    user, ts
        By like, int32 and int64.
    counts
        Likes by note, int32.
    repeated, repeats
        Which likes have repeats, and how many.
    payload
        Further columns by like.
    duplicate, undone
        Rows that were not kept.
    """

    cell: int
    user: I32
    ts: I64
    counts: I32
    repeated: I32
    repeats: I32
    payload: dict[str, npt.NDArray[Any]]
    duplicate: int
    undone: int


def place(cells: Cells, both: Iterable[tuple[list[Record], list[Codes]]]) -> Iterator[tuple[int, Placed]]:
    """Yield the rows of pieces, coded, for the parts of cells that settle them."""
    for records, codes in both:
        ranks: dict[tuple[int, str], list[Codes]] = {}
        for its in sorted(codes, key=lambda its: its.range):
            ranks.setdefault((its.number, its.name), []).append(its)
        for record in records:
            if not isinstance(record, Piece):
                continue
            rank = {
                name: np.concatenate([its.codes for its in ranks[record.number, name]])
                for name, ids in record.ids.items()
                if len(ids)
            }
            yield from _placed(cells, record.rows, rank)


def _placed(cells: Cells, rows: Rows, rank: Mapping[str, I32]) -> Iterator[tuple[int, Placed]]:
    user, note = rank["user_id"][rows.user], rank["note_id"][rows.note]
    cell = np.searchsorted(cells.first, note, "right") - 1
    parts = np.diff(cells.base)[cell].astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (user.astype(np.uint64) * _SPREAD) >> np.uint64(33)
    part = cells.base[cell] + (mixed % parts).astype(np.int64)
    by_part = np.argsort(part, kind="stable")
    payload = {name: mapped(column, rank[name]) if name in rank else column for name, column in rows.payload.items()}
    starts = np.flatnonzero(np.diff(part[by_part], prepend=-1))
    for mine in np.split(by_part, starts[1:]):
        number, its = int(part[mine[0]]), int(cell[mine[0]])
        first, last = int(cells.first[its]), int(cells.first[its + 1])
        unlike = rows.unlike[mine] if len(rows.unlike) else rows.unlike
        columns = {name: column[mine] for name, column in payload.items()}
        moved = Rows(user[mine], note[mine] - np.int32(first), rows.ts[mine], unlike, columns)
        yield number, Placed(number, last - first, moved)


def settle(placed: Iterable[Placed]) -> Iterator[Settled]:
    """Keep one like of each user and note, and put them in order, as `graphkit.likes.order.order` does."""
    its = list(placed)
    if not its:
        return
    cell, n_notes = its[0].cell, its[0].n_notes
    # Users are numbered anew, in the same order: settling holds a number for each.
    users, code = np.unique(np.concatenate([one.rows.user for one in its]), return_inverse=True)
    ends = np.cumsum([len(one.rows) for one in its])
    for one, mine in zip(its, np.split(code.astype(np.int32), ends[:-1]), strict=True):
        one.rows.user = mine
    same = {"user_id": np.arange(len(users), dtype=np.int32), "note_id": np.arange(n_notes, dtype=np.int32)}
    found = order([one.rows for one in its], same, LocalEngine(1, Room(_NO_LIMIT)))
    counts = np.bincount(found.note, minlength=n_notes).astype(np.int32)
    repeated = np.flatnonzero(found.repeats).astype(np.int32)
    its_user, repeats = users[found.user], found.repeats[repeated]
    yield Settled(cell, its_user, found.ts, counts, repeated, repeats, found.payload, found.duplicate, found.undone)


def told(settled: Iterable[Settled]) -> Iterator[tuple[int, int, int, int]]:
    """Yield what is told of settled rows: the part, and how many were kept, duplicate and undone."""
    for its in settled:
        yield its.cell, len(its.user), its.duplicate, its.undone
