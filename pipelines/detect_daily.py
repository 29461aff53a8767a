"""Detect rings in the trailing window of a lake of likes, one run a day.

``python -m pipelines.detect_daily --lake LAKE --runs RUNS --date 2026-11-22`` reads the partitions
``LAKE/dt=2026-11-09`` to ``LAKE/dt=2026-11-22`` and writes ``RUNS/dt=2026-11-22``. Which day a like belongs to is
the lake's affair: partitions are read whole. Doing it twice does it once.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import graphkit as gk
from graphkit.cli.options import Chosen, Machine, engine_options, machine_options
from graphkit.engines import Engine
from graphkit.errors import GraphkitError, InputError, OutputError
from graphkit.likes.source import public
from pipelines.lake import Lake


def trailing_days(end: dt.date, days: int) -> list[dt.date]:
    """Return the `days` days up to and including `end`, ascending."""
    return [end - dt.timedelta(days=back) for back in reversed(range(days))]


def find_partitions(lake: str, days: Sequence[dt.date]) -> tuple[list[str], list[dt.date]]:
    """Look for the partitions of some days.

    Parameters
    ----------
    lake
        The folder or URL that holds the partitions ``dt=YYYY-MM-DD``.
    days
        The days wanted.

    Returns
    -------
    found : list of str
        Paths (or URLs) of what is there, in the order of `days`; those of parts of a day where some were moved.
    missing : list of datetime.date
        The days without a partition.

    Raises
    ------
    InputError
        When there is no such lake.
    """
    where = Lake.open(lake)
    names = [f"dt={day}" for day in days]
    manifest = where.manifest(names)
    found, missing = [], []
    for day, name in zip(days, names, strict=True):
        places = manifest.of(name)
        if any(place != part for part, place in places.items()):
            # A purge writes partitions anew elsewhere, and its manifest says where.
            found += [where.url(place) for place in places.values()]
        elif where.has(name):
            found.append(where.url(name))
        else:
            missing.append(day)
    return found, missing


def likes_name(lake: str, window: list[dt.date]) -> str:
    """Say which partitions a run is about."""
    return f"{public(lake).rstrip('/')}/dt={window[0]}..{window[-1]}"


def made_from(run: Path) -> dict[str, Any] | None:
    """Return what a finished run was made from: ``fingerprint``, ``config_digest`` and ``version``; or ``None``."""
    try:
        info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return {
        "fingerprint": info.get("input", {}).get("fingerprint"),
        "config_digest": info.get("config_digest"),
        "version": info.get("graphkit"),
    }


def detect_day(
    lake: str,
    runs: Path,
    *,
    date: dt.date,
    days: int = 14,
    users: str | None = None,
    notes: str | None = None,
    config_file: str | None = None,
    force: bool = False,
    engine: Engine | None = None,
) -> tuple[Path, bool]:
    """Make the run of one day, unless it is there already.

    Parameters
    ----------
    lake
        The folder or URL that holds the partitions.
    runs
        Where runs are kept; the run is ``runs/dt=<date>``.
    date
        Last day of the window, included.
    days
        Days in the window.
    users, notes
        The optional tables.
    config_file
        A TOML config; the defaults without it.
    force
        Whether to make the run again, whatever is there.
    engine
        Where to compute; this process where absent.

    Returns
    -------
    run : pathlib.Path
        The run directory.
    made : bool
        Whether it was made now.

    Raises
    ------
    InputError
        When the window has no partition at all.
    OutputError
        When a finished run of other input, settings or version stands there and `force` is not given.
    """
    from graphkit.config import load_config
    from graphkit.report.desk import report_files

    config = load_config(config_file)
    window = trailing_days(date, days)
    found, missing = find_partitions(lake, window)
    if not found:
        raise InputError(
            f"{public(lake)}: no partition from dt={window[0]} to dt={window[-1]}",
            wanted="folders named dt=YYYY-MM-DD",
            todo="check --lake and --date",
        )
    if missing:
        listed = ", ".join(map(str, missing))
        click.echo(f"warning: {len(missing)} of {days} partitions are missing: {listed}", err=True)

    likes = gk.read_likes(found, users=users, notes=notes, config=config.input, engine=engine)
    run = runs / f"dt={date}"
    before = made_from(run)
    if before and not force:
        wanted = {"fingerprint": likes.fingerprint, "config_digest": config.digest, "version": gk.__version__}
        if before == wanted:
            return run, False
        changed = " and ".join(key for key in wanted if before[key] != wanted[key])
        raise OutputError(f"{run} was made from another {changed}", todo="pass --force to make it again")
    inputs = {"likes": likes_name(lake, window), "users": users, "notes": notes}
    found_rings = gk.detect(likes, config=config, engine=engine, inputs=inputs)
    found_rings.save(run, force=force, extra=lambda: report_files(found_rings))
    return run, True


@click.command(context_settings={"show_default": True})
@click.option("--lake", required=True, help="Folder or URL of the partitions dt=YYYY-MM-DD.")
@click.option("--runs", required=True, type=click.Path(path_type=Path), help="Folder of the runs.")
@click.option("--date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day of the window, included.")
@click.option("--days", default=14, type=click.IntRange(min=1), help="Days in the window.")
@click.option("--users", help="The users table.")
@click.option("--notes", help="The notes table.")
@click.option("--config", "config_file", help="A TOML config.")
@click.option("--force", is_flag=True, help="Make the run again, whatever is there.")
@engine_options
@machine_options
def main(lake: str, runs: Path, date: dt.datetime, chosen: Chosen, machine: Machine, **options: Any) -> None:
    """Detect rings in the trailing window of a lake of likes; a finished run is not made again."""
    try:
        with chosen.open(machine.threads, machine.room()) as engine:
            run, made = detect_day(lake, runs, date=date.date(), engine=engine, **options)
    except GraphkitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    if not made:
        click.echo("this run is finished already; pass --force to make it again", err=True)
    click.echo(run)


if __name__ == "__main__":
    main()
