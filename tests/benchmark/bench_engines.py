"""``graphkit detect`` on the embedded engine and on Spark, side by side, with all the processes they start.

``python -m tests.benchmark.bench_engines [--likes 1e6 10e6] [--master local[2]] [--cluster] [--window 60s] [--crowd]``
prints a table; memory is the largest sum of the resident sets of all processes, looked at five times a second. Beside
them stand the likes that pruning left and the co-likes among them, over all windows, in millions, and what executors
wrote for a shuffle. ``--cluster`` adds a standalone cluster of the pip package on loopback, a master and two workers of
1 GB, and the same with one of the workers killed half-way.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.benchmark.bench_detect import PACKAGES
from tests.benchmark.files import SMALL, Likes
from tests.benchmark.process import Cost, machine, measure
from tests.engines.cluster import cluster, kill

#: Of a cluster: what a driver and executors on one machine need.
_LOOPBACK = ("spark.executor.memory=1g", "spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1")


def run(path: Path, out: Path, window: str, options: list[str], beside: Sequence[int] = ()) -> Cost:
    """Run ``graphkit detect`` and return what it took, with all the processes it starts or finds (`beside`)."""
    command = (sys.executable, "-m", "graphkit", "detect", str(path), "--out", str(out), "--window", window, *options)
    return measure(*command, beside=beside)


def same(one: Path, other: Path) -> bool:
    """Tell whether two runs hold the same tables, to the byte."""
    return all(table.read_bytes() == (other / table.name).read_bytes() for table in sorted(one.glob("*.parquet")))


def shuffled(log: Path) -> dict[str, int]:
    """Return the bytes that jobs wrote for a shuffle, by what they were for: reading, or pairs."""
    written = {"reading": 0, "pairs": 0}
    names: dict[int, str] = {}
    for file in log.glob("*"):
        for line in file.open(encoding="utf-8"):
            event = json.loads(line)
            if event["Event"] == "SparkListenerStageSubmitted":
                told = json.dumps(event["Stage Info"])
                names[event["Stage Info"]["Stage ID"]] = "reading" if "spread.py" in told else "pairs"
            elif event["Event"] == "SparkListenerTaskEnd":
                metrics = event.get("Task Metrics") or {}
                wrote = metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
                written[names.get(event["Stage ID"], "reading")] += wrote
    return written


class Bench:
    """Runs over one file, each printed as it ends.

    Parameters
    ----------
    likes, window, conf
        What is run over, with which window, and properties of Spark.
    folder
        Where runs go.
    """

    def __init__(self, likes: Likes, window: str, conf: list[str], folder: Path) -> None:
        self.likes, self.window, self.conf, self.folder = likes, window, conf, folder
        self.path = likes.file()

    def local(self) -> None:
        """Run the embedded engine, twice: the first run compiles."""
        out = self.folder / "local"
        run(Likes(SMALL).file(), out, self.window, [])
        shutil.rmtree(out)
        self._print("local", out, run(self.path, out, self.window, []))

    def spark(self, label: str, master: str, extra: Sequence[str] = (), beside: Sequence[int] = ()) -> Cost:
        """Run on a master."""
        out, log = self.folder / "spark", Path(tempfile.mkdtemp(dir=self.folder))
        conf = [*self.conf, *extra, "spark.eventLog.enabled=true", f"spark.eventLog.dir={log.as_uri()}"]
        conf += ["spark.eventLog.rolling.enabled=false", "spark.eventLog.compress=false"]
        options = [word for text in conf for word in ("--conf", text)]
        options = ["--engine", "spark", "--master", master, "--force", *options]
        cost = run(self.path, out, self.window, options, beside)
        self._print(f"spark {label}", out, cost, shuffled(log))
        return cost

    def on_cluster(self) -> None:
        """Run on a cluster, whole and with one of its two workers killed half-way."""
        half = 0.0
        for label in ("cluster", "cluster, one killed"):
            place = Path(tempfile.mkdtemp(dir=self.folder))
            with cluster(place, 2) as (url, workers):
                timer = threading.Timer(half, kill, [workers[0]])
                if half:
                    timer.start()
                cost = self.spark(label, url, _LOOPBACK, [worker.pid for worker in workers])
                timer.cancel()
                half = cost.wall_s / 2

    def _print(self, label: str, out: Path, cost: Cost, written: dict[str, int] | None = None) -> None:
        info = json.loads((out / "run.json").read_text(encoding="utf-8"))
        took = info["timings_s"]
        read = sum(took.get(stage, 0.0) for stage in ("read", "encode", "order"))
        pairs = sum(value for stage, value in took.items() if stage.startswith("pairs"))
        left = sum(view["surviving"] for view in info["windows"])
        met = (sum(view["walked"] for view in info["windows"]) - left) // 2
        equal = "" if written is None else "equal" if same(self.folder / "local", out) else "NOT EQUAL"
        cells = f"{cost.wall_s:>8.1f}{read:>8.1f}{pairs:>8.1f}{cost.peak / 1e6:>8,.0f}"
        cells += f"{left / 1e6:>8.2f}{met / 1e6:>8.2f}"
        sent = "".join(f"{size / 1e6:>9.1f}" for size in (written or {"": 0, " ": 0}).values())
        print(f"{self.likes.n:>12,} {label:24}{cells}{sent}  {equal}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--likes", type=float, nargs="+", default=[1e6])
    parser.add_argument("--window", default="60s")
    parser.add_argument("--master", nargs="*", default=["local[1]", "local[2]"])
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--crowd", action="store_true", help="a quarter of the likes on one note within an hour")
    parser.add_argument("--conf", action="append", default=["spark.driver.memory=2g"])
    given = parser.parse_args()
    print(machine([*PACKAGES, "pyspark"]))
    titles = ("wall s", "read s", "pairs s", "peak MB", "left M", "met M")
    print(f"{'likes':>12} {'':24}{''.join(f'{title:>8}' for title in titles)}{'read MB':>9}{'pairs MB':>9}  tables")
    for n in map(int, given.likes):
        folder = Path(tempfile.mkdtemp(prefix="graphkit-bench-"))
        try:
            bench = Bench(Likes(n, crowd=given.crowd), given.window, given.conf, folder)
            bench.local()
            for master in given.master:
                bench.spark(master, master)
            if given.cluster:
                bench.on_cluster()
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
