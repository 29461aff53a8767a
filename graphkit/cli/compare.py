"""``graphkit compare``: two runs beside each other."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import cases_option, json_option, now_option, parse_time
from graphkit.cli.output import say, terminal


@click.command(name="compare")
@click.argument("run_a", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("run_b", metavar="RUN_B", type=click.Path(path_type=Path))
@cases_option
@now_option
@json_option
def command(run_a: Path, run_b: Path, cases: Path | None, now: str | None, as_json: bool) -> None:
    """Say what became of the rings of RUN_A in the later RUN_B, and of what was purged and decided.

    Both are recorded in the case store (beside RUN_B by default), so that a ring keeps its name from run to run.
    """
    from graphkit.cases.compare import compare
    from graphkit.cases.store import default_folder
    from graphkit.purge.make import load_checked
    from graphkit.report.comparison import comparison_text
    from graphkit.report.machine import to_json

    found = compare(
        load_checked(run_a), load_checked(run_b), cases or default_folder(run_b), at=parse_time(now, "--now")
    )
    colour, width = terminal()
    say(to_json(found.to_dict()) if as_json else comparison_text(found, colour=colour, width=width))
