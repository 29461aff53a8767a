"""``python -m tests.quality``: what graphkit is worth on made worlds, measured and written to docs/quality.md.

Every command keeps its measurements as they come in and takes only what is missing, so it may be stopped at any time
and started again. A change of the code that decides figures makes all of them anew.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphkit.evaluation import pool
from graphkit.report import text
from tests.quality import ablation, batches, grid, price, suite
from tests.quality.cases import Case, run_case
from tests.quality.groups import group_lines
from tests.quality.page import IMAGES, PAGE, replace_section
from tests.quality.store import Measured, context, measure, say

#: Seeds of each command by default.
SEEDS = {"suite": 5, "batches": 5, "ablation": 2, "price": 3, "grid": 3}
_MODULES: dict[str, Any] = {"suite": suite, "batches": batches, "ablation": ablation, "price": price, "grid": grid}
_HELP = {
    "suite": "the standard suite beside the bars of the design",
    "batches": "what a purge takes of it, what its guard rails hold, and whether it says what it gets wrong",
    "ablation": "what each channel, window and switch adds",
    "price": "how far rings of each kind must go to be missed",
    "grid": "what is found over participation, spread and size",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    groups = commands.add_parser("groups", help="one line a group of one world: where recall is lost")
    groups.add_argument("world")
    groups.add_argument("seed", type=int)
    groups.add_argument("--bare", action="store_true", help="users, notes and times only")
    groups.add_argument("--without", default="", metavar="CHANNEL", help="put a channel of evidence to nought")
    for name, words in _HELP.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("--seeds", type=int, default=SEEDS[name], help=f"seeds of each; {SEEDS[name]} by default")
        command.add_argument("--first-seed", type=int, default=suite.FIRST_SEED, help=f"{suite.FIRST_SEED} by default")
        command.add_argument("--jobs", type=int, default=1, help="measurements at a time; 1 by default")
        command.add_argument("--only", default="", metavar="A,B", help="only these; the page is left alone then")
        command.add_argument("--print", action="store_true", help="print the section and leave the page alone")
    for command in commands.choices.values():
        command.add_argument("--users", type=int, help="another number of honest users; groups keep pace")
        command.add_argument("--days", type=int, help="another number of days; jobs keep pace")
    return parser


def main() -> None:
    """Do what the command line asks."""
    asked = _parser().parse_args()
    if asked.command == "groups":
        show_groups(asked)
    else:
        make_section(asked)


def show_groups(asked: argparse.Namespace) -> None:
    """Print one line a group."""
    case = Case(asked.world, asked.seed, asked.bare, asked.users, asked.days, asked.without)
    measured = run_case(case)
    for line in group_lines(measured.found):
        say(line)
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in measured.how["seconds"].items())
    say(f"{case.name}: {measured.how['rows']:,} rows; {steps}")


def make_section(asked: argparse.Namespace) -> None:
    """Measure what a command measures, and write or print its section."""
    module, start = _MODULES[asked.command], time.perf_counter()
    only = [part for part in asked.only.split(",") if part]
    by_key = module.cases(asked.seeds, asked.first_seed, only, asked.users, asked.days)
    if not by_key:
        raise SystemExit(f"nothing is called {asked.only}")
    measured = measured_by_key(by_key, asked.jobs)
    lines = [*head(asked, sum(map(len, by_key.values()))), *module.section(measured)]
    if only or asked.print:
        say("\n".join(lines))
    else:
        pictures(asked.command, measured)
        replace_section(asked.command, lines)
        say(f"written: the section of {asked.command} in {PAGE.name}")
    say(f"{text.duration(time.perf_counter() - start)} in all")


def measured_by_key(by_key: Mapping[Any, Sequence[Case]], jobs: int) -> dict[Any, list[Measured]]:
    """Return the measurements of all cases under the keys of the cases."""
    every = measure([case for cases in by_key.values() for case in cases], jobs)
    rest = iter(every)
    return {key: [next(rest) for _ in cases] for key, cases in by_key.items()}


def head(asked: argparse.Namespace, n: int) -> Iterator[str]:
    """Yield how a section was made."""
    given = {"seeds": SEEDS[asked.command], "first_seed": suite.FIRST_SEED, "users": None, "days": None}
    options = [
        part
        for name, default in given.items()
        if getattr(asked, name) != default
        for part in (f"--{name.replace('_', '-')}", str(getattr(asked, name)))
    ]
    command = shlex.join(["python", "-m", "tests.quality", asked.command, *options])
    yield f"`{command}`: {text.plural(n, 'run')}, seeds from {asked.first_seed} on. {context()}"
    if asked.users or asked.days:
        yield ""
        yield "**The worlds were made smaller than they are meant to be: this shows the page, not the product.**"
    yield ""


def pictures(command: str, measured: Mapping[Any, Sequence[Measured]]) -> None:
    """Draw what a section shows."""
    if command == "price":
        price.draw(measured)
    elif command == "suite":
        from graphkit.plots import save_calibration

        IMAGES.mkdir(parents=True, exist_ok=True)
        save_calibration(pool(one.found for ones in measured.values() for one in ones), IMAGES / "calibration.png")


if __name__ == "__main__":
    sys.exit(main())
