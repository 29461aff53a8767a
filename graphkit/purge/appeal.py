"""Appeals: what was taken from somebody, or from somebody's notes, why, what is known now, and the way back."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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
class Appellant:
    """Who appeals.

    Attributes
    ----------
    role
        ``user``, against the loss of likes that were given; or ``author``, against that of likes on notes.
    id
        The id.
    """

    role: Literal["user", "author"]
    id: Any

    @property
    def is_author(self) -> bool:
        """Whether an author appeals."""
        return self.role == "author"

    @property
    def likes(self) -> str:
        """Whose likes it is about, in words."""
        return f"on notes of author {self.id!r}" if self.is_author else f"of user {self.id!r}"


@dataclass(frozen=True)
class Appeal:
    """What somebody asks to have back, and what there is to decide it by.

    Attributes
    ----------
    who
        Who appeals.
    note
        The one note it is about; ``None`` where it is about all.
    likes
        What batches took, from ``CaseStore.purged``: the batch, the ring, the reasons, and whether it was given back.
    then
        Rows of ``rings``, ``members`` and ``candidates`` that spoke for taking them, as they were; an author's appeal
        is about likes, and has no members.
    now
        The same of a later run, none where it has nothing on the user; ``None`` where no run was given.
    held
        What reviewers hold of the user, of the likes, and of the rings.
    """

    who: Appellant
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
            f"{self.who.role}_id": self.who.id,
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
    cases: str | Path,
    who: Appellant,
    note: Any = None,
    *,
    run: Detection | None = None,
    at: dt.datetime | None = None,
) -> Appeal:
    """Look up what an appeal is about.

    Parameters
    ----------
    cases
        The case store.
    who
        Who appeals.
    note
        The one note it is about; all, where absent.
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
        return _look_up(store, who, note, run, at or dt.datetime.now(dt.UTC))


def _look_up(store: CaseStore, who: Appellant, note: Any, run: Detection | None, at: dt.datetime) -> Appeal:
    likes = store.purged(note=note, **{who.role: who.id})
    if not likes:
        raise InputError(
            f"no batch in {store.folder} took a like {who.likes}" + ("" if note is None else f", note {note!r}"),
            wanted="somebody whose like was taken, or an author of a note that lost one",
            todo="check the ids and the case store",
        )
    about: set[Key] = {(Subject.LIKE, like["user_id"], like["note_id"]) for like in likes}
    about |= {(Subject.RING, like["name"]) for like in likes}
    about |= set() if who.is_author else {(Subject.USER, who.id)}
    held = {key: one for key, one in store.standings(at).items() if key in about}
    then = store.evidence_then(likes) | ({"members": []} if who.is_author else {})
    return Appeal(who, note, likes, then, None if run is None else _known(run, who, likes), held)


def _known(run: Detection, who: Appellant, likes: Sequence[Row]) -> dict[str, list[Row]]:
    """Return what a run has on those likes, and on the user where one appeals; a ring stands there once."""
    evidence = Evidence(run)
    proposed = [evidence.like(like["user_id"], like["note_id"]) for like in likes]
    candidates = [row for row in proposed if row is not None]
    if not who.is_author:
        return evidence.of({"ring_id": None, "user_id": who.id, "note_id": None}) | {"candidates": candidates}
    names = sorted({row["ring_id"] for row in candidates})
    rings = [row for name in names for row in evidence.of({"ring_id": name, "user_id": None, "note_id": None})["rings"]]
    return {"rings": rings, "members": [], "candidates": candidates}


def who_quotes(reference: str, cases: str | Path) -> Appellant:
    """Return whose notice has a reference.

    Parameters
    ----------
    reference
        As in ``notices.parquet``.
    cases
        The case store.

    Returns
    -------
    Appellant

    Raises
    ------
    InputError
        When no notice of a batch in the store has it.
    """
    wanted = reference.strip().upper()
    with CaseStore.open(cases) as store:
        likes = store.purged()
    roles: tuple[Literal["user", "author"], ...] = ("user", "author")
    for role in roles:
        for batch_id, person in {(like["batch_id"], like[f"{role}_id"]) for like in likes}:
            if person is not None and reference_of(batch_id, role, person) == wanted:
                return Appellant(role, person)
    raise InputError(
        f"no notice has the reference {reference!r}",
        wanted=f"one of a batch in {cases}",
        todo="check it, and the case store",
    )


def decide(
    cases: str | Path,
    who: Appellant,
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

    A granted appeal clears the user, and the like where it is about one; an author's clears every like that is given
    back, and nobody else's. It writes a restore batch, the likes to be put back in the form of ``restore.parquet``, and
    it counts against the precision of the ring. One that is refused confirms the user, or the likes.

    Parameters
    ----------
    cases, who, note, run, at
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
            found = _look_up(store, who, note, run, at)
            if grant and not found.open:
                n = len(found.likes)
                raise InputError(f"{n} likes {who.likes} were given back before", todo="nothing is left to be done")
            said = {"verdict": Verdict.CLEARED if grant else Verdict.CONFIRMED, "reviewer": reviewer, "time": at}
            store_verdicts = _on_likes if who.is_author else _on_user
            decided = store_verdicts(store, found, {**said, "comment": comment}, at)
            if out is not None:
                for likes, number in decided:
                    store.give_back(likes, number)
                _write(Path(out), found, reviewer, at)
                undo.callback(shutil.rmtree, out, ignore_errors=True)  # should the store fail to keep it
        undo.pop_all()
    return found


def _on_user(store: CaseStore, found: Appeal, said: Row, at: dt.datetime) -> list[tuple[list[Row], int]]:
    """Store the verdict on a user, or on the like where that is alone; return what is open, and its number."""
    last = found.likes[-1]
    row = {**said, "ring_id": last["ring_id"], "user_id": found.who.id, "note_id": None}
    evidence = {**found.then, "now": found.now}
    number = 0
    if said["verdict"] == Verdict.CLEARED or found.note is None:
        number = store.add_verdict(last["run_id"], row, evidence=evidence, at=at)
    if found.note is not None:
        number = store.add_verdict(last["run_id"], {**row, "note_id": found.note}, evidence=evidence, at=at)
    return [(found.open, number)]


def _on_likes(store: CaseStore, found: Appeal, said: Row, at: dt.datetime) -> list[tuple[list[Row], int]]:
    """Store a verdict on each open like of an author's appeal, with its own evidence; return them with its number."""
    decided = []
    for like in found.open:
        pair = (like["user_id"], like["note_id"])
        now = None if found.now is None else _of_pair(found.now["candidates"], pair)
        evidence = {**store.evidence_then([like]), "now": {"candidates": now}}
        row = {**said, "ring_id": like["ring_id"], "user_id": pair[0], "note_id": pair[1]}
        decided.append(([like], store.add_verdict(like["run_id"], row, evidence=evidence, at=at)))
    return decided


def _of_pair(rows: Sequence[Row], pair: tuple[Any, Any]) -> list[Row]:
    return [row for row in rows if (row["user_id"], row["note_id"]) == pair]


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
