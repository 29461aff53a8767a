"""A batch as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.purge.difference import NO_CANDIDATE
from graphkit.purge.rails import RAILS
from graphkit.report import text
from graphkit.report.page import Page

if TYPE_CHECKING:
    from graphkit.purge import Batch

#: Rings listed in a difference; all are in the JSON.
MAX_RINGS = 12
_PARTS = {
    "all": "the whole batch",
    "canary": "the canary; the rest waits for --after-canary",
    "rest": "the rest after the canary",
}


def batch_text(
    batch: Batch,
    *,
    where: str | Path | None = None,
    change: Mapping[str, Any] | None = None,
    colour: bool = False,
    width: int = 100,
) -> str:
    """Return the summary of a batch.

    Parameters
    ----------
    batch
        The batch.
    where
        Its directory, when it was saved.
    change
        What :func:`graphkit.purge.difference.difference` says, for a dry run.
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
    info, counts = batch.info, batch.info["counts"]
    page.add()
    would = "would be taken" if where is None else "to be taken"
    head = f"{text.plural(counts['purge'], 'like')} {would}, {text.count(counts['held'])} held."
    page.add(page.style(head, bold=True))
    page.add()
    page.item("Batch", f"{batch.batch_id}, {_PARTS[info['part']]}")
    page.item("Run", f"{info['run_id']}, policy {info['policy_digest']}")
    page.item(
        "Touches",
        f"{text.plural(counts['users'], 'user')}, {text.plural(counts['notes'], 'note')}, "
        f"{text.plural(counts['rings'], 'ring')}; {text.percent(counts['purge'] / counts['kept'])} of all kept likes",
    )
    page.item("Honest", _honest(info["expected_honest"], counts["purge"]))
    if info["held_by"]:
        page.add()
        rows = [["Held by", "Likes", ""]]
        rows += [[name, text.count(n), RAILS[name].en] for name, n in info["held_by"].items()]
        _table(page, rows, (False, True, False))
    if change is not None:
        page.add()
        _change(page, change)
    page.add()
    if where is None:
        page.item("Written", "nothing")
    else:
        page.place("List", f"{where}/purge.parquet", bold=True)
    return str(page)


def _honest(expected: Mapping[str, Any], n: int) -> str:
    if n == 0:
        return text.NOTHING
    said = (
        f"{text.amount(expected['likes'])} likes ({text.percent(expected['share'])}) expected by scores and q-values, "
        f"{text.percent(expected['level'])} within {text.count(expected['low'])} to {text.count(expected['high'])}"
    )
    decoys = expected["by_decoys"]
    if decoys is not None:
        rings = text.plural(decoys["false_rings_at_most"], "ring")
        said += (
            f"; decoys alone bear out no more than that at most {rings} with "
            f"{text.plural(decoys['likes_at_most'], 'like')} are none"
        )
    if expected["confirmed"]:
        said += f"; for {text.plural(expected['confirmed'], 'like')} a person vouches"
    return said


def _change(page: Page, change: Mapping[str, Any]) -> None:
    """Say what the batch would do that the one before did not."""
    against = change["previous"] or "none"
    page.item("Previous", against)
    page.item(
        "Difference",
        f"{text.plural(change['new'], 'like')} more, {text.count(change['same'])} the same, "
        f"{text.count(change['gone'])} no longer",
    )
    gone = [
        f"{text.count(n)} {'no candidates any more' if name == NO_CANDIDATE else 'held by ' + name}"
        for name, n in change["gone_by"].items()
    ]
    if gone:
        page.item("", "of these " + ", ".join(gone))
    rings = change["rings"]
    if rings:
        rows = [["Ring", "Before", "Now"]]
        rows += [[text.clean(r["ring_id"]), text.count(r["before"]), text.count(r["now"])] for r in rings[:MAX_RINGS]]
        _table(page, rows, (False, True, True))
        if len(rings) > MAX_RINGS:
            page.add(page.style(f"… and {text.plural(len(rings) - MAX_RINGS, 'more ring')}", dim=True))


def _table(page: Page, rows: list[list[str]], right: tuple[bool, ...]) -> None:
    head, *lines = [text.cut(line, page.width) for line in text.table(rows, right)]
    page.add(page.style(head, dim=True))
    for line in lines:
        page.add(line)
