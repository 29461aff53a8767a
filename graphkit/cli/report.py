"""``graphkit report``: the page of a saved run, anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from graphkit.cli.options import cases_option, now_option, parse_time
from graphkit.cli.output import say
from graphkit.errors import InputError

_PATH = click.Path(path_type=Path)


@click.command(name="report")
@click.argument("run_dir", metavar="RUN", type=_PATH)
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language it opens in; the browser's by default.")
@click.option("--likes", metavar="LIKES", multiple=True, help="Where its likes are now, in parts if need be.")
@click.option("--users", metavar="F", help="Where its table of users is now.")
@click.option("--notes", metavar="F", help="Where its table of notes is now.")
@click.option("--since", "before", type=_PATH, metavar="RUN", help="The run before, to tell what became of its rings.")
@cases_option
@now_option
def command(
    run_dir: Path, lang: str | None, before: Path | None, cases: Path | None, now: str | None, **places: Any
) -> None:
    """Write report.html of the saved RUN anew, and say where it is.

    The likes of the run are read again, where they still are and are still the same: the page then has titles, likes
    that are not proposed, and shares of bursts. Without them the tables of the run must do.

    With --since the page tells what graphkit compare does: what became of the rings of an earlier run, of purges and of
    verdicts. Both runs are recorded in the case store for it.
    """
    from graphkit.cases import compare
    from graphkit.cases.store import default_folder
    from graphkit.detection.rundir import replace_page
    from graphkit.explain.reread import reread
    from graphkit.partition import import_igraph_bare
    from graphkit.progress import Progress
    from graphkit.purge.make import load_checked
    from graphkit.report.desk import FOLDER, PAGE, report_files

    import_igraph_bare()
    run = load_checked(run_dir)
    told = None
    if before is not None:
        told = compare(load_checked(before), run, cases or default_folder(run_dir), at=parse_time(now, "--now"))
    try:
        run = replace(run, likes=reread(run, **places, progress=Progress()))
    except InputError as error:
        if any(places.values()):
            raise
        click.echo(f"graphkit: without the likes: {error}", err=True)
    replace_page(run_dir, PAGE, report_files(run, lang, before=told), FOLDER)
    say(str(run_dir / PAGE))
