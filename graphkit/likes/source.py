"""What a path, a URL, a glob, a directory or a table in memory stands for: a list of parts, ordered by name.

A directory is walked to the bottom; files count by their suffix, and names that begin with ``_`` or ``.`` are
left alone, as other engines do. A path that names a file is taken at its word.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import fs

from graphkit.engines.local import LocalEngine
from graphkit.errors import InputError

SUFFIXES = (".parquet", ".pq", ".parq")
#: Rows handed over at a time.
BATCH_ROWS = 1 << 17
#: A task of reading has at least so many rows, where there are that many.
TASK_ROWS = 1 << 19
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_WANTED = "a Parquet file, a directory of them, a glob, or a URL such as s3://bucket/path"


class Part(Protocol):
    """One table of a source: a file, or a table in memory.

    Attributes
    ----------
    name
        Name relative to the root of the source.
    label
        The name a user knows it by.
    schema
        Columns and types.
    rows
        Number of rows.
    keys
        Values of Hive partition keys by name; ``None`` for Hive's null.
    """

    name: str
    label: str
    schema: pa.Schema
    rows: int
    keys: Mapping[str, str | None]

    def tasks(self) -> list[tuple[int, Any]]:
        """Return what can be read independently: the number of its first row, and an argument for `batches`."""
        ...

    def batches(self, columns: Sequence[str], task: Any, threads: bool) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a task in order, in bounded batches of these columns."""
        ...


@dataclass
class TablePart:
    """A table in memory."""

    name: str
    table: pa.Table
    keys: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.label = self.name
        self.schema = self.table.schema
        self.rows = self.table.num_rows

    def tasks(self) -> list[tuple[int, Any]]:
        """See `Part`."""
        return [(i, i) for i in range(0, self.rows, TASK_ROWS)]

    def batches(self, columns: Sequence[str], task: Any, threads: bool) -> Iterator[pa.RecordBatch]:
        """See `Part`."""
        del threads
        yield from self.table.select(list(columns)).slice(task, TASK_ROWS).to_batches(max_chunksize=BATCH_ROWS)


@dataclass
class FilePart:
    """A Parquet file; its footer is read at once, its rows later.

    Raises
    ------
    InputError
        When it is not a whole Parquet file that can be read.
    """

    filesystem: fs.FileSystem
    info: fs.FileInfo
    name: str
    label: str
    keys: Mapping[str, str | None]

    def __post_init__(self) -> None:
        with _reading(self), self._open() as file:
            self.schema = file.schema_arrow
            self.rows = file.metadata.num_rows
            self._groups = [file.metadata.row_group(g).num_rows for g in range(file.metadata.num_row_groups)]

    def _open(self) -> Any:
        import pyarrow.parquet as pq

        if self.info.size == 0:
            raise InputError(f"{self.label}: is empty (0 bytes)", wanted="a Parquet file", todo="dump it again")
        stream = self.filesystem.open_input_file(self.info.path)
        try:
            # Coalescing requests pays where each takes a round trip; elsewhere a buffer bounds memory better.
            remote = not isinstance(self.filesystem, fs.LocalFileSystem)
            # Spark's old INT96 times overflow as nanoseconds; microseconds hold them all.
            return pq.ParquetFile(
                stream, pre_buffer=remote, buffer_size=0 if remote else 1 << 20, coerce_int96_timestamp_unit="us"
            )
        except BaseException:
            stream.close()
            raise

    def tasks(self) -> list[tuple[int, Any]]:
        """See `Part`."""
        tasks: list[tuple[int, Any]] = []
        first, groups, rows = 0, [], 0
        for g, n in enumerate(self._groups):
            groups.append(g)
            rows += n
            if rows >= TASK_ROWS or g == len(self._groups) - 1:
                tasks.append((first, (groups, rows)))
                first, groups, rows = first + rows, [], 0
        return tasks

    def batches(self, columns: Sequence[str], task: Any, threads: bool) -> Iterator[pa.RecordBatch]:
        """See `Part`."""
        groups, rows = task
        with _reading(self), self._open() as file:
            if file.metadata.num_rows != self.rows or not file.schema_arrow.equals(self.schema):
                raise self.changed()
            for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=list(columns), use_threads=threads):
                rows -= batch.num_rows
                yield batch
            if rows != 0:
                raise InputError(
                    f"{self.label}: damaged Parquet, its footer promises {rows} rows more than there are",
                    wanted="a whole Parquet file",
                    todo="dump it again",
                )

    def has_changed(self) -> bool:
        """Tell whether the file is no longer what it was when its footer was read."""
        try:
            now = self.filesystem.get_file_info(self.info.path)
        except (OSError, pa.ArrowException):
            return False
        return (now.type, now.size, now.mtime_ns) != (self.info.type, self.info.size, self.info.mtime_ns)

    def changed(self) -> InputError:
        """Return the error for a file that is no longer what it was."""
        return InputError(
            f"{self.label}: changed while it was being read",
            wanted="files that stay as they are",
            todo="run again when the dump is complete",
        )


