"""The summary of a run that a person reads on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.report import text
from graphkit.report.page import Page, accounting, off, period, took
from graphkit.report.rows import TIER_MEANINGS, TIERS, reason, ring_rows

if TYPE_CHECKING:
    from graphkit.detection import Detection

#: Rings listed; all are in ``rings.parquet``.
MAX_RINGS = 12
_COLOURS = {"purge": "red", "review": "yellow", "watch": "cyan"}
_HEAD = ("Ring", "Kind", "Tier", "Score", "Users", "Targets", "Likes", "Window")
_RIGHT = (False, False, False, True, True, True, True, True)


def summary(run: Detection, *, where: str | Path | None = None, colour: bool = False, width: int = 100) -> str:
    """Return the summary of a run.

    Parameters
    ----------
    run
        The run.
    where
        Its directory, when it was saved.
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
    info = run.info
    counts = info["counts"]
    page.add()
    page.add(page.style(_headline(info), bold=True))
    page.add()
    page.item("Likes", accounting(counts))
    page.item("Period", period(info["period"]["first_ts"], info["period"]["last_ts"], info["resolution_us"]))
    page.item("From", f"{text.plural(counts['users'], 'user')}, {text.plural(counts['notes'], 'note')}")
    ladder = [f"{text.window(w['window_s'])} ({text.plural(w['edges'], 'edge')})" for w in info["windows"]]
    page.item("Windows", " · ".join(ladder))
    if counts["rings"]:
        page.add()
        _tiers(page, info["tiers"])
        page.add()
        _rings(page, ring_rows(run))
    page.add()
    if info["evidence_off"]:
        page.item("Evidence", "off: " + off(info["evidence_off"]), dim=True)
    page.warn(info["warnings"])
    if where is not None:
        page.place("Report", f"{where}/report.html", bold=True)
        page.place("List", f"{where}/candidates.parquet")
    seconds = took(info)
    rate = counts["read"] / seconds if seconds else 0
    page.item(
        "Took",
        f"{text.duration(seconds)} · {text.amount(rate)} rows/s · {text.memory(info['peak_memory_bytes'])} "
        f"at most · {text.plural(info['threads'], 'thread')} · graphkit {info['graphkit']}, "
        f"config {info['config_digest']}",
    )
    return str(page)


def _headline(info: Mapping[str, Any]) -> str:
    n = info["counts"]["rings"]
    if n == 0:
        return "No rings found: nothing here likes together beyond what activity and attention explain."
    return f"{text.plural(n, 'ring')} found, {text.plural(info['counts']['candidates'], 'like')} proposed."


def _tiers(page: Page, tiers: Mapping[str, Mapping[str, int]]) -> None:
    """Say what each tier holds, and what it means."""
    head = ["Tier", "Rings", "Users", "Likes", ""]
    rows = [[t, *(text.count(tiers[t][n]) for n in ("rings", "users", "likes")), TIER_MEANINGS[t]] for t in TIERS]
    lines = text.table([head, *rows], (False, True, True, True, False))
    first, *lines = [text.cut(line, page.width) for line in lines]
    page.add(page.style(first, dim=True))
    for tier, line in zip(TIERS, lines, strict=True):
        page.add(page.style(line[: len(tier)], fg=_COLOURS[tier], bold=True) + line[len(tier) :])


def _rings(page: Page, rows: list[dict[str, Any]]) -> None:
    """List the strongest rings, each with its main reason below."""
    shown = rows[:MAX_RINGS]
    cells = [
        [
            text.clean(row["ring_id"]),
            text.clean(row["kind"]),
            row["tier"],
            text.score(row["score"]),
            *(text.count(row[name]) for name in ("n_users", "n_notes", "n_likes")),
            text.window(row["window_s"]),
        ]
        for row in shown
    ]
    head, *lines = [text.cut(line, page.width) for line in text.table([_HEAD, *cells], _RIGHT)]
    page.add(page.style(head, dim=True))
    for row, line in zip(shown, lines, strict=True):
        page.add(page.style(line, fg=_COLOURS[row["tier"]]))
        if row["reasons"]:
            page.add("  " + text.cut(text.clean(reason(row["reasons"][0], row)), page.width - 2))
    if len(rows) > len(shown):
        page.add(page.style(f"… and {text.plural(len(rows) - len(shown), 'more ring')} in rings.parquet", dim=True))
