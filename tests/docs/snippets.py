"""The code blocks of the README and of the guides, run from top to bottom, and the output that stands below them.

``python -m tests.docs.snippets`` writes the real output into all of them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
#: Blocks of these begin with what installs or needs a fresh environment: tests of their own run them.
INSTALLING = ("make ", "python3 -m venv")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: A file that the page shows, with its name, for the blocks below it to use.
_FILE = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOOK = re.compile(r"^Took .*(?:\n {4,}.*)*", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """One block of code, and where its output stands in the page.

    Attributes
    ----------
    language
        ``python`` or ``sh``.
    code
        What stands in it.
    shown
        The text block right below, or nothing.
    start, stop
        Where that text lies in the page.
    """

    language: str
    code: str
    shown: str | None
    start: int = 0
    stop: int = 0

    @property
    def installs(self) -> bool:
        """Whether it sets up an environment."""
        return self.code.startswith(INSTALLING)


def snippets(page: str) -> list[Snippet]:
    """Return the blocks of code of a page in order, each with the text block that follows it."""
    blocks = list(_BLOCK.finditer(page))
    found = []
    for block, after in pairwise([*blocks, None]):
        if block is None or block[1] == "text":
            continue
        if after is not None and after[1] == "text" and not page[block.end() : after.start()].strip():
            found.append(Snippet(block[1], block[2], after[2], after.start(2), after.end(2)))
        else:
            found.append(Snippet(block[1], block[2], None))
    return found


def run_all(page: str, folder: Path) -> list[tuple[Snippet, str]]:
    """Run every block that does not install, in a folder where `datasets` is that of the checkout."""
    (folder / "datasets").symlink_to(ROOT / "datasets")
    for name, content in _FILE.findall(page):
        (folder / name).write_text(content, encoding="utf-8")
    names: dict[str, Any] = {}
    out = []
    with contextlib.chdir(folder):
        for snippet in snippets(page):
            if not snippet.installs:
                printed = _python(snippet.code, names) if snippet.language == "python" else shell(snippet.code)
                out.append((snippet, printed.replace(f"{folder.resolve()}/", "")))  # pages know no folder
    return out


def _python(code: str, names: dict[str, Any]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), names)
    return printed.getvalue()


def shell(code: str) -> str:
    """Return what a command prints, on standard output and error; it runs with this interpreter's environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        shlex.split(code),
        check=False,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    return run.stdout.removeprefix("\n")


def comparable(text: str) -> str:
    """Return output without what differs from run to run: how long it took, and spaces that nobody sees."""
    return "\n".join(line.rstrip() for line in _TOOK.sub("Took", text).strip().splitlines())


def main() -> None:
    """Write the real output of every block into the pages."""
    for path in (README, *GUIDES):
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            results = run_all(page, Path(folder))
        for snippet, printed in reversed(results):
            if snippet.shown is not None:
                page = page[: snippet.start] + printed.rstrip() + "\n" + page[snippet.stop :]
        path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
