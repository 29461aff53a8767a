"""Lines of text under labels: what the terminal pages are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from graphkit.report import text

_LABEL = 11
_STEPS = {
    1: "microsecond",
    1_000: "millisecond",
    1_000_000: "second",
    60_000_000: "minute",
    3_600_000_000: "hour",
    86_400_000_000: "day",
}


class Page:
    """A page of plain text, with or without colours.

    Parameters
    ----------
    colour
        Whether to write ANSI escapes.
    width
        Cells in a line; at least 60 are used.
    """

    def __init__(self, colour: bool, width: int) -> None:
        self.colour = colour
        self.width = max(width, 60)
        self.lines: list[str] = []

    def style(self, words: str, **how: Any) -> str:
        """Return words in a style such as ``bold=True`` or ``fg="red"``."""
        return click.style(words, **how) if self.colour else words

    def add(self, line: str = "") -> None:
        """Add a line as it is."""
        self.lines.append(line)

    def item(self, label: str, words: str, **how: Any) -> None:
        """Add words under a label, wrapped; invisible characters are written out."""
        for line in text.wrap(text.clean(words), self.width - _LABEL):
            self.add(self.style(text.pad(label, _LABEL), dim=True) + self.style(line, **how))
            label = ""

    def place(self, label: str, path: str, **how: Any) -> None:
        """Add a path under a label, on one line however long, so that it can be copied."""
        self.add(self.style(text.pad(label, _LABEL), dim=True) + self.style(text.clean(path), **how))

    def warn(self, warnings: list[str]) -> None:
        """Add warnings, a line or more each."""
        for warning in warnings:
            self.item("Warning", warning, fg="yellow")

    def __str__(self) -> str:
        return "\n".join(self.lines)


def accounting(counts: Mapping[str, int]) -> str:
    """Return where every row read went."""
    parts = " + ".join(f"{counts[name]:,} {name}" for name in ("kept", "duplicate", "undone", "quarantined"))
    outside = counts.get("outside", 0)
    rest = f"; {outside:,} more outside the time asked for" if outside else ""
    return f"{counts['read']:,} rows read = {parts}{rest}"


def period(first: str | None, last: str | None, resolution_us: int) -> str:
    """Return the period of the likes and the finest step of their times."""
    if first is None or last is None:
        return text.NOTHING
    step = _STEPS.get(resolution_us, f"{resolution_us:,} µs")
    return f"{text.moment(first)} to {text.moment(last)} UTC, times to the {step}"


def off(evidence_off: list[dict[str, str]]) -> str:
    """Return the channels of evidence that were off, each with the columns it wants."""
    columns: dict[str, list[str]] = {}
    for row in evidence_off:
        columns.setdefault(row["channel"], []).append(row["column"])
    return " · ".join(f"{channel} (wants {', '.join(names)})" for channel, names in columns.items())


def took(info: Mapping[str, Any]) -> float:
    """Return the seconds of a run, reading included."""
    stages = info["timings_s"]
    return float(info["seconds"] + sum(stages.get(name, 0.0) for name in ("read", "encode", "order", "join")))
