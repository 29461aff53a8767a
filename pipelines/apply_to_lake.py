"""Take a batch to a lake of Parquet partitions, or put likes back: new versions beside the old, swapped by a manifest.

``python -m pipelines.apply_to_lake --lake LAKE --batch BATCH`` writes the touched partitions anew under
``LAKE/_versions`` and then replaces ``LAKE/_manifest.json``, which says where each partition is; nothing is changed in
place. Rows that were taken are kept whole below ``removed`` of the same version. ``--restore DIR`` takes a batch, or
what a granted appeal wrote, and puts rows back the same way. LAKE is a folder or a URL; ``--config`` says what columns
are called there, as for ``graphkit detect``. A job that is killed has done nothing, and doing either twice does it
once: a ledger holds the idempotency keys. Readers ask the manifest, as ``pipelines.detect_daily`` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.config import InputConfig, load_config
from graphkit.engines import LocalEngine
from graphkit.errors import GraphkitError, InputError
from graphkit.likes import values
from graphkit.likes.columns import Bound, bind
from graphkit.likes.encode import is_text, plain
from graphkit.likes.parts import FilePart, first_line
from graphkit.likes.source import Source, resolve
from graphkit.purge import load_batch
from graphkit.purge.batchdir import read_restore
from graphkit.schemas import LIKES
from pipelines.lake import Lake, Manifest

Bools = npt.NDArray[np.bool_]
_LEDGER = "ledger.parquet"
_REMOVED = "removed"
_STATES = pa.schema([("key", pa.string()), ("state", pa.string())])


@dataclass(frozen=True)
class File:
    """A file of likes in a lake.

    Attributes
    ----------
    partition
        The partition it belongs to.
    bound
        The file and its columns.
    """

    partition: str
    bound: Bound

    @property
    def part(self) -> FilePart:
        """The file itself."""
        part = self.bound.part
        assert isinstance(part, FilePart), "a lake holds files"
        return part

    @property
    def place(self) -> str:
        """Its place below a version."""
        return f"{self.partition}/{self.part.name}"

    def read(self) -> pa.Table:
        """Read it whole, as it is."""
        import pyarrow.parquet as pq

        with self.part.filesystem.open_input_file(self.part.info.path) as file:
            return pq.ParquetFile(file, coerce_int96_timestamp_unit="us").read()


def apply_batch(lake: str | Path, batch: str | Path, *, config: InputConfig | None = None) -> int:
    """Take the likes of a batch out of a lake.

    Parameters
    ----------
    lake
        The folder or URL of the partitions.
    batch
        The batch directory.
    config
        What columns are called there, and the unit of integer times; graphkit's own names where absent.

    Returns
    -------
    int
        Rows that were taken; 0 when the batch was applied before.

    Raises
    ------
    InputError
        When there is no lake, or a file cannot be read as likes.
    OutputError
        When the batch was changed, another job is at work, or something cannot be written.
    """
    config = config or InputConfig()
    likes, where = load_batch(batch).purge, Lake.open(str(lake))
    with where.alone(), _told(where):
        manifest = where.manifest()
        ledger = _read_ledger(where, manifest)
        likes = likes.filter(pc.invert(pc.is_in(likes["key"], ledger["key"].combine_chunks())))
        if not likes.num_rows:
            return 0
        files = _files(where, manifest.partitions, config)
        hits = {file.place: _matches(file.bound, likes, config) for file in files}
        moved = {file.partition for file in files if hits[file.place].any()}
        with where.version(manifest) as version:
            for file in (file for file in files if file.partition in moved):
                hit = hits[file.place]
                if not hit.any():
                    version.copy(file.part.info.path, file.place)
                    continue
                table = file.read()
                version.write(file.place, table.filter(pa.array(~hit)))
                version.write(f"{_REMOVED}/{file.place}", table.filter(pa.array(hit)))
            new = pa.table([likes["key"], pa.array(["purged"] * likes.num_rows)], schema=_STATES)
            version.write(_LEDGER, pa.concat_tables([ledger, new]))
            version.publish(manifest, sorted(moved))
        return sum(int(hit.sum()) for hit in hits.values())


def restore_likes(lake: str | Path, restore: str | Path, *, config: InputConfig | None = None) -> int:
    """Put likes back into a lake, every row as it was.

    Parameters
    ----------
    lake
        The folder or URL of the partitions.
    restore
        A batch, or what a granted appeal wrote.
    config
        As for :func:`apply_batch`.

    Returns
    -------
    int
        Rows that were put back; 0 when they were before.

    Raises
    ------
    InputError
        When there is no lake, or a file cannot be read as likes.
    OutputError
        When what is to be put back was changed, another job is at work, or something cannot be written.
    """
    config = config or InputConfig()
    likes, where = read_restore(Path(restore)), Lake.open(str(lake))
    with where.alone(), _told(where):
        manifest = where.manifest()
        ledger = _read_ledger(where, manifest)
        purged = ledger.filter(pc.equal(ledger["state"], "purged"))["key"].combine_chunks()
        likes = likes.filter(pc.is_in(likes["key"], purged))
        if not likes.num_rows:
            return 0
        back = _rows_back(where, manifest, likes, config)
        moved = {place.rpartition("/")[0] for place in back}
        standing = {name: place for name, place in manifest.partitions.items() if name in moved}
        files = {file.place: file for file in _files(where, standing, config)}
        with where.version(manifest) as version:
            for place in sorted(files.keys() | back.keys()):
                if place not in back:
                    version.copy(files[place].part.info.path, place)
                else:
                    before = [files[place].read()] if place in files else []
                    version.write(place, pa.concat_tables([*before, *back[place]]))
            again = pc.is_in(ledger["key"], likes["key"].combine_chunks())
            states = pc.if_else(again, "restored", ledger["state"])
            version.write(_LEDGER, pa.table([ledger["key"], states], schema=_STATES))
            version.publish(manifest, sorted(moved))
        return sum(table.num_rows for tables in back.values() for table in tables)


def _rows_back(lake: Lake, manifest: Manifest, likes: pa.Table, config: InputConfig) -> dict[str, list[pa.Table]]:
    """Return the rows of these likes that were taken, by the place of their file."""
    back: dict[str, list[pa.Table]] = {}
    for home in manifest.history:
        removed = lake.under(f"{home}/{_REMOVED}")
        for file in _files(lake, removed, config) if removed else []:
            rows = file.read().filter(pa.array(_matches(file.bound, likes, config)))
            if rows.num_rows:
                back.setdefault(file.place, []).append(rows)
    return back


@contextmanager
def _told(lake: Lake) -> Iterator[None]:
    """Turn what a store refuses while it is read into one line."""
    try:
        yield
    except (OSError, pa.ArrowException) as e:
        raise InputError(f"{lake.label}: {first_line(e)}", wanted="a lake that can be read", todo="check it") from None


def _files(lake: Lake, places: Mapping[str, str], config: InputConfig) -> list[File]:
    """Return the files of some partitions with their columns, found as ``graphkit detect`` finds them."""
    if not places:
        raise InputError(
            f"{lake.label}: no partition",
            wanted="folders such as dt=2026-11-22 with Parquet in them",
            todo="check --lake",
        )
    engine = LocalEngine()
    names, parts = [], []
    for name, place in places.items():
        for part in resolve(lake.url(place), "likes", engine).parts:
            if "/" not in part.name:  # else it is of a partition in this one
                names.append(name)
                parts.append(part)
    bound = bind(LIKES, Source(lake.label, tuple(parts)), config.columns, config.ts_unit)
    return [File(name, one) for name, one in zip(names, bound.parts, strict=True)]


def _read_ledger(lake: Lake, manifest: Manifest) -> pa.Table:
    import pyarrow.parquet as pq

    if not manifest.history:
        return _STATES.empty_table()
    with lake.filesystem.open_input_file(lake.path(f"{manifest.history[-1]}/{_LEDGER}")) as file:
        return pq.ParquetFile(file).read()


def _matches(bound: Bound, likes: pa.Table, config: InputConfig) -> Bools:
    """Tell which rows of a file are among `likes`, by user, note and time to the microsecond."""
    wanted = set(zip(*(likes[name].to_pylist() for name in ("user_id", "note_id")), _us(likes["ts"]), strict=True))
    users = likes["user_id"].combine_chunks().unique()
    hits = [
        _hits(bound, batch, wanted, users, config.ts_unit)
        for _, task in bound.part.tasks()
        for batch in bound.part.batches(bound.columns, task, True)
    ]
    return np.concatenate([np.zeros(0, np.bool_), *hits])


def _hits(
    bound: Bound, batch: pa.RecordBatch, wanted: set[tuple[Any, ...]], users: pa.Array, unit: str | None
) -> Bools:
    user, note = (plain(bound.column(batch, name)) for name in ("user_id", "note_id"))
    if is_text(user.type) is not is_text(users.type) and not pa.types.is_null(user.type):
        raise InputError(
            f"{bound.part.label}: user ids of type {user.type}, in the batch of type {users.type}",
            wanted="ids of one type",
            todo="apply the batch to the lake that its run read",
        )
    near = np.flatnonzero(np.asarray(pc.is_in(user.cast(users.type), users)))
    at = pa.array(near)
    times = values.times(bound.column(batch, "ts").take(at), unit).tolist()
    rows = zip(near.tolist(), user.take(at).to_pylist(), note.take(at).to_pylist(), times, strict=True)
    hit = np.zeros(batch.num_rows, np.bool_)
    hit[[row for row, *like in rows if tuple(like) in wanted]] = True
    return hit


def _us(times: pa.ChunkedArray) -> list[int]:
    found: list[int] = times.cast(pa.int64()).to_pylist()
    return found


@click.command()
@click.option("--lake", required=True, help="Folder or URL of the partitions dt=YYYY-MM-DD.")
@click.option("--batch", type=click.Path(path_type=Path), help="A batch to apply.")
@click.option("--restore", type=click.Path(path_type=Path), help="A batch, or what a granted appeal wrote.")
@click.option("--config", "config_file", help="A TOML config with the names of columns.")
def main(lake: str, batch: Path | None, restore: Path | None, config_file: str | None) -> None:
    """Apply a batch to a lake, or put likes back; done twice it is done once."""
    try:
        config = load_config(config_file).input
        if batch is not None and restore is None:
            click.echo(f"{apply_batch(lake, batch, config=config)} rows taken")
        elif restore is not None and batch is None:
            click.echo(f"{restore_likes(lake, restore, config=config)} rows put back")
        else:
            raise InputError("--batch and --restore", wanted="one of the two", todo="see --help")
    except GraphkitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
