"""The benchmark measures what it says: the made likes, the rivals' counts, and the costs of a process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.benchmark.bench_detect import Row, measure
from tests.benchmark.made import make_likes

pytestmark = pytest.mark.kernels


@pytest.mark.slow
def test_the_made_likes_are_distinct_and_the_same_again() -> None:
    likes = make_likes(20_000)
    assert likes.equals(make_likes(20_000))
    assert not likes.equals(make_likes(20_000, seed=2))
    assert 10_000 < likes.num_rows < 40_000
    assert (
        likes.select(["user_id", "note_id"]).group_by(["user_id", "note_id"]).aggregate([]).num_rows == likes.num_rows
    )
    assert [field.type for field in likes.schema][:2] == [pa.int64(), pa.int64()]
    assert likes["ts"].to_pylist() != sorted(likes["ts"].to_pylist())


@pytest.mark.slow
def test_many_likes_are_worlds_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [set(make_likes(20_000, seed)["user_id"].to_pylist()) for seed in (21, 22)]
    monkeypatch.setattr("tests.benchmark.made.WORLD_LIKES", 20_000)
    both = make_likes(40_000)
    assert not alone[0] & alone[1]
    assert set(both["user_id"].to_pylist()) == alone[0] | alone[1]
    assert both["ts"].to_pylist() != sorted(both["ts"].to_pylist())


@pytest.mark.slow
@pytest.mark.parametrize("window_s", [1, 60, 600])
def test_duckdb_counts_the_pairs_graphkit_counts(require: Callable[[str], None], tmp_path: Path, window_s: int) -> None:
    require("duckdb")
    from tests.benchmark.equal import check

    pq.write_table(make_likes(20_000), tmp_path / "likes.parquet")
    assert check(tmp_path / "likes.parquet", window_s, 2) > 20


ALONE = """
from tests.benchmark.bench_detect import measure
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


def test_what_takes_too_long_is_stopped_and_says_so() -> None:
    cost = measure(sys.executable, "-c", "import time; time.sleep(60)", limit_s=0.2)
    assert not cost.ok
    assert cost.wall_s < 30
    assert Row("slow", cost, 1.0).cells()[1].startswith("> ")


def test_a_failure_is_no_measurement() -> None:
    with pytest.raises(SystemExit, match="status 3"):
        measure(sys.executable, "-c", "raise SystemExit(3)")
