"""``graphkit report``: the page of a saved run, anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from graphkit.cli.output import say
from graphkit.errors import InputError


@click.command(name="report")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language it opens in; the browser's by default.")
@click.option("--likes", metavar="LIKES", help="Where the likes of the run are now; by default where they were.")
@click.option("--users", metavar="F", help="Where its table of users is now.")
@click.option("--notes", metavar="F", help="Where its table of notes is now.")
def command(run_dir: Path, lang: str | None, **places: str | None) -> None:
    """Write report.html of the saved RUN anew, and say where it is.

    The likes of the run are read again, where they still are and are still the same: the page then has titles, likes
    that are not proposed, and shares of bursts. Without them the tables of the run must do.
    """
    from graphkit.detection import load
    from graphkit.detection.rundir import replace_page
    from graphkit.explain.reread import reread
    from graphkit.partition import import_igraph_bare
    from graphkit.progress import Progress
    from graphkit.report.desk import FOLDER, PAGE, report_files

    import_igraph_bare()
    run = load(run_dir)
    try:
        run = replace(run, likes=reread(run, **places, progress=Progress()))
    except InputError as error:
        if any(places.values()):
            raise
        click.echo(f"graphkit: without the likes: {error}", err=True)
    replace_page(run_dir, PAGE, report_files(run, lang), FOLDER)
    say(str(run_dir / PAGE))
