"""``graphkit detect`` on the embedded engine and on Spark, side by side, with all the processes they start.

``python -m tests.benchmark.bench_engines [--likes 1e6 10e6] [--master local[2]] [--window 60s]`` prints a table;
memory is the largest sum of the resident sets of all processes, looked at five times a second. Beside them stand the
likes that pruning left and the co-likes among them, over all windows, in millions.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.benchmark.bench_detect import PACKAGES
from tests.benchmark.files import SMALL, Likes
from tests.benchmark.process import Cost, machine, measure


def run(path: Path, out: Path, window: str, options: list[str]) -> Cost:
    """Run ``graphkit detect`` and return what it took, with all the processes it starts."""
    return measure(
        sys.executable, "-m", "graphkit", "detect", str(path), "--out", str(out), "--window", window, *options
    )


def same(one: Path, other: Path) -> bool:
    """Tell whether two runs hold the same tables, to the byte."""
    return all(table.read_bytes() == (other / table.name).read_bytes() for table in sorted(one.glob("*.parquet")))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likes", type=float, nargs="+", default=[1e6])
    parser.add_argument("--window", default="60s")
    parser.add_argument("--master", nargs="*", default=["local[1]", "local[2]"])
    parser.add_argument("--conf", action="append", default=["spark.driver.memory=2g"])
    given = parser.parse_args()
    conf = [word for text in given.conf for word in ("--conf", text)]
    print(machine([*PACKAGES, "pyspark"]))
    print(f"{'':34}{'wall s':>8}{'pairs s':>9}{'peak MB':>9}{'left M':>9}{'met M':>9}  tables")
    for n in map(int, given.likes):
        path = Likes(n).file()
        folder = Path(tempfile.mkdtemp(prefix="graphkit-bench-"))
        try:
            local = folder / "local"
            run(Likes(SMALL).file(), local, given.window, [])  # compiles the kernels
            shutil.rmtree(local)
            for name in ("", *given.master):
                out = folder / "spark" if name else local
                options = ["--engine", "spark", "--master", name, *conf, "--force"] if name else []
                cost = run(path, out, given.window, options)
                info = json.loads((out / "run.json").read_text(encoding="utf-8"))
                pairs = sum(value for stage, value in info["timings_s"].items() if stage.startswith("pairs"))
                left = sum(view["surviving"] for view in info["windows"])
                met = (sum(view["walked"] for view in info["windows"]) - left) // 2
                equal = "" if not name else "equal" if same(local, out) else "NOT EQUAL"
                label = f"{n:,} likes, {f'spark {name}' if name else 'local'}"
                cells = f"{cost.wall_s:>8.1f}{pairs:>9.1f}{cost.peak / 1e6:>9,.0f}{left / 1e6:>9.2f}{met / 1e6:>9.2f}"
                print(f"{label:34}{cells}  {equal}", flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
