"""An appeal as the person who decides it reads it on a terminal."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.report import text
from graphkit.report.cases import about
from graphkit.report.page import Page
from graphkit.report.rows import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphkit.purge.appeal import Appeal

#: Likes of a batch that are listed; all are in the JSON.
MAX_LIKES = 12


def appeal_text(
    found: Appeal,
    *,
    granted: bool | None = None,
    where: str | Path | None = None,
    colour: bool = False,
    width: int = 100,
) -> str:
    """Return what was taken, the evidence then and now, and what may be, or was, decided.

    Parameters
    ----------
    found
        The appeal.
    granted
        How it was decided; ``None`` where it was only looked up.
    where
        The restore batch that was made.
    colour
        Whether to write ANSI escapes.
    width
        Cells in a line; at least 60 are used.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    page = Page(colour, width)
    page.add()
    author = found.who.is_author
    whose = f"{'on notes of author' if author else 'of user'} {found.who.id}"
    on = "" if found.note is None else f", note {found.note}," if author else f" on note {found.note}"
    taken = f"{text.plural(len(found.likes), 'like')} {whose}{on} taken"
    back = len(found.likes) - len(found.open)
    page.add(page.style(text.clean(taken + (f", {back} given back before." if back else ".")), bold=True))
    page.add()
    for batch_id, likes in groupby(found.likes, key=lambda like: like["batch_id"]):
        _batch(page, batch_id, list(likes), by_user=author)
    _evidence(page, "Then", found.then)
    if found.now is not None:
        if found.now["rings"]:
            _evidence(page, "Now", found.now)
        else:
            who = "proposes none of these likes" if author else "has the user in no ring"
            page.item("Now", f"the later run {who}", fg="yellow")
    for key, standing in found.held.items():
        said = ", ".join(f"{who} says {verdict}" for who, verdict in standing.said.items())
        page.item("Verdicts", f"{about(key)}: {standing.verdict} ({said})")
    if granted is None:
        again = " (nothing is left to give back)" if not found.open else ""
        page.item(
            "Options", f"--grant --out RESTORE gives back {text.plural(len(found.open), 'like')}{again} and clears"
        )
        page.item("", "--refuse confirms; a verdict unsure, by graphkit review, leaves it open")
    else:
        cleared = "the likes are cleared" if author else "the user is cleared"
        page.item("Decided", f"granted: {cleared}" if granted else "refused", bold=True)
    if where is not None:
        page.place("Restore", str(where), bold=True)
    return str(page)


def _batch(page: Page, batch_id: str, likes: list[dict[str, Any]], *, by_user: bool) -> None:
    page.item("Batch", f"{batch_id} of {text.moment(likes[0]['made_at'])} UTC")
    page.place("", likes[0]["path"])
    for like in likes[:MAX_LIKES]:
        back = ", given back" if like["restored"] else ""
        ring = f"ring {like['name']} ({like['ring_id']})"
        when = text.moment(like["ts"])
        who = f"user {like['user_id']}, " if by_user else ""
        page.item("", f"{who}note {like['note_id']}, {when} UTC, {ring}, score {text.score(like['score'])}{back}")
    if len(likes) > MAX_LIKES:
        page.item("", f"… and {text.plural(len(likes) - MAX_LIKES, 'more like')}")


def _evidence(page: Page, label: str, told: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write the reasons of each ring, after those of the member in it where there is one, as sentences."""
    member = {row["ring_id"]: row for row in told["members"]}
    for ring in told["rings"]:
        own = member.get(ring["ring_id"], {"reasons": []})
        size = f"ring {ring['ring_id']}, tier {ring['tier']}, score {text.score(ring['score'])}"
        page.item(label, f"{size}, {text.plural(ring['n_users'], 'user')}, {text.plural(ring['n_notes'], 'note')}")
        codes: Iterable[tuple[str, Mapping[str, Any]]] = (
            *((code, {**ring, **own}) for code in own["reasons"]),
            *((code, ring) for code in ring["reasons"]),
        )
        for code, numbers in codes:
            page.item("", f"- {reason(code, numbers)}")
