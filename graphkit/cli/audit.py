"""``graphkit audit``: what hard rules would block, beside a run."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import json_option
from graphkit.cli.output import check_file, say, terminal, write_whole

_PATH = click.Path(path_type=Path)


@click.command(name="audit")
@click.argument("run_dir", metavar="RUN", type=_PATH)
@click.option("--rules", required=True, metavar="F.toml", help="The rules, a [[rule]] for each.")
@click.option("--likes", metavar="LIKES", help="Likes of the run; where the run found them by default.")
@click.option("--users", metavar="F", help="Table of users, beside --likes.")
@click.option("--notes", metavar="F", help="Table of notes, beside --likes.")
@click.option(
    "--batch",
    "batches",
    type=_PATH,
    multiple=True,
    metavar="BATCH",
    help="A batch of RUN that rules stand beside; may be given again. All of tier purge by default.",
)
@click.option("--out", type=_PATH, metavar="F", help="Write a table to this file, .parquet or .csv.")
@click.option("--force", is_flag=True, help="Replace a file that stands there.")
@json_option
def command(
    run_dir: Path,
    rules: str,
    likes: str | None,
    users: str | None,
    notes: str | None,
    batches: tuple[Path, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Say what hard rules would block, whom they would hit, and how far they could be loosened beside a purge.

    Truth is unknown: bought and honest are the estimates of RUN, by its scores.
    """
    if out is not None:
        check_file(out, "--out", endings=(".parquet", ".csv"), force=force)

    from graphkit.config import Config
    from graphkit.likes import read_likes
    from graphkit.purge.audit import audit, audit_table
    from graphkit.purge.csv_twin import write_table
    from graphkit.purge.make import load_checked
    from graphkit.purge.rules import load_rules
    from graphkit.report.audit import audit_text
    from graphkit.report.machine import to_json

    asked, run = load_rules(rules), load_checked(run_dir)
    config = Config.model_validate(run.info["config"]).input
    given = None if likes is None else read_likes(likes, users=users, notes=notes, config=config)
    found = audit(run, asked, batches=batches, likes=given)
    if out is not None:
        write_whole(out, lambda file: write_table(audit_table(found), file, as_csv=out.suffix.lower() == ".csv"))
    colour, width = terminal()
    say(to_json(found) if as_json else audit_text(found, where=out, colour=colour, width=width))
