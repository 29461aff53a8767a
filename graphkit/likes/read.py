"""From files or tables to :class:`Likes`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from graphkit import schemas
from graphkit.errors import InputError
from graphkit.likes.model import Accounting, Likes, Notes, Users
from graphkit.progress import SILENT, Progress

if TYPE_CHECKING:
    from graphkit.config import InputConfig
    from graphkit.engines import Engine
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
    from graphkit.likes.coding import Coding
    from graphkit.likes.columns import bind
    from graphkit.likes.fingerprint import Sums, digest, hash_of
    from graphkit.likes.source import resolve
    from graphkit.likes.tables import Joined, join

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
    coded = engine.do(Coding(bindings["likes"], config, engine.room, progress))
    ordered, payload = coded.ordered, coded.ordered.payload
    quarantine = coded.account.quarantine(bindings["likes"])
    accounting = Accounting(
        read=source.rows - coded.account.outside,
        kept=len(ordered.user),
        duplicate=ordered.duplicate,
        undone=ordered.undone,
        quarantined=len(quarantine),
        outside=coded.account.outside,
    )
    if not accounting.kept:
        raise InputError(
            f"likes {source.label}: none of {accounting.read:,} rows is left (undone {ordered.undone:,}, quarantined "
            f"{len(quarantine):,})",
            wanted="at least one like",
            todo="check the dump",
        )

    bad_rows = quarantine.select(["reason", "text"]).to_pylist()
    bad_hashes = [hash_of(f"{row['reason']}\n{row['text']}") for row in bad_rows]
    sums = {"likes": coded.account.sums, "quarantine": Sums(len(bad_hashes), sum(bad_hashes) % 2**64)}
    joined = {name: Joined() for name in ("likes", "users", "notes")}
    for table, liked in ((schemas.USERS, coded.users), (schemas.NOTES, coded.notes)):
        if table.name in bindings:
            binding = bindings[table.name]
            with progress.stage("join", total=binding.source.rows) as advance:
                joined[table.name] = join(table, binding, liked, config, advance)
                binding.source.verify()
            sums[table.name] = joined[table.name].sums

    resolution = ordering.coarsest(ordered.ts, np.array(RESOLUTIONS_US, np.int64))
    return Likes(
        user=ordered.user,
        note=ordered.note,
        ts=ordered.ts,
        repeats=ordered.repeats,
        users=Users(coded.users.ids, **joined["users"].columns),
        notes=_notes(coded.notes.ids, joined["notes"]),
        resolution_us=int(resolution),
        accounting=accounting,
        quarantine=quarantine,
        dwell_ms=payload.get("dwell_ms"),
        completed=payload.get("completed"),
        device=payload.get("device_id"),
        ip=payload.get("ip"),
        source=payload.get("source"),
        sources=coded.sources,
        fingerprint=digest(sums),
        room=engine.room,
        warnings=tuple(w for name, b in bindings.items() for w in (*b.warnings, *joined[name].warnings)),
    )


def _notes(ids: pa.Array, joined: Joined) -> Notes:
    columns = dict(joined.columns)
    renamed = {"author": columns.pop("author_id", None)}
    return Notes(ids, **renamed, authors=joined.values.get("author_id"), topics=joined.values.get("topic"), **columns)
