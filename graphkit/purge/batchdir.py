"""Batch directories: whole or not at all, with the digest of every file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from graphkit.detection.rundir import check_files, check_target, file_digest, told, whole
from graphkit.errors import OutputError
from graphkit.purge.csv_twin import write_csv
from graphkit.schemas import BATCH, HELD, PURGE, RESTORE

INFO = "batch.json"
#: What a granted appeal writes has this instead.
RESTORE_INFO = "restore.json"
#: Form of the batch directory; raised when a reader of the old form would misread the new one.
FORMAT = 1
#: Tables that workflows and people read as CSV too.
_TWINS = (PURGE, HELD, RESTORE)
_SORT = {"mark": INFO, "noun": "batch"}


def check_batch_target(path: Path, force: bool) -> None:
    """Refuse a place where a batch cannot be put, before any work is done; raises as :func:`check_target` does."""
    check_target(path, force, **_SORT)


@contextmanager
def undone_on_failure(path: Path) -> Iterator[Callable[[], None]]:
    """Take back the batch that a block made, and put back the one that it replaced, should the block fail.

    A batch is written before the case store has kept what it takes; one that the store does not know would be taken
    again by the next. What stands there is another's until the block calls what it is given.
    """
    made: list[bool] = []
    with ExitStack() as stack:
        before = None
        if path.exists():
            beside = stack.enter_context(TemporaryDirectory(prefix=f".{path.name}.", dir=path.absolute().parent))
            before = Path(beside, "before")
            shutil.copytree(path, before, copy_function=os.link)
        try:
            yield lambda: made.append(True)
        except BaseException:
            if made:
                shutil.rmtree(path, ignore_errors=True)
                if before is not None:
                    before.rename(path)
            raise


def write_batch(path: Path, tables: Mapping[str, pa.Table], info: Mapping[str, Any], *, force: bool) -> None:
    """Write the tables of a batch, CSV twins of those to be executed, and ``batch.json``.

    Raises
    ------
    OutputError
        When the target is refused or something cannot be written; nothing is left then.
    """
    import pyarrow.parquet as pq

    with whole(path, force=force, **_SORT) as folder:
        for table in BATCH:
            pq.write_table(tables[table.name], folder / f"{table.name}.parquet", compression="zstd")
        for table in _TWINS:
            write_csv(tables[table.name], folder / f"{table.name}.csv")
        files = {file.name: file_digest(file) for file in sorted(folder.iterdir())}
        text = json.dumps({**info, "format": FORMAT, "files": files}, indent=2, ensure_ascii=False)
        (folder / INFO).write_text(text + "\n", encoding="utf-8")


def read_batch(path: Path) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Read the tables and ``batch.json`` of a batch directory.

    Raises
    ------
    OutputError
        When it is not a batch directory, or a file of it is missing, broken or changed.
    """
    import pyarrow.parquet as pq

    wanted = f"{INFO} and the tables that graphkit purge writes"
    with told(f"{path} is not a complete batch directory", wanted, "check the path"):
        info = json.loads((path / INFO).read_text(encoding="utf-8"))
        if not isinstance(info, dict) or "batch_id" not in info:
            raise OutputError(f"{path / INFO} is none of graphkit's", wanted="a batch", todo="check the path")
        check_files(path, info, form=FORMAT, todo="make the batch again")
        return {t.name: pq.ParquetFile(path / f"{t.name}.parquet").read().select(t.names) for t in BATCH}, info


def read_restore(path: Path) -> pa.Table:
    """Read the likes to be put back, of a batch or of a granted appeal.

    Parameters
    ----------
    path
        The directory of either.

    Returns
    -------
    pyarrow.Table
        As ``schemas.RESTORE``.

    Raises
    ------
    OutputError
        When it is neither, or a file of it is missing, broken or changed.
    """
    import pyarrow.parquet as pq

    if (path / INFO).is_file():
        return read_batch(path)[0]["restore"]
    wanted = f"a batch, or the directory that a granted appeal wrote, with its {RESTORE_INFO}"
    with told(f"{path} holds no likes to put back", wanted, "check the path"):
        info = json.loads((path / RESTORE_INFO).read_text(encoding="utf-8"))
        if not isinstance(info, dict):
            raise OutputError(f"{path / RESTORE_INFO} is none of graphkit's", wanted=wanted, todo="check the path")
        check_files(path, info, todo="decide the appeal again")
        return pq.ParquetFile(path / "restore.parquet").read().select(RESTORE.names)
