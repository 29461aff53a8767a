"""The group of commands: loads them lazily, and turns whatever goes wrong into one line and an exit status."""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from graphkit.errors import CapacityError, GraphkitError, OutputError

COMMANDS = {
    "detect": "Find rings in likes and write a run.",
    "validate": "Read likes, account for every row, and say what a run could use.",
    "explain": "Say what a run holds against a user, note, ring or like, and what speaks for them.",
    "report": "Write the page of a saved run anew.",
    "review": "Store what people decided about a run.",
    "compare": "Say what became of rings, purges and verdicts from one run to another.",
    "appeal": "Say what a batch took from somebody and why, and decide an appeal.",
    "calibrate": "Fit probabilities to verdicts, and say how well that does.",
    "simulate": "Make a world of likes with known rings.",
    "purge": "Make a batch from a run: a bounded, reversible list of likes.",
    "audit": "Say what hard rules would block, beside a run.",
    "evaluate": "Lay the truth of a made world beside a run.",
}
#: Exit status after an interrupt, as shells have it: 128 and the signal's number.
INTERRUPTED = 130
#: Objects made beyond those freed before the collector looks for cycles among the youngest, and how often it looks
#: farther: a command makes few cycles, and hundreds of thousands of objects that stay.
_COLLECT = (50_000, 20, 50)


class Program(click.Group):
    """A click group whose commands are modules of ``graphkit.cli``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands in the order of the help page."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by name, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"graphkit.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands of the help page without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run the program; every mistake that a user can mend ends in one line on standard error and status 2."""
        extra["standalone_mode"] = False
        gc.set_threshold(*_COLLECT)
        atexit.register(gc.freeze)  # when all is done, nothing is looked through once more only to be thrown away
        try:
            status = super().main(args, *rest, **extra)
            sys.stdout.flush()
        except GraphkitError as error:
            fail(error)
        except click.Abort:
            click.echo("graphkit: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except click.UsageError as error:
            context = f"; see {error.ctx.command_path} --help" if error.ctx else ""
            fail(GraphkitError(error.format_message().rstrip(".") + context))
        except click.ClickException as error:
            fail(GraphkitError(error.format_message()))
        except MemoryError:
            fail(
                CapacityError(
                    "out of memory", wanted="more of it, or fewer likes", todo="narrow --since and --until, or --window"
                )
            )
        except BrokenPipeError:  # the reader had enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            fail(_explain(error))
        sys.exit(status if isinstance(status, int) else 0)


def _explain(error: OSError) -> OutputError:
    """Return the error for a failure of the system that nobody nearer to it has explained."""
    todo = {
        errno.ENOSPC: "make room, or write elsewhere",
        errno.EDQUOT: "make room, or write elsewhere",
        errno.EROFS: "write elsewhere",
        errno.EACCES: "check its permissions",
    }.get(error.errno or 0, "check the disk")
    place = f"{error.filename}: " if error.filename else ""
    return OutputError(f"{place}{error.strerror or error}", todo=todo)


def fail(error: GraphkitError) -> NoReturn:
    """Print the one line and leave."""
    click.echo(f"graphkit: error: {error}", err=True)
    sys.exit(error.exit_code)


def show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version and leave."""
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"graphkit {version('graphkit')}")
        ctx.exit()
