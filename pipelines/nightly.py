"""The chain of every night: detect, compare, report, and what a purge would take.

``python -m pipelines.nightly --lake LAKE --runs RUNS --date 2026-11-22`` makes the run ``RUNS/dt=2026-11-22``, compares
it with the run before, writes its page anew with what came of that, and asks what a purge would take from it, without
taking anything. Beside the run, ``RUNS/nights/dt=2026-11-22`` holds what the steps printed, and ``night.json`` which of
them are finished: the chain goes on where it stopped, and done twice it is done once. Each step is a command of its
own, as a scheduler would run it, and the status of the one that fails is the status of the chain.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from graphkit.cli.output import write_whole
from graphkit.detection.rundir import read_run, run_id
from graphkit.errors import GraphkitError
from pipelines.detect_daily import find_partitions, trailing_days

STATE = "night.json"
#: The steps, in order.
STEPS = ("detect", "compare", "report", "purge")


@dataclass(frozen=True)
class Night:
    """One night: where things are, and what the commands are given.

    Attributes
    ----------
    runs
        Folder of the runs.
    date
        Last day of the window, included.
    reading
        Options of ``pipelines.detect_daily`` beyond runs and date: lake, days, tables, config.
    policy
        Policy of the purge; its defaults where absent.
    cases
        The case store; ``cases`` beside the runs where absent.
    now
        The moment of the night, as text; by the clock where absent.
    """

    runs: Path
    date: dt.date
    reading: Mapping[str, Any]
    policy: str | None = None
    cases: Path | None = None
    now: str | None = None

    @property
    def run(self) -> Path:
        """The run of the night."""
        return self.runs / f"dt={self.date}"

    @property
    def folder(self) -> Path:
        """Where the steps leave what they print."""
        return self.runs / "nights" / f"dt={self.date}"

    def before(self) -> Path | None:
        """Return the last run of an earlier day; ``None`` on the first night."""
        earlier = sorted(path for path in self.runs.glob("dt=*") if path.name < self.run.name and path.is_dir())
        return earlier[-1] if earlier else None

    def command(self, step: str) -> list[str] | None:
        """Return the command of a step; ``None`` where the night has none, as the first has nothing to compare with."""
        python = [sys.executable, "-m"]
        known = _options({"cases": self.cases or self.runs / "cases", "now": self.now})
        match step:
            case "detect":
                where = {"runs": self.runs, "date": self.date, **self.reading}
                return [*python, "pipelines.detect_daily", *_options(where)]
            case "compare":
                before = self.before()
                told = ["compare", str(before), str(self.run), "--json"]
                return None if before is None else [*python, "graphkit", *told, *known]
            case "report":
                found, _ = find_partitions(self.reading["lake"], trailing_days(self.date, self.reading["days"]))
                likes = [part for path in found for part in ("--likes", path)]
                return [
                    *python,
                    "graphkit",
                    "report",
                    str(self.run),
                    *likes,
                    *_options({"since": self.before()}),
                    *known,
                ]
            case _:
                told = ["purge", str(self.run), "--dry-run", "--json"]
                return [*python, "graphkit", *told, *known, *_options({"policy": self.policy})]


def _options(given: Mapping[str, Any]) -> list[str]:
    named = ((f"--{name.replace('_', '-')}", value) for name, value in given.items() if value is not None)
    return [part for name, value in named for part in (name, str(value))]


def run_step(night: Night, step: str, *, force: bool = False) -> int:
    """Run one step of a night, unless it is finished for the run that stands there.

    Whether the run itself is finished, its own job tells, which knows what it was made from.

    Parameters
    ----------
    night
        The night.
    step
        One of `STEPS`.
    force
        Whether to do it again, whatever is there.

    Returns
    -------
    int
        The exit status of its command; 0 where there was nothing to do.
    """
    command = night.command(step)
    if command is None:
        click.echo(f"{step}: nothing to do on the first night", err=True)
        return 0
    if step == "detect":
        return subprocess.run([*command, *(["--force"] if force else [])], check=False).returncode
    made_from = {"run_id": run_id(read_run(night.run)[1]), "command": command[1:]}
    state = _state(night)
    if state.get(step) == made_from and not force:
        click.echo(f"{step}: finished already", err=True)
        return 0
    night.folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if done.returncode == 0:
        printed = night.folder / f"{step}.{'txt' if step == 'report' else 'json'}"
        write_whole(printed, lambda file: file.write_bytes(done.stdout))
        finished = json.dumps({**state, step: made_from}, indent=2) + "\n"
        write_whole(night.folder / STATE, lambda file: file.write_text(finished, encoding="utf-8"))
        click.echo(f"{step}: done", err=True)
    return done.returncode


def _state(night: Night) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((night.folder / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return state


def run_night(night: Night, steps: Sequence[str] = STEPS, *, force: bool = False) -> int:
    """Run the steps in order, up to the first that fails; return its exit status, or 0."""
    for step in steps:
        status = run_step(night, step, force=force)
        if status != 0:
            click.echo(f"error: step {step} ended with status {status}; run this again to go on from there", err=True)
            return status
    return 0


@click.command(context_settings={"show_default": True})
@click.option("--lake", required=True, help="Folder or URL of the partitions dt=YYYY-MM-DD.")
@click.option("--runs", required=True, type=click.Path(path_type=Path), help="Folder of the runs.")
@click.option("--date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day of the window, included.")
@click.option("--days", default=14, type=click.IntRange(min=1), help="Days in the window.")
@click.option("--users", help="The users table.")
@click.option("--notes", help="The notes table.")
@click.option("--config", help="A TOML config.")
@click.option("--policy", help="A TOML policy of the purge.")
@click.option("--cases", type=click.Path(path_type=Path), help="Case store; cases beside the runs by default.")
@click.option("--now", help="The moment of the night (UTC); by the clock where absent.")
@click.option("--step", type=click.Choice(STEPS), help="Only this step, as a scheduler runs them.")
@click.option("--force", is_flag=True, help="Do everything again, whatever is there.")
def main(
    runs: Path,
    date: dt.datetime,
    policy: str | None,
    cases: Path | None,
    now: str | None,
    step: str | None,
    force: bool,
    **reading: Any,
) -> None:
    """Detect, compare, report, and say what a purge would take; finished steps are passed over."""
    night = Night(runs, date.date(), reading, policy, cases, now)
    try:
        status = run_night(night, (step,) if step else STEPS, force=force)
    except GraphkitError as error:
        click.echo(f"error: {error}", err=True)
        status = error.exit_code
    sys.exit(status)


if __name__ == "__main__":
    main()
