"""Time and memory of ``graphkit detect``, from a Parquet file to the run directory, beside others and the bars.

``python -m tests.benchmark.bench_detect [--sizes 1e6 10e6] [--ids int hex] [--windows 60s ladder] [--crowd] [--write]``
prints tables; every measured thing is a process of its own, so that peaks of memory are its own, and finds warm caches.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.benchmark import page
from tests.benchmark.bars import Run, beside
from tests.benchmark.files import SMALL, Likes
from tests.benchmark.process import Cost, cores, machine, measure, memory
from tests.benchmark.rivals import RIVALS

LADDER = "60s,10m,1h,6h"
CROWD_LIKES = 20_000_000
PACKAGES = ("numpy", "numba", "pyarrow", "scipy", "igraph", "duckdb", "polars", "coordination-network-toolkit")
#: About what a like takes at most: bytes of memory in a run with the whole ladder, bytes of disk by kind of id.
MEMORY_BYTES, DISK_BYTES = 150, {"int": 50, "hex": 125}
#: Rivals are stopped at so much of the machine's memory.
RIVALS_MEMORY = 0.75
#: Stages that end with the pairs of users, weighed: what rivals do, and the weighing.
TO_PAIRS = ("read", "encode", "order", "project")
HEAD = ("likes", "ids", "", "wall s", "user + sys s", "bare reads", "graphkit runs", "peak memory")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: times as they are, as bare reads, and as runs of graphkit with the window of a minute.

    What is 0 is not known: a part of a process has no processors' seconds and no peak of its own.
    """

    likes: Likes
    what: str
    cost: Cost
    read_s: float
    run_s: float = 0

    def cells(self) -> Sequence[str]:
        """Return the cells of the line."""
        bound, wall = "" if self.cost.ok else "> ", self.cost.wall_s
        return (
            str(self.likes),
            self.likes.ids,
            f"{self.what}, stopped by {self.cost.stopped}" if self.cost.stopped else self.what,
            f"{bound}{wall:.2f}" if wall < 10 else f"{bound}{wall:.1f}",
            f"{bound}{self.cost.cpu_s:.1f}" if self.cost.cpu_s else "",
            f"{bound}{wall / self.read_s:.1f} ×",
            f"{bound}{wall / self.run_s:.2f} ×" if self.run_s else "",
            f"{self.cost.peak / 1e6:,.0f} MB" if self.cost.peak else "",
        )


@dataclass(slots=True)
class Bench:
    """What is measured, and what came of it.

    Attributes
    ----------
    windows, threads, limit_s
        Ladders, or ``ladder`` for the whole one; threads of each contender; seconds after which rivals are stopped.
    runs, reads
        Of graphkit by likes and windows; seconds of the bare read by likes.
    found
        What graphkit found, by likes and windows: the same for all kinds of ids.
    notes
        What is to be said beside the table.
    unequal
        Contenders that ought to agree and do not.
    too_much
        Rivals that were stopped: they are spared more likes.
    """

    windows: Sequence[str]
    threads: int
    limit_s: float
    runs: dict[tuple[Likes, str], Run] = field(default_factory=dict)
    reads: dict[Likes, float] = field(default_factory=dict)
    found: dict[tuple[Likes, str], Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)
    too_much: set[str] = field(default_factory=set)

    def rows(self, likes: Likes, rivals: bool = True) -> Iterator[Row]:
        """Measure on a file of likes."""
        path = likes.file()
        cost = measure(*self._rival("read", path))
        read_s = self.reads[likes] = float(output(cost)["seconds"])
        yield Row(likes, "pyarrow, bare warm read", replace(cost, wall_s=read_s, cpu_s=0), read_s)
        for windows in self.windows:
            yield from self._detect(likes, path, windows, read_s)
        if rivals and self.limit_s > 0 and "60s" in self.windows:
            yield from self._rivals(likes, path, read_s)

    def _detect(self, likes: Likes, path: Path, windows: str, read_s: float) -> Iterator[Row]:
        cost, info = detect(path, windows, self.threads)
        self.runs[likes, windows] = Run(cost, info["counts"]["kept"])
        name = f"{likes}, {likes.ids}, {windows}"
        found = {k: info[k] for k in ("counts", "tiers", "windows")}
        if self.found.setdefault((Likes(likes.n, "", likes.crowd), windows), found) != found:
            self.unequal.append(f"{name}: graphkit finds other rings than with other ids")
        counts, seconds = info["counts"], info["timings_s"]
        stages = ", ".join(f"{stage} {s:.1f}" for stage, s in seconds.items())
        walked = sum(view["walked"] for view in info["windows"])
        self.notes.append(
            f"{name}: {counts['kept']:,} likes, {counts['users']:,} users, {counts['notes']:,} notes; "
            f"{walked:,} likes walked over; {counts['rings']:,} rings. Seconds by stage: {stages}."
        )
        run_s = self.runs[likes, "60s"].cost.wall_s if (likes, "60s") in self.runs else 0
        yield Row(likes, f"graphkit detect, {LADDER if windows == 'ladder' else windows}", cost, read_s, run_s)
        if windows == "60s":
            pairs = Cost(sum(seconds[stage] for stage in TO_PAIRS), 0, 0, "")
            yield Row(likes, "of it, from the file to significant pairs", pairs, read_s, run_s)

    def _rivals(self, likes: Likes, path: Path, read_s: float) -> Iterator[Row]:
        counted: dict[str, Any] = {}
        for name, rival in RIVALS.items():
            if not rival.there or name in self.too_much:
                continue
            limit_bytes = int(RIVALS_MEMORY * memory())
            cost = measure(*self._rival(name, path), limit_s=self.limit_s, limit_bytes=limit_bytes, may_fail=True)
            yield Row(likes, rival.label, cost, read_s, self.runs[likes, "60s"].cost.wall_s)
            if not cost.ok:
                self.too_much.add(name)
            elif rival.within:
                counted[name] = output(cost)
        if len({str(pairs) for pairs in counted.values()}) > 1:
            self.unequal.append(f"{likes}, {likes.ids}: {counted}")

    def _rival(self, name: str, path: Path) -> Sequence[str]:
        return sys.executable, "-m", "tests.benchmark.rivals", name, str(path), "60", str(self.threads)

    def check(self, ids: str) -> None:
        """Hold the pairs of all contenders on a small file to equal graphkit's."""
        given = (str(Likes(SMALL, ids).file()), "60", str(self.threads))
        pairs = output(measure(sys.executable, "-m", "tests.benchmark.equal", *given))
        counts = ", ".join(f"{name} {n:,}" for name, n in pairs.items())
        self.notes.append(f"Pairs on {SMALL:,} likes, {ids}, equal graphkit's to the row: {counts}.")


