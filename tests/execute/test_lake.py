"""Batches applied to a lake: new versions, swapped whole, and every row put back."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from pyarrow import fs

import graphkit as gk
from graphkit.cases.store import CaseStore
from graphkit.config import InputConfig
from graphkit.errors import InputError, OutputError
from graphkit.purge.appeal import Appellant, decide
from pipelines.apply_to_lake import apply_batch, main, restore_likes
from pipelines.detect_daily import find_partitions
from pipelines.lake import MANIFEST, Lake, Manifest, Version
from tests.purge.made import START, Like, made_run, plan
from tests.s3 import serving

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


def read_manifest(lake: Path) -> Manifest:
    return Lake.open(str(lake)).manifest()


def rows(lake: Path) -> Counter[Any]:
    """The rows that readers see, by partition, whatever their order."""
    places = read_manifest(lake).partitions
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
    manifest = read_manifest(lake)
    assert manifest.partitions == {DAYS[0]: DAYS[0], DAYS[1]: f"{manifest.history[0]}/{DAYS[1]}"}
    assert manifest.history[0].startswith("_versions/1-")


def test_apply__twice_is_once(lake: Path, batch: Path) -> None:
    apply_batch(lake, batch)
    before, manifest = rows(lake), (lake / MANIFEST).read_bytes()
    assert apply_batch(lake, batch) == 0
    assert (rows(lake), (lake / MANIFEST).read_bytes()) == (before, manifest)


def test_restore__brings_back_every_row_exactly_and_once(lake: Path, batch: Path) -> None:
    before = rows(lake)
    apply_batch(lake, batch)
    assert restore_likes(lake, batch) == 7
    assert rows(lake) == before
    assert restore_likes(lake, batch) == 0
    assert apply_batch(lake, batch) == 0
    assert rows(lake) == before


def granted(out: Path, user: str) -> Path:
    """What a granted appeal of a user of the batch writes."""
    with CaseStore.open(out.parent / "cases", write=True) as store:
        BATCH.save(out.parent / "noted", store=store)
    decide(out.parent / "cases", Appellant("user", user), grant=True, reviewer="ann", out=out)
    return out


def test_restore__of_some_leaves_the_others_taken(lake: Path, batch: Path, tmp_path: Path) -> None:
    apply_batch(lake, batch)
    granted(tmp_path / "one", "u2")
    assert restore_likes(lake, tmp_path / "one") == 1
    assert [row[1] for row in rows(lake) if row[1].startswith("u") and row[2] != "another"] == ["u2"]


#: Where a job may be stopped, and what is made to stop it.
MOMENTS: dict[str, tuple[object, str]] = {
    "writing the version": (Version, "write"),
    "before publishing": (Version, "publish"),
    "swapping the manifest": (Path, "replace"),
}


def work(job: str, lake: Path, batch: Path) -> Callable[[], int]:
    if job == "restore":
        apply_batch(lake, batch)
    return lambda: apply_batch(lake, batch) if job == "apply" else restore_likes(lake, batch)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("job", ["apply", "restore"])
def test_stopped__between_steps_nothing_is_done(
    lake: Path, batch: Path, monkeypatch: pytest.MonkeyPatch, moment: str, job: str
) -> None:
    """As a kill leaves things: no clearing up is relied on, since what stood half-written is left there."""
    do = work(job, lake, batch)
    before = rows(lake)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*MOMENTS[moment], stop)
        patch.setattr(Lake, "clear", stop)
        with pytest.raises(KeyboardInterrupt):
            do()
    assert rows(lake) == before
    assert do() == 7


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("job", ["apply", "restore"])
def test_full_disk__one_line_and_nothing_is_left(
    lake: Path, batch: Path, monkeypatch: pytest.MonkeyPatch, nth: int, job: str
) -> None:
    """A day has two files, so that there is a third thing to write."""
    shutil.copy(lake / DAYS[1] / "part-0.parquet", lake / DAYS[1] / "part-1.parquet")
    do = work(job, lake, batch)
    before, files, calls = rows(lake), {*lake.rglob("*")}, []
    write = pq.write_table

    def full(*args: Any, **how: Any) -> None:
        calls.append(args)
        if len(calls) == nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(*args, **how)

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(OutputError, match="No space left on device; wanted room and leave to write") as caught:
            do()
    assert "\n" not in str(caught.value)
    assert rows(lake) == before
    assert {*lake.rglob("*")} - files <= {lake / "_lock", lake / "_versions"}


def test_published__by_another_job_meanwhile_is_not_undone(
    lake: Path, batch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two machines do that share no lock."""
    publish = Version.publish

    def late(version: Version, before: Manifest, moved: Any) -> None:
        monkeypatch.setattr(Version, "publish", publish)
        monkeypatch.setattr(fcntl, "flock", lambda *_: None)
        assert apply_batch(lake, batch) == 7
        publish(version, before, moved)

    monkeypatch.setattr(Version, "publish", late)
    with pytest.raises(OutputError, match="was changed by another job meanwhile; wanted one at a time"):
        apply_batch(lake, batch)
    assert read_manifest(lake).version == 1
    assert len([*lake.glob("_versions/*")]) == 1


