"""``docs/performance.md``: tables side by side are appended, the newest last; the table of stages has one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.benchmark.process import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- made by python -m tests.benchmark.bench_stages -->", "<!-- end of stages -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> list[str]:
    """Return a Markdown table, so many columns flush left and the others flush right."""
    rules = ["---"] * left + ["---:"] * (len(head) - left)
    return ["| " + " | ".join(cells) + " |" for cells in (head, rules, *rows)]


def append(lines: Iterable[str], page: Path = PAGE) -> None:
    """Put a section at the end."""
    with page.open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(lines) + "\n")


def replace_stages(lines: Iterable[str], page: Path = PAGE) -> None:
    """Put lines in the place of the table of stages."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page.name} has no place for the stages: {BEGIN} … {END}")
    page.write_text(before + "\n".join([begin, "", *lines, "", end]) + after, encoding="utf-8")
