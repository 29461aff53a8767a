"""``graphkit calibrate``: from scores to probabilities, by verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphkit.cli.options import json_option
from graphkit.cli.output import check_file, check_store, say, terminal, write_whole


@click.command(name="calibrate")
@click.argument("cases", metavar="CASES", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["logistic", "isotonic"]),
    default="logistic",
    help="Two numbers, or any rising curve for very many verdicts.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="F.json", help="Write the model to this file.")
@click.option("--force", is_flag=True, help="Replace a model that stands there.")
@json_option
def command(cases: Path, method: Any, out: Path | None, force: bool, as_json: bool) -> None:
    """Fit how probable it is that a ring of some score is one, to the verdicts in CASES, and say how well that does.

    CASES is a case store, or a run with one beside it. No tier and no table changes by it.
    """
    if out is not None:
        check_file(out, "--out", force=force)
    from graphkit.cases.calibrate import calibrate
    from graphkit.cases.store import default_folder
    from graphkit.detection.rundir import INFO
    from graphkit.report.calibrating import calibrating_text
    from graphkit.report.machine import to_json

    folder = default_folder(cases) if (cases / INFO).is_file() else cases
    check_store(folder)
    found = calibrate(folder, method=method)
    document = to_json(found.to_dict())
    if out is not None:
        write_whole(out, lambda file: file.write_text(document + "\n", encoding="utf-8"))
    colour, width = terminal()
    say(document if as_json else calibrating_text(found, where=out, colour=colour, width=width))
