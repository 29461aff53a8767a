"""Runs that are cut short: killed, interrupted, out of room. Never half a run."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import graphkit as gk
import graphkit.likes as reading
from tests.cli.support import RUN_FILES, assert_refused, dump, farm, graphkit, powerless, process


@pytest.fixture
def likes(tmp_path: Path) -> Path:
    """A farm of ten users on twelve notes."""
    return dump(farm(), tmp_path / "likes.parquet")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["at work", "writing"])
def test_kill__leaves_no_half_run(likes: Path, tmp_path: Path, moment: str) -> None:
    out = tmp_path / "out" / "run"
    out.parent.mkdir()
    command = [sys.executable, "-m", "graphkit", "detect", str(likes), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        started = time.monotonic()
        while run.poll() is None:
            busy = any(out.parent.iterdir()) if moment == "writing" else time.monotonic() - started > 1
            if busy:
                run.kill()
                break
            time.sleep(0.0005)
        run.wait()
    if out.exists():  # it was quicker than the signal
        assert {p.name for p in out.iterdir()} == RUN_FILES
        gk.load(out)
    assert graphkit("detect", likes, "--out", out, "--force").exit_code == 0
    assert [p.name for p in out.parent.iterdir()] == ["run"]


def test_interrupt__one_line_and_130(likes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **how: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "read_likes", interrupted)
    result = graphkit("detect", likes, "--out", tmp_path / "run")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.strip() == "graphkit: interrupted"
    assert not (tmp_path / "run").exists()


def test_memory__one_line(likes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*args: object, **how: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading, "read_likes", greedy)
    assert_refused(graphkit("detect", likes, "--out", tmp_path / "out" / "run"), tmp_path / "out" / "run", "memory")


def test_defect__keeps_its_traceback(likes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **how: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reading, "read_likes", broken)
    result = graphkit("detect", likes, "--out", tmp_path / "run")
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.slow
def test_no_room__one_line_and_nothing_left(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "run"
    out.parent.mkdir()

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    result = process("detect", likes, "--out", out, preexec_fn=limit)
    assert_refused(result, out, str(out))


def test_read_only_place__refused(likes: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir(mode=0o555)
    result = process("detect", likes, "--out", place / "run", preexec_fn=powerless())
    assert_refused(result, place / "run", str(place))


def test_full_standard_output__one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = process("--help", stdout=full)
    assert result.returncode == 2
    assert result.stderr.startswith("graphkit: error: ")
    assert result.stderr.count("\n") == 1


def test_reader_that_leaves__no_traceback() -> None:
    end, start = os.pipe()
    os.close(end)
    result = process("--help", stdout=start)
    os.close(start)
    assert (result.returncode, result.stderr) == (1, "")
