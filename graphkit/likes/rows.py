"""The rows of the likes table: checked, numbered and coded, batch by batch, on several threads.

Nothing here depends on the order in which batches arrive: codes are provisional, sums are commutative, and
quarantined rows are put in order at the end.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.config import InputConfig
from graphkit.engines import Engine, Room
from graphkit.likes import values
from graphkit.likes.account import REASONS, Account, BadRows
from graphkit.likes.columns import Binding, Bound
from graphkit.likes.encode import Block, Bools, Codebook, known, plain
from graphkit.likes.fingerprint import RowHash
from graphkit.likes.model import I32, I64, UNKNOWN
from graphkit.progress import Advance

#: Payload columns that are numbered by value.
CODED = ("device_id", "ip", "source")


@dataclass
class Rows:
    """Rows that may be used, in no particular order; codes are provisional.

    Attributes
    ----------
    user, note
        Codes, int32.
    ts
        Microseconds since 1970 UTC, int64.
    unlike
        Which rows are unlikes; empty when none is.
    payload
        ``dwell_ms`` float64, ``completed`` int8, ``device_id``, ``ip``, ``source`` int32 codes; only columns
        that some file has.
    """

    user: I32
    note: I32
    ts: I64
    unlike: Bools
    payload: dict[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.user)

    def kept(self, room: Room) -> Rows:
        """Return the same rows where `room` has it that they stand."""
        payload = {name: room.keep(column) for name, column in self.payload.items()}
        return Rows(room.keep(self.user), room.keep(self.note), room.keep(self.ts), room.keep(self.unlike), payload)


@dataclass
class LikesReader:
    """Checks rows of the likes, numbers their ids, and keeps account.

    Parameters
    ----------
    types
        As in :class:`Binding`.
    config
        Times, units and tolerance.
    most_bad
        Above so many bad rows the run stops, so that their text is not worth keeping.

    Attributes
    ----------
    books
        What numbers ``user_id``, ``note_id`` and the coded payload columns.
    account
        What was counted.
    """

    types: Mapping[str, pa.DataType]
    config: InputConfig
    most_bad: int
    books: dict[str, Codebook] = field(init=False)
    account: Account = field(init=False, default_factory=Account)

    def __post_init__(self) -> None:
        self.renew()
        self._earliest, self._latest = values.to_us(self.config.earliest), values.to_us(self.config.latest)
        self._since = None if self.config.since is None else values.to_us(self.config.since)
        self._until = None if self.config.until is None else values.to_us(self.config.until)
        self._lock = threading.Lock()

    def renew(self) -> None:
        """Begin new books: ids are numbered from 0 again."""
        self.books = {
            name: Codebook(name, self.types[name])
            for name in ("user_id", "note_id", *CODED)
            if name in self.types and not pa.types.is_null(self.types[name])
        }

    def read(self, binding: Binding, engine: Engine, advance: Advance) -> Iterator[Rows]:
        """Yield the rows that may be used, batch by batch."""
        tasks = [(p, task) for p, bound in enumerate(binding.parts) for task in bound.part.tasks()]
        threads = len(tasks) < engine.threads

        def run(job: tuple[int, tuple[int, Any]]) -> list[Rows]:
            p, (first, task) = job
            bound = binding.parts[p]
            done = []
            for batch in bound.part.batches(bound.columns, task, threads):
                done.append(self.rows(p, bound, batch, first).kept(engine.room))
                first += batch.num_rows
                advance(batch.num_rows)
            return done

        for rows in engine.map(run, tasks):
            yield from rows

    def rows(self, p: int, bound: Bound, batch: pa.RecordBatch, first: int) -> Rows:
        """Return the rows of a batch that may be used, and account for all. Safe from several threads.

        Parameters
        ----------
        p, bound
            Number and columns of the part.
        batch, first
            Some of its rows, and the number of the first of them in the part.
        """
        columns = {name: bound.column(batch, name) for name in self.types}
        for name in self.books:
            columns[name] = plain(columns[name])
        user, note, ts = columns["user_id"], columns["note_id"], columns["ts"]
        us = values.times(ts, self.config.ts_unit)
        there = values.valid(ts)
        possible = (us >= self._earliest) & (us < self._latest)
        inside = np.ones(len(us), bool)
        if self._since is not None:
            inside &= us >= self._since
        if self._until is not None:
            inside &= us < self._until
        outside = possible & there & ~inside
        unlike, unknown = _actions(columns.get("action"))

        faults = (~known(user), ~known(note), ~there, ~possible, unknown)
        bad = np.zeros(len(us), bool)
        for fault in faults:
            if len(fault):
                bad |= fault
        bad &= ~outside
        if bad.any():
            self._set_aside(p, batch, first, np.flatnonzero(bad), faults)
        use = ~(bad | outside)
        if not use.all():
            keep = pa.array(use)
            columns = {name: column.filter(keep) for name, column in columns.items()}
            us = us[use]
            unlike = unlike[use] if len(unlike) else unlike
        return self._coded(columns, us, unlike, int(outside.sum()))

    def _coded(self, columns: dict[str, pa.Array], us: I64, unlike: Bools, outside: int) -> Rows:
        hashes = RowHash(len(us))
        codes: dict[str, I32] = {}
        payload: dict[str, npt.NDArray[Any]] = {}
        for name in ("user_id", "note_id"):
            block = Block.of(columns[name])
            codes[name] = self.books[name].add(block)
            hashes.add(name, block.hashes)
        hashes.add_ints("ts", us)
        if len(unlike):
            hashes.add_ints("unlike", unlike.astype(np.int64), unlike)
        if "dwell_ms" in columns:
            dwell = payload["dwell_ms"] = values.numbers(columns["dwell_ms"])
            hashes.add_floats("dwell_ms", dwell)
        if "completed" in columns:
            completed = payload["completed"] = values.flags(columns["completed"])
            hashes.add_ints("completed", completed.astype(np.int64), completed != UNKNOWN)
        for name in CODED:
            if name in columns:
                coded = payload[name] = np.full(len(us), UNKNOWN, np.int32)
                if name in self.books:
                    there = known(columns[name])
                    block = Block.of(columns[name].filter(pa.array(there)))
                    coded[there] = self.books[name].add(block)
                    hashes.add(name, block.hashes, there)
        sums = hashes.sums()
        with self._lock:
            self.account.sums += sums
            self.account.outside += outside
        return Rows(codes["user_id"], codes["note_id"], us, unlike, payload)

    def _set_aside(self, p: int, batch: pa.RecordBatch, first: int, where: I64, faults: tuple[Bools, ...]) -> None:
        reasons = [next(r for r, f in zip(REASONS, faults, strict=True) if len(f) and f[i]) for i in where]
        with self._lock:
            account = self.account
            account.reasons.update(reasons)
            place = (p, first + int(where[0]))
            account.first_bad = place if account.first_bad is None else min(account.first_bad, place)
            if account.reasons.total() > self.most_bad:
                return
        at = pa.array(where)
        columns = [plain(column).take(at) for column in batch.columns]
        texts = as_json(pa.RecordBatch.from_arrays(columns, names=batch.schema.names))
        with self._lock:
            account.bad.setdefault(p, []).append(BadRows([first + int(i) for i in where], reasons, texts))


def _actions(column: pa.Array | None) -> tuple[Bools, Bools]:
    """Return which rows are unlikes and which are neither like nor unlike; empty when none is."""
    none = np.zeros(0, bool)
    if column is None or pa.types.is_null(column.type):
        return none, none
    column = plain(column)
    unlike = pc.fill_null(pc.equal(column, pa.scalar("unlike", column.type)), False)
    like = pc.fill_null(pc.equal(column, pa.scalar("like", column.type)), True)
    unlikes = unlike.to_numpy(zero_copy_only=False)
    unknown = ~(unlikes | like.to_numpy(zero_copy_only=False))
    return (unlikes if unlikes.any() else none), (unknown if unknown.any() else none)


def as_json(batch: pa.RecordBatch) -> list[str]:
    """Return every row as JSON text, times in ISO 8601."""
    columns = [_as_plain(column) for column in batch.columns]
    rows = zip(*columns, strict=True)
    return [json.dumps(dict(zip(batch.schema.names, row, strict=True)), ensure_ascii=False) for row in rows]


def _as_plain(column: pa.Array) -> list[Any]:
    kind = column.type
    if values.is_time(kind):  # Python's datetime does not reach as far
        unit = "D" if pa.types.is_date32(kind) else "ms" if pa.types.is_date64(kind) else kind.unit
        raw = column.view(pa.int32() if unit == "D" else pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        texts = np.datetime_as_string(raw.astype(np.int64).view(f"datetime64[{unit}]")).tolist()
        zone = "" if pa.types.is_date(kind) or kind.tz is None else "Z"
        return [t + zone if v else None for t, v in zip(texts, values.valid(column), strict=True)]
    if pa.types.is_floating(kind):
        return [v if v is None or np.isfinite(v) else str(v) for v in column.to_pylist()]
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        raw = column.cast(pa.binary()).to_pylist()
        return [None if v is None else v.decode("utf-8", "backslashreplace") for v in raw]
