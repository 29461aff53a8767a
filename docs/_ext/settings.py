"""The directive ``settings``: every setting of :mod:`graphkit.config` with its default and its sentence, by section.

``{settings} policy`` shows the fields of :class:`graphkit.purge.policy.Policy` instead, and ``{settings} rails`` what
may stand in ``held_by``.
"""

from __future__ import annotations

import inspect
import re

from data_model import row
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from graphkit import config
from graphkit.purge import policy
from graphkit.purge.rails import RAILS


def sentences(model: type) -> dict[str, str]:
    """Return by attribute what the class's docstring says of it; attributes described together share it."""
    _, _, body = (inspect.getdoc(model) or "").partition("Attributes\n----------\n")
    found = {}
    for names, text in re.findall(r"^(\w[\w, ]*)\n((?:    .*\n?)+)", body, re.MULTILINE):
        found.update(dict.fromkeys(names.split(", "), " ".join(text.replace("``", "`").split())))
    return found


def describe() -> list[str]:
    """Return one table a section as lines of Markdown."""
    lines = []
    for section, field in config.Config.model_fields.items():
        assert isinstance(field.annotation, type)
        lines += [f"`[{section}]`", "", *describe_model(getattr(config.Config(), section)), ""]
    return lines


def describe_model(model: config.Model) -> list[str]:
    """Return the fields of a model, which has its defaults, as a table in lines of Markdown."""
    said = sentences(type(model))
    lines = [row("setting", "default", "meaning"), row("---", "---", "---")]
    for name, value in model:
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        empty = value in (None, {}, ())
        lines.append(row(f"`{name}`", "–" if empty else f"`{shown}`", said[name]))
    return lines


def describe_rails() -> list[str]:
    """Return the guard rails as a table in lines of Markdown, in the order in which they are asked."""
    lines = [row("`held_by`", "meaning"), row("---", "---")]
    return [*lines, *(row(f"`{rail.name}`", f"{rail.en} {rail.zh}") for rail in RAILS.values())]


class Settings(SphinxDirective):
    """Puts the settings where the directive stands."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Render the tables."""
        match self.arguments:
            case []:
                lines, source = describe(), config.__file__
            case ["policy"]:
                lines, source = describe_model(policy.Policy()), policy.__file__
            case ["rails"]:
                lines, source = describe_rails(), policy.__file__
            case _:
                raise self.error(f"settings {self.arguments[0]!r}; wanted nothing, policy or rails")
        self.env.note_dependency(source)
        container = nodes.container(classes=["settings"])
        self.state.nested_parse(StringList(lines, source=source), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("settings", Settings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
