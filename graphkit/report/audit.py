"""What hard rules would block, as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphkit.report import text
from graphkit.report.page import Page

_HEAD = ("Rule", "Blocks", "purge", "review", "members'", "no sign", "Honest per bought", "Loosest", "beside purge")


def audit_text(found: Mapping[str, Any], *, where: Path | None = None, colour: bool = False, width: int = 100) -> str:
    """Return an audit as text.

    Parameters
    ----------
    found
        What :func:`graphkit.purge.audit.audit` returns.
    where
        The table that was written.
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
    page.item("Run", found["run_id"])
    page.item("Purge", _purge(found["purge"]))
    page.item("Honest", "and bought are the run's own estimates: its scores; likes it does not propose count as honest")
    page.add()
    on = [rule for rule in found["rules"] if rule["off"] is None]
    head, *lines = text.table([_HEAD, *map(_row, on)], (False, *(True for _ in _HEAD[1:])))
    page.add(page.style(head, dim=True))
    for line in lines:
        page.add(line)
    for rule in found["rules"]:
        if rule["off"] is not None:
            page.item("Off", f"{rule['name']} (wants {rule['off']})", dim=True)
    if where is not None:
        page.add()
        page.place("Table", str(where), bold=True)
    return str(page)


def _purge(purge: Mapping[str, Any]) -> str:
    batches = purge["batches"]
    what = f"batch {' and '.join(batches)}" if batches else "all of tier purge, for want of --batch"
    likes = text.plural(purge["blocked"], "like")
    return f"{what}: {likes}, {text.amount(purge['honest_per_bought'])} honest per bought one"


def _row(rule: Mapping[str, Any]) -> list[str]:
    beside = "needless" if rule["needless"] else text.amount(rule["loosest_beside"])
    return [
        rule["name"],
        text.count(rule["blocked"]),
        *map(text.count, rule["by_sign"].values()),
        text.amount(rule["honest_per_bought"]),
        text.amount(rule["loosest"]),
        beside,
    ]
