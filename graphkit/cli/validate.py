"""``graphkit validate``: what a dump holds and what a run could make of it."""

from __future__ import annotations

import click

from graphkit.cli.options import Machine, Reading, json_option, machine_options, reading_options
from graphkit.cli.output import say, terminal


@click.command(name="validate")
@reading_options
@machine_options
@json_option
def command(reading: Reading, machine: Machine, as_json: bool) -> None:
    """Read LIKES as a run would, account for every row, and say what a run could use and what it would take."""
    config = reading.config()

    from graphkit.detection.detect import evidence_off
    from graphkit.engines.local import LocalEngine
    from graphkit.progress import Progress
    from graphkit.report.inspection import inspect_columns, inspect_cost, inspect_likes, inspection
    from graphkit.report.machine import to_json

    engine = LocalEngine(machine.threads, machine.room())
    progress = Progress()
    likes = reading.read(config, engine, progress)
    cost = inspect_cost(likes, config.projection, engine, progress)
    columns = inspect_columns(reading.inputs, config.input, engine)
    found = inspect_likes(likes, columns, evidence_off(likes), cost)
    colour, width = terminal()
    say(to_json(found) if as_json else inspection(found, colour=colour, width=width))
