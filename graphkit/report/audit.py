"""What hard rules would block, as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphkit.report import text
from graphkit.report.page import Page

_HEAD = ("Rule", "Blocks", "purge", "review", "members'", "no sign", "Honest per bought", "Loosest", "beside purge")


def audit_text(found: Mapping[str, Any], *, colour: bool = False, width: int = 100) -> str:
    """Return an audit as text.

    Parameters
    ----------
    found
        What :func:`graphkit.purge.audit.audit` returns.
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
    batch = found["batch"]
    page.add()
    page.item("Run", found["run_id"])
    page.item(
        "Its purge",
        f"{text.plural(batch['likes'], 'like')}, {text.amount(batch['honest_per_bought'])} honest per bought one",
    )
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
    return str(page)


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
