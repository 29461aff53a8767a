"""``graphkit report``: the page of a saved run, anew."""

from __future__ import annotations

import os
from pathlib import Path

import click

from graphkit.cli.output import say


@click.command(name="report")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
def command(run_dir: Path) -> None:
    """Write report.html of the saved RUN anew, and say where it is."""
    from graphkit.detection import load
    from graphkit.report.html import render_report

    page = render_report(load(run_dir))
    # Beside it first: the old page stays until the new one is whole.
    partial = run_dir / f".report.html.{os.getpid()}.part"
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(run_dir / "report.html")
    finally:
        partial.unlink(missing_ok=True)
    say(str(run_dir / "report.html"))
