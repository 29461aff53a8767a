"""Batches applied to a lake: new versions, swapped whole, and every row put back."""

from __future__ import annotations

import fcntl
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import graphkit as gk
from pipelines import apply_to_lake
from pipelines.apply_to_lake import MANIFEST, apply_batch, main, read_manifest, restore_likes
from pipelines.detect_daily import find_partitions
from tests.purge.made import START, Like, made_run, plan

BATCH = plan(made_run([Like(f"u{i}", f"n{i % 3}") for i in range(6)]))
DAYS = ("dt=2026-11-21", "dt=2026-11-22")


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    return BATCH.save(tmp_path / "batch")


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two days: all likes of the batch on the second, one of them twice, and a stranger on both."""
    rows = [{**{n: r[n] for n in ("user_id", "note_id", "ts")}, "dwell_ms": 7.0} for r in BATCH.purge.to_pylist()]
    stranger = {"user_id": "stranger", "note_id": "n0", "ts": START, "dwell_ms": None}
    other = {**rows[0], "note_id": "another"}
    for day, likes in zip(DAYS, ([stranger], [*rows, rows[0], other, stranger]), strict=True):
        (tmp_path / "lake" / day).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(likes), tmp_path / "lake" / day / "part-0.parquet")
    return tmp_path / "lake"


def rows(lake: Path) -> Counter[Any]:
    """The rows that readers see, by partition, whatever their order."""
    places = read_manifest(lake)["partitions"]
    return Counter(
        (day, *row.values())
        for day, place in places.items()
        for file in (lake / place).glob("*.parquet")
        for row in pq.ParquetFile(file).read().to_pylist()
    )


def originals(lake: Path) -> dict[str, bytes]:
    return {day: (lake / day / "part-0.parquet").read_bytes() for day in DAYS}


def test_apply__takes_the_rows_and_changes_nothing_in_place(lake: Path, batch: Path) -> None:
    before = originals(lake)
    assert apply_batch(lake, batch) == 7
    assert sorted(row[:3] for row in rows(lake)) == [
        (DAYS[0], "stranger", "n0"),
        (DAYS[1], "stranger", "n0"),
        (DAYS[1], "u0", "another"),
    ]
    assert originals(lake) == before
    assert read_manifest(lake)["partitions"] == {DAYS[0]: DAYS[0], DAYS[1]: f"_versions/1/{DAYS[1]}"}


def test_apply__twice_is_once(lake: Path, batch: Path) -> None:
    apply_batch(lake, batch)
    before, manifest = rows(lake), (lake / MANIFEST).read_bytes()
    assert apply_batch(lake, batch) == 0
    assert (rows(lake), (lake / MANIFEST).read_bytes()) == (before, manifest)


def test_restore__brings_back_every_row_exactly_and_once(lake: Path, batch: Path) -> None:
    before = rows(lake)
    apply_batch(lake, batch)
    assert restore_likes(lake, batch / "restore.parquet") == 7
    assert rows(lake) == before
    assert restore_likes(lake, batch / "restore.parquet") == 0
    assert apply_batch(lake, batch) == 0
    assert rows(lake) == before


def test_restore__of_some_leaves_the_others_taken(lake: Path, batch: Path, tmp_path: Path) -> None:
    apply_batch(lake, batch)
    pq.write_table(BATCH.tables["restore"].slice(2, 1), tmp_path / "one.parquet")
    assert restore_likes(lake, tmp_path / "one.parquet") == 1
    assert [row[1] for row in rows(lake) if row[1].startswith("u") and row[2] != "another"] == ["u2"]


@pytest.mark.parametrize("moment", ["writing the version", "naming the version", "swapping the manifest"])
@pytest.mark.parametrize("job", ["apply", "restore"])
def test_stopped__between_steps_nothing_is_done(
    lake: Path, batch: Path, monkeypatch: pytest.MonkeyPatch, moment: str, job: str
) -> None:
    """As a kill leaves things: no clearing up is relied on, since what stood half-written is left there."""
    if job == "restore":
        apply_batch(lake, batch)
    before = rows(lake)

    def work() -> int:
        return apply_batch(lake, batch) if job == "apply" else restore_likes(lake, batch / "restore.parquet")

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "writing the version":
            patch.setattr(pq, "write_table", stop)
        elif moment == "naming the version":
            patch.setattr(Path, "rename", stop)
        else:
            patch.setattr(Path, "replace", stop)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            work()
    assert rows(lake) == before
    shutil.rmtree(next(lake.glob("_versions/.*.part"), lake / "none"), ignore_errors=True)
    assert work() == 7


def test_readers__are_led_to_the_new_version(lake: Path, batch: Path) -> None:
    import datetime as dt

    apply_batch(lake, batch)
    found, missing = find_partitions(str(lake), [dt.date(2026, 11, 21), dt.date(2026, 11, 22)])
    assert missing == []
    assert gk.read_likes(found).n_users == 2


def test_refused__while_another_works(lake: Path, batch: Path) -> None:
    with (lake / "_lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = CliRunner().invoke(main, ["--lake", str(lake), "--batch", str(batch)])
    assert result.exit_code == 2
    assert "is being written by another job" in result.stderr


def test_refused__a_lake_that_holds_no_likes(lake: Path, batch: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), lake / DAYS[0] / "part-0.parquet")
    result = CliRunner().invoke(main, ["--lake", str(lake), "--batch", str(batch)])
    assert result.exit_code == 2
    assert "no column user_id" in result.stderr
    assert not (lake / MANIFEST).exists()


def test_command__says_how_many_rows(lake: Path, batch: Path) -> None:
    run = CliRunner().invoke
    assert run(main, ["--lake", str(lake), "--batch", str(batch)]).stdout == "7 rows taken\n"
    restore = str(batch / "restore.parquet")
    assert run(main, ["--lake", str(lake), "--restore", restore]).stdout == "7 rows put back\n"
    assert run(main, ["--lake", str(lake)]).exit_code == 2
    assert apply_to_lake.read_manifest(lake)["version"] == 2
