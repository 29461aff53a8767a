"""``graphkit evaluate``: what runs are worth, by truth."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import json_option
from graphkit.cli.output import check_file, say, terminal
from graphkit.errors import ConfigError


@click.command(name="evaluate")
@click.argument("pairs", metavar="RUN TRUTH [RUN TRUTH]...", nargs=-1, required=True)
@json_option
@click.option("--plot", type=click.Path(path_type=Path), metavar="F.png", help="Draw the calibration to this file.")
def command(pairs: tuple[str, ...], as_json: bool, plot: Path | None) -> None:
    """Lay the truth beside a run: what it proposes rightly, what it misses, whom it would hurt.

    RUN is a run directory, TRUTH the world it was made from, as graphkit simulate writes it. Several pairs, as over
    several seeds, give intervals and worst cases.
    """
    if len(pairs) % 2:
        raise ConfigError(
            f"{len(pairs)} arguments",
            wanted="pairs of RUN and TRUTH",
            todo="add what is missing; see graphkit evaluate --help",
        )
    if plot is not None:
        check_file(plot, "--plot", endings=(".png", ".svg", ".pdf"), force=True)

    from graphkit.evaluation import evaluate
    from graphkit.report.evaluation import evaluation_text
    from graphkit.report.machine import to_json

    found = evaluate(pairs[::2], pairs[1::2])
    if plot is not None:
        from graphkit.plots import save_calibration

        save_calibration(found, plot)
    colour, width = terminal()
    say(to_json(found.to_dict()) if as_json else evaluation_text(found, plot=plot, colour=colour, width=width))
