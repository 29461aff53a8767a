"""From files or tables to :class:`Likes`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from graphkit import schemas
from graphkit.errors import InputError
from graphkit.likes.model import I32, UNKNOWN, Accounting, Likes, Notes, Users
from graphkit.progress import SILENT, Progress

if TYPE_CHECKING:
    from graphkit.config import InputConfig
    from graphkit.engines import Engine, Room
    from graphkit.likes.tables import Joined

#: Steps of time that are told apart, ascending, in microseconds.
RESOLUTIONS_US = (1, 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000)


def read_likes(
    likes: str | os.PathLike[str] | Any,
    *,
    users: str | os.PathLike[str] | Any = None,
    notes: str | os.PathLike[str] | Any = None,
    config: InputConfig | None = None,
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> Likes:
    """Read and check likes, and what is known about their users and notes.

    A user's first like of a note that no later unlike undid is kept; later ones are counted in ``repeats``. At one
    instant a like comes before an unlike, and of several likes the one with the least payload wins (``dwell_ms``,
    ``completed``, ``device_id``, ``ip``, ``source`` in this order, unknown last), so the result does not depend on
    the order of rows or files, nor on the number of threads. Empty text in an id column counts as null. Ids keep
    their type; string views come out as ``string``, and types that differ only in width as the wider one.

    The resolution is the coarsest step of which all kept times are multiples (UTC); a single time off the grid of
    minutes therefore makes it finer.

    Parameters
    ----------
    likes
        A Parquet file, a directory of them (Hive-partitioned or not), a glob, or a URL that pyarrow opens; or a
        table in memory: pyarrow, pandas, or anything with ``__arrow_c_stream__``. Columns as in ``schemas.LIKES``; a
        Hive partition key serves where a file lacks the column of that name.
    users, notes
        Tables about users and notes in the same forms, as ``schemas.USERS`` and ``schemas.NOTES``. Ids that are not
        liked are dropped, liked ids that are not there are unknown.
    config
        How to read; by default ``InputConfig()``.
    engine
        Threads to use, by default all processors, and the memory that may be taken, by default half of what is free:
        columns beyond it stand in files that end with the process (`graphkit.engines.room`).
    progress
        Told of the stages ``read``, ``encode``, ``order`` and ``join``.

    Returns
    -------
    Likes

    Raises
    ------
    InputError
        When anything in the input cannot be used: a path, a file, a column, a type, or more than
        ``config.max_bad_share`` of the rows; also when a file changes while it is read.
    ConfigError
        When ``config.columns`` maps a column that does not exist.
    CapacityError
        When there are more than 2^31 - 2 likes, or about as many users or notes; or neither memory nor disk suffices.
    """
    # Here rather than above: kernels take half a second to import.
    from graphkit._kernels import ordering
    from graphkit.config import InputConfig
    from graphkit.engines.local import LocalEngine
    from graphkit.likes.columns import bind
    from graphkit.likes.fingerprint import Sums, digest, hash_of
    from graphkit.likes.order import order
    from graphkit.likes.rows import CODED, LikesReader
    from graphkit.likes.source import resolve
    from graphkit.likes.tables import Joined, Liked, join

    config = config or InputConfig()
    engine = engine or LocalEngine()
    bindings = {}
    for table, given in ((schemas.LIKES, likes), (schemas.USERS, users), (schemas.NOTES, notes)):
        if given is not None:
            source = resolve(given, table.name, engine)
            bindings[table.name] = bind(table, source, config.columns, config.ts_unit)
    source = bindings["likes"].source
    if source.rows == 0:
        raise InputError(f"likes {source.label}: no rows", wanted="at least one like", todo="check the dump")

    if config.since is None and config.until is None:  # otherwise nobody knows yet how many there are
        engine.room.prepare(source.rows)
    reader = LikesReader(bindings["likes"], config)
    with progress.stage("read", total=source.rows) as advance:
        chunks = list(reader.read(engine, advance))
        source.verify()
        reader.check_share()
    read = source.rows - reader.outside
    if read == 0:
        raise InputError(
            f"likes {source.label}: none of {source.rows:,} rows lies in the time asked for",
            wanted="likes between --since and --until",
            todo="check --since and --until",
        )

    with progress.stage("encode", total=sum(map(len, reader.books.values())), unit="ids") as advance:
        ids, ranks = {}, {}
        for name, book in reader.books.items():
            ids[name], ranks[name] = book.ranked()
            advance(len(book))

    with progress.stage("order", total=read) as advance:
        ordered = order(chunks, ranks, engine)
        pa.default_memory_pool().release_unused()  # what held the pages of the files: a quarter of all memory by now
        user, user_ids, user_code = _compact(ordered.user, ids["user_id"], engine.room, ranks["user_id"])
        note, note_ids, note_code = _compact(ordered.note, ids["note_id"], engine.room, ranks["note_id"])
        payload = dict(ordered.payload)
        names: dict[str, pa.Array] = {}
        for name in CODED:
            if name in payload:
                values = ids.get(name, pa.nulls(0, pa.string()))
                payload[name], names[name], _ = _compact(payload[name], values, engine.room)
        resolution = ordering.coarsest(ordered.ts, np.array(RESOLUTIONS_US, np.int64))
        advance(read)

    quarantine = reader.quarantine()
    accounting = Accounting(
        read=read,
        kept=len(user),
        duplicate=ordered.duplicate,
        undone=ordered.undone,
        quarantined=len(quarantine),
        outside=reader.outside,
    )
    if not len(user):
        raise InputError(
            f"likes {source.label}: none of {read:,} rows is left (undone {ordered.undone:,}, quarantined "
            f"{len(quarantine):,})",
            wanted="at least one like",
            todo="check the dump",
        )

    bad_rows = quarantine.select(["reason", "text"]).to_pylist()
    bad_hashes = [hash_of(f"{row['reason']}\n{row['text']}") for row in bad_rows]
    sums = {"likes": reader.sums, "quarantine": Sums(len(bad_hashes), sum(bad_hashes) % 2**64)}
    joined = {name: Joined() for name in ("likes", "users", "notes")}
    for table, liked in (
        (schemas.USERS, Liked(reader.books["user_id"], user_code, user_ids)),
        (schemas.NOTES, Liked(reader.books["note_id"], note_code, note_ids)),
    ):
        if table.name in bindings:
            binding = bindings[table.name]
            with progress.stage("join", total=binding.source.rows) as advance:
                joined[table.name] = join(table, binding, liked, config, advance)
                binding.source.verify()
            sums[table.name] = joined[table.name].sums

    return Likes(
        user=user,
        note=note,
        ts=ordered.ts,
        repeats=ordered.repeats,
        users=Users(user_ids, **joined["users"].columns),
        notes=_notes(note_ids, joined["notes"]),
        resolution_us=int(resolution),
        accounting=accounting,
        quarantine=quarantine,
        dwell_ms=payload.get("dwell_ms"),
        completed=payload.get("completed"),
        device=payload.get("device_id"),
        ip=payload.get("ip"),
        source=payload.get("source"),
        sources=names.get("source"),
        fingerprint=digest(sums),
        room=engine.room,
        warnings=tuple(w for name, b in bindings.items() for w in (*b.warnings, *joined[name].warnings)),
    )


def _compact(codes: I32, ids: pa.Array, room: Room, rank: I32 | None = None) -> tuple[I32, pa.Array, I32]:
    """Renumber codes so that every id is used.

    Returns
    -------
    codes, ids, code_of
        The new codes; the ids that are used; the new code of each provisional one, `UNKNOWN` where it is not used.
    """
    used = np.zeros(len(ids) + 1, bool)  # one more, so that an unknown code marks nothing
    used[codes] = True
    used = used[:-1]
    dense = np.where(used, np.cumsum(used) - 1, UNKNOWN).astype(np.int32)
    if not used.all():
        ids = ids.filter(pa.array(used))
        if len(dense):
            codes = room.keep(np.where(codes == UNKNOWN, np.int32(UNKNOWN), dense[codes]))
    return codes, ids, dense if rank is None else dense[rank]


def _notes(ids: pa.Array, joined: Joined) -> Notes:
    columns = dict(joined.columns)
    renamed = {"author": columns.pop("author_id", None)}
    return Notes(ids, **renamed, authors=joined.values.get("author_id"), topics=joined.values.get("topic"), **columns)
