"""``lineage.parquet``: read as far as it is needed, added to, and replaced whole."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.columns import Kind
from graphkit.errors import OutputError
from graphkit.schemas import LINEAGE

FILE = "lineage.parquet"
#: Columns that hold ids; by far the largest part of the file.
_IDS = {"user_ids": Kind.USER_ID, "note_ids": Kind.NOTE_ID}
_LIGHT = [name for name in LINEAGE.names if name not in _IDS]
_AT_ONCE = 10_000
_INT64_MAX = 2**63 - 1

Row = dict[str, Any]


class Lineage:
    """The rows of ``schemas.LINEAGE`` of a case store.

    A year of runs holds millions of ids, of which a run shares few: they are read only where they are asked for.

    Parameters
    ----------
    folder
        The case store.
    known
        The runs that count; rows of others, as a transaction leaves that failed at its very end, are passed over.
    """

    def __init__(self, folder: Path, known: Collection[str]) -> None:
        self._path = folder / FILE
        self._known = pa.array(sorted(known), pa.string())
        self._added: list[Row] = []

    @cached_property
    def _read(self) -> list[Row]:
        return [row for batch in self._batches(_LIGHT) for row in batch.to_pylist()]

    @property
    def rows(self) -> list[Row]:
        """Every row without its ids, by ``schemas.LINEAGE.sort_by``; rows added now come last."""
        return self._read + self._added

    def rows_with_ids(
        self, users: Collection[Any] = (), notes: Collection[Any] = (), rings: Collection[tuple[str, str]] = ()
    ) -> list[Row]:
        """Return every row, with ids where it shares a member or target or is asked for, elsewhere with empty lists.

        Parameters
        ----------
        users, notes
            Members and targets.
        rings
            Pairs of `run_id` and `ring_id`.
        """
        rows = []
        for batch in self._batches(list(LINEAGE.names)):
            near = _holding(batch["user_ids"], users) | _holding(batch["note_ids"], notes)
            keys = zip(batch["run_id"].to_pylist(), batch["ring_id"].to_pylist(), strict=True)
            near |= np.fromiter((key in rings for key in keys), np.bool_, batch.num_rows)
            whole = iter(batch.filter(pa.array(near)).to_pylist())
            light = batch.select(_LIGHT).to_pylist()
            rows += [
                next(whole) if one else {**row, **{c: [] for c in _IDS}} for row, one in zip(light, near, strict=True)
            ]
        return rows + self._added

    def id_type(self, column: str) -> pa.DataType | None:
        """Return the type of the ids, ``user_id`` or ``note_id``; ``None`` where there are none yet."""
        for row in self._added:
            if row[f"{column}s"]:
                return type_of(row[f"{column}s"])
        for batch in self._batches([f"{column}s", "run_id"]):
            return batch.schema.field(f"{column}s").type.value_type
        return None

    def add(self, rows: Sequence[Row]) -> None:
        """Add the rows of a run."""
        self._added += rows

    def write(self) -> None:
        """Put the rows, where some were added, in the place of the old file, whole or not at all."""
        import pyarrow.parquet as pq

        if not self._added:
            return
        old = [pa.Table.from_batches([batch]) for batch in self._batches(list(LINEAGE.names))]
        types = {kind: self._wide(column, old) for column, kind in _IDS.items()}
        schema = LINEAGE.arrow(types)
        tables = [*(table.cast(schema) for table in old), pa.Table.from_pylist(self._added, schema=schema)]
        table = pa.concat_tables(tables).sort_by([(name, "ascending") for name in LINEAGE.sort_by])
        fresh = self._path.with_name(f".{FILE}.{os.getpid()}.part")
        try:
            pq.write_table(table, fresh, compression="zstd")
            fresh.replace(self._path)
        finally:
            fresh.unlink(missing_ok=True)

    def _wide(self, column: str, old: list[pa.Table]) -> pa.DataType:
        """Return a type for old and new ids of a column: a run may have wider integers than those before."""
        added = type_of([one for row in self._added for one in row[column]])
        return pa.uint64() if any(t.schema.field(column).type.value_type == pa.uint64() for t in old) else added

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield the columns of the rows of known runs, in parts that fit into memory."""
        import pyarrow.parquet as pq

        if not self._path.exists():
            return
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(_AT_ONCE, columns=columns):
                    kept = batch.filter(pc.is_in(batch["run_id"], value_set=self._known))
                    if kept.num_rows:
                        yield kept.select(columns)
        except (OSError, KeyError, pa.ArrowException) as e:
            raise OutputError(
                f"{self._path}: {' '.join(str(e).split())[:200]}",
                wanted="the lineage as graphkit wrote it",
                todo="put it back from a copy",
            ) from None


def type_of(ids: Sequence[Any]) -> pa.DataType:
    """Return the type that holds all these ids."""
    if not ids or isinstance(ids[0], str):
        return pa.string()
    return pa.uint64() if max(ids) > _INT64_MAX else pa.int64()


def _holding(lists: pa.ListArray, ids: Collection[Any]) -> Any:
    """Tell which lists hold one of some ids, bool[n]."""
    kind = lists.type.value_type
    found = np.zeros(len(lists), np.bool_)
    if pa.types.is_integer(kind):
        low, high = (0, 2**64 - 1) if kind == pa.uint64() else (-(2**63), _INT64_MAX)
        ids = [one for one in ids if low <= one <= high]
    wanted = pa.array(sorted(ids), kind)
    hit = pc.is_in(pc.list_flatten(lists), value_set=wanted)
    found[pc.list_parent_indices(lists).filter(hit).to_numpy()] = True
    return found
