"""``graphkit appeal``: what was taken from somebody, or from somebody's notes, why, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from graphkit.cli.options import json_option, now_option, parse_time
from graphkit.cli.output import check_store, say, terminal
from graphkit.errors import ConfigError

_PATH = click.Path(path_type=Path)


@click.command(name="appeal")
@click.argument("cases", metavar="CASES", type=_PATH)
@click.option("--user", "user_text", metavar="U", help="The user who appeals.")
@click.option("--author", "author_text", metavar="A", help="The author who appeals, whose notes lost likes.")
@click.option("--reference", metavar="REF", help="What the notice says, in place of --user or --author.")
@click.option("--note", "note_text", metavar="N", help="The one note it is about.")
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
    author_text: str | None,
    reference: str | None,
    note_text: str | None,
    run_dir: Path | None,
    now: str | None,
    as_json: bool,
    **decision: Any,
) -> None:
    """Say which batches took likes of user U, or on notes of author A, on what evidence, and decide the appeal.

    CASES is the case store. A granted appeal clears the user, or an author's likes, and writes a restore batch; a
    refused one confirms.
    """
    named: tuple[tuple[Literal["user", "author"], str | None], ...] = (("user", user_text), ("author", author_text))
    if sum(text is not None for text in (user_text, author_text, reference)) != 1:
        raise ConfigError(
            "who appeals?", wanted="one of --user, --author and --reference", todo="see graphkit appeal --help"
        )

    check_store(cases)

    from graphkit.cases.decisions import login_name
    from graphkit.cases.store import CaseStore
    from graphkit.purge.appeal import Appellant, appeal, decide, who_quotes
    from graphkit.purge.make import load_checked
    from graphkit.report.appeal import appeal_text
    from graphkit.report.machine import to_json

    with CaseStore.open(cases) as store:
        people = [Appellant(role, store.id_from(text, f"{role}_id")) for role, text in named if text is not None]
        note = None if note_text is None else store.id_from(note_text, "note_id")
    who = people[0] if reference is None else who_quotes(reference, cases)
    run, at = None if run_dir is None else load_checked(run_dir), parse_time(now, "--now")
    decided = decision["grant"] is not None
    if decided:
        decision["reviewer"] = decision["reviewer"] or login_name()
        found = decide(cases, who, note, run=run, at=at, **decision)
    else:
        found = appeal(cases, who, note, run=run, at=at)
    where = decision["out"] if decided else None
    if as_json:
        say(to_json({"decision": decision if decided else None, **found.to_dict()}))
    else:
        colour, width = terminal()
        say(appeal_text(found, granted=decision["grant"], where=where, colour=colour, width=width))
