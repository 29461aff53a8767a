"""The directive ``settings``: every setting of :mod:`graphkit.config` with its default and its sentence, by section."""

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
        model = field.annotation
        assert isinstance(model, type)
        said = sentences(model)
        lines += [f"`[{section}]`", "", row("setting", "default", "meaning"), row("---", "---", "---")]
        for name, value in getattr(config.Config(), section):
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            empty = value is None or value == {}
            lines.append(row(f"`{name}`", "–" if empty else f"`{shown}`", said[name]))
        lines.append("")
    return lines


class Settings(SphinxDirective):
    """Puts the settings where the directive stands."""

    def run(self) -> list[nodes.Node]:
        """Render the tables."""
        self.env.note_dependency(config.__file__)
        container = nodes.container(classes=["settings"])
        self.state.nested_parse(StringList(describe(), source=config.__file__), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("settings", Settings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
