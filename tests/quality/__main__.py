"""``python -m tests.quality``: what graphkit is worth on made worlds, measured and written down."""

from __future__ import annotations

import argparse
import sys
import time

from tests.quality.cases import Case, run_case
from tests.quality.groups import group_lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    groups = commands.add_parser("groups", help="one line a group of one world: where recall is lost")
    groups.add_argument("world")
    groups.add_argument("seed", type=int)
    groups.add_argument("--bare", action="store_true", help="users, notes and times only")
    groups.add_argument("--users", type=int, help="another number of honest users")
    groups.add_argument("--days", type=int, help="another number of days")
    groups.add_argument("--without", default="", metavar="CHANNEL", help="put a channel of evidence to nought")
    return parser


def main() -> None:
    """Do what the command line asks."""
    asked = _parser().parse_args()
    if asked.command == "groups":
        start = time.perf_counter()
        case = Case(asked.world, asked.seed, asked.bare, asked.users, asked.days, asked.without)
        found, how = run_case(case)
        for line in group_lines(found):
            say(line)
        say(f"{case.name}: {how['rows']:,} rows, {time.perf_counter() - start:.0f} s, {how['seconds']}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
