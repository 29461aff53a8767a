"""The case store: a folder that outlives runs, with every verdict, every batch, and what they were based on."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from graphkit.cases.database import connect, dump_id, dump_time, load_id
from graphkit.cases.decisions import Decisions, Subject, Verdict
from graphkit.cases.evidence import Evidence, to_text
from graphkit.cases.lineage import end_of, place, read_lineage, write_lineage
from graphkit.cases.standing import CLEARED_D, Honoured, Key, Standing, honoured, standings
from graphkit.detection.run import Detection
from graphkit.errors import InputError

_DECIDED = (
    "run_id",
    "ring_id",
    "user_id",
    "note_id",
    "verdict",
    "reviewer",
    "time",
    "comment",
    "stored_at",
    "evidence",
)
_TAKEN = ("key", "user_id", "note_id", "ts", "ring_id", "score", "reasons")

Row = dict[str, Any]


def default_folder(run: str | Path) -> Path:
    """Return where the case store of a run is kept unless said otherwise: ``cases`` beside the run."""
    return Path(run).resolve().parent / "cases"


class CaseStore:
    """What people decided about runs, which likes went in which batch, and how rings go on from run to run.

    Made by :meth:`open` only. What was stored is never changed or deleted: verdicts are added, and a reviewer's last
    word is the one that counts.

    Parameters
    ----------
    folder
        Where it is.
    connection
        Its database, in a transaction.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._sql = connection
        self._placed = False

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
            store = cls(Path(folder), connection)
            yield store
            if store._placed:  # should the transaction fail now, the rows of a run it does not know are passed over
                write_lineage(store.folder, store.lineage)

    # ----------------------------------------------------------------------------------------------
    # Runs and the names of their rings

    @cached_property
    def lineage(self) -> list[Row]:
        """Rows of ``schemas.LINEAGE``: every ring of every run in the store, with its name."""
        known = {run_id for (run_id,) in self._sql.execute("SELECT run_id FROM runs")}
        return [row for row in read_lineage(self.folder) if row["run_id"] in known]

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
            self.lineage.extend(rows)
            self._placed = True
        return rows

    def placed(self, run: Detection) -> list[Row]:
        """Return the rows of ``schemas.LINEAGE`` that a run has, or would have, without storing them."""
        self._check_ids(run)
        runs = self.runs()
        if any(one["run_id"] == run.run_id for one in runs):
            return [row for row in self.lineage if row["run_id"] == run.run_id]
        end = end_of(run)
        earlier = [one["run_id"] for one in runs if one["last_ts"] <= end]
        return place(run, self.lineage, earlier[-1] if earlier else None)

    def _check_ids(self, run: Detection) -> None:
        for column, table in (("user_id", "members"), ("note_id", "targets")):
            kind = run.tables[table].schema.field(column).type
            held = next((one for row in self.lineage for one in row[f"{column}s"]), None)
            if held is not None and pa.types.is_integer(kind) != isinstance(held, int):
                raise InputError(
                    f"{self.folder} holds {column}s such as {held!r} and the run {column}s of type {kind}",
                    wanted="runs over the same ids",
                    todo="choose another --cases",
                )

    # ----------------------------------------------------------------------------------------------
    # Verdicts

    def add_decisions(self, run: Detection, decisions: Decisions, *, at: dt.datetime) -> list[Row]:
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
        evidence = Evidence(run)
        new = []
        for row, untimed in zip(decisions.table.to_pylist(), decisions.untimed, strict=True):
            if not self._is_stored(run.run_id, row, untimed=untimed):
                self.add_verdict(run.run_id, row, evidence=evidence.of(row), at=at)
                new.append(row)
        return new

    def add_verdict(self, run_id: str, row: Mapping[str, Any], *, evidence: Mapping[str, Any], at: dt.datetime) -> int:
        """Store one verdict, whatever was stored before.

        Parameters
        ----------
        run_id
            The run it is about.
        row
            The columns of ``schemas.DECISIONS``.
        evidence
            What the reviewer judged.
        at
            The moment of storing.

        Returns
        -------
        int
            Its number in the store.
        """
        values = {**row, **{name: dump_id(row[name]) for name in ("user_id", "note_id")}}
        values |= {"run_id": run_id, "time": dump_time(row["time"]), "stored_at": dump_time(at)}
        values["evidence"] = to_text(evidence)
        return self._insert("decisions", _DECIDED, tuple(values[name] for name in _DECIDED))

    def _insert(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> int:
        marks = ", ".join("?" * len(columns))
        done = self._sql.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)  # noqa: S608
        return done.lastrowid or 0

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

    def decisions(self) -> list[Row]:
        """Return the audit trail: every verdict ever stored, in the order of storing.

        Returns
        -------
        list of dict
            The columns of ``schemas.DECISIONS``, and `run_id`, `name` (of the ring, where one is named), `stored_at`
            and `evidence`: the rows of ``rings``, ``members`` and ``candidates`` that were judged, as they were.
        """
        names = {(row["run_id"], row["ring_id"]): row["name"] for row in self.lineage}
        rows = [dict(row) for row in self._sql.execute("SELECT * FROM decisions ORDER BY decision_id")]
        for row in rows:
            row |= {name: load_id(row[name]) for name in ("user_id", "note_id")}
            row |= {name: dt.datetime.fromisoformat(row[name]) for name in ("time", "stored_at")}
            row |= {"name": names.get((row["run_id"], row["ring_id"])), "evidence": json.loads(row["evidence"])}
        return rows

    def standings(self, at: dt.datetime, *, period_d: int | None = CLEARED_D) -> dict[Key, Standing]:
        """Return what is held of every subject `at` a moment, clearances lapsing after `period_d` days.

        See :func:`graphkit.cases.standing.standings`.
        """
        return standings(self.decisions(), at, period_d=period_d)

    def honoured(
        self, run: Detection, *, at: dt.datetime, more: Decisions | None = None, period_d: int = CLEARED_D
    ) -> Honoured:
        """Return the verdicts that a run has to honour: those on its rings, under whatever id, its users and likes.

        Parameters
        ----------
        run
            The run; it need not be in the store.
        at
            The moment.
        more
            Verdicts on this run that are not in the store.
        period_d
            Days for which a clearance holds.

        Returns
        -------
        Honoured
        """
        names = {row["ring_id"]: row["name"] for row in self.placed(run)}
        rows = self.decisions()
        if more is not None:
            rows += [{**row, "name": names.get(row["ring_id"])} for row in more.table.to_pylist()]
        return honoured(standings(rows, at, period_d=period_d), names)

    def cleared_users(self, at: dt.datetime, *, period_d: int = CLEARED_D) -> dict[Any, dt.datetime]:
        """Return the users who count as cleared at a moment, and when the last of their reviewers spoke.

        One reviewer's last word suffices, even where another confirms: what is disputed is not purged.

        Parameters
        ----------
        at
            The moment.
        period_d
            Days for which a clearance holds.

        Returns
        -------
        dict
            By user id.
        """
        held = self.standings(at, period_d=period_d)
        return {
            key[1]: one.since
            for key, one in held.items()
            if key[0] == Subject.USER and Verdict.CLEARED in one.said.values()
        }

    # ----------------------------------------------------------------------------------------------
    # Batches

    def record_batch(
        self, batch_id: str, likes: pa.Table, *, path: str | Path, run: Detection, made_at: dt.datetime
    ) -> None:
        """Record what a batch takes, and the rows of the run that speak for it; a batch is recorded once.

        Parameters
        ----------
        batch_id
            What tells it from other batches.
        likes
            Its likes: `user_id`, `note_id`, `ts`, `ring_id`, `score`, `reasons` and `key`.
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
        rows = list(zip(*(likes[name].to_pylist() for name in _TAKEN), strict=True))
        if batch_id in {batch["batch_id"] for batch in self.batches()}:
            if self._keys_of(batch_id) != {row[0] for row in rows}:
                raise InputError(
                    f"batch {batch_id} is in {self.folder} with other likes",
                    wanted="a batch as it was recorded",
                    todo="make the batch again",
                )
            return
        self.add_run(run)
        columns = ("batch_id", "run_id", "path", "made_at")
        self._insert("batches", columns, (batch_id, run.run_id, str(Path(path).resolve()), dump_time(made_at)))
        self._sql.executemany(
            "INSERT INTO purged VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (batch_id, key, dump_id(user), dump_id(note), dump_time(ts), ring, score, json.dumps(reasons))
                for key, user, note, ts, ring, score, reasons in rows
            ),
        )
        self._keep_evidence(run, {(ring, user) for _, user, _, _, ring, _, _ in rows})

    def _keep_evidence(self, run: Detection, members: Collection[tuple[str, Any]]) -> None:
        rings = {ring for ring, _ in members}
        kept = [(row, None) for row in run.rings.to_pylist() if row["ring_id"] in rings]
        kept += [
            (row, row["user_id"]) for row in run.members.to_pylist() if (row["ring_id"], row["user_id"]) in members
        ]
        self._sql.executemany(
            "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?)",
            ((run.run_id, row["ring_id"], dump_id(user), to_text(row)) for row, user in kept),
        )

    def _keys_of(self, batch_id: str) -> set[str]:
        return {key for (key,) in self._sql.execute("SELECT key FROM purged WHERE batch_id = ?", (batch_id,))}

    def batches(self) -> list[Row]:
        """Return the batches, oldest first: `batch_id`, `run_id`, `path`, `made_at`."""
        rows = [dict(row) for row in self._sql.execute("SELECT * FROM batches ORDER BY made_at, batch_id")]
        return [{**row, "made_at": dt.datetime.fromisoformat(row["made_at"])} for row in rows]

    def keys_by_batch(self) -> dict[str, set[str]]:
        """Return the keys of the likes that each batch took, oldest batch first."""
        keys: dict[str, set[str]] = {batch["batch_id"]: set() for batch in self.batches()}
        for key, batch_id in self._sql.execute("SELECT key, batch_id FROM purged"):
            keys[batch_id].add(key)
        return keys

    def purged_keys(self, *, but: Collection[str] = ()) -> set[str]:
        """Return the keys of all likes that some batch took, given back or not: no like is purged twice.

        Parameters
        ----------
        but
            Batches to leave out, as one leaves out the batch that is made again.
        """
        rows = self._sql.execute("SELECT key, batch_id FROM purged")
        return {key for key, batch_id in rows if batch_id not in but}

    def purged(self, user: Any = None, note: Any = None) -> list[Row]:
        """Return the likes that batches took, in the order of the batches.

        Parameters
        ----------
        user, note
            Only likes of this user and on this note; of all, where absent.

        Returns
        -------
        list of dict
            `batch_id`, `key`, `user_id`, `note_id`, `ts`, `ring_id`, `score`, `reasons`; of the batch `run_id`, `path`
            and `made_at`; `name` of the ring; `restored`, whether an appeal gave the like back.
        """
        names = {(row["run_id"], row["ring_id"]): row["name"] for row in self.lineage}
        found = self._sql.execute(
            "SELECT purged.*, run_id, path, made_at, decision_id IS NOT NULL AS restored FROM purged "
            "JOIN batches USING (batch_id) LEFT JOIN restored USING (batch_id, key) "
            "WHERE ifnull(user_id = ?, TRUE) AND ifnull(note_id = ?, TRUE) ORDER BY made_at, batch_id, ts, key",
            (dump_id(user), dump_id(note)),
        )
        rows = [dict(row) for row in found]
        for row in rows:
            row |= {name: load_id(row[name]) for name in ("user_id", "note_id")}
            row |= {name: dt.datetime.fromisoformat(row[name]) for name in ("ts", "made_at")}
            row |= {"reasons": json.loads(row["reasons"]), "restored": bool(row["restored"])}
            row["name"] = names[row["run_id"], row["ring_id"]]
        return rows
