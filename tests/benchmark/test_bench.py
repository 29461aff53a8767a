"""The benchmark measures what it says: the made likes, the others' counts, and the costs of a process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.benchmark import bench_detect, bench_stages, page
from tests.benchmark.bars import Run, beside
from tests.benchmark.files import Likes
from tests.benchmark.made import write_likes
from tests.benchmark.process import Cost, measure
from tests.benchmark.rivals import RIVALS, Rival

pytestmark = pytest.mark.kernels


def made(folder: Path, n: int, **options: object) -> pa.Table:
    """Likes as they stand in a file."""
    path = folder / "likes.parquet"
    write_likes(path, n, **options)  # type: ignore[arg-type]
    return pq.read_table(path)


def by_key(likes: pa.Table) -> pa.Table:
    """Likes by user and note."""
    return likes.sort_by([("user_id", "ascending"), ("note_id", "ascending")])


@pytest.mark.slow
def test_the_made_likes_are_distinct_and_the_same_again(tmp_path: Path) -> None:
    likes = made(tmp_path, 20_000)
    assert likes.equals(made(tmp_path, 20_000))
    assert not likes.equals(made(tmp_path, 20_000, seed=2))
    assert 10_000 < likes.num_rows < 40_000
    assert likes.group_by(["user_id", "note_id"]).aggregate([]).num_rows == likes.num_rows
    assert [field.type for field in likes.schema][:2] == [pa.int64(), pa.int64()]
    assert likes["ts"].to_pylist() != sorted(likes["ts"].to_pylist())


@pytest.mark.slow
def test_texts_are_the_same_likes_in_the_same_order_of_ids(tmp_path: Path) -> None:
    numbers, texts = by_key(made(tmp_path, 20_000)), by_key(made(tmp_path, 20_000, ids="hex"))
    assert set(pc.binary_length(texts["user_id"]).to_pylist()) == {24}
    assert numbers["ts"].equals(texts["ts"])
    for name in ("user_id", "note_id"):
        codes = [column.combine_chunks().dictionary_encode().indices for column in (numbers[name], texts[name])]
        assert codes[0].equals(codes[1])


@pytest.mark.slow
def test_many_likes_are_worlds_side_by_side(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone = [made(tmp_path, 20_000, seed=seed) for seed in (21, 22)]
    monkeypatch.setattr("tests.benchmark.made.WORLD_LIKES", 20_000)
    both = made(tmp_path, 40_000)
    assert by_key(both).equals(by_key(pa.concat_tables(alone)))
    first = pc.is_in(both["user_id"], alone[0]["user_id"].combine_chunks()).to_numpy()
    assert 0.4 < first[: len(first) // 2].mean() / first.mean() / 2 < 0.6  # mixed, as far as one can see
    assert not [*tmp_path.glob(".*")]


@pytest.mark.slow
def test_a_crowd_is_a_quarter_of_the_likes_on_one_note_within_an_hour(tmp_path: Path) -> None:
    with_crowd, without = made(tmp_path, 40_000, crowd=True), made(tmp_path, 30_000)
    assert Likes(40_000, crowd=True).without_crowd == Likes(30_000)
    known = pc.is_in(with_crowd["note_id"], pc.unique(without["note_id"]))
    assert by_key(with_crowd.filter(known)).equals(by_key(without))
    crowd = with_crowd.filter(pc.invert(known))
    assert (crowd.num_rows, len(pc.unique(crowd["note_id"])), len(pc.unique(crowd["user_id"]))) == (10_000, 1, 10_000)
    assert pc.sum(pc.is_in(pc.unique(without["user_id"]), crowd["user_id"].combine_chunks())).as_py() > 1_000
    assert (pc.max(crowd["ts"]).as_py() - pc.min(crowd["ts"]).as_py()).total_seconds() < 3600


@pytest.mark.slow
@pytest.mark.parametrize(("window_s", "ids"), [(1, "int"), (60, "hex"), (600, "int")])
def test_all_count_the_pairs_graphkit_counts(
    require: Callable[[str], None], tmp_path: Path, window_s: int, ids: str
) -> None:
    for rival in RIVALS.values():
        require(rival.package)
    path = str(tmp_path / "likes.parquet")
    made(tmp_path, 20_000, ids=ids)
    counts = bench_detect.output(measure(sys.executable, "-m", "tests.benchmark.equal", path, str(window_s), "2"))
    assert [*counts] == sorted(RIVALS, key=lambda name: not RIVALS[name].within)
    assert len({n for name, n in counts.items() if RIVALS[name].within}) == 1
    assert counts["scipy-ever"] > counts["polars"] > 20


@pytest.mark.slow
def test_blocks_of_a_product_are_put_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made(tmp_path, 20_000)
    for name in ("scipy-within", "scipy-ever"):
        whole = RIVALS[name].count(tmp_path / "likes.parquet", 60, 1)
        monkeypatch.setattr("tests.benchmark.rivals._BLOCK_WORK", 2_000)
        assert whole.num_rows > 20
        assert RIVALS[name].count(tmp_path / "likes.parquet", 60, 1).equals(whole)
        monkeypatch.undo()


@pytest.mark.slow
def test_a_count_that_differs_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.benchmark import equal

    made(tmp_path, 20_000)
    right = RIVALS["scipy-within"]
    assert equal.check(tmp_path / "likes.parquet", 60, 2, {"right": right})["right"] > 20
    wrong = Rival("wrong", "scipy", lambda *given: right.count(*given).slice(1))
    with pytest.raises(SystemExit, match="wrong counts other pairs"):
        equal.check(tmp_path / "likes.parquet", 60, 2, {"right": right, "wrong": wrong})


ALONE = """
from tests.benchmark.process import measure
import sys
idle = measure(sys.executable, "-c", "import time; time.sleep(0.3); print('done')")
busy = measure(sys.executable, "-c", "x = bytearray(300_000_000)\\nfor i in range(3_000_000): x[i * 99] = 1")
print(idle.output.strip(), idle.wall_s, idle.cpu_s, idle.peak, busy.cpu_s, busy.peak)
"""


@pytest.mark.slow
def test_a_process_is_measured_alone() -> None:
    # In a process of its own: a child's peak counts that of its parent.
    said, wall_s, cpu_s, peak, busy_cpu_s, busy_peak = measure(sys.executable, "-c", ALONE).output.split()
    assert said == "done"
    assert float(wall_s) > 0.3 > float(cpu_s) > 0
    assert float(busy_cpu_s) > float(cpu_s)
    assert int(peak) < 150_000_000
    assert int(busy_peak) > int(peak) + 200_000_000


#: Starts a process that takes memory, and waits for it.
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}], check=True)"
CHILD = "import time; x = bytearray(b'1') * 400_000_000; time.sleep({})"


@pytest.mark.slow
def test_what_a_process_starts_is_measured_with_it() -> None:
    assert measure(sys.executable, "-c", PARENT.format(CHILD.format(1))).peak > 400_000_000


@pytest.mark.slow
def test_what_takes_too_much_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    code = PARENT.format(CHILD.format(60) + f"; open({str(sign)!r}, 'w')")
    cost = measure(sys.executable, "-c", code, limit_bytes=300_000_000)
    assert (cost.stopped, cost.ok) == ("memory", False)
    assert cost.wall_s < 30
    assert not sign.exists()


def test_what_takes_too_long_is_stopped_and_says_so() -> None:
    cost = measure(sys.executable, "-c", "import time; time.sleep(60)", limit_s=0.2)
    assert (cost.stopped, cost.ok) == ("time", False)
    assert cost.wall_s < 30
    cells = bench_detect.Row(Likes(1_000_000), "slow", cost, 1.0, 2.0).cells()
    assert cells[2] == "slow, stopped by time"
    assert all(cell.startswith("> ") for cell in cells[3:7])


def test_a_failure_is_no_measurement() -> None:
    with pytest.raises(SystemExit, match="status 3"):
        measure(sys.executable, "-c", "raise SystemExit(3)")
    cost = measure(sys.executable, "-c", "raise SystemExit(3)", may_fail=True)
    assert (cost.stopped, cost.ok) == ("status 3", False)


def test_bars__stand_beside_what_was_measured() -> None:
    def run(wall_s: float, kept: int) -> Run:
        return Run(Cost(wall_s, wall_s, 7 * 10**9, ""), kept)

    ints, fewer, texts = Likes(100_000_000), Likes(10_000_000), Likes(10_000_000, "hex")
    crowd = Likes(20_000_000, crowd=True)
    runs = {
        (ints, "60s"): run(22, 99_000_000),
        (fewer, "60s"): run(2, 9_000_000),
        (texts, "60s"): run(3, 9_000_000),
        (crowd.without_crowd, "60s"): run(3, 15_000_000),
        (crowd, "60s"): run(7.5, 20_000_000),
    }
    lines = [figure.cells() for figure in beside(runs, {ints: 2.0})]
    assert lines == [
        ("100 M, int, 60s: bare reads", "11.00 ×", "8 ×", "missed"),
        ("100 M, int, 60s: peak memory", "7.00 GB", "6 GB", "missed"),
        ("100 M, int, 60s: time for 11.0 × the likes", "11.00 ×", "12.1 ×", "met"),
        ("10 M, hex, 60s: time ÷ that of int", "1.50 ×", "1.6 ×", "met"),
        ("20 M, a crowd on one note, int, 60s: time ÷ that of the same less the crowd", "2.50 ×", "2 ×", "missed"),
    ]


def test_more_likes_than_the_machine_bears_are_left_out_with_the_reason() -> None:
    assert bench_detect.lacking(Likes(1000)) == ""
    assert "150000.0 GB of memory" in bench_detect.lacking(Likes(10**12))


def test_page__keeps_what_stands_around_the_stages(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"head\n{page.BEGIN}\nold\n{page.END}\ntail\n", encoding="utf-8")
    page.replace_stages(page.table(("a", "b"), [("1", "2")]), file)
    page.append(["### last"], file)
    table = "| a | b |\n| --- | ---: |\n| 1 | 2 |"
    assert file.read_text() == f"head\n{page.BEGIN}\n\n{table}\n\n{page.END}\ntail\n\n### last\n"
    file.write_text("nothing", encoding="utf-8")
    with pytest.raises(SystemExit, match="no place"):
        page.replace_stages(["new"], file)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where made files and pages go."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tests.benchmark.files.SMALL", 20_000)
    monkeypatch.setattr("tests.benchmark.bench_detect.SMALL", 20_000)
    monkeypatch.setattr("tests.benchmark.bench_stages.SMALL", 20_000)
    (tmp_path / "page.md").write_text(page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(page.append, "__defaults__", (tmp_path / "page.md",))
    monkeypatch.setattr(page.replace_stages, "__defaults__", (tmp_path / "page.md",))
    return tmp_path


@pytest.mark.slow
def test_detection_is_measured_beside_all_others(
    require: Callable[[str], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rival in RIVALS.values():
        require(rival.package)
    options = ["--sizes", "2e4", "--ids", "int", "hex", "--windows", "60s", "--crowd", "4e4", "--write"]
    monkeypatch.setattr("sys.argv", ["bench", *options])
    bench_detect.main()
    section = (folder / "page.md").read_text(encoding="utf-8").split("\n### ")[-1]
    lines = [line for line in section.splitlines() if line.startswith("| 0.02 M | hex |")]
    first = ["pyarrow, bare warm read", "graphkit detect, 60s", "of it, from the file to significant pairs"]
    assert [line.split(" | ")[2] for line in lines] == first + [rival.label for rival in RIVALS.values()]
    assert "| 0.02 M, hex, 60s: time ÷ that of int |" in section
    assert "| 0.04 M, a crowd on one note, int, 60s: time ÷ that of the same less the crowd |" in section
    assert "Pairs on 20,000 likes, hex, equal graphkit's to the row: duckdb-bucket " in section


INFO = {
    "counts": {"read": 110, "kept": 100, "users": 5, "notes": 6, "rings": 2, "candidates": 9},
    "tiers": {},
    "windows": [{"window_s": 60, "walked": 70, "edges": 8, "surviving": 40}],
    "config": {"scoring": {"decoys": 2}},
    "timings_s": {
        "read": 1.0, "encode": 0.5, "order": 0.5, "pairs 60 s": 2.0, "project": 5.0, "partition": 1.0,
        "gather": 1.0, "score": 1.0, "decoys": 2.0, "tables": 1.0, "join": 0.25,
    },
}  # fmt: skip


def pretend(monkeypatch: pytest.MonkeyPatch, runs: list[dict[str, Any]], told: dict[str, str]) -> list[str]:
    """Let runs of graphkit and of others cost a second; return whom was asked, a rival without an answer being slow."""
    asked = []

    def measure(*command: str, **limits: object) -> Cost:
        asked.append(command[3])
        answer = {"read": '{"seconds": 0.5}', **told}.get(command[3], "")
        return Cost(1.0, 1.0, 10**6, answer, "" if answer else "time")

    monkeypatch.setattr(bench_detect, "measure", measure)
    monkeypatch.setattr(bench_detect, "detect", lambda *given: (Cost(1.0, 1.0, 10**6, ""), runs.pop(0)))
    monkeypatch.setattr(Likes, "file", lambda self: Path("likes.parquet"))
    return asked


def test_rivals_that_were_stopped_are_spared_more_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = dict.fromkeys(("polars", "scipy-within"), '{"pairs": 3, "co_likes": 9}')
    asked = pretend(monkeypatch, [INFO, INFO], answers)
    bench = bench_detect.Bench(["60s"], threads=2, limit_s=5)
    few, more = ([row.what for row in bench.rows(Likes(n))] for n in (1000, 2000))
    there = [name for name, rival in RIVALS.items() if rival.there]
    assert asked == ["read", *there, "read", *(name for name in there if name in answers)]
    assert few[:3] == more[:3]
    assert bench.unequal == []


def test_what_ought_to_be_equal_and_is_not_is_told(
    require: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    require("polars")
    other = {**INFO, "tiers": {"purge": 1}}
    pretend(monkeypatch, [INFO, other], {"polars": '{"pairs": 3}', "scipy-within": '{"pairs": 4}'})
    bench = bench_detect.Bench(["60s"], threads=2, limit_s=5)
    for ids in ("int", "hex"):
        list(bench.rows(Likes(1000, ids)))
    assert len(bench.unequal) == 3
    assert bench.unequal[1] == "0.001 M, hex, 60s: graphkit finds other rings than with other ids"


def test_a_size_that_fails_costs_its_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(self: bench_detect.Bench, likes: Likes, rivals: bool) -> Iterator[bench_detect.Row]:
        yield bench_detect.Row(likes, "read", Cost(1.0, 1.0, 10**6, ""), 1.0)
        if likes.n < 2000:
            raise SystemExit("detect failed with status 2")

    pretend(monkeypatch, [INFO], {})
    monkeypatch.setattr(bench_detect.Bench, "rows", failing)
    monkeypatch.setattr(
        "sys.argv", ["bench", "--sizes", "1e3", "2e3", "--ids", "int", "--windows", "60s", "--rivals-limit-s", "0"]
    )
    bench_detect.main()
    said = capsys.readouterr().out.splitlines()
    assert "- 0.001 M, int: FAILED: detect failed with status 2." in said
    assert "| 0.002 M | int | read | 1.00 | 1.0 | 1.0 × |  | 1 MB |" in said


@pytest.mark.slow
def test_every_stage_of_a_run_has_its_floor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.benchmark.floors.WALK_LIKES", 5_000)
    options = [str(Likes(20_000).file()), "--windows", "60s", "60s,10m", "--write"]
    monkeypatch.setattr("sys.argv", ["bench", *options])
    bench_stages.main()
    text = (folder / "page.md").read_text(encoding="utf-8")
    assert "likes, 60 s 600 s:" in text
    assert "| pairs 600 s |" in text
    assert "| whole |" in text
    assert "not known" not in text
    assert text.count("times as long (bar 2.5)") == 2


def test_stages__add_up_to_the_whole_process() -> None:
    found = {stage.name: (stage.amount, stage.seconds) for stage in bench_stages.stages(INFO, 15.0)}
    assert found["project"] == (100, 3.0)
    assert found["pairs 60 s"] == (70, 2.0)
    assert found["decoys"] == (200, 2.0)
    assert found["join"] == (110, 0.25)
    assert found["rest"] == (1, 1.75)
    assert sum(seconds for _, seconds in found.values()) == pytest.approx(15.0)


def test_counting__is_told_by_second_and_core() -> None:
    fast = {
        **INFO,
        "timings_s": {"pairs 60 s": 0.5},
        "windows": [{"window_s": 60, "walked": 70_000_000, "surviving": 40_000_000}],
    }
    assert bench_stages.counting(fast, 2).startswith("Counting and weighing: 15,000,000 co-likes, 70 M likes walked")
