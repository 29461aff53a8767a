"""What reviewers said, brought to one word for each ring, user and like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit.cases.decisions import Subject, Verdict, subject_of
from graphkit.cases.standing import last_words
from graphkit.purge.policy import Policy
from graphkit.purge.proposal import Proposal

Bools = npt.NDArray[np.bool_]
_Key = tuple[Subject, Any]
#: What names a subject.
_NAMES = {Subject.RING: ("ring_id",), Subject.USER: ("user_id",), Subject.LIKE: ("user_id", "note_id")}


class Word(StrEnum):
    """What reviewers say together of one subject."""

    DISPUTED = "disputed"
    CLEARED = "cleared"
    UNSURE = "unsure"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Words:
    """The word on each subject that somebody judged.

    Attributes
    ----------
    of
        By subject: a ring's name, a user's id, or the ids of user and note of a like.
    """

    of: Mapping[_Key, Word]

    def on(self, proposal: Proposal, subject: Subject, *words: Word) -> Bools:
        """Tell which likes are covered by one of `words` on a subject of that sort, bool[m]."""
        named = {key for (sort, key), word in self.of.items() if sort is subject and word in words}
        if not named:
            return np.zeros(len(proposal), np.bool_)
        ids = [proposal.likes[name].to_pylist() for name in _NAMES[subject]]
        keys: Iterable[Any] = zip(*ids, strict=True) if len(ids) > 1 else ids[0]
        return np.fromiter((key in named for key in keys), np.bool_, len(proposal))

    def describe(self) -> list[list[Any]]:
        """Return the words as sorted rows, for digests."""
        return sorted(([sort, key, word] for (sort, key), word in self.of.items()), key=repr)


def weigh(rows: Iterable[Mapping[str, Any]], *, run_id: str, policy: Policy, now: dt.datetime) -> Words:
    """Bring verdicts to one word for each subject.

    Of each reviewer the last verdict on a subject counts. ``cleared`` and ``confirmed`` by different people make it
    disputed; one ``cleared`` clears it; one ``unsure`` keeps it unsure; it is confirmed when `min_reviewers` people say
    so and nobody says otherwise. Doubt counts from whatever run and whatever clock, but a clearance of a user or ring
    ends after `cleared_d` days. A confirmation counts only for the run it was given on, and not from the future: the
    evidence may have changed since, or the name of the ring been taken by another.

    Parameters
    ----------
    rows
        Verdicts with the columns of ``schemas.DECISIONS`` and ``run_id``.
    run_id
        The run to be purged from.
    policy
        The policy.
    now
        The moment of the purge.

    Returns
    -------
    Words
    """
    end = now - dt.timedelta(days=policy.cleared_d)
    of = {}
    for key, by_reviewer in last_words(rows, _key).items():
        said = [
            row for row in by_reviewer.values() if _counts(row, run_id, now, None if key[0] is Subject.LIKE else end)
        ]
        word = _word({row["verdict"] for row in said}, len(said), policy)
        if word is not None:
            of[key] = word
    return Words(of)


def _key(row: Mapping[str, Any]) -> _Key:
    match subject_of(row):
        case Subject.LIKE:
            return Subject.LIKE, (row["user_id"], row["note_id"])
        case Subject.USER:
            return Subject.USER, row["user_id"]
        case Subject.RING:
            return Subject.RING, row["ring_id"]


def _counts(row: Mapping[str, Any], run_id: str, now: dt.datetime, end: dt.datetime | None) -> bool:
    match row["verdict"]:
        case Verdict.CONFIRMED:
            return bool(row["run_id"] == run_id and row["time"] <= now)
        case Verdict.CLEARED:
            return end is None or bool(row["time"] > end)
        case _:
            return True


def _word(said: set[str], n: int, policy: Policy) -> Word | None:
    if Verdict.CLEARED in said:
        return Word.DISPUTED if Verdict.CONFIRMED in said else Word.CLEARED
    if Verdict.UNSURE in said:
        return Word.UNSURE
    return Word.CONFIRMED if said and n >= policy.min_reviewers else None


def vouched(words: Words, proposal: Proposal, policy: Policy) -> Bools:
    """Tell for which likes a person's word stands in for score, tier and shares, bool[m].

    A confirmed like is taken at its word. One of a confirmed ring or user must also be no ordinary like itself, with a
    probability of `min_genuine`.
    """
    none = np.zeros(len(proposal), np.bool_)
    if policy.admit_confirmed == "none":
        return none
    like = words.on(proposal, Subject.LIKE, Word.CONFIRMED)
    wider = words.on(proposal, Subject.USER, Word.CONFIRMED)
    if policy.admit_confirmed == "rings":
        wider |= words.on(proposal, Subject.RING, Word.CONFIRMED)
    return like | (wider & (proposal.genuine >= policy.min_genuine))
