"""The command line: it parses, calls and prints; everything else is elsewhere.

A command is a module of this package with a ``command``; it is imported when it is asked for, and imports what it
needs when it runs, so that ``graphkit --help`` stays quick.
"""

from __future__ import annotations

import click

from graphkit.cli.program import Program, show_version

__all__ = ["main"]


@click.group(
    cls=Program,
    name="graphkit",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="Say which version."
)
@click.pass_context
def main(context: click.Context) -> None:
    """Find groups that like together, and list the likes they bought, each with its reasons."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
