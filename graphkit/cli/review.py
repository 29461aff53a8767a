"""``graphkit review``: what people decided about a run, stored."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import cases_option, json_option, now_option, parse_time
from graphkit.cli.output import say, terminal


@click.command(name="review")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--decisions", required=True, type=click.Path(path_type=Path), metavar="F", help="Verdicts, as CSV or Parquet."
)
@cases_option
@click.option("--reviewer", metavar="NAME", help="Who decided where F does not say; your login name by default.")
@now_option
@json_option
def command(
    run_dir: Path, decisions: Path, cases: Path | None, reviewer: str | None, now: str | None, as_json: bool
) -> None:
    """Check the decisions F about RUN and store them, each with the evidence it was based on.

    F has the columns ring_id, user_id, note_id, verdict (confirmed, cleared or unsure), reviewer, time and comment, as
    the report exports them. All of it is stored or nothing; twice is once.
    """
    from graphkit.cases.decisions import login_name
    from graphkit.cases.review import review
    from graphkit.cases.store import default_folder
    from graphkit.detection import load
    from graphkit.report.cases import review_text
    from graphkit.report.machine import to_json

    found = review(
        load(run_dir),
        decisions,
        cases or default_folder(run_dir),
        reviewer=reviewer or login_name(),
        at=parse_time(now, "--now"),
    )
    colour, width = terminal()
    say(to_json(found.to_dict()) if as_json else review_text(found, colour=colour, width=width))
