"""One table of an input, read in bounded batches: a Parquet file, or a table in memory.

Whatever is wrong with a file becomes one line that says what it is instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
from pyarrow import fs

from graphkit.errors import InputError

#: Rows handed over at a time.
BATCH_ROWS = 1 << 17
#: A task of reading has at least so many rows, where there are that many.
TASK_ROWS = 1 << 19


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

    def tasks(self, rows: int | None = None) -> list[tuple[int, Any]]:
        """Return what can be read independently: the number of its first row, and an argument for `batches`.

        Each has at least `rows` rows (`TASK_ROWS` by default), but for the last, and no more than it must.
        """
        ...

    def alone(self, task: Any) -> tuple[Part, Any]:
        """Return a part that is cheap to send elsewhere, and the argument with which it reads the rows of a task."""
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

    def tasks(self, rows: int | None = None) -> list[tuple[int, Any]]:
        """See `Part`."""
        rows = rows or TASK_ROWS
        return [(i, (i, rows)) for i in range(0, self.rows, rows)]

    def alone(self, task: Any) -> tuple[Part, Any]:
        """See `Part`."""
        first, rows = task
        return TablePart(self.name, self.table.slice(first, rows), self.keys), (0, rows)

    def batches(self, columns: Sequence[str], task: Any, threads: bool) -> Iterator[pa.RecordBatch]:
        """See `Part`."""
        del threads
        first, rows = task
        yield from self.table.select(list(columns)).slice(first, rows).to_batches(max_chunksize=BATCH_ROWS)

    def __reduce__(self) -> tuple[Callable[..., TablePart], tuple[str, bytes, Mapping[str, str | None]]]:
        # As a stream: of a slice it holds the slice, where the table itself would be sent whole.
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.schema) as stream:
            stream.write_table(self.table)
        return _table_part, (self.name, sink.getvalue().to_pybytes(), dict(self.keys))


def _table_part(name: str, stream: bytes, keys: Mapping[str, str | None]) -> TablePart:
    return TablePart(name, pa.ipc.open_stream(stream).read_all(), keys)


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

    def tasks(self, rows: int | None = None) -> list[tuple[int, Any]]:
        """See `Part`; tasks are made of whole row groups."""
        rows = rows or TASK_ROWS
        tasks: list[tuple[int, Any]] = []
        first, groups, size = 0, [], 0
        for g, n in enumerate(self._groups):
            groups.append(g)
            size += n
            if size >= rows or g == len(self._groups) - 1:
                tasks.append((first, (groups, size)))
                first, groups, size = first + size, [], 0
        return tasks

    def alone(self, task: Any) -> tuple[Part, Any]:
        """See `Part`."""
        return copy(self), task

    def __getstate__(self) -> dict[str, Any]:
        # What is known of a file does not pickle by itself.
        info = (self.info.path, self.info.type, self.info.mtime_ns, self.info.size)
        return self.__dict__ | {"info": info, "_groups": []}  # which groups to read comes with the task

    def __setstate__(self, state: dict[str, Any]) -> None:
        path, kind, mtime_ns, size = state["info"]
        self.__dict__.update(state | {"info": fs.FileInfo(path, kind, mtime_ns=mtime_ns, size=size)})

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

    def is_gone(self) -> bool:
        """Tell whether there is no such file, seen from where this is called."""
        try:
            return bool(self.filesystem.get_file_info(self.info.path).type == fs.FileType.NotFound)
        except (OSError, pa.ArrowException):
            return False

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
        return InputError(f"{label}: {first_line(error)}", wanted="plain Parquet", todo="dump it without that")
    try:
        with part.filesystem.open_input_file(part.info.path) as stream:
            head = stream.read(256)
            stream.seek(max(0, part.info.size - 4))
            tail = stream.read(4)
    except (OSError, pa.ArrowException):
        return InputError(f"{label}: cannot be read: {first_line(error)}", wanted=wanted, todo="check the disk")
    if b"PARE" in (head[:4], tail):
        return InputError(f"{label}: encrypted Parquet", wanted="plain Parquet", todo="decrypt it first")
    if head[:4] != b"PAR1":
        todo = "convert it to Parquet, or keep it out of the input"
        return InputError(f"{label}: not Parquet but {_looks_like(head)}", wanted="Parquet", todo=todo)
    if tail != b"PAR1":
        return InputError(f"{label}: truncated Parquet, its end is missing", wanted=wanted, todo="dump it again")
    return InputError(f"{label}: damaged Parquet: {first_line(error)}", wanted=wanted, todo="dump it again")


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


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its type where it says nothing."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
