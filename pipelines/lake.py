"""A lake of Parquet partitions whose readers follow a manifest: new versions stand beside old ones, swapped whole.

``LAKE/_manifest.json`` says where each partition is: where it always was, or below ``LAKE/_versions``. A lake is a
folder, or any URL that pyarrow's filesystems open.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs

from graphkit.detection.rundir import flush
from graphkit.errors import InputError, OutputError
from graphkit.likes.parts import first_line
from graphkit.likes.source import locate, public, walk

MANIFEST = "_manifest.json"
VERSIONS = "_versions"
LOCK = "_lock"
#: Form of the manifest; raised when a reader of the old form would misread the new one.
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """Where the partitions of a lake are.

    Attributes
    ----------
    version
        How often the lake was changed.
    partitions
        Path below the lake by partition, such as ``dt=2026-11-22``, or ``dt=2026-11-22/hour=07`` in a lake of both.
    history
        Where every published version is, oldest first.
    """

    version: int = 0
    partitions: Mapping[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()

    def of(self, prefix: str) -> dict[str, str]:
        """Return the partitions that are `prefix`, or lie in it."""
        return {name: place for name, place in self.partitions.items() if f"{name}/".startswith(f"{prefix}/")}


@dataclass(frozen=True)
class Lake:
    """A folder or URL that holds partitions.

    Attributes
    ----------
    text
        The path or URL, as the user wrote it.
    filesystem, base
        What holds it, and its path there.
    """

    text: str
    filesystem: fs.FileSystem
    base: str

    @classmethod
    def open(cls, text: str) -> Lake:
        """Find a lake.

        Raises
        ------
        InputError
            When the path or URL cannot be opened, or there is no such folder.
        """
        try:
            place = locate(text)
            kind = place.filesystem.get_file_info(place.base).type
        except (OSError, ValueError, pa.ArrowException) as e:
            found = first_line(e).replace(text, public(text))
            raise InputError(f"{public(text)}: {found}", wanted="a lake of partitions", todo="check --lake") from None
        if place.pattern or kind != fs.FileType.Directory:
            raise InputError(f"{public(text)}: no such folder", wanted="a lake of partitions", todo="check --lake")
        return cls(text, place.filesystem, place.base)

    @property
    def label(self) -> str:
        """The lake as it may be shown: without credentials."""
        return public(self.text)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return isinstance(self.filesystem, fs.LocalFileSystem)

    def url(self, place: str) -> str:
        """Return what reads a path below the lake."""
        address, mark, options = self.text.partition("?") if "://" in self.text else (self.text, "", "")
        return f"{address.rstrip('/')}/{place}{mark}{options}"

    def path(self, place: str) -> str:
        """Return a path below the lake, as its filesystem names it."""
        return f"{self.base.rstrip('/')}/{place}"

    def has(self, folder: str) -> bool:
        """Tell whether there is such a folder in the lake."""
        return bool(self.filesystem.get_file_info(self.path(folder)).type == fs.FileType.Directory)

    def manifest(self, prefixes: Iterable[str] | None = None) -> Manifest:
        """Return where the partitions are, those included that no manifest knows yet.

        Parameters
        ----------
        prefixes
            Look only below these partitions, such as ``dt=2026-11-22``; below all where absent.

        Raises
        ------
        OutputError
            When the manifest cannot be read.
        """
        known = self.read_manifest()
        tops = self._tops("") if prefixes is None else prefixes
        found = {name: name for top in tops for name in self._partitions(top)}
        return Manifest(known.version, dict(sorted({**found, **known.partitions}.items())), known.history)

    def read_manifest(self) -> Manifest:
        """Return what the manifest itself says; nothing, where there is none yet.

        Raises
        ------
        OutputError
            When it cannot be read.
        """
        try:
            with self.filesystem.open_input_file(self.path(MANIFEST)) as file:
                told = json.loads(file.read())
            form, known = told["format"], Manifest(told["version"], told["partitions"], tuple(told["history"]))
        except FileNotFoundError:
            return Manifest()
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as e:
            raise OutputError(
                f"{self.label}/{MANIFEST}: {first_line(e)}",
                wanted="a manifest as this job writes it",
                todo="put it back from a copy",
            ) from None
        if form != FORMAT:
            raise OutputError(f"{self.label}/{MANIFEST}: format {form!r}", wanted=f"format {FORMAT}", todo="upgrade")
        return known

    def under(self, folder: str) -> dict[str, str]:
        """Return the partitions below a folder of the lake, and their paths below the lake."""
        prefix = f"{folder}/"
        return {
            place.removeprefix(prefix): place
            for top in self._tops(folder)
            for place in sorted(self._partitions(f"{prefix}{top}"))
        }

    def _tops(self, folder: str) -> list[str]:
        inside = self.filesystem.get_file_info(fs.FileSelector(self.path(folder).rstrip("/"), allow_not_found=True))
        return sorted(i.base_name for i in inside if i.type == fs.FileType.Directory and "=" in i.base_name)

    def _partitions(self, top: str) -> set[str]:
        """Return the folders that hold Parquet files, at `top` or below it."""
        root = self.path("")
        return {info.path.removeprefix(root).rpartition("/")[0] for info in walk(self.filesystem, self.path(top))}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lake for one job of this machine; the lock ends with the process, however that ends.

        Stores that are no folder have no locks, so there jobs of different machines are told apart only by
        :meth:`publish`.

        Raises
        ------
        OutputError
            When another job holds it.
        """
        name = f"graphkit-lake-{hashlib.sha256(self.label.encode()).hexdigest()[:16]}.lock"
        place = Path(self.path(LOCK)) if self.is_local else Path(tempfile.gettempdir(), name)
        with place.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self.busy("is being written by another job") from None
            yield

    def busy(self, what: str) -> OutputError:
        """Return the error for a lake that another job is changing."""
        return OutputError(f"{self.label} {what}", wanted="one at a time", todo="run this again when it has ended")

    def clear(self, folder: str) -> None:
        """Remove a folder that no manifest points to, as far as the store lets it."""
        with suppress(OSError):
            self.filesystem.delete_dir(self.path(folder))

    @contextmanager
    def version(self, manifest: Manifest) -> Iterator[Version]:
        """Yield an empty version to be filled and published; it vanishes unless it was.

        Raises
        ------
        OutputError
            When something cannot be written.
        """
        # A name of its own: what a job that was killed left there is nobody's, and no other job writes into it.
        version = Version(self, f"{VERSIONS}/{manifest.version + 1}-{secrets.token_hex(4)}")
        try:
            yield version
        except (OSError, pa.ArrowException) as e:
            raise OutputError(
                f"{self.label}: {first_line(e)}",
                wanted="room and leave to write",
                todo="free space, and run this again",
            ) from None
        finally:
            if not version.published:
                self.clear(version.home)