@contextmanager
def _reading(part: FilePart) -> Iterator[None]:
    """Turn whatever goes wrong with a file into an `InputError` that says what."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise _explained(part, error) from None


def _explained(part: FilePart, error: Exception) -> InputError:
    label, wanted = part.label, "a whole Parquet file"
    if part.has_changed():
        return part.changed()
    if isinstance(error, PermissionError):
        return InputError(f"{label}: permission denied", wanted="a readable file", todo="check its permissions")
    if isinstance(error, pa.ArrowNotImplementedError):
        return InputError(f"{label}: {_first(error)}", wanted="plain Parquet", todo="dump it without that")
    try:
        with part.filesystem.open_input_file(part.info.path) as stream:
            head = stream.read(256)
            stream.seek(max(0, part.info.size - 4))
            tail = stream.read(4)
    except (OSError, pa.ArrowException):
        return InputError(f"{label}: cannot be read: {_first(error)}", wanted=wanted, todo="check the disk")
    if b"PARE" in (head[:4], tail):
        return InputError(f"{label}: encrypted Parquet", wanted="plain Parquet", todo="decrypt it first")
    if head[:4] != b"PAR1":
        todo = "convert it to Parquet, or keep it out of the input"
        return InputError(f"{label}: not Parquet but {_looks_like(head)}", wanted="Parquet", todo=todo)
    if tail != b"PAR1":
        return InputError(f"{label}: truncated Parquet, its end is missing", wanted=wanted, todo="dump it again")
    return InputError(f"{label}: damaged Parquet: {_first(error)}", wanted=wanted, todo="dump it again")


_MAGIC = {
    b"ARROW1": "an Arrow (Feather) file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a zip or Excel file",
    b"SQLite": "an SQLite file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
}


def _looks_like(head: bytes) -> str:
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            return what
    try:
        text = head.decode("utf-8-sig") if len(head) < 256 else head[:250].decode("utf-8-sig", errors="ignore")
    except UnicodeDecodeError:
        return "something unknown"
    if not text.isprintable() and re.search(r"[\x00-\x08\x0e-\x1f]", text):
        return "something unknown"
    line = text.splitlines()[0] if text.splitlines() else ""
    if line.lstrip().startswith(("{", "[")):
        return "JSON text"
    return "CSV text" if re.search(r"[,;\t|]", line) else "plain text"


def _first(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


@dataclass(frozen=True)
class Source:
    """The parts of one input, ordered by name.

    Attributes
    ----------
    label
        The input as the user named it.
    parts
        Its parts; at least one.
    """

    label: str
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    def verify(self) -> None:
        """Raise `InputError` when a file is no longer what it was when its footer was read."""
        for part in self.parts:
            if isinstance(part, FilePart) and part.has_changed():
                raise part.changed()


def resolve(given: object, role: str, engine: LocalEngine) -> Source:
    """Find the parts of an input.

    Parameters
    ----------
    given
        A path or URL, or a table in memory: anything pyarrow takes by its C interface (pyarrow, pandas, polars).
    role
        ``likes``, ``users`` or ``notes``; names a table in memory.
    engine
        Reads the footers of many files.

    Raises
    ------
    InputError
        When there is nothing there, or something that is not Parquet.
    """
    if isinstance(given, (str, os.PathLike)):
        return _resolve_path(os.fspath(given), role, engine)
    if not any(hasattr(given, name) for name in ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")):
        raise InputError(f"{role}: {type(given).__name__}", wanted="a path or a table", todo=f"pass {_WANTED}")
    try:
        table = given if isinstance(given, pa.Table) else pa.table(given)
    except (pa.ArrowException, TypeError, ValueError) as error:
        todo = "give each column one type"
        raise InputError(f"{role} in memory: {_first(error)}", wanted="columns Arrow can hold", todo=todo) from None
    return Source(f"{role} in memory", (TablePart(f"{role} in memory", table),))


def _resolve_path(text: str, role: str, engine: LocalEngine) -> Source:
    try:
        place = _locate(text)
        info = place.filesystem.get_file_info(place.base)
        files = {}
        if place.pattern:
            matches = list(_glob(place.filesystem, place.base, place.pattern))
            named = [i for i in matches if i.type == fs.FileType.File]
            files = {i.path: i for i in named if i.base_name.lower().endswith(SUFFIXES)}
            for directory in (i for i in matches if i.type == fs.FileType.Directory):
                files |= {i.path: i for i in _walk(place.filesystem, directory.path)}
            # Files without a suffix, as old Hive writes them, were meant when there is nothing else.
            files = files or {i.path: i for i in named}
        elif info.type == fs.FileType.Directory:
            files = {i.path: i for i in _walk(place.filesystem, place.base)}
        elif info.type == fs.FileType.File:
            part = FilePart(place.filesystem, info, info.base_name, text, _hive_keys(info.path))
            return Source(text, (part,))
        else:
            raise InputError(f"{role} {text}: does not exist", wanted=_WANTED, todo="check the path")
        if not files:
            what = "matches no file" if place.pattern else _contents(place.filesystem, place.base)
            wanted = f"files named *{', *'.join(SUFFIXES)}"
            raise InputError(f"{role} {text}: {what}", wanted=wanted, todo="check the path")
    except PermissionError:
        raise InputError(f"{role} {text}: permission denied", wanted=_WANTED, todo="check its permissions") from None
    except (OSError, pa.ArrowException, ValueError) as error:
        raise InputError(f"{role} {text}: {_first(error)}", wanted=_WANTED, todo="check the path") from None

    names = {path.removeprefix(place.base.rstrip("/") + "/"): found for path, found in files.items()}

    def part_of(name: str) -> FilePart:
        return FilePart(place.filesystem, names[name], name, place.shown + name, _hive_keys(names[name].path))

    return Source(text, tuple(engine.map(part_of, sorted(names))))


@dataclass(frozen=True)
class _Place:
    """Where to look: the path down to the first wildcard, and the path components from there on."""

    filesystem: fs.FileSystem
    base: str
    pattern: list[str]
    #: What the user would write before the name of a file found.
    shown: str


def _locate(text: str) -> _Place:
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text)
    if scheme:  # a question mark begins the options of the filesystem
        address, mark, options = text.partition("?")
        components = address.split("/")
        wild = next((i for i, c in enumerate(components) if "*" in c), len(components))
        shown = "/".join(components[:wild])
        filesystem, base = fs.FileSystem.from_uri(shown + mark + options)
    else:
        components = text.split("/")
        wild = len(components)
        if not Path(text).expanduser().exists():
            wild = next((i for i, c in enumerate(components) if re.search(r"[*?\[]", c)), wild)
        shown = "/".join(components[:wild])
        base = Path(shown or ("/" if text.startswith("/") else ".")).expanduser().absolute().as_posix()
        filesystem = fs.LocalFileSystem()
    pattern = [c for c in components[wild:] if c]
    return _Place(filesystem, base.rstrip("/") or "/", pattern, shown.rstrip("/") + "/" if shown else "")


def _hidden(name: str) -> bool:
    return name.startswith(("_", "."))


def _list(filesystem: fs.FileSystem, base: str, recursive: bool = False) -> list[fs.FileInfo]:
    return list(filesystem.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=recursive)))


def _walk(filesystem: fs.FileSystem, base: str) -> Iterator[fs.FileInfo]:
    """Yield the Parquet files below a directory."""
    for info in _list(filesystem, base, recursive=True):
        relative = info.path.removeprefix(base.rstrip("/") + "/").split("/")
        visible = not any(map(_hidden, relative))
        if visible and info.type == fs.FileType.File and relative[-1].lower().endswith(SUFFIXES):
            yield info


def _glob(filesystem: fs.FileSystem, base: str, pattern: list[str]) -> Iterator[fs.FileInfo]:
    """Yield what matches the components of a pattern below `base`; ``**`` stands for any number of directories."""
    head, rest = pattern[0], pattern[1:]
    if head == "**":
        yield from _glob(filesystem, base, rest or ["*"])
    for info in _list(filesystem, base):
        if (_hidden(info.base_name) and not _hidden(head)) or not fnmatch.fnmatchcase(info.base_name, head):
            continue
        if head == "**":
            if info.type == fs.FileType.Directory:
                yield from _glob(filesystem, info.path, pattern)
        elif not rest:
            yield info
        elif info.type == fs.FileType.Directory:
            yield from _glob(filesystem, info.path, rest)


def _contents(filesystem: fs.FileSystem, base: str) -> str:
    names = sorted(i.base_name for i in _list(filesystem, base, recursive=True) if i.type == fs.FileType.File)
    if not names:
        return "empty directory"
    return f"directory without Parquet ({len(names)} files: {', '.join(names[:3])}{', …' if len(names) > 3 else ''})"


def _hive_keys(path: str) -> dict[str, str | None]:
    pairs = (p.split("=", 1) for p in path.split("/")[:-1] if re.match(r"[^=]+=", p))
    return {unquote(k): None if v == _HIVE_NULL else unquote(v) for k, v in pairs}
