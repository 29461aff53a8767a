"""The case store: a folder that outlives runs, with every verdict, every batch, and what they were based on."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from graphkit.cases.database import connect, dump_id, dump_time, load_id
from graphkit.cases.decisions import Decisions, Subject
from graphkit.cases.evidence import Evidence, to_text
from graphkit.cases.ledger import Ledger
from graphkit.cases.standing import CLEARED_D, Key, Standing, standings
from graphkit.detection.run import Detection

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

Row = dict[str, Any]


def default_folder(run: str | Path) -> Path:
    """Return where the case store of a run is kept unless said otherwise: ``cases`` beside the run."""
    return Path(run).resolve().parent / "cases"


class CaseStore(Ledger):
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
            # Should the transaction fail after this, rows of runs that it does not know do not count.
            store.lineage.write()

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
        names = self.names()
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

    def decisions_for(self, run: Detection) -> list[Row]:
        """Return the verdicts that concern a run: on its rings, under the ids they have there, on users and on likes.

        Parameters
        ----------
        run
            The run; it need not be in the store.

        Returns
        -------
        list of dict
            As :meth:`decisions`, without those on rings that the run does not have, whatever bears their ids now.
        """
        ring_of = {row["name"]: row["ring_id"] for row in self.placed(run)}
        rows = [{**row, "ring_id": ring_of.get(row["name"])} for row in self.decisions()]
        return [row for row in rows if row["ring_id"] is not None or row["user_id"] is not None]

    def recognised(self, run: Detection, *, at: dt.datetime) -> dict[str, Standing]:
        """Return what verdicts hold of the rings of a run, under whatever id they were given.

        Parameters
        ----------
        run
            The run; it need not be in the store.
        at
            The moment.

        Returns
        -------
        dict
            By `ring_id` of the run; rings of which nothing is held are left out.
        """
        held = self.standings(at)
        keys = {row["ring_id"]: (Subject.RING, row["name"]) for row in self.placed(run)}
        return {ring: held[key] for ring, key in keys.items() if key in held}
