"""What a path, a URL, a glob, a directory or a table in memory stands for: a list of parts, ordered by name.

A directory is walked to the bottom; files count by their suffix, and names that begin with ``_`` or ``.`` are
left alone, as other engines do. A path that names a file is taken at its word.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import fs

from graphkit.engines import Engine
from graphkit.errors import InputError
from graphkit.likes.parts import FilePart, Part, TablePart, first_line

SUFFIXES = (".parquet", ".pq", ".parq")
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_WANTED = "a Parquet file, a directory of them, a glob, or a URL such as s3://bucket/path"


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


def resolve(given: object, role: str, engine: Engine) -> Source:
    """Find the parts of an input.

    Parameters
    ----------
    given
        A path or URL, a list of them, or a table in memory: anything pyarrow takes by its C interface (pyarrow,
        pandas, polars).
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
        return _resolve_path(os.fsdecode(given), role, engine)
    if isinstance(given, (list, tuple)) and given and all(isinstance(one, (str, os.PathLike)) for one in given):
        return _join([_resolve_path(os.fsdecode(one), role, engine) for one in given])
    if not any(hasattr(given, name) for name in ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")):
        raise InputError(f"{role}: {type(given).__name__}", wanted="a path or a table", todo=f"pass {_WANTED}")
    try:
        table = given if isinstance(given, pa.Table) else pa.table(given)
    except (pa.ArrowException, TypeError, ValueError) as error:
        todo = "give each column one type"
        raise InputError(f"{role} in memory: {first_line(error)}", wanted="columns Arrow can hold", todo=todo) from None
    return Source(f"{role} in memory", (TablePart(f"{role} in memory", table),))


def _join(sources: list[Source]) -> Source:
    """Put the files of several paths together; each file's name begins with the last name of its own path."""
    if len(sources) == 1:
        return sources[0]
    parts = [
        replace(part, name=f"{PurePosixPath(source.label).name}/{part.name}")
        for source in sources
        for part in source.parts
        if isinstance(part, FilePart)
    ]
    label = f"{sources[0].label} and {len(sources) - 1} more"
    return Source(label, tuple(sorted(parts, key=lambda part: part.name)))


def _resolve_path(text: str, role: str, engine: Engine) -> Source:
    label = public(text)
    try:
        place = locate(text)
        info = place.filesystem.get_file_info(place.base)
        files = {}
        if place.pattern:
            matches = list(_glob(place.filesystem, place.base, place.pattern))
            named = [i for i in matches if i.type == fs.FileType.File]
            files = {i.path: i for i in named if i.base_name.lower().endswith(SUFFIXES)}
            for directory in (i for i in matches if i.type == fs.FileType.Directory):
                files |= {i.path: i for i in walk(place.filesystem, directory.path)}
            # Files without a suffix, as old Hive writes them, were meant when there is nothing else.
            files = files or {i.path: i for i in named}
        elif info.type == fs.FileType.Directory:
            files = {i.path: i for i in walk(place.filesystem, place.base)}
        elif info.type == fs.FileType.File:
            part = FilePart(place.filesystem, info, info.base_name, label, _hive_keys(info.path))
            return Source(label, (part,))
        else:
            raise InputError(f"{role} {label}: does not exist", wanted=_WANTED, todo="check the path")
        if not files:
            what = "matches no file" if place.pattern else _contents(place.filesystem, place.base)
            wanted = f"files named *{', *'.join(SUFFIXES)}"
            raise InputError(f"{role} {label}: {what}", wanted=wanted, todo="check the path")
    except PermissionError:
        raise InputError(f"{role} {label}: permission denied", wanted=_WANTED, todo="check its permissions") from None
    except (OSError, pa.ArrowException, ValueError) as error:
        what = first_line(error).replace(text, label)
        raise InputError(f"{role} {label}: {what}", wanted=_WANTED, todo="check the path") from None

    names = {path.removeprefix(place.base.rstrip("/") + "/"): found for path, found in files.items()}

    def part_of(name: str) -> FilePart:
        return FilePart(place.filesystem, names[name], name, place.shown + name, _hive_keys(names[name].path))

    return Source(label, tuple(engine.map(part_of, sorted(names))))


@dataclass(frozen=True)
class Place:
    """Where to look.

    Attributes
    ----------
    filesystem, base
        The path down to the first wildcard, and what holds it.
    pattern
        The path components from there on.
    shown
        What the user would write before the name of a file found.
    """

    filesystem: fs.FileSystem
    base: str
    pattern: list[str]
    shown: str


def locate(text: str) -> Place:
    """Return the filesystem and path that a path, URL or glob stands for; raises what pyarrow does of a bad URL."""
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
    return Place(filesystem, base.rstrip("/") or "/", pattern, public(shown).rstrip("/") + "/" if shown else "")


def public(text: str) -> str:
    """Return a path or URL without credentials and options: it will stand in messages and reports."""
    return re.sub(r"(?<=://)[^/@]*@", "", text.partition("?")[0]) if "://" in text else text


def _hidden(name: str) -> bool:
    return name.startswith(("_", "."))


def _list(filesystem: fs.FileSystem, base: str, recursive: bool = False) -> list[fs.FileInfo]:
    return list(filesystem.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=recursive)))


def walk(filesystem: fs.FileSystem, base: str) -> Iterator[fs.FileInfo]:
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
