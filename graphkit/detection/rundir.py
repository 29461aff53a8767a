"""Run directories: they appear whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphkit.errors import OutputError
from graphkit.schemas import OUTPUTS

#: What files hold, by name.
Files = Mapping[str, str | bytes]

INFO = "run.json"
#: Form of the run directory; raised when a reader of the old form would misread the new one.
FORMAT = 1


def run_id(info: Mapping[str, Any]) -> str:
    """Return what tells a run from every other: 16 hex digits over input fingerprint, config digest and version.

    The tables depend on nothing else, so two runs with one id have the same tables.
    """
    parts = (info["input"]["fingerprint"], info["config_digest"], info["graphkit"])
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def check_target(path: Path, force: bool, *, mark: str = INFO, noun: str = "run") -> None:
    """Refuse a place where a directory cannot be put, before any work is done.

    Parameters
    ----------
    path
        Where it should stand.
    force
        Whether a directory of the same sort may be replaced.
    mark
        The file by which such a directory is known.
    noun
        What it is called.

    Raises
    ------
    OutputError
        When `path` exists and `force` is off, when it is none of the sort, or when its parent cannot be written.
    """
    if path.exists() or path.is_symlink():
        if not force:
            raise OutputError(f"{path} exists", wanted="a new directory", todo="choose another --out or pass --force")
        if not path.is_dir() or (any(path.iterdir()) and not (path / mark).is_file()):
            raise OutputError(
                f"{path} is not a {noun} directory", wanted=f"a {noun} to replace", todo="choose another --out"
            )
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{parent} cannot be written to", wanted="a writable directory", todo="choose another --out")


@contextmanager
def whole(path: Path, *, force: bool, mark: str = INFO, noun: str = "run") -> Iterator[Path]:
    """Yield a directory to fill; it takes the place of `path` when the block ends well, and vanishes otherwise.

    Parameters are those of :func:`check_target`.

    Raises
    ------
    OutputError
        When the target is refused or something cannot be written.
    """
    path = path.absolute() if path.is_symlink() and not path.exists() else path.resolve()
    parent = path.parent
    fresh = parent / f".{path.name}.{os.getpid()}.part"
    old = parent / f".{path.name}.{os.getpid()}.old"
    _sweep(path)
    check_target(path, force, mark=mark, noun=noun)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        yield fresh
        flush(fresh)
        if force and path.exists():
            path.rename(old)
        fresh.rename(path)
    except OSError as e:
        raise OutputError(
            f"{path}: {e.strerror or e}",
            wanted="room and leave to write",
            todo="free space or choose another --out",
        ) from e
    finally:
        _settle(path, old)
        shutil.rmtree(fresh, ignore_errors=True)


def _settle(path: Path, old: Path) -> None:
    """Put the old run back when nothing took its place, else remove it."""
    if old.exists() and not path.exists():
        old.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(path: Path) -> None:
    """Clear up after processes that died in earlier attempts at the same run."""
    for rest in path.parent.glob(f".{path.name}.*"):
        pid, _, suffix = rest.name.removeprefix(f".{path.name}.").partition(".")
        if not pid.isdigit() or Path("/proc", pid).exists() or not Path("/proc").exists():
            continue
        if suffix == "old":
            with suppress(OSError):
                _settle(path, rest)
        elif suffix == "part":
            shutil.rmtree(rest, ignore_errors=True)


def flush(folder: Path) -> None:
    """Ask the system to put every file on disk before the directory takes its name."""
    for file in [*folder.rglob("*"), folder]:
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_run(
    path: Path,
    tables: Mapping[str, pa.Table],
    info: Mapping[str, Any],
    extra: Callable[[], Files],
    *,
    force: bool,
) -> None:
    """Write tables, ``run.json`` and further files as one run directory.

    ``run.json`` is `info` with the form of the directory (``format``) and the SHA-256 of each table (``files``).
    What `extra` makes is made while the tables are written.

    Raises
    ------
    OutputError
        When the target is refused or something cannot be written; nothing is left then.
    """
    with whole(path, force=force) as folder, ThreadPoolExecutor(1) as beside:
        digests = beside.submit(_write_tables, folder, tables)
        files = extra()
        written = {**info, "format": FORMAT, "files": digests.result()}
        text = json.dumps(written, indent=2, ensure_ascii=False, default=str)
        (folder / INFO).write_text(text + "\n", encoding="utf-8")
        _write_files(folder, files)


def _write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """Write the tables of a run, and return the digest of each file by its name."""
    import pyarrow.parquet as pq

    files = {folder / f"{table.name}.parquet": tables[table.name] for table in OUTPUTS}
    for file, table in files.items():
        pq.write_table(table, file, compression="zstd")
    return {file.name: file_digest(file) for file in files}


def _write_files(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def replace_page(path: Path, page: str, files: Mapping[str, str], folder: str) -> None:
    """Put another page in the place of that of a run; the old one works until the new one is whole.

    Parameters
    ----------
    path
        The run directory.
    page
        Name of the page among `files`.
    files
        The page, and what it reads beside it, by path. Names in `folder` tell contents apart.
    folder
        Where that is; files of other pages there are removed.

    Raises
    ------
    OutputError
        When something cannot be written; the old page stands then.
    """
    partial = f".{page}.{os.getpid()}.part"
    beside = {name: content for name, content in files.items() if name != page}
    try:
        _write_files(path, {**beside, partial: files[page]})
        (path / partial).replace(path / page)
        for old in (path / folder).glob("*"):
            if f"{folder}/{old.name}" not in beside:
                old.unlink()
    except OSError as e:
        raise OutputError(
            f"{path}: {e.strerror or e}", wanted="room and leave to write", todo="free space or mend its permissions"
        ) from e
    finally:
        (path / partial).unlink(missing_ok=True)
    if not beside:
        with suppress(OSError):
            (path / folder).rmdir()


def read_run(path: Path) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Read the tables and ``run.json`` of a run directory.

    Raises
    ------
    OutputError
        When it is not a run directory, or a file of it is missing or broken.
    """
    wanted = f"{INFO} and the tables that graphkit detect writes"
    with told(f"{path} is not a complete run directory", wanted, "check the path or run graphkit detect again"):
        return _read(path)


