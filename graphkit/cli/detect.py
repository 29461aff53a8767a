"""``graphkit detect``: likes in, a run out."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path

import click

from graphkit.cli.options import (
    Chosen,
    Machine,
    Reading,
    engine_options,
    json_option,
    machine_options,
    reading_options,
)
from graphkit.cli.output import say, terminal


@click.command(name="detect")
@reading_options
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="Run directory to be made.")
@click.option("--window", "ladder", metavar="W,W", help="Ladder of windows, as in 60s,10m,1h,6h.")
@engine_options
@machine_options
@click.option("--force", is_flag=True, help="Replace a run that stands there.")
@json_option
def command(
    reading: Reading,
    out: Path,
    ladder: str | None,
    chosen: Chosen,
    machine: Machine,
    force: bool,
    as_json: bool,
) -> None:
    """Find rings in LIKES and write a run directory.

    LIKES, --users and --notes are Parquet: a file, a directory, a glob, or a URL such as s3://bucket/path. The run
    appears whole or not at all; its report.html is for reading, its candidates.parquet for the purge workflow.
    """
    from graphkit.detection.rundir import check_target

    check_target(out, force)  # before the long work
    config = reading.config(ladder)

    from graphkit.detection import detect
    from graphkit.engines.memory import return_freed_memory
    from graphkit.progress import Progress
    from graphkit.report.machine import run_json
    from graphkit.report.terminal import summary

    return_freed_memory()
    threading.Thread(target=_import_ahead).start()
    progress = Progress()
    beside = next(folder for folder in out.absolute().parents if folder.is_dir())
    with chosen.open(machine.threads, machine.room(beside)) as engine:
        likes = reading.read(config, engine, progress)
        run = detect(likes, config=config, engine=engine, progress=progress, inputs=reading.inputs)
    from graphkit.report.desk import report_files  # which `_import_ahead` has done by now

    run.save(out, force=force, extra=lambda: report_files(run))
    colour, width = terminal()
    say(run_json(run, out) if as_json else summary(run, where=out, colour=colour, width=width))


def _import_ahead() -> None:
    """Import what later stages need: a core is free for it while files are read, and half a second is gained."""
    from graphkit.partition import import_igraph_bare

    import_igraph_bare()
    for name in ("scipy.special", "scipy.sparse.csgraph", "jinja2", "graphkit.report.desk"):
        importlib.import_module(name)
