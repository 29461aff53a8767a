"""The README does what it says: every block runs, and prints what stands below it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graphkit.schemas import OUTPUTS
from tests.docs.snippets import README, ROOT, Snippet, comparable, run_all, shell, snippets

PAGE = README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Snippet, str]]:
    """Every block that does not install, with what it printed."""
    return run_all(PAGE, tmp_path_factory.mktemp("readme"))


@pytest.mark.slow
def test_readme__shows_what_its_code_prints(results: list[tuple[Snippet, str]]) -> None:
    """Run ``python -m tests.docs.snippets`` to write the real output into the README."""
    assert {s.language for s, _ in results} == {"python", "sh"}
    for snippet, printed in results:
        if snippet.shown is not None:
            assert comparable(printed) == comparable(snippet.shown), snippet.code


def test_readme__twelve_lines_are_twelve() -> None:
    first = next(s for s in snippets(PAGE) if s.language == "python")
    assert sum(bool(line.strip()) for line in first.code.splitlines()) <= 12


def test_readme__names_every_table_of_a_run() -> None:
    for table in OUTPUTS:
        assert f"| `{table.name}.parquet` |" in PAGE


def test_readme__its_links_lead_somewhere() -> None:
    targets = {part.split(")")[0].split("#")[0] for part in PAGE.split("](")[1:]}
    assert targets
    assert {t for t in targets if not (ROOT / t).exists()} == set()


def test_readme__installs_by_hand_as_make_does(require: Callable[[str], None]) -> None:
    require("make")
    (by_hand,) = [s.code.splitlines() for s in snippets(PAGE) if s.code.startswith("python3 -m venv")]
    recipe = subprocess.run(
        ["make", "-n", "-W", "requirements.lock", ".venv/.installed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.replace(" --quiet", "")
    assert [line for line in by_hand if line not in recipe] == []


@pytest.mark.slow
def test_readme__make_demo_ends_with_the_report(tmp_path: Path, require: Callable[[str], None]) -> None:
    require("make")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "installed").touch()  # the environment is that of the tests; CI makes it by the same recipe
    assert next(s.code for s in snippets(PAGE) if s.installs) == "make demo\n"
    printed = shell(f"make -C {tmp_path} demo BIN={Path(sys.executable).parent} VENV=installed")
    assert "report: demo/run/report.html" in printed
    assert (tmp_path / "demo" / "run" / "report.html").is_file()
    assert " rings found, " in printed
