"""A review handed in: read, checked, stored, and told what it changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphkit.cases.decisions import read_decisions
from graphkit.cases.standing import DISPUTED, Key, Standing, key_of
from graphkit.cases.store import CaseStore
from graphkit.detection.run import Detection


@dataclass(frozen=True)
class Review:
    """What became of a file of decisions.

    Attributes
    ----------
    run_id
        The run it is about.
    folder
        The case store.
    stored
        The new verdicts: rows of ``schemas.DECISIONS``, and `name` of the ring.
    n_known
        Verdicts of the file that were stored before.
    names
        By `ring_id` of the run, the name of the ring.
    held
        What is held now of each subject of the file.
    recognised
        By `ring_id`, what earlier verdicts hold of the run's rings that the file does not name.
    """

    run_id: str
    folder: Path
    stored: list[dict[str, Any]]
    n_known: int
    names: Mapping[str, str]
    held: Mapping[Key, Standing]
    recognised: Mapping[str, Standing]

    @property
    def disputed(self) -> dict[Key, Standing]:
        """The subjects of the file on which reviewers disagree."""
        return {key: one for key, one in self.held.items() if one.verdict == DISPUTED}

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain types, for JSON."""
        return {
            "run_id": self.run_id,
            "cases": str(self.folder),
            "stored": self.stored,
            "known": self.n_known,
            "disputed": [_plain(key, one) for key, one in self.disputed.items()],
            "recognised": [
                {"ring_id": ring, "name": self.names[ring], "verdict": one.verdict, "since": one.since}
                for ring, one in self.recognised.items()
            ],
        }


def _plain(key: Key, one: Standing) -> dict[str, Any]:
    return {"subject": str(key[0]), "about": list(key[1:]), "said": dict(one.said)}


def review(
    run: Detection, decisions: str | Path, cases: str | Path, *, reviewer: str, at: dt.datetime | None = None
) -> Review:
    """Store the decisions of a file about a run in a case store. The same file twice is stored once.

    Parameters
    ----------
    run
        The run that was reviewed.
    decisions
        CSV or Parquet with the columns of ``schemas.DECISIONS``.
    cases
        The case store; made where it is missing.
    reviewer
        Who decided where the file does not say.
    at
        The moment of handing in; now, where absent.

    Returns
    -------
    Review

    Raises
    ------
    InputError
        When the file cannot be read, or a row is wrong or about what the run does not hold; nothing is stored then.
    OutputError
        When the store cannot be written.
    """
    at = at or dt.datetime.now(dt.UTC)
    # Refused before a store is made for nothing.
    read = read_decisions(decisions, ids=run.id_types, reviewer=reviewer, at=at, run=run)
    with CaseStore.open(cases, write=True) as store:
        names = {row["ring_id"]: row["name"] for row in store.add_run(run)}
        new = store.add_decisions(run, read, at=at)
        held = store.standings(max([at, *(row["time"] for row in new)]))
        rings = store.recognised(run, at=at)
    about = {key_of({**row, "name": names.get(row["ring_id"])}) for row in read.table.to_pylist()}
    named = set(read.table["ring_id"].to_pylist())
    return Review(
        run_id=run.run_id,
        folder=Path(cases),
        stored=[{**row, "name": names.get(row["ring_id"])} for row in new],
        n_known=len(read) - len(new),
        names=names,
        held={key: one for key, one in held.items() if key in about},
        recognised={ring: one for ring, one in rings.items() if ring not in named},
    )
