"""Worlds as tables, runs over them, and what it means that two runs are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import graphkit as gk
from graphkit.engines import LocalEngine, Room
from graphkit.schemas import OUTPUTS
from tests.worlds import DAY, SECOND

#: What of ``run.json`` tells how a run went rather than what it found.
HOW = {"made_at", "timings_s", "seconds", "peak_memory_bytes", "bytes_in_files", "threads", "input"}


class Tables(NamedTuple):
    """The input of a run."""

    likes: Any
    users: pa.Table | None = None
    notes: pa.Table | None = None

    def each(self, change: Callable[[pa.Table], pa.Table]) -> Tables:
        """Return the tables with `change` made to each that is there."""
        return Tables(*(None if table is None else change(table) for table in self))


def detect(tables: Tables, threads: int = 2, room: Room | None = None) -> gk.Detection:
    """Read and detect."""
    engine = LocalEngine(threads, room)
    likes = gk.read_likes(tables.likes, users=tables.users, notes=tables.notes, engine=engine)
    return gk.detect(likes, engine=engine)


def dense(seed: int = 1, n_users: int = 900, n_rings: int = 4) -> Tables:
    """Return bare likes with int64 ids: rings of 18 push 30 notes each within a minute, amid everybody's likes.

    Every ring member likes a few other notes too; one note in the middle is liked by half of all within the hour. Ten
    friends pass five notes on within a minute, too few for anybody to tell them from a ring.
    """
    rng = np.random.default_rng(seed)
    n_notes, n_noise, span = 1500, 9000, 5 * 86_400
    parts = [(rng.integers(0, n_users, n_noise), rng.zipf(1.6, n_noise) % n_notes, rng.integers(0, span, n_noise))]
    crowd = rng.choice(n_users, n_users // 2, replace=False)
    parts.append((crowd, np.full(len(crowd), 77), span // 2 + rng.integers(0, 3600, len(crowd))))
    for ring in range(n_rings):
        members = n_users + 18 * ring + np.arange(18)
        for note in rng.choice(n_notes, 30, replace=False):
            who = members[rng.random(18) < 0.7]
            parts.append((who, np.full(len(who), note), rng.integers(0, span) + rng.integers(0, 60, len(who))))
        parts.append((np.repeat(members, 4), rng.integers(0, n_notes, 72), rng.integers(0, span, 72)))
    friends = n_users + 18 * n_rings + np.arange(10)
    for note in rng.choice(n_notes, 5, replace=False):
        parts.append((friends, np.full(10, note), rng.integers(0, span) + rng.integers(0, 60, 10)))
    parts.append((np.repeat(friends, 9), rng.integers(0, n_notes, 90), rng.integers(0, span, 90)))
    user, note, t = (np.concatenate(column) for column in zip(*parts, strict=True))
    ts = pa.array(DAY + t * SECOND, pa.timestamp("us", tz="UTC"))
    return Tables(pa.table({"user_id": user * 7 - 1000, "note_id": note * 3 + 10**12, "ts": ts}))


def assert_same_tables(a: gk.Detection, b: gk.Detection, *, quarantine: bool = True) -> None:
    """Hold two runs to be equal to the last bit; `quarantine` says whether that holds for file and row numbers too."""
    for table in OUTPUTS:
        left, right = a.tables[table.name], b.tables[table.name]
        assert left.schema.equals(right.schema), table.name
        if table.name != "quarantine" or quarantine:
            # pyarrow holds NaN to differ from itself; the runs hold nulls instead.
            assert left.equals(right), table.name
        else:
            assert reasons(a) == reasons(b)


def assert_same_bytes(a: gk.Detection, b: gk.Detection, folder: Path, *, quarantine: bool = True) -> None:
    """Save two runs and hold the files of their tables to be equal."""
    assert_same_tables(a, b, quarantine=quarantine)
    first, second = a.save(folder / "a"), b.save(folder / "b")
    for table in OUTPUTS:
        if table.name != "quarantine" or quarantine:
            name = f"{table.name}.parquet"
            assert (first / name).read_bytes() == (second / name).read_bytes(), name


def findings(run: gk.Detection) -> dict[str, Any]:
    """Return what ``run.json`` says was found."""
    return {key: value for key, value in run.info.items() if key not in HOW}


def reasons(run: gk.Detection) -> list[tuple[str, str]]:
    """Return reason and text of the quarantined rows, wherever they stood."""
    return sorted(zip(run.quarantine["reason"].to_pylist(), run.quarantine["text"].to_pylist(), strict=True))


def unnamed(run: gk.Detection, rename: Callable[[Any], Any] = lambda x: x) -> dict[str, list[dict[str, Any]]]:
    """Return the tables as rows with other ids, each ring called by its smallest member; quarantine left out."""
    users = zip(run.members["ring_id"].to_pylist(), map(rename, run.members["user_id"].to_pylist()), strict=True)
    name: dict[str, Any] = {}
    for ring, user in users:
        name[ring] = min(name.get(ring, user), user)
    ids = {"user_id", "user_a", "user_b", "note_id", "author_id"}

    def renamed(row: dict[str, Any]) -> dict[str, Any]:
        row |= {key: rename(row[key]) for key in ids & row.keys() if row[key] is not None}
        return row | ({"ring_id": name[row["ring_id"]]} if "ring_id" in row else {})

    return {
        table.name: sorted(
            map(renamed, run.tables[table.name].to_pylist()), key=lambda r: [r[k] for k in table.sort_by]
        )
        for table in OUTPUTS
        if table.name != "quarantine"
    }


def map_ids(table: pa.Table, rename: Callable[[pa.Array], pa.Array]) -> pa.Table:
    """Return the table with its user, note and author ids mapped."""
    for name in ("user_id", "note_id", "author_id"):
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, rename(table[name]))
    return table


def shift_times(table: pa.Table, days: int) -> pa.Table:
    """Return the table with all its times so many days later."""
    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            later = pc.add(table[field.name].cast(pa.timestamp("us", "UTC")).cast(pa.int64()), days * 86_400 * SECOND)
            table = table.set_column(i, field.name, later.cast(pa.timestamp("us", "UTC")))
    return table