@dataclass
class Version:
    """A version of a lake that is being written.

    Attributes
    ----------
    lake
        The lake.
    home
        Where it is, below the lake.
    published
        Whether the manifest points to it.
    """

    lake: Lake
    home: str
    published: bool = False

    def write(self, place: str, table: pa.Table) -> None:
        """Write a Parquet file below the version."""
        import pyarrow.parquet as pq

        with self._open(place) as file:
            pq.write_table(table, file, compression="zstd")

    def copy(self, source: str, place: str) -> None:
        """Put a copy of a file of the lake below the version."""
        with self.lake.filesystem.open_input_stream(source) as old, self._open(place) as new:
            while block := old.read(1 << 22):
                new.write(block)

    def _open(self, place: str) -> Any:
        path = self.lake.path(f"{self.home}/{place}")
        if self.lake.is_local:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        return self.lake.filesystem.open_output_stream(path)

    def publish(self, before: Manifest, moved: Iterable[str]) -> None:
        """Point the manifest to the partitions of this version.

        Parameters
        ----------
        before
            The manifest that the version was made from.
        moved
            Names of the partitions that stand below the version.

        Raises
        ------
        OutputError
            When another job has changed the lake meanwhile.
        """
        lake = self.lake
        told = {
            "format": FORMAT,
            "version": before.version + 1,
            "partitions": {**before.partitions, **{name: f"{self.home}/{name}" for name in moved}},
            "history": [*before.history, self.home],
        }
        content = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
        if lake.is_local:
            flush(Path(lake.path(self.home)))
        if lake.read_manifest().history != before.history:
            raise lake.busy("was changed by another job meanwhile")
        self._swap(content)
        self.published = True

    def _swap(self, content: bytes) -> None:
        target = self.lake.path(MANIFEST)
        if not self.lake.is_local:  # what is written to an object store appears when it is complete
            with self.lake.filesystem.open_output_stream(target) as file:
                file.write(content)
            return
        fresh = Path(f"{target}.part")
        fresh.write_bytes(content)
        flush(fresh)
        fresh.replace(target)
