"""What verdicts add up to: who said what last, where reviewers disagree, and what a later run has to honour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphkit.cases.decisions import Subject, Verdict, subject_of

#: Days for which a clearance holds, where nothing else is said.
CLEARED_D = 180
#: Stands for the verdict where the last words of reviewers differ.
DISPUTED = "disputed"

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held of one subject.

    Attributes
    ----------
    verdict
        `confirmed`, `cleared` or `unsure`, or `disputed` where reviewers differ.
    since
        When the last of them spoke.
    said
        The last verdict of each reviewer.
    """

    verdict: str
    since: dt.datetime
    said: Mapping[str, str]


@dataclass(frozen=True)
class Honoured:
    """The verdicts that a run has to honour.

    Attributes
    ----------
    rings
        By `ring_id` of the run.
    users
        By user id.
    likes
        By user id and note id.
    """

    rings: Mapping[str, Standing] = field(default_factory=dict)
    users: Mapping[Any, Standing] = field(default_factory=dict)
    likes: Mapping[tuple[Any, Any], Standing] = field(default_factory=dict)


def key_of(row: Mapping[str, Any]) -> Key:
    """Return what a verdict is about, the same in every run: the name of a ring, a user, a user and a note.

    A row has the columns of ``schemas.DECISIONS`` and the `name` of its ring.
    """
    match subject_of(row):
        case Subject.RING:
            return (Subject.RING, row["name"])
        case Subject.USER:
            return (Subject.USER, row["user_id"])
        case Subject.LIKE:
            return (Subject.LIKE, row["user_id"], row["note_id"])


def standings(rows: Iterable[Mapping[str, Any]], at: dt.datetime, *, period_d: int = CLEARED_D) -> dict[Key, Standing]:
    """Return what is held of each subject at a moment.

    Of each reviewer the last verdict counts. A clearance lapses after `period_d` days, and with it what its reviewer
    had said before. Where the verdicts that are left differ, the subject is disputed.

    Parameters
    ----------
    rows
        Verdicts with the columns of ``schemas.DECISIONS`` and `name`; of two by one reviewer at one time the later
        row counts.
    at
        The moment; later verdicts are not known yet.
    period_d
        Days for which a clearance holds.

    Returns
    -------
    dict
        By :func:`key_of`.
    """
    last: dict[Key, dict[str, tuple[dt.datetime, str]]] = {}
    for row in sorted(rows, key=lambda row: row["time"]):
        if row["time"] <= at:
            last.setdefault(key_of(row), {})[row["reviewer"]] = (row["time"], row["verdict"])
    lapse = at - dt.timedelta(days=period_d)
    out = {}
    for key, by_reviewer in last.items():
        holding = {
            who: (time, verdict)
            for who, (time, verdict) in sorted(by_reviewer.items())
            if verdict != Verdict.CLEARED or time > lapse
        }
        if holding:
            verdicts = {verdict for _, verdict in holding.values()}
            said = {who: verdict for who, (_, verdict) in holding.items()}
            since = max(time for time, _ in holding.values())
            out[key] = Standing(verdicts.pop() if len(verdicts) == 1 else DISPUTED, since, said)
    return out


def honoured(held: Mapping[Key, Standing], names: Mapping[str, str]) -> Honoured:
    """Return what a run has to honour.

    Parameters
    ----------
    held
        From :func:`standings`.
    names
        By `ring_id` of the run, the name of the ring.
    """
    return Honoured(
        {ring: held[Subject.RING, name] for ring, name in names.items() if (Subject.RING, name) in held},
        {key[1]: one for key, one in held.items() if key[0] == Subject.USER},
        {(key[1], key[2]): one for key, one in held.items() if key[0] == Subject.LIKE},
    )