def test_columns__are_called_as_the_config_says(tmp_path: Path, batch: Path) -> None:
    """Times are integers, ids dictionaries; nothing is renamed and no type is changed."""
    likes = [*BATCH.purge.to_pylist(), {"user_id": "stranger", "note_id": "n0", "ts": START}]
    table = pa.table(
        {
            "uid": pa.array([r["user_id"] for r in likes]).dictionary_encode(),
            "item": pa.array([r["note_id"] for r in likes], pa.large_string()),
            "liked": [int(r["ts"].timestamp() * 1000) for r in likes],
            "more": pa.array(range(len(likes)), pa.int8()),
        }
    )
    file = tmp_path / "lake" / DAYS[0] / "part.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(table, file)
    config = InputConfig(columns={"user_id": "uid", "note_id": "item", "ts": "liked"}, ts_unit="ms")
    with pytest.raises(InputError, match="no column user_id; found uid, item, liked, more"):
        apply_batch(tmp_path / "lake", batch)
    assert apply_batch(tmp_path / "lake", batch, config=config) == 6
    place = read_manifest(tmp_path / "lake").partitions[DAYS[0]]
    left = pq.ParquetFile(tmp_path / "lake" / place / "part.parquet").read()
    assert left.schema == pq.ParquetFile(file).read().schema
    assert left["uid"].to_pylist() == ["stranger"]
    assert restore_likes(tmp_path / "lake", batch, config=config) == 6
    place = read_manifest(tmp_path / "lake").partitions[DAYS[0]]
    back = pq.ParquetFile(tmp_path / "lake" / place / "part.parquet").read()
    assert sorted(back.to_pylist(), key=str) == sorted(table.to_pylist(), key=str)


def test_partitions__of_partitions_and_files_of_different_columns(tmp_path: Path, batch: Path) -> None:
    """What a path says is no column of the file, and what is not touched stays where it was."""
    day = tmp_path / "lake" / DAYS[1]
    mine = BATCH.purge.select(["user_id", "note_id", "ts"])
    for hour, name, table in (
        ("07", "a", mine.slice(0, 2)),
        ("07", "b", mine.slice(2, 1).append_column("dwell_ms", pa.array([7.0]))),
        ("08", "a", mine.slice(3)),
        ("09", "a", pa.table({"user_id": ["x"], "note_id": ["n9"], "ts": mine["ts"].slice(0, 1)})),
    ):
        (day / f"hour={hour}").mkdir(parents=True, exist_ok=True)
        pq.write_table(table, day / f"hour={hour}" / f"{name}.parquet")
    assert apply_batch(tmp_path / "lake", batch) == 6
    manifest = read_manifest(tmp_path / "lake")
    moved = {name for name, place in manifest.partitions.items() if place != name}
    assert moved == {f"{DAYS[1]}/hour=07", f"{DAYS[1]}/hour=08"}
    found, missing = find_partitions(str(tmp_path / "lake"), [dt.date(2026, 11, 22)])
    assert (len(found), missing) == (3, [])
    assert gk.read_likes(found).users.ids.to_pylist() == ["x"]
    assert restore_likes(tmp_path / "lake", batch) == 6
    found, _ = find_partitions(str(tmp_path / "lake"), [dt.date(2026, 11, 22)])
    assert gk.read_likes(found).n_users == 7
    kept = pq.ParquetFile(Path(found[0]) / "b.parquet").read()
    assert kept.to_pylist() == mine.slice(2, 1).append_column("dwell_ms", pa.array([7.0])).to_pylist()


