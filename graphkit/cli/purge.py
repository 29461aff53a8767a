"""``graphkit purge``: a run in, a batch out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from graphkit.cli.options import json_option, parse_time
from graphkit.cli.output import say, terminal
from graphkit.errors import ConfigError

_PATH = click.Path(path_type=Path)


@click.command(name="purge")
@click.argument("run_dir", metavar="RUN", type=_PATH)
@click.option("--policy", metavar="F.toml", help="Guard rails; the defaults where absent.")
@click.option("--out", type=_PATH, metavar="BATCH", help="Batch directory to be made.")
@click.option("--decisions", metavar="F", help="Verdicts of reviewers on this run, CSV or Parquet.")
@click.option("--protect", metavar="F", help="Users, notes and authors never to be touched, CSV or Parquet.")
@click.option("--cases", type=_PATH, metavar="DIR", help="Case store; cases beside RUN by default.")
@click.option("--previous", type=_PATH, multiple=True, metavar="BATCH", help="A batch whose likes are not taken again.")
@click.option("--after-canary", type=_PATH, metavar="BATCH", help="Make the rest of this canary.")
@click.option("--model", metavar="F.json", help="Model of graphkit calibrate, for the honest likes to be expected.")
@click.option("--now", metavar="T", help="The moment of the purge (UTC); by the clock where absent.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print the difference against the previous batch.")
@click.option("--force", is_flag=True, help="Replace a batch that stands there.")
@json_option
def command(
    run_dir: Path,
    out: Path | None,
    cases: Path | None,
    policy: str | None,
    now: str | None,
    previous: tuple[Path, ...],
    dry_run: bool,
    force: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Make a batch from RUN: the likes that every guard rail lets pass.

    Nothing is deleted: a batch is a list, with its reasons, its inverse, and a notice to everybody concerned. What the
    case store holds is honoured, and it remembers the batch.
    """
    if (out is None) is not dry_run:
        raise ConfigError(
            f"--out {'and' if dry_run else 'or'} --dry-run {'both' if dry_run else 'missing'}",
            wanted="one of the two",
            todo="see graphkit purge --help",
        )
    from graphkit.purge.batchdir import check_batch_target

    if out is not None:
        check_batch_target(out, force)

    from graphkit.cases.store import CaseStore, default_folder
    from graphkit.purge import load_batch, load_policy, purge
    from graphkit.purge.batch import withdraw_replaced
    from graphkit.purge.difference import difference, last_batch
    from graphkit.purge.health import check_run
    from graphkit.purge.make import hand_in, load_checked
    from graphkit.purge.protect import read_protected
    from graphkit.report.batch import batch_text
    from graphkit.report.machine import to_json

    rails, run = load_policy(policy), load_checked(run_dir)
    at = parse_time(now, "--now") or dt.datetime.now(dt.UTC)
    # Whatever can be refused without the store is, before one is made.
    check_run(run, rails, at)
    if given["decisions"] is not None:
        given["decisions"] = hand_in(given["decisions"], run, at)
    if given["protect"] is not None:
        given["protect"] = read_protected(given["protect"], run.id_types)
    if given["after_canary"] is not None:
        given["after_canary"] = load_batch(given["after_canary"])
    earlier = [load_batch(path) for path in previous]
    # One writer at a time, from the reading of what is known to the recording of what is taken.
    with CaseStore.open(default_folder(run_dir) if cases is None else cases, write=not dry_run) as store:
        given |= {"policy": rails, "store": store, "previous": earlier, "now": at}
        batch = purge(run, **given)
        if out is not None and withdraw_replaced(out, batch, store):
            batch = purge(run, **given)
        change = difference(batch, earlier[-1] if earlier else last_batch(store, batch)) if dry_run else None
        if out is not None:
            batch.save(out, force=force, store=store)
    colour, width = terminal()
    if as_json:
        say(to_json({"batch": None if out is None else str(out), "info": batch.info, "difference": change}))
    else:
        say(batch_text(batch, where=out, change=change, colour=colour, width=width))
