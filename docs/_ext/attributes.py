"""Attributes that one docstring entry describes together get an entry each, which is what napoleon can read."""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

_TOGETHER = re.compile(r"\w+(?:, \w+)+")


def apart(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with ``a, b`` and its description written once for each name."""
    out: list[str] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        i += 1
        if not _TOGETHER.fullmatch(line) or i == len(lines) or not lines[i].startswith("    "):
            out.append(line)
            continue
        start = i
        while i < len(lines) and lines[i].startswith("    "):
            i += 1
        for name in line.split(", "):
            out += [name, *lines[start:i]]
    return out


def _process(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:  # noqa: ARG001
    lines[:] = apart(lines)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come before napoleon."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
