"""Appeals: what was taken from somebody, why, what is known now, and the way back."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphkit.cases.decisions import Subject, Verdict
from graphkit.cases.evidence import Evidence
from graphkit.cases.lineagefile import type_of
from graphkit.cases.standing import Key, Standing
from graphkit.cases.store import CaseStore
from graphkit.columns import Kind
from graphkit.detection.run import Detection
from graphkit.detection.rundir import file_digest, whole
from graphkit.errors import ConfigError, InputError
from graphkit.purge.batchdir import FORMAT, RESTORE_INFO
from graphkit.purge.csv_twin import write_csv
from graphkit.purge.notices import reference_of
from graphkit.schemas import RESTORE

Row = dict[str, Any]


@dataclass(frozen=True)
class Appeal:
    """What somebody asks to have back, and what there is to decide it by.

    Attributes
    ----------
    user
        Who appeals.
    note
        The note of the one like it is about; ``None`` where it is about all.
    likes
        What batches took, from ``CaseStore.purged``: the batch, the ring, the reasons, and whether it was given back.
    then
        Rows of ``rings``, ``members`` and ``candidates`` that spoke for taking them, as they were.
    now
        The same of a later run, none where it has nothing on the user; ``None`` where no run was given.
    held
        What reviewers hold of the user, of the likes, and of the rings.
    """

    user: Any
    note: Any
    likes: Sequence[Row]
    then: Mapping[str, list[Row]]
    now: Mapping[str, list[Row]] | None
    held: Mapping[Key, Standing]

    @property
    def open(self) -> list[Row]:
        """The likes that were not given back."""
        return [like for like in self.likes if not like["restored"]]

    def to_dict(self) -> Row:
        """Return it in plain types, for JSON."""
        return {
            "user_id": self.user,
            "note_id": self.note,
            "likes": list(self.likes),
            "then": dict(self.then),
            "now": None if self.now is None else dict(self.now),
            "held": [
                {"subject": str(key[0]), "about": list(key[1:]), "verdict": one.verdict, "said": dict(one.said)}
                for key, one in self.held.items()
            ],
        }


def appeal(
    cases: str | Path, user: Any, note: Any = None, *, run: Detection | None = None, at: dt.datetime | None = None
) -> Appeal:
    """Look up what an appeal is about.

    Parameters
    ----------
    cases
        The case store.
    user
        Who appeals.
    note
        The note of the one like it is about; all of the user's, where absent.
    run
        A later run, for what is known now.
    at
        The moment, for verdicts; now, where absent.

    Returns
    -------
    Appeal

    Raises
    ------
    InputError
        When no batch took such a like.
    """
    with CaseStore.open(cases) as store:
        return _look_up(store, user, note, run, at or dt.datetime.now(dt.UTC))


def _look_up(store: CaseStore, user: Any, note: Any, run: Detection | None, at: dt.datetime) -> Appeal:
    likes = store.purged(user, note)
    if not likes:
        what = f"user {user!r}" if note is None else f"user {user!r} on note {note!r}"
        raise InputError(
            f"no batch in {store.folder} took a like of {what}",
            wanted="somebody whose like was taken",
            todo="check the ids and --cases",
        )
    about = {(Subject.USER, user), *((Subject.LIKE, user, like["note_id"]) for like in likes)}
    about |= {(Subject.RING, like["name"]) for like in likes}
    held = {key: one for key, one in store.standings(at).items() if key in about}
    return Appeal(user, note, likes, store.evidence_then(likes), None if run is None else _known(run, likes), held)


def _known(run: Detection, likes: Sequence[Row]) -> dict[str, list[Row]]:
    """Return what a run has on the user, and on those likes; a ring stands there once."""
    evidence = Evidence(run)
    user = likes[0]["user_id"]
    told = evidence.of({"ring_id": None, "user_id": user, "note_id": None})
    found = [evidence.of({"ring_id": None, "user_id": user, "note_id": like["note_id"]}) for like in likes]
    return told | {"candidates": [row for one in found for row in one["candidates"]]}


def who_quotes(reference: str, cases: str | Path) -> Any:
    """Return the user whose notice has a reference.

    Parameters
    ----------
    reference
        As in ``notices.parquet``.
    cases
        The case store.

    Raises
    ------
    InputError
        When no notice to a user of a batch in the store has it.
    """
    with CaseStore.open(cases) as store:
        told = {(like["batch_id"], like["user_id"]) for like in store.purged()}
    for batch_id, user in told:
        if reference_of(batch_id, "user", user) == reference.strip().upper():
            return user
    raise InputError(
        f"no notice to a user has the reference {reference!r}",
        wanted=f"one of a batch in {cases}",
        todo="check it, and --cases",
    )


def decide(
    cases: str | Path,
    user: Any,
    note: Any = None,
    *,
    grant: bool,
    reviewer: str,
    comment: str | None = None,
    run: Detection | None = None,
    out: str | Path | None = None,
    at: dt.datetime | None = None,
) -> Appeal:
    """Decide an appeal, and store the verdict with the evidence of then and now.

    A granted appeal clears the user, and the like where it is about one; it writes a restore batch, the likes to be put
    back in the form of ``restore.parquet``; and it counts against the precision of the ring. One that is refused
    confirms the user, or the like.

    Parameters
    ----------
    cases, user, note, run, at
        As for :func:`appeal`.
    grant
        Whether the likes are given back.
    reviewer
        Who decides.
    comment
        Why.
    out
        The restore batch to be made; a granted appeal needs one.

    Returns
    -------
    Appeal
        As it was before the decision.

    Raises
    ------
    ConfigError
        When a granted appeal has no `out`, or a refused one has.
    InputError
        When no batch took such a like, or all were given back before.
    OutputError
        When the restore batch or the store cannot be written; neither is then.
    """
    at = at or dt.datetime.now(dt.UTC)
    if grant is (out is None):
        raise ConfigError(
            f"an appeal {'granted' if grant else 'refused'} {'without' if grant else 'with'} a restore batch",
            wanted="--out with --grant, and only then",
            todo="mend the options",
        )
    with ExitStack() as undo:
        with CaseStore.open(cases, write=True) as store:
            found = _look_up(store, user, note, run, at)
            if grant and not found.open:
                n = len(found.likes)
                raise InputError(
                    f"{n} likes of user {user!r} were given back before", todo="nothing is left to be done"
                )
            decision = _store(store, found, grant=grant, reviewer=reviewer, comment=comment, at=at)
            if out is not None:
                store.give_back(found.open, decision)
                _write(Path(out), found, reviewer, at)
                undo.callback(shutil.rmtree, out, ignore_errors=True)  # should the store fail to keep it
        undo.pop_all()
    return found


def _store(store: CaseStore, found: Appeal, *, grant: bool, reviewer: str, comment: str | None, at: dt.datetime) -> int:
    """Store what was decided, and return the number of the verdict on the user, or on the like where that is alone."""
    run_id = found.likes[-1]["run_id"]
    evidence = {**found.then, "now": found.now}
    said = {
        "ring_id": found.likes[-1]["ring_id"],
        "user_id": found.user,
        "note_id": None,
        "verdict": Verdict.CLEARED if grant else Verdict.CONFIRMED,
        "reviewer": reviewer,
        "time": at,
        "comment": comment,
    }
    number = 0
    if grant or found.note is None:
        number = store.add_verdict(run_id, said, evidence=evidence, at=at)
    if found.note is not None:
        number = store.add_verdict(run_id, {**said, "note_id": found.note}, evidence=evidence, at=at)
    return number


def _write(out: Path, found: Appeal, reviewer: str, at: dt.datetime) -> None:
    """Write the restore batch, whole or not at all."""
    import pyarrow.parquet as pq

    likes = sorted(found.open, key=lambda like: like["key"])
    kinds = ((Kind.USER_ID, "user_id"), (Kind.NOTE_ID, "note_id"))
    types = {kind: type_of([like[column] for like in likes]) for kind, column in kinds}
    order = [(name, "ascending") for name in RESTORE.sort_by]
    table = pa.Table.from_pylist(likes, schema=RESTORE.arrow(types)).sort_by(order)
    with whole(out, force=False, mark=RESTORE_INFO, noun="restore") as folder:
        pq.write_table(table, folder / "restore.parquet", compression="zstd")
        write_csv(table, folder / "restore.csv")
        info = {
            "format": FORMAT,
            "batches": sorted({like["batch_id"] for like in likes}),
            "likes": len(likes),
            "reviewer": reviewer,
            "decided_at": at.astimezone(dt.UTC).isoformat(),
            "files": {file.name: file_digest(file) for file in sorted(folder.iterdir())},
        }
        (folder / RESTORE_INFO).write_text(json.dumps(info, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
