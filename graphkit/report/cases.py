"""What was decided and stored, as a person reads it on a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from graphkit.cases.decisions import subject_of
from graphkit.report import text
from graphkit.report.page import Page

if TYPE_CHECKING:
    from graphkit.cases.review import Review
    from graphkit.cases.standing import Key

#: Rings listed by name; all are in the JSON.
_SHOWN = 12


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
