"""A batch: which likes of a run go, which stay and why, and all that is needed to answer for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.cases.decisions import Subject
from graphkit.detection.run import Detection
from graphkit.errors import InputError
from graphkit.likes.model import I64
from graphkit.purge.batchdir import INFO, read_batch, undone_on_failure, write_batch
from graphkit.purge.expectation import expect, honest_likes
from graphkit.purge.guards import FREE, Bools, Marks, hold
from graphkit.purge.health import check_run
from graphkit.purge.notices import write_notices
from graphkit.purge.policy import Policy
from graphkit.purge.proposal import Proposal, propose
from graphkit.purge.protect import Protected, among
from graphkit.purge.rails import RAILS
from graphkit.purge.verdicts import Word, Words, vouched, weigh
from graphkit.schemas import BATCH_IMPACT, HELD, PURGE, RESTORE

if TYPE_CHECKING:
    from graphkit.cases.store import CaseStore

#: What part of the whole a batch is.
ALL, CANARY, REST = "all", "canary", "rest"


@dataclass(frozen=True)
class Batch:
    """A list of likes to be taken, bounded and reversible.

    Attributes
    ----------
    tables
        Every table of ``schemas.BATCH`` by name.
    info
        What ``batch.json`` holds.
    run
        The run it was made from; ``None`` after :func:`load_batch`.
    """

    tables: Mapping[str, pa.Table]
    info: Mapping[str, Any]
    run: Detection | None = field(default=None, compare=False)

    @property
    def batch_id(self) -> str:
        """What tells it from every other batch: its run, its policy and what people had said."""
        return str(self.info["batch_id"])

    @property
    def purge(self) -> pa.Table:
        """One row a like that goes."""
        return self.tables["purge"]

    @property
    def held(self) -> pa.Table:
        """One row a candidate like that stays."""
        return self.tables["held"]

    @property
    def keys(self) -> frozenset[str]:
        """Idempotency keys of the likes that go."""
        return frozenset(self.purge["key"].to_pylist())

    def save(self, path: str | Path, *, force: bool = False, store: CaseStore | None = None) -> Path:
        """Write the batch; it appears whole or not at all.

        Parameters
        ----------
        path
            The directory to make.
        force
            Whether a batch that is there already may be replaced.
        store
            A case store, open for writing, that is to remember what the batch takes.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        OutputError
            When the place is taken or cannot be written; nothing is left then.
        InputError
            When the store has a batch of this name with other likes; the batch is not written then.
        """
        with undone_on_failure(Path(path)) as made:
            write_batch(Path(path), self.tables, self.info, force=force)
            made()
            if store is not None and self.run is not None:
                made_at = dt.datetime.fromisoformat(self.info["made_at"])
                store.record_batch(self.batch_id, self.purge, path=path, run=self.run, made_at=made_at)
        return Path(path)

    def __repr__(self) -> str:
        return (
            f"<Batch {self.batch_id} ({self.info['part']}): {self.purge.num_rows} likes go, {self.held.num_rows} stay>"
        )


def withdraw_replaced(path: Path, by: Batch, store: CaseStore) -> bool:
    """Withdraw from a case store another batch that stands where a new one is to be put; say whether there was one.

    Its likes may then go into the batch that takes its place, which is planned anew for it. Should it have been
    executed, none of them is lost twice: executing goes by keys.
    """
    try:
        standing = json.loads((path / INFO).read_text(encoding="utf-8"))["batch_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return False  # nothing stands there, or nothing that says what it is
    if standing == by.batch_id or standing not in store.keys_by_batch():
        return False
    store.withdraw_batch(standing, at=dt.datetime.fromisoformat(by.info["made_at"]))
    return True


def load_batch(path: str | Path) -> Batch:
    """Read a batch back, after a check that its files are those that were written.

    Parameters
    ----------
    path
        What :meth:`Batch.save` or ``graphkit purge`` wrote.

    Returns
    -------
    Batch

    Raises
    ------
    OutputError
        When it is not a complete batch, or a file of it was changed.
    """
    return Batch(*read_batch(Path(path)))


def plan_batch(
    run: Detection,
    *,
    policy: Policy,
    now: dt.datetime,
    verdicts: Iterable[Mapping[str, Any]] = (),
    protected: Protected | None = None,
    earlier: Mapping[str, Collection[str]] | None = None,
    canary: Batch | None = None,
    model: Mapping[str, Any] | None = None,
) -> Batch:
    """Decide what goes and what stays.

    Parameters
    ----------
    run
        The run.
    policy
        The policy.
    now
        The moment of the purge, with a zone.
    verdicts
        What reviewers said: the columns of ``schemas.DECISIONS`` and ``run_id``.
    protected
        Whom and what no purge touches.
    earlier
        By batch, oldest first, the keys that other batches took.
    canary
        The canary whose rest this batch is to be.
    model
        What rings of some score are worth, fitted to verdicts; it serves the expected honest likes only.

    Returns
    -------
    Batch

    Raises
    ------
    InputError
        When the run may not be purged from, or the canary is of another run or policy.
    """
    check_run(run, policy, now)
    if canary is not None:
        _check_canary(canary, run, policy)
    protected = protected or Protected()
    words = weigh(verdicts, run_id=run.run_id, policy=policy, now=now)
    part = REST if canary is not None else CANARY if policy.canary_share > 0 else ALL
    origin = {
        "run_id": run.run_id,
        "policy_digest": policy.digest,
        "verdicts_digest": _digest(words.describe()),
        "protected_digest": protected.digest,
        "canary": None if canary is None else canary.batch_id,
        "model": None if model is None else model["provenance"]["digest"],
    }
    batch_id = _digest([part, *origin.values()])
    # A batch that is made again is asked only what came before it.
    names = [*takewhile(lambda name: name != batch_id, earlier or ())]
    before = {key for name in names for key in (earlier or {})[name]}

    proposal = propose(run, model)
    marks = _marks(proposal, words, policy, protected, before, canary)
    held = hold(proposal, policy, marks, honest_likes(proposal, marks.vouched))
    taken = held == FREE
    tables = _tables(proposal, held, batch_id, run)
    info = {
        "batch_id": batch_id,
        "part": part,
        "graphkit": importlib.metadata.version("graphkit"),
        "made_at": now.astimezone(dt.UTC).isoformat(),
        **origin,
        "run": {name: run.info[name] for name in ("graphkit", "config_digest", "made_at", "period", "warnings")}
        | {"fingerprint": run.info["input"]["fingerprint"]},
        "policy": policy.model_dump(mode="json"),
        "counts": _counts(proposal, taken),
        "held_by": _held_by(held),
        "expected_honest": expect(proposal, taken, marks.vouched, int(run.info["config"]["scoring"]["decoys"])),
    }
    return Batch(tables, info, run)


def _check_canary(canary: Batch, run: Detection, policy: Policy) -> None:
    faults = []
    if canary.info["part"] != CANARY:
        faults.append("is no canary")
    if canary.info["run_id"] != run.run_id:
        faults.append(f"is of run {canary.info['run_id']} and not of {run.run_id}")
    if canary.info["policy_digest"] != policy.digest:
        faults.append("was made by another policy")
    if faults:
        raise InputError(
            f"batch {canary.batch_id} {', '.join(faults)}",
            wanted="the canary of this run and policy",
            todo="pass that to --after-canary",
        )


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _marks(
    proposal: Proposal, words: Words, policy: Policy, protected: Protected, before: set[str], canary: Batch | None
) -> Marks:
    likes = proposal.likes
    author = proposal.note_rows["author_id"].take(pa.array(proposal.note))
    every = (Subject.LIKE, Subject.USER, Subject.RING)

    def any_of(word: Word) -> Bools:
        covered: Bools = np.logical_or.reduce([words.on(proposal, subject, word) for subject in every])
        return covered

    return Marks(
        purged_before=among(proposal.key, tuple(sorted(before if canary is None else before - canary.keys))),
        protected_user=among(likes["user_id"], protected.users),
        protected_note=among(likes["note_id"], protected.notes),
        protected_author=among(author, protected.authors),
        disputed=any_of(Word.DISPUTED),
        cleared_like=words.on(proposal, Subject.LIKE, Word.CLEARED),
        cleared_user=words.on(proposal, Subject.USER, Word.CLEARED),
        cleared_ring=words.on(proposal, Subject.RING, Word.CLEARED),
        unsure=any_of(Word.UNSURE),
        vouched=vouched(words, proposal, policy),
        first=None if canary is None else among(proposal.key, tuple(sorted(canary.keys))),
    )


def _tables(proposal: Proposal, held: I64, batch_id: str, run: Detection) -> dict[str, pa.Table]:
    ids = run.id_types
    taken = held == FREE
    all_likes = proposal.likes.append_column("key", proposal.key)
    purge = all_likes.filter(pa.array(taken)).select(PURGE.names)
    names = pa.array([*RAILS]).take(pa.array(held[~taken]))
    stays = all_likes.filter(pa.array(~taken)).append_column("held_by", names).select(HELD.names)
    n = len(proposal.note_likes)
    gone, kept = (np.bincount(proposal.note[chosen], minlength=n) for chosen in (taken, ~taken))
    touched = pa.array(np.flatnonzero(gone + kept))
    impact = proposal.note_rows.take(touched)
    columns = {
        **{name: impact[name] for name in ("note_id", "author_id", "likes_before")},
        "likes_purge": pa.array(gone).take(touched),
        "likes_held": pa.array(kept).take(touched),
        "likes_after": pc.subtract(impact["likes_before"], pa.array(gone).take(touched)),
    }
    authors = proposal.note_rows["author_id"].take(pa.array(proposal.note[taken])).combine_chunks()
    return {
        "purge": purge.cast(PURGE.arrow(ids)).combine_chunks(),
        "held": stays.cast(HELD.arrow(ids)).combine_chunks(),
        "restore": purge.select(RESTORE.names).combine_chunks(),
        "impact": pa.table(columns)
        .cast(BATCH_IMPACT.arrow(ids))
        .sort_by([(name, "ascending") for name in BATCH_IMPACT.sort_by])
        .combine_chunks(),
        "notices": write_notices(purge, authors, batch_id, ids),
    }


def _counts(proposal: Proposal, taken: Bools) -> dict[str, int]:
    def distinct(codes: I64) -> int:
        return len(np.unique(codes[taken]))

    return {
        "candidates": len(proposal),
        "purge": int(taken.sum()),
        "held": int((~taken).sum()),
        "users": distinct(proposal.user),
        "notes": distinct(proposal.note),
        "rings": distinct(proposal.ring),
        "kept": proposal.kept,
    }


def _held_by(held: I64) -> dict[str, int]:
    counts = np.bincount(held[held != FREE], minlength=len(RAILS)).tolist()
    return {name: n for name, n in zip(RAILS, counts, strict=True) if n}
