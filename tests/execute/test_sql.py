"""The SQL of the guide on executing a batch, run as it stands on PostgreSQL and SQLite."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graphkit.purge.csv_twin import write_csv
from tests.purge.made import Like, made_run, plan

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "execute-a-batch.md").read_text(encoding="utf-8")
SQL = dict(re.findall(r"^```\{code-block\} sql\n:caption: (\w+)\.sql\n\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
USERS = ["=1+1", "'quoted", "-7", "a,b", 'say "hi"', "two\nlines", "赞", "u7"]
BATCH = plan(made_run([Like(user, f"n{i % 3}") for i, user in enumerate(USERS)]))


class Store:
    """A database with likes, those of the batch and others; `begin` and `ts_type` are what the guide says of it."""

    mark = "?"

    def __init__(self, connection: Any, begin: str, ts_type: str) -> None:
        self.connection, self.begin, self.ts_type = connection, begin, ts_type

    def run(self, sql: str) -> None:
        """Run a script statement by statement."""
        for statement in sql.split(";\n"):
            if statement.strip():
                self.connection.execute(statement)

    def script(self, name: str) -> str:
        """Return a script of the guide with its placeholders filled, begun as the guide says."""
        filled = SQL[name].replace("TS_TYPE", self.ts_type).replace("BATCH_ID", BATCH.batch_id)
        return filled if name == "setup" else f"{self.begin}\n{filled}"

    def load(self, table: str, folder: Path) -> None:
        """Load the CSV of the batch cell by cell, as a loader does."""
        name = table.removesuffix("_load")
        write_csv(BATCH.tables[name], folder / f"{name}.csv")
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            _, *rows = csv.reader(file)
        self.connection.execute(f"DELETE FROM {table}")
        for row in rows:
            self.connection.execute(f"INSERT INTO {table} VALUES ({', '.join([self.mark] * len(row))})", row)

    def fill(self) -> None:
        """Make the likes: those of the batch, one of them twice, and others of the same people and notes."""
        self.connection.execute(f"CREATE TABLE likes (dwell_ms integer, user_id text, note_id text, ts {self.ts_type})")
        rows = [
            (i, r["user_id"], r["note_id"], r["ts"].isoformat(timespec="microseconds"))
            for i, r in enumerate(BATCH.purge.to_pylist())
        ]
        rows += [rows[0], (None, rows[0][1], "another", rows[0][3]), (5, "stranger", rows[0][2], rows[0][3])]
        for row in rows:
            self.connection.execute(f"INSERT INTO likes VALUES ({', '.join([self.mark] * 4)})", row)
        self.run(self.script("setup"))

    def likes(self) -> list[Any]:
        """Return the rows of likes, whatever their order."""
        return sorted(tuple(map(str, row)) for row in self.connection.execute("SELECT * FROM likes").fetchall())


class Postgres(Store):
    """PostgreSQL marks parameters otherwise."""

    mark = "%s"


@pytest.fixture(scope="module")
def server(require: Callable[[str], None]) -> Iterator[str]:
    """A PostgreSQL server of this test's own, on a socket in a folder of its own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        require("pg_ctl")
    require("psycopg")
    binaries = str(found[-1]) if found else str(Path(shutil.which("pg_ctl") or "").parent)
    folder = Path(tempfile.mkdtemp(prefix="gkpg"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    try:
        initdb = [f"{binaries}/initdb", "-D", f"{folder}/data", "-U", "gk", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*as_user, *initdb, "--locale=C"], check=True, **quiet)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        subprocess.run(
            [
                *as_user,
                f"{binaries}/pg_ctl",
                "-D",
                f"{folder}/data",
                "-o",
                options,
                "-l",
                f"{folder}/log",
                "-w",
                "start",
            ],
            check=True,
            **quiet,
        )
        yield str(folder)
        subprocess.run(
            [*as_user, f"{binaries}/pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop"], check=True, **quiet
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each database, filled."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "likes.sqlite", isolation_level=None)) as connection:
            made = Store(connection, "BEGIN IMMEDIATE;", "text")
            made.fill()
            yield made
        return
    import psycopg

    folder = request.getfixturevalue("server")
    with psycopg.connect(f"host={folder} user=gk dbname=postgres", autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("SET timezone TO 'UTC'")
        postgres = Postgres(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ;", "timestamptz")
        postgres.fill()
        yield postgres


def execute(store: Store, name: str, folder: Path) -> None:
    store.load("purge_load" if name == "apply" else "restore_load", folder)
    store.run(store.script(name))


@pytest.mark.slow
def test_apply__takes_the_rows_of_the_batch_and_no_others(store: Store, tmp_path: Path) -> None:
    execute(store, "apply", tmp_path)
    first = BATCH.purge.to_pylist()[0]
    left = {(first["user_id"], "another"), ("stranger", first["note_id"])}
    assert {(row[1], row[2]) for row in store.likes()} == left
    assert store.connection.execute("SELECT count(*) FROM likes_archive").fetchone()[0] == len(USERS) + 1


@pytest.mark.slow
def test_apply__twice_is_once(store: Store, tmp_path: Path) -> None:
    execute(store, "apply", tmp_path)
    before = store.likes()
    archived = store.connection.execute("SELECT count(*) FROM likes_archive").fetchone()[0]
    execute(store, "apply", tmp_path)
    assert store.likes() == before
    assert store.connection.execute("SELECT count(*) FROM likes_archive").fetchone()[0] == archived


@pytest.mark.slow
def test_restore__brings_back_every_row_exactly_and_once(store: Store, tmp_path: Path) -> None:
    before = store.likes()
    execute(store, "apply", tmp_path)
    assert store.likes() != before
    for _ in range(2):
        execute(store, "restore", tmp_path)
        assert store.likes() == before


@pytest.mark.slow
def test_restored__is_not_taken_again(store: Store, tmp_path: Path) -> None:
    before = store.likes()
    for name in ("apply", "restore", "apply"):
        execute(store, name, tmp_path)
    assert store.likes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["apply", "restore"])
def test_cut_off__before_any_statement_nothing_is_done(store: Store, tmp_path: Path, name: str) -> None:
    if name == "restore":
        execute(store, "apply", tmp_path)
    before = store.likes()
    statements = [s for s in store.script(name).split(";\n") if s.strip()]
    for done in range(1, len(statements)):
        store.load(f"{'purge' if name == 'apply' else 'restore'}_load", tmp_path)
        store.run(";\n".join(statements[:done]))
        store.connection.execute("ROLLBACK")  # what a server does for a client that is gone
        assert store.likes() == before


@pytest.mark.slow
def test_killed__half_way_nothing_is_done(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A process that is killed after the rows were deleted and before they were committed."""
    store.load("purge_load", tmp_path)
    before = store.likes()
    if isinstance(store, Postgres):
        folder = request.getfixturevalue("server")
        connect = f"import psycopg; c = psycopg.connect('host={folder} user=gk dbname=postgres', autocommit=True)"
    else:
        connect = f"import sqlite3; c = sqlite3.connect({str(tmp_path / 'likes.sqlite')!r}, isolation_level=None)"
    half = [s for s in store.script("apply").split(";\n") if s.strip()][:-1]
    code = textwrap.dedent(
        f"""
        import os, signal
        {connect}
        for statement in {half!r}:
            c.execute(statement)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert store.likes() == before
    execute(store, "apply", tmp_path)
    assert len(store.likes()) == 2
