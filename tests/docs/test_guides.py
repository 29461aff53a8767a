"""The guides do what they say: every block runs, and prints what stands below it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.docs.snippets import GUIDES, ROOT, comparable, run_all, snippets

DOCS = ROOT / "docs"
#: Commands of a page that end with an error on purpose say so in the text below them.
ERROR = "graphkit: error: "
#: What the blocks of a guide need beside graphkit.
NEEDS = {"spark": ("pyspark", "java")}


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_guide__shows_what_its_code_prints(guide: Path, tmp_path: Path, require: Callable[[str], None]) -> None:
    """Run ``python -m tests.docs.snippets`` to write the real output into the guides."""
    for program in NEEDS.get(guide.stem, ()):
        require(program)
    results = run_all(guide.read_text(encoding="utf-8"), tmp_path)
    assert results
    for snippet, printed in results:
        if snippet.shown is None:
            assert ERROR not in printed, printed
        else:
            assert comparable(printed) == comparable(snippet.shown), snippet.code


def test_guides__run_commands_and_python_only() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in (*GUIDES, *(DOCS / "explanation").glob("*.md"))}
    assert {s.language for page in pages.values() for s in snippets(page)} <= {"python", "sh"}


def test_pages__links_lead_somewhere() -> None:
    """Sphinx holds the same, but only when the site is built."""
    pages = [*DOCS.glob("*.md"), *DOCS.glob("[!_]*/*.md")]
    assert len(pages) > 30
    for page in pages:
        targets = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        assert {t for t in targets if not (page.parent / t).is_file()} == set(), page


def test_index__every_tutorial_is_listed() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in (DOCS / "tutorials").glob("*.md"):
        assert index.count(f"tutorials/{page.stem}") == 2, page.stem


#: Blocks that no machine of the tests can run, since they name a cluster.
_SHOWN_ONLY = re.compile(r"^```\{code-block\} (sh|python)\n(?!:)(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_guides__what_needs_a_cluster_is_understood_by_the_commands_it_names() -> None:
    """Such a block is at least one that the command line takes, word by word."""
    from graphkit.cli import main
    from pipelines.detect_daily import main as daily

    shown = [match for path in GUIDES for match in _SHOWN_ONLY.findall(path.read_text(encoding="utf-8"))]
    assert len(shown) == 3
    for language, code in shown:
        if language == "python":
            compile(code, "a guide", "exec")
            continue
        words = shlex.split(code.replace("\\\n", " "))
        if words[0] == "graphkit":
            name = words[1]
            command, words = main.get_command(click.Context(main), name), words[2:]
        else:
            command, words = daily, words[words.index("pipelines/detect_daily.py") + 1 :]
        assert command is not None, code
        command.make_context("a guide", words)
