"""``graphkit review``: what people decided about a run, stored."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import cases_option, json_option, now_option, parse_time
from graphkit.cli.output import say, terminal


@click.command(name="review")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--decisions", type=click.Path(path_type=Path), metavar="F", help="Verdicts, as CSV or Parquet.")
@cases_option
@click.option("--reviewer", metavar="NAME", help="Who decided where F does not say; your login name by default.")
@now_option
@json_option
def command(
    run_dir: Path, decisions: Path | None, cases: Path | None, reviewer: str | None, now: str | None, as_json: bool
) -> None:
    """Check the decisions F about RUN and store them, each with the evidence it was based on.

    F has the columns ring_id, user_id, note_id, verdict (confirmed, cleared or unsure), reviewer, time and comment, as
    the report exports them. All of it is stored or nothing; twice is once.

    Without F nothing is stored: told are the verdicts that concern RUN, who gave them when, on whatever run, and on
    which evidence.
    """
    from graphkit.cases.decisions import login_name
    from graphkit.cases.review import review
    from graphkit.cases.store import CaseStore, default_folder
    from graphkit.purge.make import load_checked
    from graphkit.report.cases import review_text, trail_text
    from graphkit.report.machine import to_json

    run, folder = load_checked(run_dir), cases or default_folder(run_dir)
    colour, width = terminal()
    if decisions is None:
        with CaseStore.open(folder) as store:
            trail = store.decisions_for(run)
        say(to_json(trail) if as_json else trail_text(trail, colour=colour, width=width))
        return
    at = parse_time(now, "--now")
    found = review(run, decisions, folder, reviewer=reviewer or login_name(), at=at)
    say(to_json(found.to_dict()) if as_json else review_text(found, colour=colour, width=width))
