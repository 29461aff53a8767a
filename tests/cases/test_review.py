"""``graphkit review``: stored whole, once, with its disagreements."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from graphkit.cases.store import CaseStore
from tests.cases.made import RUN, write
from tests.cli.support import graphkit, process

RING = {"ring_id": "R-000001", "verdict": "confirmed", "reviewer": "Ada", "time": "2026-11-23T08:00:00Z"}
USER = {"user_id": "u1-2", "verdict": "cleared", "reviewer": "Ada"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A saved run."""
    return RUN.save(tmp_path / "runs" / "today")


def stored(folder: Path) -> list[dict[str, object]]:
    with CaseStore.open(folder) as store:
        return store.decisions()


def test_review__beside_the_run(run: Path, tmp_path: Path) -> None:
    result = graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [RING, USER]))
    assert result.exit_code == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines() if line]
    assert lines == [
        ["2", "verdicts", "stored."],
        ["Cleared", "1", "user"],
        ["Confirmed", "1", "ring"],
        ["Cases", str(run.parent / "cases")],
    ]
    assert len(stored(run.parent / "cases")) == 2


def test_review__twice_is_once(run: Path, tmp_path: Path) -> None:
    arguments = ("review", run, "--decisions", write(tmp_path / "d.csv", [RING, USER]), "--cases", tmp_path / "c")
    graphkit(*arguments)
    assert "0 verdicts stored; 2 verdicts stored before." in graphkit(*arguments).stdout
    assert len(stored(tmp_path / "c")) == 2


def test_review__who_hands_it_in_is_the_reviewer(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "d.csv", [{"ring_id": "R-000001", "verdict": "unsure"}])
    graphkit("review", run, "--decisions", file, "--reviewer", "Bo")
    graphkit("review", run, "--decisions", file)
    first, second = (row["reviewer"] for row in stored(run.parent / "cases"))
    assert first == "Bo"
    assert second not in {"Bo", "", None}


def test_review__disagreement_is_shown_and_both_verdicts_stay(run: Path, tmp_path: Path) -> None:
    graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [RING]))
    other = write(tmp_path / "d.csv", [{**RING, "verdict": "cleared", "reviewer": "Bo"}])
    result = graphkit("review", run, "--decisions", other)
    assert "Disputed   ring L-000001: Ada says confirmed, Bo says cleared" in result.stdout
    assert [row["verdict"] for row in stored(run.parent / "cases")] == ["confirmed", "cleared"]


def test_review__rings_known_from_before_are_recognised(run: Path, tmp_path: Path) -> None:
    graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [RING]))
    result = graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [USER]))
    assert "Recognised R-000001 is L-000001, confirmed 2026-11-23 08:00:00 UTC" in result.stdout


def test_review__as_json(run: Path, tmp_path: Path) -> None:
    result = graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [RING, USER]), "--json")
    told = json.loads(result.stdout)
    assert [(row["verdict"], row["name"]) for row in told["stored"]] == [("cleared", None), ("confirmed", "L-000001")]
    assert (told["known"], told["disputed"], told["recognised"]) == (0, [], [])


def test_review__without_decisions_tells_the_trail_and_stores_nothing(run: Path, tmp_path: Path) -> None:
    assert "0 verdicts concern this run." in graphkit("review", run).stdout
    assert not (run.parent / "cases").exists()
    graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [{**RING, "comment": "one phone"}]))
    graphkit(
        "review", run, "--decisions", write(tmp_path / "d.csv", [{**RING, "verdict": "cleared", "reviewer": "Bo"}])
    )
    lines = graphkit("review", run).stdout.splitlines()
    assert lines[1] == "2 verdicts concern this run."
    assert [line.split() for line in lines[3:]] == [
        ["When", "(UTC)", "Who", "Verdict", "About", "Given", "on", "run", "Then"],
        ["2026-11-23", "08:00:00", "Ada", "confirmed", "ring", "L-000001", RUN.run_id, "R-000001,", "purge,", "0.867"],
        ["one", "phone"],
        ["2026-11-23", "08:00:00", "Bo", "cleared", "ring", "L-000001", RUN.run_id, "R-000001,", "purge,", "0.867"],
    ]
    told = json.loads(graphkit("review", run, "--json").stdout)
    assert [row["evidence"]["rings"][0]["evidence"]["edges"] for row in told] == [45.0, 45.0]


def test_review__half_the_rows_wrong_makes_no_store(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "d.csv", [RING, {**RING, "ring_id": "R-9"}, USER, {**USER, "user_id": "u9"}])
    result = graphkit("review", run, "--decisions", file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        f"graphkit: error: {file}: 2 of 4 rows are wrong: row 2: no ring 'R-9'; row 4: no member"
    )
    assert result.stderr.count("\n") == 1
    assert not (run.parent / "cases").exists()


def test_review__while_another_writes(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "d.csv", [RING])
    with CaseStore.open(tmp_path / "c", write=True):
        result = process("review", run, "--decisions", file, "--cases", tmp_path / "c")
    assert result.returncode == 2
    assert "is being written by another process; wanted one writer at a time; run this again" in result.stderr
    assert result.stderr.count("\n") == 1
    assert stored(tmp_path / "c") == []


@pytest.mark.slow
def test_review__no_room_left(run: Path, tmp_path: Path) -> None:
    graphkit("review", run, "--decisions", write(tmp_path / "d.csv", [RING]))
    before = stored(run.parent / "cases")
    size = (run.parent / "cases" / "cases.sqlite").stat().st_size

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    many = write(tmp_path / "d.csv", [{**USER, "reviewer": f"r{i}"} for i in range(200)])
    command = [sys.executable, "-m", "graphkit", "review", str(run), "--decisions", str(many)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, preexec_fn=little)
    assert result.returncode == 2, result.stderr
    assert "wanted room to write" in result.stderr
    assert result.stderr.count("\n") == 1
    assert stored(run.parent / "cases") == before


@pytest.mark.slow
def test_review__killed_at_work_stores_nothing(run: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "d.csv", [RING])
    code = (
        "import os, graphkit as gk, graphkit.cases.lineagefile as file\n"
        "file.Lineage.write = lambda self: os.kill(os.getpid(), 9)\n"
        f"gk.review(gk.load({str(run)!r}), {str(file)!r}, {str(tmp_path / 'c')!r}, reviewer='Ada')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert stored(tmp_path / "c") == []
    assert graphkit("review", run, "--decisions", file, "--cases", tmp_path / "c").exit_code == 0
    assert len(stored(tmp_path / "c")) == 1
