"""What was decided and stored, as a person reads it on a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from graphkit.cases.decisions import subject_of
from graphkit.cases.standing import key_of
from graphkit.report import text
from graphkit.report.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit.cases.review import Review
    from graphkit.cases.standing import Key

#: Rings listed by name; all are in the JSON.
_SHOWN = 12
_HEAD = ("When (UTC)", "Who", "Verdict", "About", "Given on run", "Then")


def review_text(review: Review, *, colour: bool = False, width: int = 100) -> str:
    """Return what became of a file of decisions.

    Parameters
    ----------
    review
        The review.
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
    known = f"; {text.plural(review.n_known, 'verdict')} stored before" if review.n_known else ""
    page.add()
    page.add(page.style(f"{text.plural(len(review.stored), 'verdict')} stored{known}.", bold=True))
    page.add()
    counts = Counter((row["verdict"], str(subject_of(row))) for row in review.stored)
    for (verdict, subject), n in sorted(counts.items()):
        page.item(verdict.capitalize(), text.plural(n, subject))
    for key, standing in review.disputed.items():
        said = ", ".join(f"{who} says {verdict}" for who, verdict in standing.said.items())
        page.item("Disputed", f"{about(key)}: {said}", fg="yellow")
    recognised = list(review.recognised.items())
    for ring, standing in recognised[:_SHOWN]:
        page.item("Recognised", f"{ring} is {review.names[ring]}, {standing.verdict} {text.moment(standing.since)} UTC")
    if len(recognised) > _SHOWN:
        page.item("", f"… and {text.plural(len(recognised) - _SHOWN, 'more ring')}")
    page.place("Cases", str(review.folder))
    return str(page)


def about(key: Key) -> str:
    """Return what a verdict is about, in words."""
    return " on ".join([f"{key[0]} {key[1]}", *map(str, key[2:])])


def trail_text(rows: Sequence[Mapping[str, Any]], *, colour: bool = False, width: int = 100) -> str:
    """Return who said what when, and what the ring, member or like looked like then.

    Parameters
    ----------
    rows
        Verdicts, as ``CaseStore.decisions_for`` returns them.
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
    page.add(page.style(f"{text.plural(len(rows), 'verdict concerns', 'verdicts concern')} this run.", bold=True))
    if rows:
        page.add()
        cells = [[*map(text.clean, _told(row))] for row in rows]
        head, *lines = [text.cut(line, page.width) for line in text.table([_HEAD, *cells], (False,) * len(_HEAD))]
        page.add(page.style(head, dim=True))
        for row, line in zip(rows, lines, strict=True):
            page.add(line)
            if row["comment"]:
                page.add("  " + text.cut(text.clean(row["comment"]), page.width - 2))
    return str(page)


def _told(row: Mapping[str, Any]) -> Sequence[str]:
    evidence = row["evidence"]
    ring = evidence["rings"][0] if evidence["rings"] else None
    then = text.NOTHING if ring is None else f"{ring['ring_id']}, {ring['tier']}, {text.score(ring['score'])}"
    return (text.moment(row["time"]), row["reviewer"], row["verdict"], about(key_of(row)), row["run_id"], then)
