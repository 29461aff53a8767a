"""Sphinx configuration; `make docs` builds with warnings as errors."""

from __future__ import annotations

import hashlib
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))


def _digest() -> str:
    """Return a digest of the code and the data that notebooks run on: with either changed they run again."""
    found = hashlib.blake2b(digest_size=8)
    for folder, pattern in (("graphkit", "*.py"), ("graphkit", "*.toml"), ("datasets/sample_world", "*.parquet")):
        for file in sorted((HERE.parent / folder).rglob(pattern)):
            found.update(file.read_bytes())
    return found.hexdigest()


project = "graphkit"
author = "The graphkit authors"
copyright = "The graphkit authors, GPL-3.0-or-later"  # noqa: A001 - Sphinx reads this name
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
version = release

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
extensions += ["api", "attributes", "channels", "commands", "data_model", "reasons", "settings"]  # docs/_ext
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["_build", "_ext"]

nitpicky = True
# Types in docstrings are words for people, and the libraries they name are not part of this site.
nitpick_ignore_regex = [("py:.*", ".*")]

nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / f"notebooks-{_digest()}")
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # the site asks no other for anything: what is interactive in Jupyter stands still here
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

html_theme = "furo"
html_title = f"graphkit {release}"
html_show_copyright = False
html_show_sphinx = False
