"""What batches took, on which evidence, and what was given back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphkit.cases.database import dump_id, dump_time, load_id
from graphkit.cases.evidence import to_text
from graphkit.cases.register import Register
from graphkit.detection.run import Detection
from graphkit.errors import InputError

_TAKEN = ("key", "user_id", "note_id", "ts", "ring_id", "score", "reasons")

Row = dict[str, Any]


class Ledger(Register):
    """Batches and their likes, recorded once and never taken out; one that is withdrawn counts no more."""

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
        if self._sql.execute("SELECT 1 FROM batches WHERE batch_id = ?", (batch_id,)).fetchone():
            if self._keys_of(batch_id) != {row[0] for row in rows}:
                raise InputError(
                    f"batch {batch_id} is in {self.folder} with other likes",
                    wanted="a batch as it was recorded",
                    todo="make the batch again",
                )
            if batch_id not in {batch["batch_id"] for batch in self.batches()}:
                self._note(batch_id, "made", made_at)
            return
        self.add_run(run)
        tier = dict(zip(_pairs(run.candidates), run.candidates["tier"].to_pylist(), strict=True))
        author = dict(zip(run.impact["note_id"].to_pylist(), run.impact["author_id"].to_pylist(), strict=True))
        columns = ("batch_id", "run_id", "path", "made_at")
        self._insert("batches", columns, (batch_id, run.run_id, str(Path(path).resolve()), dump_time(made_at)))
        self._note(batch_id, "made", made_at)
        self._sql.executemany(
            "INSERT INTO purged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    batch_id,
                    key,
                    dump_id(user),
                    dump_id(note),
                    dump_time(ts),
                    ring,
                    tier[user, note],
                    score,
                    json.dumps(reasons),
                    dump_id(author.get(note)),
                )
                for key, user, note, ts, ring, score, reasons in rows
            ),
        )
        self._keep_evidence(run, {(ring, user) for _, user, _, _, ring, _, _ in rows})

    def _keep_evidence(self, run: Detection, members: set[tuple[str, Any]]) -> None:
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

    def _note(self, batch_id: str, event: str, at: dt.datetime) -> None:
        self._insert("batch_events", ("batch_id", "event", "at"), (batch_id, event, dump_time(at)))

    def withdraw_batch(self, batch_id: str, *, at: dt.datetime) -> None:
        """Let a batch count no more, as one that is replaced before anybody executed it; nothing, where it counts not.

        Parameters
        ----------
        batch_id
            The batch.
        at
            The moment.
        """
        if batch_id in {batch["batch_id"] for batch in self.batches()}:
            self._note(batch_id, "withdrawn", at)

    def batches(self) -> list[Row]:
        """Return the batches that count, oldest first: `batch_id`, `run_id`, `path`, `made_at`."""
        rows = [dict(row) for row in self._sql.execute("SELECT * FROM standing_batches ORDER BY made_at, batch_id")]
        return [{**row, "made_at": dt.datetime.fromisoformat(row["made_at"])} for row in rows]

    def keys_by_batch(self) -> dict[str, set[str]]:
        """Return the keys of the likes that each batch that counts took, oldest batch first."""
        keys: dict[str, set[str]] = {batch["batch_id"]: set() for batch in self.batches()}
        for key, batch_id in self._sql.execute("SELECT key, batch_id FROM purged"):
            if batch_id in keys:
                keys[batch_id].add(key)
        return keys

    def purged(self, user: Any = None, note: Any = None, *, author: Any = None) -> list[Row]:
        """Return the likes that batches took, in the order of the batches.

        Parameters
        ----------
        user, note, author
            Only likes of this user, on this note and on notes of this author; of all, where absent.

        Returns
        -------
        list of dict
            `batch_id`, `key`, `user_id`, `note_id`, `author_id` (``None`` where unknown), `ts`, `ring_id`, `tier`,
            `score`, `reasons`; of the batch `run_id`,
            `path` and `made_at`; `name` of the ring; `restored`, whether an appeal gave the like back.
        """
        names = self.names()
        found = self._sql.execute(
            "SELECT purged.*, run_id, path, made_at, decision_id IS NOT NULL AS restored FROM purged "
            "JOIN standing_batches USING (batch_id) LEFT JOIN restored USING (batch_id, key) "
            "WHERE ifnull(user_id = ?1, TRUE) AND ifnull(note_id = ?2, TRUE) AND (?3 IS NULL OR author_id = ?3) "
            "ORDER BY made_at, batch_id, ts, key",
            (dump_id(user), dump_id(note), dump_id(author)),
        )
        rows = [dict(row) for row in found]
        for row in rows:
            row |= {name: load_id(row[name]) for name in ("user_id", "note_id", "author_id")}
            row |= {name: dt.datetime.fromisoformat(row[name]) for name in ("ts", "made_at")}
            row |= {"reasons": json.loads(row["reasons"]), "restored": bool(row["restored"])}
            row["name"] = names[row["run_id"], row["ring_id"]]
        return rows

    def evidence_then(self, likes: Iterable[Mapping[str, Any]]) -> dict[str, list[Row]]:
        """Return what spoke for some of the likes of :meth:`purged` when they were taken, by table of their runs."""
        members = {(row["run_id"], row["ring_id"], dump_id(row["user_id"])) for row in likes}
        rings = {(run, ring, None) for run, ring, _ in members}
        told: dict[str, list[Row]] = {"rings": [], "members": []}
        query = "SELECT row FROM evidence WHERE run_id = ? AND ring_id = ? AND user_id IS ?"
        for table, keys in (("rings", sorted(rings)), ("members", sorted(members))):
            told[table] = [json.loads(row) for key in keys for (row,) in self._sql.execute(query, key)]
        names = ("user_id", "note_id", "ts", "ring_id", "tier", "score", "reasons")
        return told | {"candidates": [{name: row[name] for name in names} for row in likes]}

    def give_back(self, likes: Iterable[Mapping[str, Any]], decision: int) -> None:
        """Record that likes of :meth:`purged` are given back, by the number of the verdict that says so."""
        for row in likes:
            self._insert("restored", ("batch_id", "key", "decision_id"), (row["batch_id"], row["key"], decision))


def _pairs(likes: pa.Table) -> list[tuple[Any, Any]]:
    return list(zip(likes["user_id"].to_pylist(), likes["note_id"].to_pylist(), strict=True))
