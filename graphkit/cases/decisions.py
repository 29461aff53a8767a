"""Verdicts that reviewers hand in: read, completed, and checked against the run they are about."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphkit.cases.listing import Listing, read_listing
from graphkit.columns import Kind
from graphkit.detection.run import Detection
from graphkit.errors import ConfigError
from graphkit.schemas import DECISIONS

#: What a verdict may be about.
_KNOWN = "rings (ring_id), members (user_id) or candidate likes (user_id and note_id) of this run"


class Verdict(StrEnum):
    """What a reviewer may say."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    UNSURE = "unsure"


class Subject(StrEnum):
    """What a verdict is about."""

    RING = "ring"
    USER = "user"
    LIKE = "like"


def subject_of(row: Mapping[str, Any]) -> Subject:
    """Return what a row of ``schemas.DECISIONS`` is about: the finest of like, user and ring that it names."""
    if row["note_id"] is not None:
        return Subject.LIKE
    return Subject.RING if row["user_id"] is None else Subject.USER


@dataclass(frozen=True)
class Decisions:
    """Verdicts, each complete.

    Attributes
    ----------
    table
        The columns of ``schemas.DECISIONS``, ids in the types of the run, ordered as declared and each row once.
    untimed
        By row, whether the file left the time open, so that `time` is the moment of handing in.
    source
        The file they came from, for messages.
    rows
        By row, its number in that file, from 1.
    """

    table: pa.Table
    untimed: tuple[bool, ...]
    source: str
    rows: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def check_against(self, run: Detection) -> None:
        """Refuse verdicts on what the run does not hold.

        Parameters
        ----------
        run
            The run that was reviewed.

        Raises
        ------
        InputError
            When a ring, a member or a candidate like is unknown; the message counts the rows and names the first.
        """
        listing = Listing(self.source, len(self))
        _blame_unknown(zip(self.rows, self.table.to_pylist(), strict=True), run, listing)
        listing.check(_KNOWN)


def _blame_unknown(rows: Iterable[tuple[int, Mapping[str, Any]]], run: Detection, listing: Listing) -> None:
    """Note which rows are about what the run does not hold."""
    rings = set(run.rings["ring_id"].to_pylist())
    members = set(zip(run.members["ring_id"].to_pylist(), run.members["user_id"].to_pylist(), strict=True))
    users = {user for _, user in members}
    names = ("user_id", "note_id", "ring_id")
    likes = set(zip(*(run.candidates[name].to_pylist() for name in names), strict=True))
    pairs = {like[:2] for like in likes}
    for number, row in rows:
        ring, user, note = row["ring_id"], row["user_id"], row["note_id"]
        if ring is not None and ring not in rings:
            listing.blame(number, f"no ring {ring!r}")
        elif user is not None and user not in users:
            listing.blame(number, f"no member {user!r}")
        elif user is not None and ring is not None and (ring, user) not in members:
            listing.blame(number, f"{user!r} is no member of {ring!r}")
        elif note is not None and ((user, note) not in pairs if ring is None else (user, note, ring) not in likes):
            listing.blame(number, f"no candidate like of {user!r} on {note!r}" + (f" in {ring!r}" if ring else ""))


def read_decisions(
    path: str | Path,
    *,
    ids: Mapping[Kind, pa.DataType],
    reviewer: str,
    at: dt.datetime,
    run: Detection | None = None,
) -> Decisions:
    """Read a file of decisions.

    Parameters
    ----------
    path
        CSV or Parquet with the columns of ``schemas.DECISIONS``.
    ids
        Types that ids take, as in ``Detection.id_types``.
    reviewer
        Who decided where the file does not say.
    at
        When, where the file does not say; a moment with a zone.
    run
        The run they are about, where rows about what it does not hold are to be refused with the others.

    Returns
    -------
    Decisions

    Raises
    ------
    InputError
        When the file cannot be read or a row is wrong; the message counts all such rows and names the first.
    """
    listing = read_listing(path, DECISIONS, ids)
    read = {
        number: {name: listing.columns[name][number - 1] for name in DECISIONS.names}
        for number in range(1, listing.n_rows + 1)
    }
    for number, row in read.items():
        _check_row(row, number, listing)
    if run is not None:
        _blame_unknown(read.items(), run, listing)
    seen: dict[tuple[Any, ...], tuple[int, Any]] = {}
    kept: list[tuple[dict[str, Any], bool, int]] = []
    for number, row in read.items():
        if number in listing.faults:
            continue  # what is wrong itself contradicts nobody
        untimed = row["time"] is None
        row |= {"reviewer": row["reviewer"] or reviewer, "time": at.astimezone(dt.UTC) if untimed else row["time"]}
        key = tuple(row[name] for name in DECISIONS.sort_by)
        said = (row["verdict"], row["comment"])
        earlier, before = seen.setdefault(key, (number, said))
        if before != said:
            listing.blame(number, f"contradicts row {earlier}")
        elif earlier == number:
            kept.append((row, untimed, number))
    subjects = "a ring_id, a user_id, or a user_id and note_id" if run is None else _KNOWN
    listing.check(f"verdicts (confirmed, cleared or unsure) on {subjects}")
    kept.sort(key=lambda one: _order(one[0]))
    rows = [row for row, _, _ in kept]
    table = pa.Table.from_pylist(rows, schema=DECISIONS.arrow(ids))
    return Decisions(table, tuple(u for _, u, _ in kept), listing.label, tuple(n for _, _, n in kept))


def _check_row(row: Mapping[str, Any], number: int, listing: Listing) -> None:
    if row["verdict"] is None:
        listing.blame(number, "no verdict")
    elif row["verdict"] not in set(Verdict):
        listing.blame(number, f"verdict {row['verdict']!r}")
    elif row["note_id"] is not None and row["user_id"] is None:
        listing.blame(number, "a note_id without user_id")
    elif row["ring_id"] is None and row["user_id"] is None:
        listing.blame(number, "neither ring_id nor user_id")


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Order rows by the declared key, empty cells first; ids of one column are of one type."""
    return tuple(
        (row[name] is not None, row[name]) if row[name] is not None else (False,) for name in DECISIONS.sort_by
    )


def login_name() -> str:
    """Return who is logged in.

    Raises
    ------
    ConfigError
        Where nobody is known to be.
    """
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise ConfigError("no login name", wanted="somebody who answers for it", todo="name the reviewer") from None
