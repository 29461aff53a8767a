"""Small dumps of likes for the command line, and ways to run it."""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from graphkit.cli import main
from graphkit.columns import TIMESTAMP
from graphkit.schemas import OUTPUTS

START = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)
#: Every file of a run directory.
RUN_FILES = {f"{table.name}.parquet" for table in OUTPUTS} | {"run.json", "report.html"}


def farm(users: int = 10, notes: int = 12, others: int = 1880) -> pa.Table:
    """Return a farm at work among other people.

    Users u000, u001, … like notes n000, n001, …, an hour apart, within as many seconds; `others` are likes of 300
    users on 200 notes at any second of the day.
    """
    rows = [
        (f"u{user:03}", f"n{note:03}", START + dt.timedelta(hours=note, seconds=user))
        for note in range(notes)
        for user in range(users)
    ]
    chance = random.Random(1)
    rows += [
        (
            f"x{chance.randrange(300)}",
            f"y{chance.randrange(200)}",
            START + dt.timedelta(seconds=chance.randrange(86400)),
        )
        for _ in range(others)
    ]
    user_ids, note_ids, times = zip(*rows, strict=True)
    return pa.table({"user_id": user_ids, "note_id": note_ids, "ts": pa.array(times, TIMESTAMP)})


def dump(table: pa.Table, path: Path) -> Path:
    """Write a table as Parquet and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def graphkit(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


def process(*arguments: object, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with nobody watching."""
    command = [sys.executable, "-m", "graphkit", *map(str, arguments)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    return subprocess.run(command, text=True, timeout=300, check=False, **how)


def powerless() -> Callable[[], None]:
    """Return what takes from a child process root's power to pass over permissions."""

    def drop() -> None:
        if os.geteuid() == 0:
            libc = ctypes.CDLL(None)
            for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
                if libc.prctl(24, capability, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
                    raise OSError("cannot drop capabilities")

    return drop


def assert_refused(result: Any, out: Path, *fragments: str) -> None:
    """Check that a command ended with one line on standard error, status 2, and left nothing."""
    code = getattr(result, "exit_code", None)
    code = result.returncode if code is None else code
    assert code == 2, result.stderr
    assert result.stdout in {"", None}
    assert result.stderr.startswith("graphkit: error: "), result.stderr
    assert result.stderr.count("\n") == 1
    assert [f for f in fragments if f not in result.stderr] == [], result.stderr
    assert not out.exists()
    if out.parent.is_dir():
        assert [p.name for p in out.parent.iterdir()] == []
