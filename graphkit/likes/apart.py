"""Reading, numbering and ordering likes on executors, which share nothing; the same functions as in one process.

Four passes, each a function of `graphkit.likes.pieces` or `graphkit.likes.cells` over records of arrays:

1. Stretches of the input become pieces: checked rows, coded by place among the piece's own sorted ids.
2. Ids go to the range they belong to, where those of all pieces are merged and numbered; where a range begins is known
   once all are counted. What goes back to a piece is a code for each of its ids. No process sees all ids.
3. Rows go, with their codes, to the cell of their note: some notes, or some of the users of one hot note.
4. Each cell settles its rows. This process receives users, times, and how many likes each note has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit._kernels.ordering import rearrange
from graphkit.likes import cells, pieces
from graphkit.likes.account import Account
from graphkit.likes.cells import Cells, Settled
from graphkit.likes.coding import Bools, Coded, compacted
from graphkit.likes.ids import Joiner, finder
from graphkit.likes.model import I64
from graphkit.likes.order import PAYLOAD, Ordered, check_rows
from graphkit.likes.pieces import Fault, How, Look, Marks, Named, Record, Stretch, Tally
from graphkit.likes.tables import Liked

if TYPE_CHECKING:
    from graphkit.engines.spread import Executors, Spread
    from graphkit.likes.coding import Coding
    from graphkit.likes.columns import Binding

#: Ids whose values this process needs: the others only tell alike from unlike.
_NAMED = ("user_id", "note_id", "source")


def coded_apart(work: Coding, executors: Executors) -> Coded:
    """Read, number and order likes on executors; see `Coding`."""
    source = work.binding.source
    rows = max(1, min(executors.task_rows, -(-source.rows // executors.parts)))
    ranges = max(executors.parts, -(-source.rows // executors.task_rows))
    reader = work.reader()
    kinds = {name: book.kind for name, book in reader.books.items()}
    how = How(reader.types, reader.config, reader.most_bad, rows)
    stretches = _stretches(work.binding, rows)
    read: Spread[Record] = executors.spread(stretches).map(partial(pieces.read, how)).held()
    numbered = settled = None
    try:
        with work.progress.stage("read", total=source.rows) as advance:
            looks = read.map(partial(pieces.look, -(-20 * ranges // max(1, len(stretches))))).collect()
            advance(source.rows)
            account = _accounted(looks, read)
            total = work.accepted(account)
            _raise_first(looks, late=True)
        found = [look for look in looks if isinstance(look, Look)]
        left = sum(look.rows for look in found)
        check_rows(left)
        if not left:
            return _nothing(work, kinds, account)
        with work.progress.stage("encode", unit="ids") as advance:
            bounds = {
                name: pieces.bounds(kind, [look.ids[name] for look in found], ranges) for name, kind in kinds.items()
            }
            shares = read.map(partial(pieces.share, bounds)).sent(ranges)
            numbered = shares.map(partial(pieces.number, kinds, rows)).held()
            numbers = _Numbers.of(numbered.map(pieces.tallies).collect(), kinds, ranges, rows)
            advance(sum(numbers.sizes.values()))
        with work.progress.stage("order", total=total) as advance:
            codes = numbered.map(partial(pieces.codes_back, numbers.offsets)).sent(len(stretches))
            placed = read.beside(codes).map(partial(cells.place, numbers.cells)).sent(len(numbers.cells))
            settled = placed.map(cells.settle).held()
            ordered = _ordered(work, settled, numbers)
            ordered, used, _ = compacted(ordered, numbers.sizes, work.room)
            ids = _ids(work, executors, numbered, numbers, used)
            source.verify()  # what an executor took with it was read again meanwhile
            advance(total)
    finally:
        for spread in (read, numbered, settled):
            if spread is not None:
                spread.drop()
    users, notes = (Liked(ids[name], kinds[name], finder(ids[name])) for name in ("user_id", "note_id"))
    return Coded(ordered, users, notes, _sources(ordered, ids), account)


def _stretches(binding: Binding, rows: int) -> list[Stretch]:
    """Cut the input into stretches of at least so many rows, small files several to one."""
    found: list[Stretch] = []
    tasks: list[pieces.Task] = []
    size = 0
    for p, bound in enumerate(binding.parts):
        parted = bound.part.tasks(rows)
        for (first, argument), end in zip(parted, [*(f for f, _ in parted[1:]), bound.part.rows], strict=True):
            part, its = bound.part.alone(argument)
            tasks.append(pieces.Task(p, replace(bound, part=part), first, its))
            size += end - first
            if size >= rows:
                found.append(Stretch(len(found), tuple(tasks)))
                tasks, size = [], 0
    if tasks:
        found.append(Stretch(len(found), tuple(tasks)))
    return found


def _raise_first(looks: Iterable[Any], late: bool) -> None:
    """Raise what stopped the first stretch that was stopped, while it was read or (`late`) while ids were sorted."""
    for look in looks:
        if isinstance(look, Fault) and look.late is late:
            raise look.error


def _accounted(looks: Iterable[Any], read: Spread[Record]) -> Account:
    """Return what was counted; quarantined rows are fetched only once their number is known to be bearable."""
    _raise_first(looks, late=False)
    account = Account()
    for look in looks:
        if isinstance(look, Account):
            account.add(look)
    if account.reasons.total():
        for bad in read.map(pieces.quarantined).collect():
            account.add(Account(bad=bad))
    return account


class _Numbers(NamedTuple):
    """What numbering found, over all ranges.

    Attributes
    ----------
    sizes, n_bytes
        By kind, the number of ids, and the bytes of their texts.
    offsets
        By kind, the code of the first id of each range, and the number of ids at the end.
    cells
        Where rows are settled.
    """

    sizes: dict[str, int]
    n_bytes: dict[str, int]
    offsets: dict[str, I64]
    cells: Cells

    @classmethod
    def of(cls, tallies: list[Tally], kinds: dict[str, pa.DataType], ranges: int, rows: int) -> _Numbers:
        counts = {name: np.zeros(ranges + 1, np.int64) for name in kinds}
        n_bytes = dict.fromkeys(kinds, 0)
        for tally in tallies:
            counts[tally.name][tally.range + 1] = tally.n
            n_bytes[tally.name] += tally.n_bytes
        offsets = {name: np.cumsum(count) for name, count in counts.items()}
        of_notes = sorted((tally for tally in tallies if tally.name == "note_id"), key=lambda tally: tally.range)
        first = np.concatenate([offsets["note_id"][tally.range] + tally.run_first[:-1] for tally in of_notes])
        its_rows = np.concatenate([tally.run_rows for tally in of_notes])
        its_cells = Cells.of(first, its_rows, int(offsets["note_id"][-1]), rows)
        return cls({name: int(offset[-1]) for name, offset in offsets.items()}, n_bytes, offsets, its_cells)


def _ordered(work: Coding, settled: Spread[Settled], numbers: _Numbers) -> Ordered:
    """Receive the settled rows, cell by cell, in the arrays of the room."""
    room, its_cells = work.room, numbers.cells
    kept = np.zeros(len(its_cells) + 1, np.int64)
    duplicate = undone = 0
    for cell, n, its_duplicate, its_undone in settled.map(cells.told).collect():
        kept[cell + 1] = n
        duplicate += its_duplicate
        undone += its_undone
    start = np.cumsum(kept)
    m = int(start[-1])
    user, note, repeats = (room.empty(m, np.int32) for _ in range(3))
    ts = room.empty(m, np.int64)
    repeats[:] = 0
    payload = {name: room.empty(m, kind) for name, kind in PAYLOAD.items() if name in work.binding.types}
    for its in settled:
        at = slice(int(start[its.cell]), int(start[its.cell + 1]))
        user[at], ts[at] = its.user, its.ts
        first = its_cells.first[its_cells.of_part(its.cell)]
        note[at] = np.repeat(np.arange(first, first + len(its.counts), dtype=np.int32), its.counts)
        repeats[at][its.repeated] = its.repeats
        for name, column in payload.items():
            column[at] = its.payload[name]
    # The likes of a hot note come from several cells, each in order.
    for cell in np.flatnonzero(np.diff(its_cells.base) > 1).tolist():
        at = slice(int(start[its_cells.base[cell]]), int(start[its_cells.base[cell + 1]]))
        row = np.empty(at.stop - at.start, np.int32)
        rearrange(np.array([0, len(row)]), 0, 1, user[at], ts[at], row)
        for column in (repeats, *payload.values()):
            column[at] = column[at][row]
    return Ordered(user, note, ts, repeats, payload, duplicate, undone)


def _ids(
    work: Coding, executors: Executors, numbered: Spread[Any], numbers: _Numbers, used: dict[str, Bools]
) -> dict[str, pa.Array]:
    """Receive the ids that are used, range by range, in the arrays of the room."""
    names = [name for name in _NAMED if name in used and name in numbers.sizes]
    types = work.binding.types
    joiners = {}
    for name in names:
        n, size = numbers.sizes[name], numbers.n_bytes[name]
        joiners[name] = Joiner(types[name], int(used[name].sum()), size, size + 8 * (n + 1), work.room)
    ranges = len(numbers.offsets["user_id"]) - 1
    marks: list[Marks] = [{} for _ in range(ranges)]
    for name in names:
        for r, (first, last) in enumerate(pairwise(numbers.offsets[name].tolist())):
            marks[r][name] = np.packbits(used[name][first:last])
    found: Spread[Named] = numbered.map(pieces.named).beside(executors.spread(marks)).map(pieces.chosen)
    for its in found:
        joiners[its.name].add(its.ids)
    return {name: joiner.joined() for name, joiner in joiners.items()}


def _sources(ordered: Ordered, ids: dict[str, pa.Array]) -> pa.Array | None:
    if "source" not in ordered.payload:
        return None
    return ids.get("source", pa.nulls(0, pa.string()))


def _nothing(work: Coding, kinds: dict[str, pa.DataType], account: Account) -> Coded:
    """Return what comes of no row at all."""
    none: npt.NDArray[np.int32] = np.zeros(0, np.int32)
    payload = {name: np.zeros(0, kind) for name, kind in PAYLOAD.items() if name in work.binding.types}
    ordered = Ordered(none, none, np.zeros(0, np.int64), none, payload, 0, 0)
    ids = {name: pa.array([], kinds[name]) for name in _NAMED if name in kinds}
    users, notes = (Liked(ids[name], kinds[name], finder(ids[name])) for name in ("user_id", "note_id"))
    return Coded(ordered, users, notes, _sources(ordered, ids), account)
