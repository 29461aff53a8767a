"""The directive ``api``: names of the package ``graphkit`` with their docstrings.

``{api} likes bipartite`` shows those that live in ``graphkit.likes`` and ``graphkit.bipartite``; ``{api} rest`` those
that live in none of the modules that the page has named above.
"""

from __future__ import annotations

import inspect

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import graphkit

#: Module of each public name, as ``graphkit`` itself has it.
HOMES = {name: home.removeprefix("graphkit.") for name, home in graphkit._HOME.items()}  # noqa: SLF001


def names(homes: list[str], named: set[str]) -> list[str]:
    """Return the public names of some modules, or for ``rest`` those of all modules that were not named."""
    if homes == ["rest"]:
        return [name for name in graphkit.__all__ if HOMES[name] not in named]
    return [name for name in graphkit.__all__ if HOMES[name] in homes]


def describe(shown: list[str]) -> list[str]:
    """Return the names as lines of Markdown, functions first."""
    things = {name: getattr(graphkit, name) for name in shown}
    lines = []
    for name in sorted(shown, key=lambda n: (inspect.isclass(things[n]), n)):
        kind = "class" if inspect.isclass(things[name]) else "function"
        members = ["   :members:"] if kind == "class" else []
        lines += ["```{eval-rst}", f".. auto{kind}:: graphkit.{name}", *members, "```", ""]
    return lines


class Api(SphinxDirective):
    """Puts public names where the directive stands."""

    required_arguments = 1
    optional_arguments = 9

    def run(self) -> list[nodes.Node]:
        """Render them."""
        named: set[str] = self.env.temp_data.setdefault("graphkit_api", set())
        lines = describe(names(self.arguments, named))
        named.update(self.arguments)
        container = nodes.container(classes=["api"])
        self.state.nested_parse(StringList(lines, source=graphkit.__file__), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
