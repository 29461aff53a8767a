"""Where the time of a run goes: what each stage works on, what it takes, and the floor that it cannot beat.

``python -m tests.benchmark.bench_stages FILE [--windows 60s ladder] [--write]`` runs ``graphkit detect`` for each
ladder, once as it is and once without decoys, and prints a table; ``--write`` puts it in its place in
``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmark import page
from tests.benchmark.bench_detect import PACKAGES, detect, output
from tests.benchmark.files import SMALL, Likes
from tests.benchmark.process import Cost, cores, machine, measure

HEAD = ("stage", "works on", "s", "ns each", "floor s", "time ÷ floor", "the floor is")
#: Settings of a run whose rings compete with nothing.
NO_DECOYS = "[scoring]\ndecoys = 0\n"
#: What a run imports on its way.
IMPORTS = "import igraph, jinja2, numba, pyarrow.parquet, scipy.sparse.csgraph, scipy.special"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a run.

    Attributes
    ----------
    name
        As in the timings of ``run.json``; ``rest`` is what they leave of the whole process.
    amount, unit
        What it works on.
    seconds
        What it took, what is nested in it taken off.
    """

    name: str
    amount: int
    unit: str
    seconds: float


def stages(info: Mapping[str, Any], wall_s: float) -> Iterator[Stage]:
    """Yield the stages of a run in their order, from its ``run.json`` and the seconds of the whole process."""
    counts, windows, left = info["counts"], info["windows"], dict(info["timings_s"])
    pairs = {f"pairs {view['window_s']} s": view["walked"] for view in windows}
    left["project"] -= sum(left[name] for name in pairs)
    rest = wall_s - sum(left.values())
    n, read, kept = len(windows), counts["read"], counts["kept"]
    surviving = " + ".join(f"{view['surviving'] / 1e6:.2f}" for view in windows)
    decoys = n * info["config"]["scoring"]["decoys"]
    yield Stage("read", 2 * read, f"ids hashed, of {read:,} rows", left.pop("read"))
    yield Stage("encode", counts["users"] + counts["notes"], "distinct ids sorted", left.pop("encode"))
    yield Stage("order", read, "likes ordered by note and time", left.pop("order"))
    yield Stage("project", n * kept, f"likes rated and pruned, {surviving} M left", left.pop("project"))
    for name, walked in pairs.items():
        yield Stage(name, walked, "likes walked over", left.pop(name))
    yield Stage("partition", sum(view["edges"] for view in windows), "edges", left.pop("partition"))
    yield Stage("gather", n * kept, "likes looked at for gatherings", left.pop("gather"))
    yield Stage("score", counts["rings"], "rings", left.pop("score"))
    yield Stage("decoys", decoys * kept, f"likes of {decoys} decoys, projected and scored", left.pop("decoys"))
    yield Stage("tables", counts["candidates"], "candidates", left.pop("tables"))
    for name, seconds in left.items():
        yield Stage(name, read, "rows", seconds)
    yield Stage("rest", 1, "start of Python, report, writing", rest)


def lines(info: Mapping[str, Any], cost: Cost, floors: Mapping[str, Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    """Yield the lines of the table, the whole run last."""
    least = 0.0
    for stage in stages(info, cost.wall_s):
        floor = floors.get(stage.name, {"seconds": 0.0, "what": "not known"})
        least += floor["seconds"]
        each = 1e9 * stage.seconds / max(stage.amount, 1)
        yield (
            stage.name,
            stage.unit if stage.amount == 1 else f"{stage.amount:,} {stage.unit}",
            f"{stage.seconds:.2f}",
            "" if stage.amount == 1 else f"{each:,.1f}" if each < 1e4 else f"{each:,.0f}",
            *_gap(stage.seconds, floor["seconds"]),
            floor["what"],
        )
    kept = info["counts"]["kept"]
    size = f"{kept:,} likes; peak {cost.peak / 1e6:,.0f} MB, {cost.peak / kept:,.0f} bytes a like"
    yield (
        "whole",
        size,
        f"{cost.wall_s:.2f}",
        f"{1e9 * cost.wall_s / kept:,.1f}",
        *_gap(cost.wall_s, least),
        "all of them",
    )


def _gap(seconds: float, floor_s: float) -> tuple[str, str]:
    return f"{floor_s:.3f}", f"{seconds / floor_s:,.1f} ×" if floor_s else ""


def main() -> None:
    """Measure, print, and with ``--write`` put the tables in their place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="likes, Parquet")
    parser.add_argument("--windows", nargs="+", default=["60s"], help="ladders, or `ladder` for the whole one")
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--write", action="store_true", help="replace the tables in docs/performance.md")
    given = parser.parse_args()
    file = given.file.resolve()
    context = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {given.threads} threads. {machine(PACKAGES)}."
    section = [context]
    for windows in given.windows:
        detect(Likes(SMALL).file(), windows, given.threads)  # compiles the kernels
        with tempfile.TemporaryDirectory(prefix="graphkit-bench-") as folder:
            cost, info = detect(file, windows, given.threads, Path(folder))
            floors = told(file, Path(folder), given.threads)
        alone, _ = detect(file, windows, given.threads, settings=NO_DECOYS)
        table = page.table(HEAD, lines(info, cost, floors), left=2)
        title = " ".join(f"{view['window_s']} s" for view in info["windows"])
        section += ["", f"{info['counts']['kept']:,} likes, {title}:", "", *table, ""]
        section += [f"{counting(info, given.threads)} {beside(cost.wall_s, alone.wall_s)}"]
    print("\n".join(section))
    if given.write:
        page.replace_stages(section)


def counting(info: Mapping[str, Any], threads: int) -> str:
    """Tell how fast pairs were counted and weighed."""
    walked = sum(view["walked"] for view in info["windows"])
    co_likes = (walked - sum(view["surviving"] for view in info["windows"])) // 2
    seconds = threads * sum(info["timings_s"][f"pairs {view['window_s']} s"] for view in info["windows"])
    rate = walked / max(seconds, 1e-3) / 1e6
    return f"Counting and weighing: {co_likes:,} co-likes, {rate:,.0f} M likes walked over a second and core."


def beside(with_s: float, without_s: float) -> str:
    """Tell what decoys cost."""
    return f"Without decoys {without_s:.2f} s: with them {with_s / without_s:.2f} times as long (bar 2.5)."


def told(file: Path, run: Path, threads: int) -> dict[str, dict[str, Any]]:
    """Return the floors of a run's stages; what Python takes to start stands with the rest."""
    command = (sys.executable, "-m", "tests.benchmark.floors", str(file), str(run), str(threads))
    floors = output(measure(*command))
    start_s = min(measure(sys.executable, "-c", IMPORTS).wall_s for _ in range(2))
    floors["rest"]["seconds"] += start_s
    floors["rest"]["what"] += ", after the bare imports"
    return floors


if __name__ == "__main__":
    main()
