"""``graphkit detect`` on the embedded engine and on Spark, side by side, with all the processes they start.

``python -m tests.benchmark.bench_engines [--likes 1e6 10e6] [--master local[2]] [--window 60s]`` prints a table;
memory is the largest sum of the resident sets of all processes, looked at five times a second. Beside them stand the
likes that pruning left and the co-likes among them, over all windows, in millions.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from tests.benchmark.bench_detect import ENVIRONMENT, ROOT, machine, made_file

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(session: int) -> int:
    """Return the resident sets of all processes of a session added up, bytes."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == session:
            total += int(fields[21]) * _PAGE
    return total


def run(path: Path, out: Path, window: str, options: list[str]) -> tuple[float, int]:
    """Run ``graphkit detect`` in a session of its own; return its seconds by the clock, and the peak."""
    command = [sys.executable, "-m", "graphkit", "detect", str(path), "--out", str(out), "--window", window, *options]
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as job:
        while job.poll() is None:
            peak = max(peak, resident(job.pid))
            time.sleep(0.2)
        seconds = time.perf_counter() - start
        if job.returncode:
            raise SystemExit(job.stderr.read().decode()[-2000:] if job.stderr else "failed")
    return seconds, peak


def same(one: Path, other: Path) -> bool:
    """Tell whether two runs hold the same tables."""
    return all(
        pq.read_table(table).equals(pq.read_table(other / table.name)) for table in sorted(one.glob("*.parquet"))
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likes", type=float, nargs="+", default=[1e6])
    parser.add_argument("--window", default="60s")
    parser.add_argument("--master", nargs="*", default=["local[1]", "local[2]"])
    parser.add_argument("--conf", action="append", default=["spark.driver.memory=2g"])
    given = parser.parse_args()
    conf = [word for text in given.conf for word in ("--conf", text)]
    print(machine())
    print(f"{'':34}{'wall s':>8}{'pairs s':>9}{'peak MB':>9}{'left M':>9}{'met M':>9}  tables")
    for n in map(int, given.likes):
        path = made_file(n)
        folder = Path(tempfile.mkdtemp(prefix="graphkit-bench-"))
        try:
            local = folder / "local"
            run(made_file(50_000), local, given.window, [])  # compiles the kernels
            shutil.rmtree(local)
            for name in ("", *given.master):
                out = folder / "spark" if name else local
                options = ["--engine", "spark", "--master", name, *conf, "--force"] if name else []
                seconds, peak = run(path, out, given.window, options)
                info = json.loads((out / "run.json").read_text(encoding="utf-8"))
                pairs = sum(value for stage, value in info["timings_s"].items() if stage.startswith("pairs"))
                left = sum(view["surviving"] for view in info["windows"])
                met = (sum(view["walked"] for view in info["windows"]) - left) // 2
                equal = "" if not name else "equal" if same(local, out) else "NOT EQUAL"
                label = f"{n:,} likes, {f'spark {name}' if name else 'local'}"
                cells = f"{seconds:>8.1f}{pairs:>9.1f}{peak / 1e6:>9,.0f}{left / 1e6:>9.2f}{met / 1e6:>9.2f}"
                print(f"{label:34}{cells}  {equal}", flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
