"""``graphkit appeal``: what was taken from somebody, why, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphkit.cli.options import json_option, now_option, parse_time
from graphkit.cli.output import say, terminal
from graphkit.errors import ConfigError

_PATH = click.Path(path_type=Path)


@click.command(name="appeal")
@click.argument("cases", metavar="CASES", type=_PATH)
@click.option("--user", "user_text", metavar="U", help="Who appeals.")
@click.option("--reference", metavar="REF", help="What the notice says, in place of --user.")
@click.option("--note", "note_text", metavar="N", help="The note of the one like it is about.")
@click.option("--run", "run_dir", type=_PATH, metavar="RUN", help="A later run, for what is known now.")
@click.option("--grant/--refuse", default=None, help="Decide it; without either it is only looked up.")
@click.option("--out", type=_PATH, metavar="RESTORE", help="Restore batch to be made by a granted appeal.")
@click.option("--reviewer", metavar="NAME", help="Who decides; your login name by default.")
@click.option("--comment", metavar="TEXT", help="Why.")
@now_option
@json_option
def command(
    cases: Path,
    user_text: str | None,
    reference: str | None,
    note_text: str | None,
    run_dir: Path | None,
    now: str | None,
    as_json: bool,
    **decision: Any,
) -> None:
    """Say which batches took likes of user U, on what evidence then and now, and decide the appeal.

    CASES is the case store. A granted appeal clears the user and writes a restore batch; a refused one confirms.
    """
    if (user_text is None) is (reference is None):
        raise ConfigError("who appeals?", wanted="one of --user and --reference", todo="see graphkit appeal --help")

    from graphkit.cases.decisions import login_name
    from graphkit.cases.store import CaseStore
    from graphkit.detection import load
    from graphkit.purge.appeal import appeal, decide, who_quotes
    from graphkit.report.appeal import appeal_text
    from graphkit.report.machine import to_json

    with CaseStore.open(cases) as store:
        user = None if user_text is None else store.id_from(user_text, "user_id")
        note = None if note_text is None else store.id_from(note_text, "note_id")
    user = who_quotes(reference, cases) if reference is not None else user
    run, at = None if run_dir is None else load(run_dir), parse_time(now, "--now")
    decided = decision["grant"] is not None
    if decided:
        decision["reviewer"] = decision["reviewer"] or login_name()
        found = decide(cases, user, note, run=run, at=at, **decision)
    else:
        found = appeal(cases, user, note, run=run, at=at)
    where = decision["out"] if decided else None
    if as_json:
        say(to_json({"decision": decision if decided else None, **found.to_dict()}))
    else:
        colour, width = terminal()
        say(appeal_text(found, granted=decision["grant"], where=where, colour=colour, width=width))
