"""What verdicts add up to: who said what last, where reviewers disagree, and what lapses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphkit.cases.decisions import Subject, Verdict, subject_of

#: Days for which a clearance holds, where nothing else is said.
CLEARED_D = 180
#: Stands for the verdict where one reviewer confirms what another clears.
DISPUTED = "disputed"

#: Verdicts, most doubt of a ring first.
_DOUBT = (Verdict.CLEARED, Verdict.UNSURE, Verdict.CONFIRMED)
_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held of one subject.

    Attributes
    ----------
    verdict
        `disputed` where one reviewer confirms and another clears; else `cleared` where anybody clears, else `unsure`
        where anybody is, else `confirmed`: doubt outweighs.
    since
        When the last of them spoke.
    said
        The last verdict of each reviewer.
    """

    verdict: str
    since: dt.datetime
    said: Mapping[str, str]


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


def standings(
    rows: Iterable[Mapping[str, Any]], at: dt.datetime, *, period_d: int | None = CLEARED_D
) -> dict[Key, Standing]:
    """Return what is held of each subject at a moment.

    Of each reviewer the last verdict counts. A clearance lapses after `period_d` days, and with it what its reviewer
    had said before.

    Parameters
    ----------
    rows
        Verdicts with the columns of ``schemas.DECISIONS`` and `name`.
    at
        The moment; later verdicts are not known yet.
    period_d
        Days for which a clearance holds; for ever where ``None``.

    Returns
    -------
    dict
        By :func:`key_of`.
    """
    lapse = _EVER if period_d is None else at - dt.timedelta(days=period_d)
    out = {}
    for key, by_reviewer in last_words(row for row in rows if row["time"] <= at).items():
        holding = [row for row in by_reviewer.values() if row["verdict"] != Verdict.CLEARED or row["time"] > lapse]
        if holding:
            said = {row["reviewer"]: row["verdict"] for row in holding}
            out[key] = Standing(_together(set(said.values())), max(row["time"] for row in holding), said)
    return out


def last_words(
    rows: Iterable[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], Key] = key_of
) -> dict[Key, dict[str, Mapping[str, Any]]]:
    """Return the last verdict of each reviewer on each subject, in the order of their names, by `key`.

    Of two at one time the more doubtful is the last, whatever the order of the rows.
    """
    last: dict[Key, dict[str, Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["time"], -_DOUBT.index(row["verdict"]))):
        last.setdefault(key(row), {})[row["reviewer"]] = row
    return {key: dict(sorted(by_reviewer.items())) for key, by_reviewer in last.items()}


def _together(said: set[str]) -> str:
    if {Verdict.CONFIRMED, Verdict.CLEARED} <= said:
        return DISPUTED
    return next(verdict for verdict in _DOUBT if verdict in said)
