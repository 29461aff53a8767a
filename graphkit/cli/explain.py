"""``graphkit explain``: what a run says of a ring, a user, a note or one like, for and against."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.options import json_option
from graphkit.cli.output import check_file, say, terminal, write_whole
from graphkit.errors import ConfigError, InputError


@click.command(name="explain")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--user", metavar="U", help="A user; with --note, the user's like of that note.")
@click.option("--note", metavar="N", help="A note.")
@click.option("--ring", metavar="R", help="A ring, by its id or its beginning.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="Language; English by default.")
@click.option("--likes", metavar="LIKES", help="Where the likes of the run are now; by default where they were.")
@click.option("--users", metavar="F", help="Where its table of users is now.")
@click.option("--notes", metavar="F", help="Where its table of notes is now.")
@click.option(
    "--appeal", type=click.Path(path_type=Path), metavar="OUT", help="Write an appeal packet: OUT.json or OUT.html."
)
@json_option
def command(run_dir: Path, lang: str, appeal: Path | None, as_json: bool, **asked: str | None) -> None:
    """Explain what RUN says of a user, a note, a ring, or the like of a user on a note.

    Of a user who was not flagged it says why not. The likes of the run are read again, where they still are and are
    still the same; without them the tables of the run must do. An appeal packet holds what a reviewer needs about the
    user, and of other people counts only.
    """
    if appeal is not None:
        if asked["user"] is None:
            raise ConfigError("--appeal without --user", wanted="the user who appeals", todo="pass --user")
        check_file(appeal, "--appeal", endings=(".json", ".html"))

    from graphkit.explain import explain
    from graphkit.explain.appeal import appeal_packet
    from graphkit.explain.reread import reread
    from graphkit.progress import Progress
    from graphkit.purge.make import load_checked
    from graphkit.report.explanation import appeal_page, explanation_text
    from graphkit.report.machine import to_json

    run = load_checked(run_dir)
    subject = {name: asked[name] for name in ("user", "note", "ring")}
    places = {name: asked[name] for name in ("likes", "users", "notes")}
    likes = None
    if subject["ring"] is None and any(subject.values()):
        try:
            likes = reread(run, **places, progress=Progress())
        except InputError as error:
            if any(places.values()):
                raise
            click.echo(f"graphkit: without the likes: {error}", err=True)
    one = explain(run, **subject, lang=lang, likes=likes)
    if appeal is not None:
        packet = appeal_packet(run, user=subject["user"], note=subject["note"], likes=likes)
        page = appeal_page(packet) if appeal.suffix.lower() == ".html" else to_json(packet) + "\n"
        write_whole(appeal, lambda file: file.write_text(page, encoding="utf-8"))
    colour, width = terminal()
    say(to_json(one.to_dict()) if as_json else explanation_text(one, colour=colour, width=width))
