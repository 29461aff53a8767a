"""What executors do with likes: functions of the records of one part, whatever their order.

They are sent to the executors by name, and what they need of the rest comes with them, bound to their first arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.config import InputConfig
from graphkit.engines.cuts import cuts
from graphkit.errors import GraphkitError, InputError
from graphkit.likes.account import Account, BadRows
from graphkit.likes.columns import Bound
from graphkit.likes.encode import Block, Codebook, is_text
from graphkit.likes.ids import places, stretch, texts
from graphkit.likes.model import I32, I64
from graphkit.likes.parts import FilePart
from graphkit.likes.rows import LikesReader, Rows
from graphkit.likes.tables import mapped

#: Runs of notes that fit in a cell at least.
_RUNS = 8

Marks: TypeAlias = dict[str, npt.NDArray[np.uint8]]


class Task(NamedTuple):
    """Rows of one part of the input: its number and columns, the number of the first row, what names them to it."""

    number: int
    bound: Bound
    first: int
    argument: Any


class Stretch(NamedTuple):
    """What one task reads."""

    number: int
    tasks: tuple[Task, ...]


class Piece(NamedTuple):
    """Rows of a stretch that may be used, coded by place among the piece's own sorted ids."""

    stretch: int
    number: int
    rows: Rows
    ids: dict[str, pa.Array]


class Fault(NamedTuple):
    """What stopped a stretch: while it was read, or (`late`) while its ids were sorted."""

    error: GraphkitError
    late: bool


Record: TypeAlias = Piece | Account | Fault


class Look(NamedTuple):
    """What is told of a piece: its rows, and by kind the number of its ids with some of them, evenly spaced."""

    rows: int
    ids: dict[str, tuple[int, pa.Array]]


class Share(NamedTuple):
    """Sorted ids of a piece that fall into one range; for notes, how many rows each has."""

    name: str
    range: int
    stretch: int
    number: int
    ids: pa.Array
    counts: I64


class Named(NamedTuple):
    """The distinct ids of a range, sorted."""

    name: str
    range: int
    ids: pa.Array


class Tally(NamedTuple):
    """What is told of a range: its ids, their bytes, and for notes where runs of them begin, with the rows of each."""

    name: str
    range: int
    n: int
    n_bytes: int
    run_first: I64
    run_rows: I64


class Codes(NamedTuple):
    """Codes for the ids of a piece that fell into one range: places in it, or what they are among all."""

    name: str
    range: int
    stretch: int
    number: int
    codes: I32


class How(NamedTuple):
    """How rows are read: as `LikesReader` takes it, and the rows of a piece, to which a batch may come."""

    types: Mapping[str, pa.DataType]
    config: InputConfig
    most_bad: int
    rows: int


def read(how: How, stretches: Iterable[Stretch]) -> Iterator[Record]:
    """Yield the rows of stretches in pieces, and what was counted of each stretch."""
    for its in stretches:
        reader = LikesReader(how.types, how.config, how.most_bad)
        held: list[Rows] = []
        number = 0
        task = its.tasks[0]
        try:
            for task in its.tasks:
                first = task.first
                for batch in task.bound.part.batches(task.bound.columns, task.argument, False):
                    held.append(reader.rows(task.number, task.bound, batch, first))
                    first += batch.num_rows
                    if sum(map(len, held)) >= how.rows:
                        yield _piece(its.number, number, held, reader)
                        held, number = [], number + 1
                        reader.renew()
        except GraphkitError as error:
            yield Fault(_seen_from_here(task, error), late=False)
        if any(map(len, held)):
            yield _piece(its.number, number, held, reader)
        yield reader.account


def _seen_from_here(task: Task, error: GraphkitError) -> GraphkitError:
    """Return an error of a task, or what is behind it: that an executor does not see the file."""
    part = task.bound.part
    if isinstance(part, FilePart) and part.is_gone():
        return InputError(
            f"{part.label}: executors do not find it",
            wanted="files at a path or URL that the driver and every executor can open",
            todo="put them on shared storage, or read them on this machine alone (--engine local)",
        )
    return error


def _piece(stretch: int, number: int, held: list[Rows], reader: LikesReader) -> Piece | Fault:
    """Put rows together, coded by the order of their ids."""
    ids: dict[str, pa.Array] = {}
    ranks: dict[str, I32] = {}
    try:
        for name, book in reader.books.items():
            ids[name], ranks[name] = book.ranked()
    except GraphkitError as error:
        return Fault(error, late=True)
    flagged = any(len(rows.unlike) for rows in held)
    unlike = [rows.unlike if len(rows.unlike) else np.zeros(len(rows), bool) for rows in held] if flagged else []
    payload = {}
    for name in held[0].payload:
        column = np.concatenate([rows.payload[name] for rows in held])
        payload[name] = mapped(column, ranks[name]) if name in ranks else column
    user = ranks["user_id"][np.concatenate([rows.user for rows in held])]
    note = ranks["note_id"][np.concatenate([rows.note for rows in held])]
    ts = np.concatenate([rows.ts for rows in held])
    return Piece(stretch, number, Rows(user, note, ts, np.concatenate([np.zeros(0, bool), *unlike]), payload), ids)


