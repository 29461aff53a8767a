"""The SQLite file of the case store: opened, migrated, locked, and its failures told in one line."""

from __future__ import annotations

import datetime as dt
import errno
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from graphkit.errors import OutputError

FILE = "cases.sqlite"
#: Tells a case store from any other SQLite file.
_APPLICATION_ID = 0x67726B63
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_FREE = "free space and run this again; nothing was stored"
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def dump_id(value: Any) -> str | None:
    """Return an id as the database holds it; ``None`` stays."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def load_id(text: str | None) -> Any:
    """Return an id from what the database holds."""
    return None if text is None else json.loads(text)


def dump_time(moment: dt.datetime) -> str:
    """Return a moment as the database holds it: texts that sort as the moments do."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


@contextmanager
def connect(folder: Path, *, write: bool) -> Iterator[sqlite3.Connection]:
    """Yield a connection whose block is one transaction: all of it is kept when it ends well, else nothing.

    Parameters
    ----------
    folder
        The case store; made where it is missing and `write` is on, else read as an empty one.
    write
        Whether to take the one writer's place for the length of the block.

    Raises
    ------
    OutputError
        When the store cannot be opened, is none, is newer than this program, is being written by another process, or
        has no room left.
    """
    path = folder / FILE
    try:
        if write:
            folder.mkdir(parents=True, exist_ok=True)
        place = str(path) if write or path.exists() else ":memory:"
        with closing(sqlite3.connect(place, isolation_level=None, timeout=0)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            _prepare(connection, folder)
            connection.execute(f"PRAGMA query_only = {not write}")
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
    except sqlite3.Error as e:
        raise _explain(e, path) from None
    except OSError as e:
        raise _without_room(folder, e) from e


def _prepare(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the database to the form this version writes; a store made by a newer one is refused."""
    scripts = _migrations()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    ours = connection.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if not ours and not empty:
        raise OutputError(
            f"{folder / FILE} is another program's", wanted="a case store of graphkit", todo="choose another --cases"
        )
    if version > len(scripts):
        raise OutputError(
            f"{folder} was written by a newer graphkit (form {version})",
            wanted=f"form {len(scripts)} or older",
            todo="update graphkit",
        )
    if version == len(scripts):
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for script in scripts[version:]:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(scripts)}")
    connection.execute("COMMIT")


def _migrations() -> list[str]:
    """Return what brings a store from each form to the next; numbered from 1, never changed once released."""
    folder = resources.files("graphkit.cases").joinpath("migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files]


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: ``executescript`` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _without_room(folder: Path, error: OSError) -> OutputError:
    """Tell what keeps the folder from being written: no room for it, or the place itself."""
    words = " ".join((error.strerror or str(error)).split())
    # pyarrow says the number in its words.
    if error.errno in {errno.ENOSPC, errno.EDQUOT} or f"[errno {errno.ENOSPC}]" in words:
        return OutputError(f"{folder}: {words}", wanted="room to write", todo=_FREE)
    return OutputError(f"{folder}: {words}", wanted="a case store", todo="choose another --cases")


def _explain(error: sqlite3.Error, path: Path) -> OutputError:
    # Extended codes hold the plain one in their lowest byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _LOCKED:
        return OutputError(
            f"{path.parent} is being written by another process",
            wanted="one writer at a time",
            todo="run this again when the other has ended",
        )
    if code in _FULL:
        return OutputError(f"{path}: {error}", wanted="room to write", todo=_FREE)
    return OutputError(f"{path}: {error}", wanted="a case store of graphkit", todo="check --cases")
