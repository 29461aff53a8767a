"""The directive ``reasons``: every reason code with its channel and its sentence in both languages."""

from __future__ import annotations

import re

from data_model import row
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from graphkit.explain.claims import READS
from graphkit.scoring.reasons import REASONS

#: Where a sentence has a number.
_PLACE = re.compile(r"\{([a-z_]+)[^}]*\}")


def describe() -> list[str]:
    """Return the codes of rings, members and likes as one table each, in lines of Markdown."""
    lines: list[str] = []
    for level in ("ring", "member", "like"):
        lines += [f"Of a {level}:", "", row("code", "channel", "beside", "English", "中文"), row(*["---"] * 5)]
        for code, reason in REASONS.items():
            if reason.level == level:
                expected = READS[reason.channel][1] if level == "ring" else None
                said = (_PLACE.sub(r"*\1*", words).replace("_", r"\_") for words in (reason.en, reason.zh))
                lines.append(row(f"`{code}`", reason.channel, f"`{expected}`" if expected else "–", *said))
        lines.append("")
    return lines


class Reasons(SphinxDirective):
    """Puts the reason codes where the directive stands."""

    def run(self) -> list[nodes.Node]:
        """Render them."""
        container = nodes.container(classes=["reasons"])
        self.state.nested_parse(
            StringList(describe(), source="graphkit.scoring.reasons"), self.content_offset, container
        )
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("reasons", Reasons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
