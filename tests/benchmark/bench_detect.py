"""Time and memory of ``graphkit detect``, from a Parquet file to the run directory, beside others.

``python -m tests.benchmark.bench_detect [--likes 5e6] [--windows 60s|ladder|all] [--write]``; every measured thing is
a process of its own, so that peaks of memory are its own, and waits for the caches to be warm.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
LADDER = "60s,10m,1h,6h"
MADE = 3  # version of tests.benchmark.made: part of the cached file's name
#: Bars of the design for 5 M likes: seconds by windows, and bytes.
BARS_S = {"60s": 10, "ladder": 60}
BAR_BYTES = 10**9
#: Warm means that Python has its compiled modules, too.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
PACKAGES = ("numpy", "numba", "pyarrow", "scipy", "igraph", "duckdb")


@dataclass(frozen=True)
class Cost:
    """What a process took.

    Attributes
    ----------
    wall_s, cpu_s
        Seconds by the clock; seconds of all processors, user and system.
    peak
        Largest resident set, bytes.
    output
        What it wrote to standard output.
    ok
        Whether it ended well, in time.
    """

    wall_s: float
    cpu_s: float
    peak: int
    output: str
    ok: bool = True


def measure(*command: str, limit_s: float = 900) -> Cost:
    """Run a command in a process of its own.

    Linux counts the peak of this process for the child it forks, so this one stays small: nothing is read here.
    """
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, cwd=ROOT, env=ENVIRONMENT)
        deadline = start + limit_s
        killed = False
        while True:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() > deadline and not killed:
                child.kill()
                killed = True
            time.sleep(0.02)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    ok = child.returncode == 0
    if not ok and not killed:
        raise SystemExit(f"{' '.join(command)} failed with status {child.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, text, ok)


def made_file(n: int) -> Path:
    """Return the file of about `n` likes, made once."""
    folder = Path(tempfile.gettempdir(), "graphkit-bench")
    folder.mkdir(exist_ok=True)
    path = folder / f"likes-{n}-v{MADE}.parquet"
    if not path.exists():
        measure(sys.executable, "-m", "tests.benchmark.made", str(n), str(path))
    return path


def detect(path: Path, windows: str, threads: int) -> tuple[Cost, dict[str, Any]]:
    """Run ``graphkit detect`` and return its cost and its ``run.json``."""
    folder = Path(tempfile.mkdtemp(prefix="graphkit-bench-"))
    try:
        ladder = LADDER if windows == "ladder" else windows
        command = ("detect", str(path), "--out", str(folder / "run"), "--window", ladder, "--threads", str(threads))
        cost = measure(sys.executable, "-m", "graphkit", *command)
        return cost, json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))
    finally:
        shutil.rmtree(folder)


def check_pairs(threads: int) -> int:
    """Hold DuckDB's pairs on a small file to equal graphkit's, and return their number."""
    path = made_file(50_000)
    code = f"from tests.benchmark.equal import check; print(check({str(path)!r}, 60, {threads}))"
    return int(measure(sys.executable, "-c", code).output)


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    what: str
    cost: Cost
    read_s: float

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the line."""
        bound = "" if self.cost.ok else "> "
        return (
            self.what,
            f"{bound}{self.cost.wall_s:.1f}",
            f"{bound}{self.cost.cpu_s:.1f}",
            f"{bound}{self.cost.wall_s / self.read_s:.0f} ×",
            f"{self.cost.peak / 1e6:,.0f} MB",
        )


def rows(n: int, which: Sequence[str], threads: int, limit_s: float) -> Iterator[Row | str]:
    """Yield the lines of the report, and what is to be said about them."""
    path = made_file(n)
    for windows in which:
        detect(made_file(50_000), windows, threads)  # compiles the kernels
    read = measure(sys.executable, "-m", "tests.benchmark.rivals", "read", str(path), "0", str(threads))
    read_s = float(read.output)
    yield f"pyarrow's bare warm read of the three columns: {read_s:.2f} s, {read.peak / 1e6:,.0f} MB at most."
    for windows in which:
        cost, info = detect(path, windows, threads)
        name = "60 s window" if windows == "60s" else f"ladder {LADDER}" if windows == "ladder" else windows
        yield Row(f"graphkit detect, {name}", cost, read_s)
        stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in info["timings_s"].items())
        counts = info["counts"]
        walked = sum(view["walked"] for view in info["windows"])
        yield (
            f"{name}: {counts['kept']:,} likes, {counts['users']:,} users, {counts['notes']:,} notes; "
            f"{walked:,} likes walked over; {counts['rings']:,} rings. Seconds by stage: {stages}."
        )
        if round(n, -6) == 5_000_000 and windows in BARS_S:
            yield (
                f"Bars: {cost.wall_s:.1f} s of {BARS_S[windows]} s "
                f"({cost.cpu_s:.1f} s of processor), {cost.peak / 1e6:,.0f} MB of {BAR_BYTES / 1e6:,.0f} MB."
            )
    if "60s" in which and limit_s > 0:
        yield f"DuckDB's pairs on 50,000 likes equal graphkit's: {check_pairs(threads):,} pairs."
        for what, name in (("bucket", "DuckDB, join on note and minute"), ("plain", "DuckDB, plain self-join on note")):
            command = (sys.executable, "-m", "tests.benchmark.rivals", what, str(path), "60", str(threads))
            yield Row(f"{name} (pairs only)", measure(*command, limit_s=limit_s), read_s)


def machine() -> str:
    """Return what it ran on, in one line."""
    cpuinfo = Path("/proc/cpuinfo")
    models = (
        [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")] if cpuinfo.exists() else []
    )
    name = models[0].split(":", 1)[1].strip() if models else platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    return (
        f"{name}, {cores} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f} at the start; "
        f"Python {platform.python_version()}, {versions}"
    )


HEAD = ("", "wall s", "user + sys s", "bare reads", "peak memory")


def main() -> None:
    """Measure, print, and with ``--write`` append to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likes", type=float, default=5e6)
    parser.add_argument("--windows", default="all", help="60s, ladder, all of both, or any ladder")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rivals-limit-s", type=float, default=300, help="stop DuckDB after so long; 0: leave it out")
    parser.add_argument("--write", action="store_true", help="append to docs/performance.md")
    given = parser.parse_args()
    n = int(given.likes)
    which = ["60s", "ladder"] if given.windows == "all" else [given.windows]
    title = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}: {n:,} likes, {given.threads} threads"
    context = machine()
    print(f"{title}\n{context}\n")
    print(f"{HEAD[0]:52}{HEAD[1]:>10}{HEAD[2]:>14}{HEAD[3]:>12}{HEAD[4]:>14}")
    table, notes = [], []
    for row in rows(n, which, given.threads, given.rivals_limit_s):
        if isinstance(row, Row):
            cells = row.cells()
            print(f"{cells[0]:52}{cells[1]:>10}{cells[2]:>14}{cells[3]:>12}{cells[4]:>14}", flush=True)
            table.append("| " + " | ".join(cells) + " |")
        else:
            print(f"  {row}", flush=True)
            notes.append(f"- {row}")
    if given.write:
        section = [f"\n## {title}\n", context + ".\n", "| " + " | ".join(HEAD) + " |", "|---|---:|---:|---:|---:|"]
        with PAGE.open("a", encoding="utf-8") as page:
            page.write("\n".join([*section, *table, "", *notes]) + "\n")


if __name__ == "__main__":
    main()
