"""``graphkit audit``: what hard rules would block, beside a run."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import json_option
from graphkit.cli.output import say, terminal


@click.command(name="audit")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--rules", required=True, metavar="F.toml", help="The rules, a [[rule]] for each.")
@click.option("--likes", metavar="LIKES", help="Likes of the run; where the run found them by default.")
@click.option("--users", metavar="F", help="Table of users, beside --likes.")
@click.option("--notes", metavar="F", help="Table of notes, beside --likes.")
@json_option
def command(run_dir: Path, rules: str, likes: str | None, users: str | None, notes: str | None, as_json: bool) -> None:
    """Say what hard rules would block, whom they would hit, and how far they could be loosened beside RUN."""
    from graphkit.config import Config
    from graphkit.likes import read_likes
    from graphkit.purge.audit import audit
    from graphkit.purge.make import load_checked
    from graphkit.purge.rules import load_rules
    from graphkit.report.audit import audit_text
    from graphkit.report.machine import to_json

    asked, run = load_rules(rules), load_checked(run_dir)
    config = Config.model_validate(run.info["config"]).input
    given = None if likes is None else read_likes(likes, users=users, notes=notes, config=config)
    found = audit(run, asked, likes=given)
    colour, width = terminal()
    say(to_json(found) if as_json else audit_text(found, colour=colour, width=width))
