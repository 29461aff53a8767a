"""``docs/quality.md``: every command of the harness owns one section and leaves the others alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from graphkit.evaluation import Share
from graphkit.report import text
from tests.quality.cases import ROOT

PAGE = ROOT / "docs" / "quality.md"
IMAGES = ROOT / "docs" / "images"
#: Sections of the page, and the command that makes each.
SECTIONS = ("suite", "batches", "ablation", "price", "grid")
_BLOCK = "<!-- made by python -m tests.quality {} -->\n{}<!-- end of {} -->"


def replace_section(name: str, lines: Iterable[str], page: Path = PAGE) -> None:
    """Put lines in the place of a section."""
    before = page.read_text(encoding="utf-8")
    pattern = re.escape(_BLOCK.format(name, "\0", name)).replace("\0", ".*?").replace("\\\x00", ".*?")
    body = _BLOCK.format(name, "\n" + "\n".join(lines).strip() + "\n\n", name)
    after, n = re.subn(pattern, lambda _: body, before, flags=re.DOTALL)
    if n != 1:
        raise SystemExit(f"{page.name}: the section of {name} stands {n} times; wanted once")
    page.write_text(after, encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table: the first column flush left, the others flush right."""
    lines = [row(head), row(["---", *("---:" for _ in head[1:])])]
    return [*lines, *(row(cells) for cells in rows), ""]


def row(cells: Sequence[str]) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def mean(share: Share) -> str:
    """Return the mean over the runs."""
    return text.percent(share.mean)


def points(after: float, before: float) -> str:
    """Return a difference of shares in points of per cent, signed."""
    change = 100 * (after - before)
    return text.NOTHING if math.isnan(change) else "0" if abs(change) < 0.005 else f"{change:+.2f}"
