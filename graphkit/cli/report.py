"""``graphkit report``: the page of a saved run, anew."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.output import say, write_whole


@click.command(name="report")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
def command(run_dir: Path) -> None:
    """Write report.html of the saved RUN anew, and say where it is."""
    from graphkit.detection import load
    from graphkit.report.html import render_report

    page = render_report(load(run_dir))
    write_whole(run_dir / "report.html", page)
    say(str(run_dir / "report.html"))
