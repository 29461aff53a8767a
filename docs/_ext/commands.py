"""The directive ``commands``: every command of ``graphkit`` with its arguments and options, read off click."""

from __future__ import annotations

import inspect
import re

import click
from data_model import row
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from graphkit.cli import main


def _coded(words: str) -> str:
    """Return words with the options among them as code; two hyphens in prose would become a dash."""
    return re.sub(r"(?<![\w`-])--[a-z-]+", r"`\g<0>`", words)


def describe() -> list[str]:
    """Return a section for every command as lines of Markdown."""
    lines: list[str] = []
    top = click.Context(main, info_name="graphkit")
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=top)
        usage = " ".join(command.collect_usage_pieces(context))
        lines += [f"`graphkit {name} {usage}`", "", *_coded(inspect.cleandoc(command.help or "")).split("\n"), ""]
        lines += [row("option", "meaning"), row("---", "---")]
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None and isinstance(parameter, click.Option):
                lines.append(row(f"`{record[0]}`", _coded(" ".join(record[1].split()))))
        lines.append("")
    return lines


class Commands(SphinxDirective):
    """Puts the commands where the directive stands."""

    def run(self) -> list[nodes.Node]:
        """Render them."""
        container = nodes.container(classes=["commands"])
        self.state.nested_parse(StringList(describe(), source="graphkit.cli"), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
