"""Take a batch to a lake of Parquet partitions, or put likes back: new versions beside the old, swapped by a manifest.

``python -m pipelines.apply_to_lake --lake LAKE --batch BATCH`` writes the touched partitions anew under
``LAKE/_versions/N`` and then replaces ``LAKE/_manifest.json``, which says where each partition is; nothing is changed
in place. Rows that were taken are kept whole in ``LAKE/_versions/N/removed``. ``--restore F`` takes a
``restore.parquet`` and puts rows back the same way. A job that is killed has done nothing, and doing either twice does
it once: a ledger holds the idempotency keys. Readers ask the manifest, as ``pipelines.detect_daily`` does.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection.rundir import whole
from graphkit.errors import GraphkitError, InputError, OutputError
from graphkit.purge import load_batch

MANIFEST = "_manifest.json"
VERSIONS = "_versions"
_MARK = "version.json"
_LEDGER = "ledger.parquet"
_STATES = pa.schema([("key", pa.string()), ("state", pa.string())])
_NAMES = ("user_id", "note_id", "ts")
Manifest = dict[str, Any]


def read_manifest(lake: Path) -> Manifest:
    """Return where the partitions of a lake are: ``version``, and paths by partition below `lake` (``partitions``)."""
    try:
        manifest: Manifest = json.loads((lake / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        manifest = {"version": 0, "partitions": {}}
    # Partitions that arrived since are where they always were.
    found = {path.name: path.name for path in sorted(lake.glob("*=*")) if path.is_dir()}
    return {**manifest, "partitions": {**found, **manifest["partitions"]}}


def apply_batch(lake: Path, batch: Path) -> int:
    """Take the likes of a batch out of a lake.

    Parameters
    ----------
    lake
        The folder of the partitions.
    batch
        The batch directory.

    Returns
    -------
    int
        Rows that were taken; 0 when the batch was applied before.

    Raises
    ------
    InputError
        When a partition cannot be read as likes.
    OutputError
        When the batch was changed, another job is at work, or something cannot be written.
    """
    likes = load_batch(batch).purge
    with _alone(lake):
        manifest = read_manifest(lake)
        ledger = _read_ledger(lake, manifest)
        likes = likes.filter(pc.invert(pc.is_in(likes["key"], ledger["key"].combine_chunks())))
        wanted = _wanted(likes)
        changes: dict[str, pa.Table] = {}
        removed: dict[str, pa.Table] = {}
        for name, place in manifest["partitions"].items():
            table = _read(lake / place)
            hit = _matches(table, wanted, name)
            if hit.any():
                changes[name], removed[name] = table.filter(pa.array(~hit)), table.filter(pa.array(hit))
        if not likes.num_rows:
            return 0
        new = pa.table([likes["key"], pa.array(["purged"] * likes.num_rows)], schema=_STATES)
        _publish(lake, manifest, changes, removed, pa.concat_tables([ledger, new]))
        return sum(table.num_rows for table in removed.values())


def restore_likes(lake: Path, restore: Path) -> int:
    """Put likes back into a lake, every row as it was.

    Parameters
    ----------
    lake
        The folder of the partitions.
    restore
        A ``restore.parquet``, of a batch or of a granted appeal.

    Returns
    -------
    int
        Rows that were put back; 0 when they were before.

    Raises
    ------
    InputError
        When the file cannot be read.
    OutputError
        When another job is at work, or something cannot be written.
    """
    likes = _read(restore)
    with _alone(lake):
        manifest = read_manifest(lake)
        ledger = _read_ledger(lake, manifest)
        purged = ledger.filter(pc.equal(ledger["state"], "purged"))["key"].combine_chunks()
        likes = likes.filter(pc.is_in(likes["key"], purged))
        if not likes.num_rows:
            return 0
        wanted, n = _wanted(likes), 0
        changes: dict[str, pa.Table] = {}
        for folder in sorted((lake / VERSIONS).glob("*/removed/*=*")):
            if int(folder.parent.parent.name) > manifest["version"]:
                continue  # of a job that was killed before it was published
            name, taken = folder.name, _read(folder)
            back = taken.filter(pa.array(_matches(taken, wanted, name)))
            if back.num_rows:
                before = changes[name] if name in changes else _read(lake / manifest["partitions"][name])
                changes[name], n = pa.concat_tables([before, back]), n + back.num_rows
        again = pc.is_in(ledger["key"], likes["key"].combine_chunks())
        states = pc.if_else(again, "restored", ledger["state"])
        _publish(lake, manifest, changes, {}, pa.table([ledger["key"], states], schema=_STATES))
        return n


@contextmanager
def _alone(lake: Path) -> Iterator[None]:
    """Hold the lake for one job; the lock ends with the process, however that ends."""
    if not lake.is_dir():
        raise InputError(f"{lake}: no such folder", wanted="a lake of partitions", todo="check --lake")
    with (lake / "_lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{lake} is being written by another job",
                wanted="one at a time",
                todo="run this again when it has ended",
            ) from None
        yield


def _publish(
    lake: Path, manifest: Manifest, changes: dict[str, pa.Table], removed: dict[str, pa.Table], ledger: pa.Table
) -> None:
    """Write a version whole, then point the manifest to it."""
    import pyarrow.parquet as pq

    version = manifest["version"] + 1
    home = lake / VERSIONS / str(version)
    partitions = manifest["partitions"] | {name: f"{VERSIONS}/{version}/{name}" for name in changes}
    text = json.dumps({"version": version, "partitions": partitions}, indent=2)
    # What stands there is of a job that was killed before it was published.
    with whole(home, force=True, mark=_MARK, noun="version") as folder:
        for below, tables in (("", changes), ("removed", removed)):
            for name, table in tables.items():
                (folder / below / name).mkdir(parents=True)
                pq.write_table(table, folder / below / name / "part-0.parquet", compression="zstd")
        pq.write_table(ledger, folder / _LEDGER)
        (folder / _MARK).write_text(text, encoding="utf-8")
    fresh = lake / f"{MANIFEST}.part"
    fresh.write_text(text, encoding="utf-8")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(lake / MANIFEST)


def _read_ledger(lake: Path, manifest: Manifest) -> pa.Table:
    if manifest["version"] == 0:
        return _STATES.empty_table()
    return _read(lake / VERSIONS / str(manifest["version"]) / _LEDGER)


def _read(path: Path) -> pa.Table:
    """Read a Parquet file, or those of a partition in the order of their names."""
    import pyarrow.parquet as pq

    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    try:
        return pa.concat_tables([pq.ParquetFile(file).read() for file in files])
    except (OSError, pa.ArrowException) as e:
        raise InputError(f"{path}: {' '.join(str(e).split())}", wanted="Parquet", todo="check the path") from None


def _wanted(likes: pa.Table) -> set[tuple[Any, ...]]:
    times = likes["ts"].cast(pa.int64()).to_pylist()
    return set(zip(likes["user_id"].to_pylist(), likes["note_id"].to_pylist(), times, strict=True))


def _matches(table: pa.Table, wanted: set[tuple[Any, ...]], name: str) -> npt.NDArray[np.bool_]:
    """Tell which rows are likes that are wanted, by user, note and time to the microsecond."""
    missing = [column for column in _NAMES if column not in table.column_names]
    if missing or not pa.types.is_timestamp(table.schema.field("ts").type):
        raise InputError(
            f"{name}: {'no column ' + ', '.join(missing) if missing else 'ts is no timestamp'}",
            wanted="user_id, note_id, and ts as a timestamp",
            todo="check --lake",
        )
    users = pa.array({user for user, _, _ in wanted}, table.schema.field("user_id").type)
    near = np.flatnonzero(np.asarray(pc.is_in(table["user_id"], users)))
    rows = table.select(_NAMES).take(pa.array(near))
    unit = rows.schema.field("ts").type.tz
    times = rows["ts"].cast(pa.timestamp("us", unit), safe=False).cast(pa.int64()).to_pylist()
    found = zip(near.tolist(), rows["user_id"].to_pylist(), rows["note_id"].to_pylist(), times, strict=True)
    hit = np.zeros(table.num_rows, np.bool_)
    hit[[at for at, *like in found if tuple(like) in wanted]] = True
    return hit


@click.command()
@click.option("--lake", required=True, type=click.Path(path_type=Path), help="Folder of the partitions dt=YYYY-MM-DD.")
@click.option("--batch", type=click.Path(path_type=Path), help="A batch to apply.")
@click.option("--restore", type=click.Path(path_type=Path), help="A restore.parquet to put back.")
def main(lake: Path, batch: Path | None, restore: Path | None) -> None:
    """Apply a batch to a lake, or put likes back; done twice it is done once."""
    try:
        if batch is not None and restore is None:
            click.echo(f"{apply_batch(lake, batch)} rows taken")
        elif restore is not None and batch is None:
            click.echo(f"{restore_likes(lake, restore)} rows put back")
        else:
            raise InputError("--batch and --restore", wanted="one of the two", todo="see --help")
    except GraphkitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