def look(most: int, records: Iterable[Record]) -> Iterator[Look | Account | Fault]:
    """Yield what this process is told of pieces, `most` ids of each kind, and accounts without their rows."""
    for record in records:
        if isinstance(record, Account):
            yield Account(record.sums, record.outside, record.reasons, record.first_bad)
        elif isinstance(record, Piece):
            some = {}
            for name, ids in record.ids.items():
                at = np.linspace(0, len(ids), min(most, len(ids)), endpoint=False).astype(np.int64)
                some[name] = (len(ids), ids.take(pa.array(at)))
            yield Look(len(record.rows), some)
        else:
            yield record


def quarantined(records: Iterable[Record]) -> Iterator[dict[int, list[BadRows]]]:
    """Yield the quarantined rows."""
    for record in records:
        if isinstance(record, Account) and record.bad:
            yield record.bad


def bounds(kind: pa.DataType, samples: list[tuple[int, pa.Array]], ranges: int) -> pa.Array:
    """Return where ranges after the first begin, sorted; fewer than `ranges` where there are few ids.

    Parameters
    ----------
    kind
        Type of the ids.
    samples
        Of each piece, the number of its ids and some of them.
    ranges
        How many are wanted, about equally full.
    """
    common = pa.large_string() if is_text(kind) else kind
    some = [(n, ids.cast(common)) for n, ids in samples if len(ids)]
    if not some:
        return pa.array([], common)
    ids = pa.concat_arrays([ids for _, ids in some])
    weight = np.concatenate([np.full(len(ids), n / len(ids)) for n, ids in some])
    by_id = pc.array_sort_indices(ids)
    sums = np.cumsum(weight[by_id.to_numpy()])
    at = np.searchsorted(sums, sums[-1] * np.arange(1, ranges) / ranges)
    return pc.unique(ids.take(by_id).take(pa.array(at)))


def share(its_bounds: Mapping[str, pa.Array], records: Iterable[Record]) -> Iterator[tuple[int, Share]]:
    """Yield the ids of pieces, range by range."""
    for record in records:
        if not isinstance(record, Piece):
            continue
        for name, ids in record.ids.items():
            counts = np.zeros(0, np.int64)
            if name == "note_id":
                counts = np.bincount(record.rows.note, minlength=len(ids)).astype(np.int64)
            at = [0, *places(ids, its_bounds[name]).tolist(), len(ids)]
            for r, (first, last) in enumerate(pairwise(at)):
                if first < last:
                    its = stretch(ids, first, last)
                    yield r, Share(name, r, record.stretch, record.number, its, counts[first:last])


def number(kinds: Mapping[str, pa.DataType], most: int, shares: Iterable[Share]) -> Iterator[Named | Tally | Codes]:
    """Merge and number the ids of a range, and cut its notes into runs that add up well to cells of `most` rows."""
    by_name: dict[str, list[Share]] = {}
    for its in shares:
        by_name.setdefault(its.name, []).append(its)
    for name, group in by_name.items():
        book = Codebook(name, kinds[name])
        codes = [book.add(Block.of(its.ids)) for its in group]
        ids, rank = book.ranked()
        r = group[0].range
        yield Named(name, r, ids)
        run_first = run_rows = np.zeros(0, np.int64)
        if name == "note_id":
            counts = np.zeros(len(ids), np.int64)
            for its, code in zip(group, codes, strict=True):
                counts[rank[code]] += its.counts  # each id once in a piece
            run_first = np.array(cuts(counts, max(1, most // _RUNS)), np.int64)
            run_rows = np.add.reduceat(counts, run_first[:-1])
        n_bytes = int(np.ptp(texts(ids)[0][[0, -1]])) if is_text(ids.type) else 0
        yield Tally(name, r, len(ids), n_bytes, run_first, run_rows)
        for its, code in zip(group, codes, strict=True):
            yield Codes(name, r, its.stretch, its.number, rank[code])


def tallies(records: Iterable[Named | Tally | Codes]) -> Iterator[Tally]:
    """Yield what is told of ranges."""
    return (record for record in records if isinstance(record, Tally))


def named(records: Iterable[Named | Tally | Codes]) -> Iterator[Named]:
    """Yield the ids of ranges."""
    return (record for record in records if isinstance(record, Named))


def chosen(both: Iterable[tuple[list[Named], list[Marks]]]) -> Iterator[Named]:
    """Yield those ids of ranges that are marked; of other kinds none."""
    for of_range, (marks,) in both:
        for its in of_range:
            if its.name in marks:
                used = np.unpackbits(marks[its.name], count=len(its.ids)).astype(bool)
                yield its if used.all() else its._replace(ids=its.ids.filter(pa.array(used)))


def codes_back(offsets: Mapping[str, I64], records: Iterable[Named | Tally | Codes]) -> Iterator[tuple[int, Codes]]:
    """Yield the codes of ranges as codes among all, for the stretches that asked."""
    for record in records:
        if isinstance(record, Codes):
            first = np.int32(offsets[record.name][record.range])
            yield record.stretch, record._replace(codes=record.codes + first)
