"""What notebooks and terminals are shown: foreign text made visible, and tables as HTML that trusts nothing in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def clean(value: object) -> str:
    """Return foreign text with everything invisible written out: controls, direction marks, lone surrogates."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def html_text(value: object) -> str:
    """Return foreign text as HTML: cleaned, escaped, and kept from turning its surroundings round."""
    return escape(clean(value))


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as an HTML table that a screen reader can walk and that takes the colours of the page around it.

    Parameters
    ----------
    caption
        What the table shows.
    head
        Names of the columns.
    rows
        Cells by row; the first is the row's heading, and numbers are set flush right.

    Returns
    -------
    str
    """
    top = "".join(f'<th scope="col">{html_text(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(_cell(value, heading=i == 0) for i, value in enumerate(row)) + "</tr>" for row in rows
    )
    return (
        f'<table><caption style="text-align:start">{html_text(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: object, *, heading: bool) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = f"{value:,.3f}" if isinstance(value, float) else f"{value:,}" if number else html_text(value)
    if heading:
        return f'<th scope="row" style="text-align:start"><bdi>{shown}</bdi></th>'
    return f'<td style="text-align:{"end" if number else "start"}"><bdi>{shown}</bdi></td>'
