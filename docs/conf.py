"""Sphinx configuration; `make docs` builds with warnings as errors."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

project = "graphkit"
author = "The graphkit authors"
copyright = "The graphkit authors, GPL-3.0-or-later"  # noqa: A001 - Sphinx reads this name
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
version = release

extensions = ["myst_parser", "channels", "data_model", "settings"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext"]
suppress_warnings = ["myst.xref_missing"]  # links to files of the checkout outside docs/

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"graphkit {release}"
html_show_copyright = False
html_show_sphinx = False
