"""Two runs beside each other, as a person reads it on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.cases.identity import Change
from graphkit.report import text
from graphkit.report.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit.cases.compare import Comparison

#: Rings listed; all are in the JSON.
MAX_RINGS = 24
_HEAD = ("Ring", "Change", "Then", "Now", "Users", "now", "both", "Verdict")
_RIGHT = (False, False, False, False, True, True, True, False)
_COLOURS = {Change.NEW: "red", Change.RETURNED: "red", Change.GREW: "yellow", Change.SPLIT: "yellow"}


def comparison_text(found: Comparison, *, colour: bool = False, width: int = 100) -> str:
    """Return what became of every ring, of purges, and of verdicts.

    Parameters
    ----------
    found
        The comparison.
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
    changes = ", ".join(f"{n} {change}" for change, n in found.changes.items())
    page.add(page.style(f"Rings: {changes or 'none in either run'}.", bold=True))
    if found.rings:
        page.add()
        _rings(page, found)
    page.add()
    _purged(page, found)
    for row in found.precision:
        decided = f"{row['confirmed']} confirmed, {row['cleared']} cleared, {row['open']} open"
        page.item("Verdicts", f"{row['subject']}s of tier {row['tier']}: {decided}{_interval(row)}")
    for row in found.given_back:
        given = f"{row['restored']} of {text.plural(row['taken'], 'like')} given back"
        page.item("Appeals", f"{row['name']}: {given}{_interval(row, 'at most ')}")
    page.item("Drift", _drift(found.drift))
    return str(page)


def _rings(page: Page, found: Comparison) -> None:
    shown = found.rings[:MAX_RINGS]
    cells = [[*map(text.clean, _cells(row, found))] for row in shown]
    head, *lines = [text.cut(line, page.width) for line in text.table([_HEAD, *cells], _RIGHT)]
    page.add(page.style(head, dim=True))
    for row, line in zip(shown, lines, strict=True):
        page.add(page.style(line, fg=_COLOURS.get(row["change"])))
    if len(found.rings) > len(shown):
        page.add(page.style(f"… and {text.plural(len(found.rings) - len(shown), 'more ring')}", dim=True))


def _cells(row: Mapping[str, Any], found: Comparison) -> Sequence[str]:
    change = {Change.SPLIT: "split from", Change.MERGED: "merged into"}.get(row["change"], row["change"])
    held = found.recognised.get(row["ring_b"])
    return (
        row["name"],
        f"{change} {row['other']}" if row["other"] else change,
        row["ring_a"] or text.NOTHING,
        row["ring_b"] or text.NOTHING,
        *(text.count(row[name]) for name in ("users_a", "users_b", "users_both")),
        "" if held is None else held.verdict,
    )


def _purged(page: Page, found: Comparison) -> None:
    pairs = found.returned
    if not pairs["pairs"]:
        page.item("Purged", "nothing yet")
        return
    still = f", {pairs['still_there']} still there as they were" if pairs["still_there"] else ""
    taken = text.plural(pairs["pairs"], "pair of user and note", "pairs of user and note")
    page.item("Purged", f"{taken}; {pairs['came_back']} came back{still}")
    for row in found.reformed[:MAX_RINGS]:
        kept, new = len(row["users_kept"]), len(row["users_new"])
        how = "" if row["by"] == "members" else ", known by its targets"
        page.item(
            "Re-formed", f"{row['name']} as {row['ring_id']}: {kept} of {row['users_before']} accounts, {new} new{how}"
        )


def _interval(row: Mapping[str, Any], bound: str = "") -> str:
    if row["precision"] is None:
        return ""
    share, low, high = (text.percent(row[name]) for name in ("precision", "low", "high"))
    return f"; precision {bound}{share} ({low} to {high})"


def _drift(drift: Mapping[str, Any] | None) -> str:
    if drift is None:
        return "too few rings to compare their scores"
    rings = " and ".join(map(str, drift["rings"]))
    return (
        f"scores of {rings} rings differ by {text.amount(drift['statistic'])} (KS, p = {text.amount(drift['p_value'])})"
    )
