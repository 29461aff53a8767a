"""The runs that a case store knows, and the names of their rings."""

from __future__ import annotations

import datetime as dt
import sqlite3
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphkit.cases.database import dump_time, load_id
from graphkit.cases.lineage import end_of, place
from graphkit.cases.lineagefile import Lineage
from graphkit.detection.run import Detection
from graphkit.errors import InputError

Row = dict[str, Any]


class Register:
    """Runs, noted once, and their rings under names that stay.

    Parameters
    ----------
    folder
        Where the case store is.
    connection
        Its database, in a transaction.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._sql = connection

    @cached_property
    def lineage(self) -> Lineage:
        """The rings of all runs in the store, by name."""
        return Lineage(self.folder, [run_id for (run_id,) in self._sql.execute("SELECT run_id FROM runs")])

    def names(self) -> dict[tuple[str, str], str]:
        """Return the name of every ring of every run, by `run_id` and `ring_id`."""
        return {(row["run_id"], row["ring_id"]): row["name"] for row in self.lineage.rows}

    def runs(self) -> list[Row]:
        """Return the runs by the end of their period: what each was made from, and the period."""
        rows = [dict(row) for row in self._sql.execute("SELECT * FROM runs ORDER BY last_ts, run_id")]
        return [{**row, **{n: dt.datetime.fromisoformat(row[n]) for n in ("first_ts", "last_ts")}} for row in rows]

    def add_run(self, run: Detection) -> list[Row]:
        """Note what a run was made from and name its rings; a run is noted once.

        Returns
        -------
        list of dict
            Its rows of ``schemas.LINEAGE``.

        Raises
        ------
        InputError
            When its ids are texts and those in the store integers, or the other way round.
        """
        rows = self.placed(run)
        info = run.info
        values = (run.run_id, info["graphkit"], info["input"]["fingerprint"], info["config_digest"])
        period = (dump_time(dt.datetime.fromisoformat(info["period"][name])) for name in ("first_ts", "last_ts"))
        added = self._sql.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", (*values, *period))
        if added.rowcount:
            self.lineage.add(rows)
        return rows

    def placed(self, run: Detection) -> list[Row]:
        """Return the rows of ``schemas.LINEAGE`` that a run has (without ids), or would have, without storing them."""
        self._check_ids(run)
        runs = self.runs()
        if any(one["run_id"] == run.run_id for one in runs):
            return [row for row in self.lineage.rows if row["run_id"] == run.run_id]
        end = end_of(run)
        earlier = [one["run_id"] for one in runs if one["last_ts"] <= end]
        known = self.lineage.rows_with_ids(run.members["user_id"].unique().to_pylist())
        return place(run, known, earlier[-1] if earlier else None)

    def _check_ids(self, run: Detection) -> None:
        for column, table in (("user_id", "members"), ("note_id", "targets")):
            kind, held = run.tables[table].schema.field(column).type, self.lineage.id_type(column)
            if held is not None and pa.types.is_integer(kind) != pa.types.is_integer(held):
                raise InputError(
                    f"{self.folder} holds {column}s of type {held} and the run of type {kind}",
                    wanted="runs over the same ids",
                    todo="choose another --cases",
                )

    def id_from(self, text: str, column: str) -> Any:
        """Return the id that a text stands for, as the store holds ids: a ``user_id``, ``note_id`` or ``author_id``.

        Raises
        ------
        InputError
            When ids are integers and the text is none.
        """
        if not self._has_integers(column):
            return text
        try:
            return int(text)
        except ValueError:
            raise InputError(
                f"{column} {text!r}", wanted=f"an integer, as the ids in {self.folder} are", todo="mend it"
            ) from None

    def _has_integers(self, column: str) -> bool:
        if column == "author_id":  # the lineage knows members and targets only
            some = self._sql.execute("SELECT author_id FROM purged WHERE author_id IS NOT NULL LIMIT 1").fetchone()
            return some is not None and isinstance(load_id(some[0]), int)
        held = self.lineage.id_type(column)
        return held is not None and bool(pa.types.is_integer(held))

    def _insert(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> int:
        marks = ", ".join("?" * len(columns))
        done = self._sql.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)  # noqa: S608
        return done.lastrowid or 0
