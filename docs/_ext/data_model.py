"""The directive ``data-model``: the tables of :mod:`graphkit.schemas`, so that page and code cannot differ.

``{data-model} inputs`` shows what goes in, ``{data-model} outputs`` what comes out, ``{data-model} batch`` what a batch
holds, ``{data-model} evidence`` the doubles inside ``rings.evidence``, and the name of a table that table alone.
"""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from graphkit import schemas
from graphkit.columns import Table

HANDED_IN = (*schemas.INPUTS, schemas.DECISIONS, schemas.PROTECTED)
TABLES = {table.name: table for table in (*HANDED_IN, *schemas.OUTPUTS, schemas.LINEAGE, schemas.AUDIT)}


def row(*cells: str) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def describe(table: Table) -> list[str]:
    """Return a table's declaration as lines of Markdown."""
    given = table in HANDED_IN
    title = f"`{table.name}`" if given else f"`{table.name}.parquet`"
    # Only input tables may lack columns; for the others the third column would say the same in every row.
    head = ("column", "holds", "required", "meaning") if given else ("column", "holds", "meaning")
    order = ", ".join(f"`{k}`" for k in table.sort_by)
    lines = [f"{title}: one row is {table.row}" + (f", identified and ordered by {order}" if order else "")]
    lines += ["", row(*head), row(*("---" for _ in head))]
    for c in table.columns:
        required = ("yes" if c.required else "no",) if given else ()
        lines.append(row(f"`{c.name}`", str(c.kind), *required, c.meaning))
    return [*lines, ""]


def describe_evidence() -> list[str]:
    """Return the doubles inside ``rings.evidence`` as lines of Markdown."""
    lines = [row("field of `rings.evidence`", "meaning"), row("---", "---")]
    return [*lines, *(row(f"`{name}`", meaning) for name, meaning in schemas.EVIDENCE), ""]


class DataModel(SphinxDirective):
    """Puts declared tables where the directive stands."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Render the tables named by the argument."""
        match self.arguments[0]:
            case "inputs":
                lines = [line for table in schemas.INPUTS for line in describe(table)]
            case "outputs":
                lines = [line for table in schemas.OUTPUTS for line in describe(table)]
            case "batch":
                lines = [line for table in schemas.BATCH for line in describe(table)]
            case "evidence":
                lines = describe_evidence()
            case name if name in TABLES:
                lines = describe(TABLES[name])
            case name:
                raise self.error(
                    f"no table {name!r}; wanted inputs, outputs, batch, evidence or one of {', '.join(TABLES)}"
                )
        # A change of the declarations is a change of the page.
        self.env.note_dependency(schemas.__file__)
        container = nodes.container(classes=["data-model"])
        self.state.nested_parse(StringList(lines, source=schemas.__file__), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("data-model", DataModel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
