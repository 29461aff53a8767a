"""The case store: a folder that outlives runs, with every verdict, every batch, and what they were based on."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from graphkit.cases.database import connect, dump_id, dump_time, load_id
from graphkit.cases.decisions import Decisions, Subject, Verdict, subject_of
from graphkit.detection.run import Detection
from graphkit.errors import InputError

#: Days for which a cleared user stays cleared, where nothing else is said.
CLEARED_D = 180
_COLUMNS = ("ring_id", "user_id", "note_id", "verdict", "reviewer", "time", "comment")


def default_folder(run: str | Path) -> Path:
    """Return where the case store of a run is kept unless said otherwise: ``cases`` beside the run."""
    return Path(run).resolve().parent / "cases"


class CaseStore:
    """What people decided about runs, and which likes went in which batch.

    Made by :meth:`open` only. Nothing in it is ever changed or deleted: verdicts are added, and later ones speak louder
    than earlier ones of the same reviewer.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._sql = connection

    @classmethod
    @contextmanager
    def open(cls, folder: str | Path, *, write: bool = False) -> Iterator[Self]:
        """Open a case store for the length of a block, which is one transaction.

        Parameters
        ----------
        folder
            The store. To a reader, one that is not there yet is empty; a writer makes it.
        write
            Whether to write. There is one writer at a time; a second is told so at once.

        Yields
        ------
        CaseStore

        Raises
        ------
        OutputError
            When it cannot be opened, is newer than this program, is being written by another process, or has no room.
        """
        with connect(Path(folder), write=write) as connection:
            yield cls(Path(folder), connection)

    # ----------------------------------------------------------------------------------------------
    # Verdicts

    def add_run(self, run: Detection) -> None:
        """Note what a run was made from; a run is noted once.

        Raises
        ------
        InputError
            When its ids are texts and those in the store integers, or the other way round.
        """
        self._check_ids(run.members["user_id"].type)
        info = run.info
        row = (run.run_id, info["graphkit"], info["input"]["fingerprint"], info["config_digest"])
        period = (dump_time(dt.datetime.fromisoformat(info["period"][name])) for name in ("first_ts", "last_ts"))
        self._sql.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", (*row, *period))

    def _check_ids(self, kind: pa.DataType) -> None:
        query = "SELECT user_id FROM decisions WHERE user_id IS NOT NULL UNION SELECT user_id FROM purged LIMIT 1"
        held = self._sql.execute(query).fetchone()
        if held is not None and pa.types.is_integer(kind) != isinstance(load_id(held[0]), int):
            raise InputError(
                f"{self.folder} holds user ids such as {held[0]} and the run ids of type {kind}",
                wanted="runs over the same kind of id",
                todo="choose another --cases",
            )

    def add_decisions(self, run: Detection, decisions: Decisions, *, at: dt.datetime) -> list[dict[str, Any]]:
        """Store verdicts on a run, each with the rows of the run it is about; what is stored already is left out.

        A verdict is stored already when run, subject, reviewer, time, verdict and comment are the same. One whose time
        the file left open is no news while it repeats what the same reviewer said last of the subject.

        Parameters
        ----------
        run
            The run that was reviewed.
        decisions
            What was decided about it.
        at
            The moment of storing.

        Returns
        -------
        list of dict
            The new rows, with the columns of ``schemas.DECISIONS``.

        Raises
        ------
        InputError
            When a verdict is about what the run does not hold; nothing is stored then.
        """
        decisions.check_against(run)
        self.add_run(run)
        evidence = _Evidence(run)
        new = []
        for row, untimed in zip(decisions.table.to_pylist(), decisions.untimed, strict=True):
            if self._is_stored(run.run_id, row, untimed=untimed):
                continue
            new.append(row)
            values = {**row, **{name: dump_id(row[name]) for name in ("user_id", "note_id")}}
            values |= {"run_id": run.run_id, "time": dump_time(row["time"])}
            values |= {"stored_at": dump_time(at), "evidence": evidence.of(row)}
            names = ("run_id", *_COLUMNS, "stored_at", "evidence")
            marks = ", ".join(f":{name}" for name in names)
            self._sql.execute(f"INSERT INTO decisions ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
        return new

    def _is_stored(self, run_id: str, row: Mapping[str, Any], *, untimed: bool) -> bool:
        subject = (run_id, row["ring_id"], dump_id(row["user_id"]), dump_id(row["note_id"]), row["reviewer"])
        found = self._sql.execute(
            "SELECT verdict, comment, time FROM decisions WHERE run_id IS ? AND ring_id IS ? AND user_id IS ? "
            "AND note_id IS ? AND reviewer IS ? ORDER BY time, decision_id",
            subject,
        ).fetchall()
        said = (row["verdict"], row["comment"])
        if untimed:
            return bool(found) and tuple(found[-1])[:2] == said
        return (*said, dump_time(row["time"])) in {tuple(one) for one in found}

    def decisions(self) -> list[dict[str, Any]]:
        """Return the audit trail: every verdict ever stored, in the order of storing.

        Returns
        -------
        list of dict
            The columns of ``schemas.DECISIONS``, and ``run_id``, ``stored_at`` and ``evidence``: the rows of ``rings``,
            ``members`` and ``candidates`` that the reviewer judged, as they were.
        """
        rows = [dict(row) for row in self._sql.execute("SELECT * FROM decisions ORDER BY decision_id")]
        for row in rows:
            row |= {name: load_id(row[name]) for name in ("user_id", "note_id")}
            row |= {name: dt.datetime.fromisoformat(row[name]) for name in ("time", "stored_at")}
            row["evidence"] = json.loads(row["evidence"])
        return rows

    def cleared_users(self, at: dt.datetime, *, period_d: int = CLEARED_D) -> dict[Any, dt.datetime]:
        """Return the users who count as cleared at a moment, and until when.

        A user is cleared by the last verdict of somebody, for `period_d` days, even where others disagree: what is
        disputed is not purged.

        Parameters
        ----------
        at
            The moment.
        period_d
            Days for which a clearance holds.

        Returns
        -------
        dict
            By user id, the end of the clearance.
        """
        last: dict[tuple[Any, str], tuple[dt.datetime, str]] = {}
        for row in sorted(self.decisions(), key=lambda row: row["time"]):
            if subject_of(row) is Subject.USER and row["time"] <= at:
                last[row["user_id"], row["reviewer"]] = (row["time"], row["verdict"])
        until: dict[Any, dt.datetime] = {}
        for (user, _), (time, verdict) in last.items():
            end = time + dt.timedelta(days=period_d)
            if verdict == Verdict.CLEARED and at < end:
                until[user] = max(end, until.get(user, end))
        return until

    # ----------------------------------------------------------------------------------------------
    # Batches

    def record_batch(
        self, batch_id: str, likes: pa.Table, *, path: str | Path, run: Detection, made_at: dt.datetime
    ) -> None:
        """Record what a batch takes; a batch recorded already, with the same likes, is recorded once.

        Parameters
        ----------
        batch_id
            What tells it from other batches.
        likes
            Its likes: ``user_id``, ``note_id``, ``ts``, ``ring_id`` and ``key``.
        path
            Where it was written.
        run
            The run it was made from.
        made_at
            When it was made.

        Raises
        ------
        InputError
            When a batch of this name holds other likes.
        """
        keys = set(likes["key"].to_pylist())
        if batch_id in {batch["batch_id"] for batch in self.batches()}:
            if self._keys_of(batch_id) != keys:
                raise InputError(
                    f"batch {batch_id} is in {self.folder} with other likes",
                    wanted="a batch as it was recorded",
                    todo="make the batch again",
                )
            return
        self.add_run(run)
        where = str(Path(path).resolve())
        self._sql.execute("INSERT INTO batches VALUES (?, ?, ?, ?)", (batch_id, run.run_id, where, dump_time(made_at)))
        names = ("key", "user_id", "note_id", "ts", "ring_id")
        rows = zip(*(likes[name].to_pylist() for name in names), strict=True)
        self._sql.executemany(
            "INSERT INTO purged VALUES (?, ?, ?, ?, ?, ?)",
            ((batch_id, key, dump_id(user), dump_id(note), dump_time(ts), ring) for key, user, note, ts, ring in rows),
        )

    def _keys_of(self, batch_id: str) -> set[str]:
        return {key for (key,) in self._sql.execute("SELECT key FROM purged WHERE batch_id = ?", (batch_id,))}

    def batches(self) -> list[dict[str, Any]]:
        """Return the batches, oldest first: ``batch_id``, ``run_id``, ``path``, ``made_at``."""
        rows = [dict(row) for row in self._sql.execute("SELECT * FROM batches ORDER BY made_at, batch_id")]
        return [{**row, "made_at": dt.datetime.fromisoformat(row["made_at"])} for row in rows]

    def keys_by_batch(self) -> dict[str, set[str]]:
        """Return the keys of the likes that each batch took, oldest batch first."""
        keys: dict[str, set[str]] = {batch["batch_id"]: set() for batch in self.batches()}
        for key, batch_id in self._sql.execute("SELECT key, batch_id FROM purged"):
            keys[batch_id].add(key)
        return keys

    def purged_keys(self, *, but: Collection[str] = ()) -> set[str]:
        """Return the keys of all likes that some batch took.

        Parameters
        ----------
        but
            Batches to leave out, as one leaves out the batch that is made again.
        """
        rows = self._sql.execute("SELECT key, batch_id FROM purged")
        return {key for key, batch_id in rows if batch_id not in but}


class _Evidence:
    """The rows of a run behind a verdict, as JSON."""

    def __init__(self, run: Detection) -> None:
        self._run = run

    def of(self, row: Mapping[str, Any]) -> str:
        """Return the rows that a verdict is about."""
        candidates = (
            self._rows("candidates", row, ("user_id", "note_id", "ring_id")) if row["note_id"] is not None else []
        )
        members = self._rows("members", row, ("user_id", "ring_id")) if row["user_id"] is not None else []
        rings = {one["ring_id"] for one in (*candidates, *(members if not candidates else ()))} | {row["ring_id"]}
        told = {
            "rings": [one for one in self._rows("rings", {}, ()) if one["ring_id"] in rings],
            "members": [one for one in members if one["ring_id"] in rings],
            "candidates": candidates,
        }
        return json.dumps(told, ensure_ascii=False, default=str)

    def _rows(self, table: str, row: Mapping[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
        rows = self._run.tables[table]
        for name in names:
            if row[name] is not None:
                rows = rows.filter(pc.equal(rows[name], pa.scalar(row[name], rows.schema.field(name).type)))
        found: list[dict[str, Any]] = rows.to_pylist()
        return found