def test_url__does_what_a_folder_does(lake: Path, batch: Path) -> None:
    assert apply_batch(lake.as_uri(), batch) == 7
    found, missing = find_partitions(lake.as_uri(), [dt.date(2026, 11, 22)])
    assert (found, missing) == ([f"{lake.as_uri()}/{read_manifest(lake).partitions[DAYS[1]]}"], [])
    assert restore_likes(lake.as_uri(), batch) == 7


@pytest.mark.slow
def test_s3__does_what_a_folder_does(lake: Path, batch: Path) -> None:
    """Without renames and locks; what reads it is led to the new version, and nobody is told the keys."""
    with serving() as (store, options):
        store.create_dir("bucket")
        fs.copy_files(str(lake), "bucket/lake", destination_filesystem=store)
        url = f"s3://k:s@bucket/lake/?{options}"

        def seen() -> Counter[Any]:
            found, missing = find_partitions(url, [dt.date(2026, 11, 21), dt.date(2026, 11, 22)])
            assert missing == []
            likes = gk.read_likes(found)
            users, notes = likes.users.ids.take(likes.user), likes.notes.ids.take(likes.note)
            return Counter(zip(users.to_pylist(), notes.to_pylist(), likes.ts.tolist(), strict=True))

        before = seen()
        assert apply_batch(url, batch) == 7
        assert {user for user, *_ in seen()} == {"stranger", "u0"}
        assert apply_batch(url, batch) == 0
        assert restore_likes(url, batch) == 7
        assert seen() == before
        assert restore_likes(url, batch) == 0
        told = CliRunner().invoke(main, ["--lake", f"s3://k:s@bucket/none?{options}", "--batch", str(batch)])
        assert (told.exit_code, told.stdout) == (2, "")
        assert told.stderr == "error: s3://bucket/none: no such folder; wanted a lake of partitions; check --lake\n"


def test_readers__are_led_to_the_new_version(lake: Path, batch: Path) -> None:
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
    assert run(main, ["--lake", str(lake), "--restore", str(batch)]).stdout == "7 rows put back\n"
    assert run(main, ["--lake", str(lake)]).exit_code == 2
    assert read_manifest(lake).version == 2


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda where: None, "no such folder; wanted a lake of partitions"),
        (lambda where: where.mkdir(), "no partition; wanted folders such as dt=2026-11-22 with Parquet in them"),
        (lambda where: where.write_text("x"), "no such folder"),
    ],
)
def test_refused__what_is_no_lake(tmp_path: Path, batch: Path, make: Callable[[Path], object], told: str) -> None:
    make(tmp_path / "none")
    with pytest.raises(InputError, match=told):
        apply_batch(tmp_path / "none", batch)
    assert not (tmp_path / "none" / MANIFEST).exists()


def test_refused__ids_of_another_type(lake: Path, batch: Path) -> None:
    pq.write_table(pa.table({"user_id": [1], "note_id": [2], "ts": [START]}), lake / DAYS[0] / "part-0.parquet")
    with pytest.raises(InputError, match=r"user_id|user ids"):
        apply_batch(lake, batch)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 9, "version": 1, "partitions": {}, "history": []}'])
def test_refused__a_broken_manifest(lake: Path, batch: Path, text: str) -> None:
    (lake / MANIFEST).write_text(text)
    with pytest.raises(OutputError, match=MANIFEST) as caught:
        apply_batch(lake, batch)
    assert "\n" not in str(caught.value)


def test_refused__a_restore_that_was_tampered_with(lake: Path, batch: Path, tmp_path: Path) -> None:
    apply_batch(lake, batch)
    one = granted(tmp_path / "one", "u2")
    pq.write_table(BATCH.tables["restore"], one / "restore.parquet")
    with pytest.raises(OutputError, match=r"restore.parquet: not what was written"):
        restore_likes(lake, one)
    with pytest.raises(OutputError, match="holds no likes to put back"):
        restore_likes(lake, tmp_path / "nothing")