def output(cost: Cost) -> dict[str, Any]:
    """Return what a process printed as JSON."""
    told: dict[str, Any] = json.loads(cost.output)
    return told


def detect(
    path: Path, windows: str, threads: int, out: Path | None = None, settings: str = ""
) -> tuple[Cost, dict[str, Any]]:
    """Run ``graphkit detect`` and return its cost and its ``run.json``; what it writes is kept in `out`, if given.

    `settings` are TOML, beside the defaults.
    """
    with tempfile.TemporaryDirectory(prefix="graphkit-bench-") as folder:
        run = out or Path(folder) / "run"
        config = Path(folder) / "settings.toml"
        config.write_text(settings, encoding="utf-8")
        ladder = LADDER if windows == "ladder" else windows
        options = ("--out", str(run), "--force", "--window", ladder, "--threads", str(threads), "--config", str(config))
        cost = measure(sys.executable, "-m", "graphkit", "detect", str(path), *options)
        return cost, json.loads((run / "run.json").read_text(encoding="utf-8"))


def lacking(likes: Likes) -> str:
    """Tell what the machine lacks for so many likes, if anything."""
    need, disk = MEMORY_BYTES * likes.n, DISK_BYTES[likes.ids] * likes.n
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if need <= memory() and disk <= free:
        return ""
    return (
        f"{likes}, {likes.ids}: left out; a run takes about {need / 1e9:.1f} GB of memory "
        f"({memory() / 1e9:.1f} there), making the file {disk / 1e9:.1f} GB of disk ({free / 1e9:.1f} free)"
    )


def parse() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = "likes of each file, about; 1e6 10e6 by default, 100e6 is asked for: it takes hours"
    parser.add_argument("--sizes", type=float, nargs="*", default=[1e6, 10e6], help=sizes)
    parser.add_argument("--ids", nargs="+", choices=("int", "hex"), default=["int", "hex"])
    parser.add_argument(
        "--windows", nargs="+", default=["60s", "ladder"], help="ladders, or `ladder` for the whole one"
    )
    crowd = "also: one note with a quarter of 20 M likes (or so many) within an hour, and the likes without it"
    parser.add_argument("--crowd", type=float, nargs="?", const=CROWD_LIKES, default=0, help=crowd)
    parser.add_argument("--threads", type=int, default=cores())
    limit = "stop rivals after so long, and spare them more likes then; 120 by default, 0: leave them out"
    parser.add_argument("--rivals-limit-s", type=float, default=120, help=limit)
    parser.add_argument("--write", action="store_true", help="append to docs/performance.md")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and with ``--write`` append to the page."""
    given = parse()
    title = f"### {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {given.threads} threads"
    context = machine(PACKAGES)
    print(f"{title}\n{context}")
    bench = Bench(given.windows, given.threads, given.rivals_limit_s)
    # A crowd is slow enough without rivals: only graphkit is held to bear it.
    wanted = [(Likes(int(n), ids), True) for n in sorted(given.sizes) for ids in given.ids]
    crowd = Likes(int(given.crowd), given.ids[0], crowd=True)
    wanted += [(likes, False) for likes in (crowd.without_crowd, crowd) if given.crowd]
    for windows in bench.windows:
        detect(Likes(SMALL).file(), windows, given.threads)  # compiles the kernels
    if given.rivals_limit_s > 0:
        missing = [(name, rival.package) for name, rival in RIVALS.items() if not rival.there]
        bench.notes += [f"{name} is left out: {package} is not installed." for name, package in missing]
        for ids in given.ids:
            bench.check(ids)
    rows = []
    for likes, rivals in wanted:
        if lack := lacking(likes):
            print(f"  {lack}", flush=True)
            bench.notes.append(f"{lack}.")
            continue
        try:
            for row in bench.rows(likes, rivals):
                told = [f"{head} {cell}".strip() for head, cell in zip(HEAD, row.cells(), strict=True) if cell]
                print(f"  {'; '.join(told)}", flush=True)
                rows.append(row.cells())
        except SystemExit as failure:  # hours of others are not to be lost by it
            bench.notes.append(f"{likes}, {likes.ids}: FAILED: {failure}.")
    bars = [figure.cells() for figure in beside(bench.runs, bench.reads)]
    section = [title, "", context + ".", "", *page.table(HEAD, rows, left=3)]
    section += ["", *page.table(("", "is", "bar", ""), bars)] if bars else []
    section += ["", *(f"- {note}" for note in bench.notes)]
    print("\n" + "\n".join(section[4:]))
    if bench.unequal:
        raise SystemExit("NOT EQUAL: " + "; ".join(bench.unequal))
    if given.write:
        page.append(section)


if __name__ == "__main__":
    main()