@contextmanager
def told(what: str, wanted: str, todo: str) -> Iterator[None]:
    """Turn whatever a directory's files have against being read into one line.

    Raises
    ------
    OutputError
        When a file in it is missing, broken, or says something else than it should.
    """
    try:
        yield
    except (OSError, ValueError, KeyError, pa.ArrowException) as e:
        raise OutputError(f"{what} ({' '.join(str(e).split())[:200]})", wanted=wanted, todo=todo) from None


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_files(folder: Path, info: Mapping[str, Any], *, form: int = FORMAT, todo: str = "detect again") -> None:
    """Refuse a directory whose files are not those that were written with it.

    This catches accidents and edits of single files. Whoever may write the directory can also write its digests.

    Parameters
    ----------
    folder
        The directory.
    info
        What it says of itself: ``format`` and ``files``, SHA-256 by name.
    form
        The form that can be read.
    todo
        What to do about a directory that is refused.

    Raises
    ------
    OutputError
        When the form is another, or a file is missing or has another digest.
    """
    if info.get("format") != form:
        raise OutputError(f"{folder}: format {info.get('format')!r}", wanted=f"format {form}", todo=todo)
    files = info.get("files")
    if not isinstance(files, dict):
        raise OutputError(f"{folder}: no digests of its files", wanted="files as they were written", todo=todo)
    for name, digest in files.items():
        file = folder / name
        if not file.is_file() or file_digest(file) != digest:
            raise OutputError(
                f"{file}: {'not what was written' if file.is_file() else 'missing'}",
                wanted="files as they were written",
                todo=f"find out who changed it, and {todo}",
            )


def _read(path: Path) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    import pyarrow.parquet as pq

    info = json.loads((path / INFO).read_text(encoding="utf-8"))
    if not isinstance(info, dict) or "tiers" not in info:
        raise ValueError(f"{INFO} is none of graphkit's")
    tables = {t.name: pq.ParquetFile(path / f"{t.name}.parquet").read().select(t.names) for t in OUTPUTS}
    return tables, info
