"""The daily job: the right partitions, once."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from graphkit import schemas
from graphkit.columns import TIMESTAMP
from pipelines.detect_daily import find_partitions, main, trailing_days

END = dt.date(2026, 11, 22)
DAYS = 3


def write_day(lake: Path, day: dt.date, *, note: str = "n") -> Path:
    """Write a partition: ten users like twelve notes of the day, all within a minute of each other."""
    start = dt.datetime.combine(day, dt.time(9), dt.UTC)
    rows = [
        (f"u{u}", f"{note}{day}-{n}", start + dt.timedelta(hours=n, seconds=u)) for n in range(12) for u in range(10)
    ]
    users, notes, times = zip(*rows, strict=True)
    table = pa.table({"user_id": users, "note_id": notes, "ts": pa.array(times, TIMESTAMP)})
    path = lake / f"dt={day}" / "part-0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Three days of likes, and a day before and after that cannot be read."""
    folder = tmp_path / "lake"
    for day in trailing_days(END, DAYS):
        write_day(folder, day)
    for day in (END - dt.timedelta(DAYS), END + dt.timedelta(1)):
        write_day(folder, day).write_bytes(b"not parquet")
    return folder


def job(lake: Path, *options: str, days: int = DAYS) -> Result:
    runs = lake.parent / "runs"
    arguments = ["--lake", str(lake), "--runs", str(runs), "--date", str(END), "--days", str(days), *options]
    return CliRunner().invoke(main, arguments)


def tables(lake: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (lake.parent / "runs" / f"dt={END}").glob("*.parquet")}


def test_trailing_days__end_included_and_ascending() -> None:
    assert trailing_days(dt.date(2026, 3, 1), 2) == [dt.date(2026, 2, 28), dt.date(2026, 3, 1)]


def test_find_partitions__tells_what_is_missing(lake: Path) -> None:
    shutil.rmtree(lake / "dt=2026-11-21")
    found, missing = find_partitions(str(lake), trailing_days(END, DAYS))
    assert found == [f"{lake}/dt=2026-11-20", f"{lake}/dt=2026-11-22"]
    assert missing == [dt.date(2026, 11, 21)]


def test_find_partitions__in_a_url(lake: Path) -> None:
    assert find_partitions(lake.as_uri(), [END]) == ([f"{lake.as_uri()}/dt={END}"], [])


def test_job__reads_the_window_and_nothing_else(lake: Path) -> None:
    result = job(lake)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(lake.parent / "runs" / f"dt={END}")
    assert set(tables(lake)) == {f"{table.name}.parquet" for table in schemas.OUTPUTS}


def test_job__done_twice_is_done_once(lake: Path) -> None:
    job(lake)
    record = lake.parent / "runs" / f"dt={END}" / "run.json"
    before = record.stat()
    again = job(lake)
    assert again.exit_code == 0
    assert "finished already" in again.stderr
    assert (record.stat().st_ino, record.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_job__forced_gives_the_same_bytes(lake: Path) -> None:
    job(lake)
    before = tables(lake)
    record = lake.parent / "runs" / f"dt={END}" / "run.json"
    made = record.stat().st_mtime_ns
    assert job(lake, "--force").exit_code == 0
    assert record.stat().st_mtime_ns > made
    assert tables(lake) == before


def test_job__other_input_is_refused_unless_forced(lake: Path) -> None:
    job(lake)
    before = tables(lake)
    write_day(lake, END, note="late")
    result = job(lake)
    assert result.exit_code == 2
    assert "fingerprint" in result.stderr
    assert "--force" in result.stderr
    assert tables(lake) == before
    assert job(lake, "--force").exit_code == 0


def test_job__missing_partitions_are_listed(lake: Path) -> None:
    shutil.rmtree(lake / "dt=2026-11-21")
    result = job(lake)
    assert result.exit_code == 0, result.output
    assert "1 of 3 partitions are missing: 2026-11-21" in result.stderr


def test_job__no_lake_at_all(tmp_path: Path) -> None:
    result = job(tmp_path / "lake")
    assert result.exit_code == 2
    assert "lake: no such folder; wanted a lake of partitions" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_job__no_partition_at_all(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    result = job(tmp_path / "lake")
    assert result.exit_code == 2
    assert "no partition from dt=2026-11-20 to dt=2026-11-22" in result.stderr
    assert not (tmp_path / "runs").exists()
