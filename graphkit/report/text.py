"""Numbers and foreign text as people read them, and text columns that stay straight with wide characters."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Sequence

from graphkit import display

#: Foreign text with everything invisible written out.
clean = display.clean

#: Stands for a number that is not known.
NOTHING = "–"

_STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_UNITS = ("B", "kB", "MB", "GB", "TB")


def count(n: float | None) -> str:
    """Return a count with its thousands marked."""
    return NOTHING if n is None else f"{int(n):,}"


def plural(n: int, word: str, words: str = "") -> str:
    """Return a count and its noun; the plural has an s unless given."""
    return f"{n:,} {word if n == 1 else words or word + 's'}"


def amount(x: float | None) -> str:
    """Return a number to three digits."""
    if x is None or math.isnan(x):
        return NOTHING
    if math.isinf(x) or abs(x) >= 999.5:
        return f"{x:,.0f}"
    if 0 < abs(x) < 0.001:
        return f"{x:.0e}"
    return f"{x:.3g}"


def percent(x: float | None) -> str:
    """Return a share as a percentage."""
    if x is None or math.isnan(x):
        return NOTHING
    if 0 < x < 0.01 or 0.99 < x < 1:
        return f"{100 * x:.2f} %"
    return f"{100 * x:.0f} %"


def score(x: float | None) -> str:
    """Return a score between 0 and 1; only 1 itself reads 1."""
    if x is None or math.isnan(x):
        return NOTHING
    return "1.000" if x == 1 else f"{min(x, 0.999):.3f}"


def window(seconds: int) -> str:
    """Return a window in hours or minutes where it is a whole number of them."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0 and seconds > 60:
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} s"


def duration(seconds: float) -> str:
    """Return a time span to two units."""
    if seconds < 59.5:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    left, parts = round(seconds), []
    for size, unit in _STEPS:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def memory(size: float | None) -> str:
    """Return a number of bytes in decimal units."""
    if size is None:
        return NOTHING
    power = 0
    while size >= 999.5 and power < len(_UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.3g} {_UNITS[power]}"


def moment(value: dt.datetime | str | None) -> str:
    """Return a UTC time to the second, without its zone."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    return value.strftime("%Y-%m-%d %H:%M:%S")


def width(text: str) -> int:
    """Return the terminal cells that a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fit(text: str, cells: int) -> int:
    """Return how many characters at the beginning of a text fit into so many cells."""
    if text.isascii():
        return min(len(text), max(cells, 0))
    for i, c in enumerate(text):
        cells -= width(c)
        if cells < 0:
            return i
    return len(text)


def cut(text: str, cells: int) -> str:
    """Return a text in at most so many cells, with an ellipsis where it was cut."""
    if fit(text, cells) == len(text):
        return text
    return text[: fit(text, cells - 1)].rstrip() + "…"


def pad(text: str, cells: int, right: bool = False) -> str:
    """Return a text filled up with spaces to so many cells, on the left where `right` is set."""
    gap = " " * max(cells - width(text), 0)
    return gap + text if right else text + gap


def wrap(text: str, cells: int) -> list[str]:
    """Return the lines of a text, each of at most so many cells; only words longer than a line are broken."""
    lines = [""]
    for word in text.split(" "):
        line = f"{lines[-1]} {word}" if lines[-1] else word
        if fit(line, cells) == len(line):
            lines[-1] = line
            continue
        rest = word if lines[-1] else (lines.pop(), word)[1]
        while (n := max(fit(rest, cells), 1)) < len(rest):
            lines.append(rest[:n])
            rest = rest[n:]
        lines.append(rest)
    return lines


def table(rows: Sequence[Sequence[str]], right: Sequence[bool], gap: str = "  ") -> list[str]:
    """Lay rows out in columns.

    Parameters
    ----------
    rows
        Cells by row, all rows of one length.
    right
        By column, whether it is flush right.
    gap
        What stands between columns.

    Returns
    -------
    list of str
        One line a row, without spaces at its end.
    """
    cells = [max((width(row[i]) for row in rows), default=0) for i in range(len(right))]
    return [gap.join(pad(cell, n, r) for cell, n, r in zip(row, cells, right, strict=True)).rstrip() for row in rows]
