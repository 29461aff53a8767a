"""A fit of probabilities to verdicts, as a person reads it on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.report import text
from graphkit.report.page import Page

if TYPE_CHECKING:
    from graphkit.cases.calibrate import Calibration

_HEAD = ("Score", "Rings", "Mean", "Fitted", "Bought", "95 %")
_RIGHT = (False, True, True, True, True, False)


def calibrating_text(
    found: Calibration, *, where: str | Path | None = None, colour: bool = False, width: int = 100
) -> str:
    """Return what was fitted, on what, and how well it does on rings that were held out.

    Parameters
    ----------
    found
        The fit.
    where
        The file it was written to.
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
    made = found.provenance
    page.add()
    page.add(
        page.style(
            f"A {found.method} fit to {made['confirmed']} confirmed and {made['cleared']} cleared rings.", bold=True
        )
    )
    page.add()
    for name, row in made["tiers"].items():
        page.item(name.capitalize(), f"{text.count(row['judged'])} of {text.plural(row['rings'], 'ring')} judged")
    for name, label in (("brier", "Brier"), ("log_loss", "Log loss")):
        page.item(label, f"{text.amount(found.before[name])} before, {text.amount(found.after[name])} after")
    page.add()
    cells = [
        (
            f"{row['from']:g} to {row['to']:g}",
            text.count(row["rings"]),
            *(text.score(row[column]) for column in ("score", "probability", "bought")),
            f"{text.score(row['low'])} to {text.score(row['high'])}",
        )
        for row in found.reliability
    ]
    head, *lines = text.table([_HEAD, *cells], _RIGHT)
    page.add(page.style(head, dim=True))
    for line in lines:
        page.add(line)
    page.add()
    unseen = [name for name, row in made["tiers"].items() if not row["judged"]]
    page.warn([f"no ring of tier {name} was judged: nothing is known of them" for name in unseen])
    if where is not None:
        page.place("Model", str(where))
    return str(page)
