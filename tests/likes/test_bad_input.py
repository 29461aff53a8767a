"""Every bad input gives one line: what was found, what was wanted, what to do."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from graphkit.config import InputConfig
from graphkit.errors import ConfigError, GraphkitError, InputError
from graphkit.likes import read_likes, source
from graphkit.likes.parts import FilePart
from tests.likes.naive import SECOND, as_table

pytestmark = pytest.mark.usefixtures("way")

T0 = 1_795_305_600 * SECOND
GOOD = as_table([{"user_id": f"u{i}", "note_id": i % 3, "ts": T0 + i * SECOND} for i in range(500)])


def refused(given: Any, *parts: str, kind: type[GraphkitError] = InputError, **options: Any) -> None:
    """Assert that reading fails with one line that has these parts."""
    with pytest.raises(kind) as caught:
        read_likes(given, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == 2
    assert caught.value.todo
    for part in parts:
        assert part in message, message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "likes.parquet"


# ---- Paths ----


def test_nothing_there(tmp_path: Path) -> None:
    refused(
        tmp_path / "no.parquet",
        f"likes {tmp_path}/no.parquet: does not exist",
        "wanted a Parquet file",
        "check the path",
    )
    refused(f"file://{tmp_path}/no", "does not exist")
    refused(f"{tmp_path}/*.parquet", "matches no file", "check the path")
    refused(f"{tmp_path}/no/*.parquet", "matches no file")
    refused(GOOD, "users", "does not exist", users=tmp_path / "no.parquet")


def test_empty_directory(tmp_path: Path) -> None:
    refused(tmp_path, f"likes {tmp_path}: empty directory", "wanted files named *.parquet, *.pq, *.parq")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "a.csv").write_text("user_id,note_id\n")
    refused(tmp_path, "directory without Parquet (2 files: _SUCCESS, a.csv)")


@pytest.mark.parametrize("url", ["gopher://x/y", "http://example.com/likes.parquet"])
def test_an_address_nothing_opens(url: str) -> None:
    refused(url, url, "wanted a Parquet file, a directory of them, a glob, or a URL such as s3://bucket/path")


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:secret@bucket/x?nonsense=1",
        "gopher://key:secret@x/y",
        pytest.param("s3://key:secret@/*", marks=pytest.mark.slow),  # looks for credentials in the net
    ],
)
def test_messages_keep_secrets(url: str) -> None:
    with pytest.raises(InputError) as caught:
        read_likes(url)
    assert "secret" not in str(caught.value)
    assert "key" not in str(caught.value)


# ---- Files ----


def test_zero_bytes(path: Path) -> None:
    path.touch()
    refused(path, f"{path}: is empty (0 bytes)", "wanted a Parquet file", "dump it again")


def test_one_bad_file_among_many(tmp_path: Path) -> None:
    pq.write_table(GOOD, tmp_path / "a.parquet")
    (tmp_path / "b.parquet").touch()
    refused(tmp_path, f"{tmp_path}/b.parquet: is empty")
    refused(f"{tmp_path}/*.parquet", f"{tmp_path}/b.parquet: is empty")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_truncated(path: Path, share: float) -> None:
    pq.write_table(GOOD, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, f"{path}: truncated Parquet, its end is missing", "wanted a whole Parquet file", "dump it again")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"user_id,note_id,ts\na,b,1\n", "CSV text"),
        (b"user_id\tnote_id\ta\n" * 50, "CSV text"),
        (b'{"user_id": "a"}\n', "JSON text"),
        (b"hello\n", "plain text"),
        (gzip.compress(b"x" * 99, mtime=0), "a gzip file"),
        (b"\x00\x01\x02\x03" * 99, "something unknown"),
        (b"\xff" * 99, "something unknown"),
        ("用户,笔记,时间\n".encode() * 30, "CSV text"),
    ],
)
def test_foreign(path: Path, content: bytes, what: str) -> None:
    path.write_bytes(content)
    refused(path, f"{path}: not Parquet but {what}", "wanted Parquet", "convert it to Parquet")


def test_feather(path: Path) -> None:
    pa.feather.write_feather(GOOD, str(path))
    refused(path, "not Parquet but an Arrow (Feather) file")


def test_encrypted(path: Path) -> None:
    path.write_bytes(b"PARE" + b"x" * 99 + b"PARE")
    refused(path, "encrypted Parquet", "decrypt it first")


@pytest.mark.parametrize("where", ["pages", "footer"])
def test_damaged(path: Path, where: str) -> None:
    pq.write_table(GOOD, path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    at = slice(4, 2000) if where == "pages" else slice(len(content) - 300, len(content) - 8)
    content[at] = b"\xa5" * (at.stop - at.start)
    path.write_bytes(content)
    refused(path, f"{path}: damaged Parquet", "wanted a whole Parquet file", "dump it again")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
        (OSError(errno.EIO, "I/O error"), "I/O error"),
    ],
)
def test_files_that_cannot_be_opened(path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, says: str) -> None:
    class Refusing:
        def __init__(self, inner: fs.FileSystem) -> None:
            self.inner = inner

        def get_file_info(self, what: Any) -> Any:
            return self.inner.get_file_info(what)

        def open_input_file(self, path: str) -> Any:
            raise error

    pq.write_table(GOOD, path)
    monkeypatch.setattr(fs, "LocalFileSystem", type("Local", (), {}))
    inner = fs.FileSystem.from_uri(path.as_uri())[0]
    monkeypatch.setattr(
        fs, "LocalFileSystem", type("Local", (Refusing,), {"__init__": lambda self: Refusing.__init__(self, inner)})
    )
    refused(path, f"{path}: ", says, "check")


def test_directory_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(source, "walk", no)
    refused(tmp_path, f"likes {tmp_path}: permission denied", "check its permissions")


# ---- Files that change ----


@pytest.mark.parametrize("how", ["grows", "touched", "vanishes", "replaced"])
@pytest.mark.parametrize("table", ["likes", "users"])
def test_a_file_that_changes_under_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, table: str
) -> None:
    pq.write_table(GOOD, tmp_path / "likes.parquet")
    pq.write_table(pa.table({"user_id": ["u1"]}), tmp_path / "users.parquet")
    victim = tmp_path / f"{table}.parquet"
    batches = FilePart.batches

    def disturbed(self: FilePart, *args: Any) -> Iterator[pa.RecordBatch]:
        for batch in batches(self, *args):
            yield batch
            if self.label != str(victim):
                continue
            if how == "grows":
                with victim.open("ab") as file:
                    file.write(b"more")
            elif how == "touched":
                os.utime(victim, (1, 1))
            elif how == "vanishes":
                victim.unlink()
            else:
                pq.write_table(GOOD.slice(0, 9), tmp_path / "new")
                (tmp_path / "new").rename(victim)

    monkeypatch.setattr(FilePart, "batches", disturbed)
    refused(
        tmp_path / "likes.parquet",
        f"{victim}: changed while it was being read",
        "wanted files that stay as they are",
        "run again when the dump is complete",
        users=tmp_path / "users.parquet",
    )


@pytest.mark.parametrize("rows", [9, 500])
def test_a_file_that_changes_between_footer_and_rows(path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    pq.write_table(GOOD, path)
    other = GOOD.slice(0, rows).append_column("more", pa.nulls(rows, pa.int8()))
    tasks = FilePart.tasks

    def swapped(self: FilePart, *args: Any) -> Any:
        pq.write_table(other, path)
        return tasks(self, *args)

    monkeypatch.setattr(FilePart, "tasks", swapped)
    refused(path, f"{path}: changed while it was being read")


# ---- Columns ----


def test_missing_column_proposes_the_mapping(path: Path) -> None:
    pq.write_table(GOOD.rename_columns(["uid", "note_id", "ts"]), path)
    refused(path, f"{path}: no column user_id; found uid, note_id, ts; wanted user_id;", '[columns] user_id = "uid"')


@pytest.mark.parametrize(
    ("column", "there", "line"),
    [
        ("user_id", "userId", 'user_id = "userId"'),
        ("user_id", "actor_id", 'user_id = "actor_id"'),
        ("user_id", "user_idd", 'user_id = "user_idd"'),
        ("note_id", "item_id", 'note_id = "item_id"'),
        ("ts", "created_at", 'ts = "created_at"'),
        ("ts", "Timestamp", 'ts = "Timestamp"'),
        ("ts", "zzz", 'ts = "…"'),
    ],
)
def test_proposals(column: str, there: str, line: str) -> None:
    names = [there if name == column else name for name in GOOD.column_names]
    refused(GOOD.rename_columns(names), f"no column {column}; found {', '.join(names)}", f"[columns] {line}")


def test_missing_columns_of_other_tables() -> None:
    users = pa.table({"uid": ["u1"], "views": [1]})
    refused(
        GOOD, "users in memory: no column user_id; found uid, views", '[columns] "users.user_id" = "uid"', users=users
    )
    refused(GOOD, "notes in memory: no column note_id; found no columns", "dump the table", notes=pa.table({}))


def test_missing_in_one_file_only(tmp_path: Path) -> None:
    pq.write_table(GOOD, tmp_path / "a.parquet")
    pq.write_table(GOOD.drop_columns(["ts"]), tmp_path / "b.parquet")
    refused(tmp_path, f"{tmp_path}/b.parquet: no column ts; found user_id, note_id")


def test_mappings_that_lead_nowhere() -> None:
    refused(GOOD, "no column did, which [columns] gives for device_id", "found user_id, note_id, ts", "mend [columns]",
            config=InputConfig(columns={"device_id": "did"}))  # fmt: skip
    refused(GOOD, "no column uid", "wanted uid", config=InputConfig(columns={"likes.user_id": "uid"}))
    refused(GOOD, "[columns] maps userid", "wanted one of user_id, note_id", "write user_id", kind=ConfigError,
            config=InputConfig(columns={"userid": "uid"}))  # fmt: skip
    refused(GOOD, "[columns] maps likes.views", kind=ConfigError, config=InputConfig(columns={"likes.views": "pv"}))


def test_a_column_that_is_there_twice() -> None:
    twice = pa.Table.from_arrays([*GOOD.columns, GOOD["ts"]], names=[*GOOD.column_names, "ts"])
    refused(twice, "column ts is there 2 times", "wanted each name once", "rename")


_N = len(GOOD)
_BAD_TYPES = [
    ("user_id", pa.array([1.0] * _N), "double", "an integer or a string", "Int64"),
    ("note_id", pa.array([b"x"] * _N), "binary", "an integer or a string", "cast"),
    ("note_id", pa.array([True] * _N), "bool", "an integer or a string", "cast"),
    ("note_id", pa.array([[1]] * _N), "list<item: int64>", "an integer or a string", "cast"),
    ("ts", pa.array(["2026-11-22"] * _N), "string", "a timestamp, a date, or an integer with --ts-unit", "CAST("),
    ("ts", pa.array([1.5] * _N), "double", "a timestamp, a date", "cast"),
    ("ts", pa.array([1] * _N, pa.time64("us")), "time64[us]", "a timestamp, a date", "cast"),
    ("action", pa.array([1] * _N), "int64", "a string", "cast"),
    ("dwell_ms", pa.array(["12"] * _N), "string", "a number", "cast"),
    ("completed", pa.array([1] * _N), "int64", "a boolean", "cast"),
    ("device_id", pa.array([1.5] * _N), "double", "an integer or a string", "whole numbers"),
    ("source", pa.array([1] * _N), "int64", "a string", "cast"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "values", "found", "wanted", "todo"), _BAD_TYPES)
def test_wrong_types(path: Path, column: str, values: pa.Array, found: str, wanted: str, todo: str) -> None:
    table = GOOD.drop_columns([column]) if column in GOOD.column_names else GOOD
    table = table.append_column(column, values)
    refused(table, f"likes in memory: column {column} has type {found}", f"wanted {wanted}", todo)
    pq.write_table(table, path)
    refused(path, f"{path}: column {column} has type ", f"wanted {wanted}")


@pytest.mark.parametrize(
    ("table", "column", "values", "wanted"),
    [
        ("users", "registered_at", ["2026"], "a timestamp"),
        ("users", "verified", [1], "a boolean"),
        ("users", "followers", ["1"], "a number"),
        ("notes", "author_id", [1.5], "an integer or a string"),
        ("notes", "published_at", [1.5], "a timestamp"),
        ("notes", "topic", [True], "an integer or a string"),
        ("notes", "title", [1], "a string"),
    ],
)
def test_wrong_types_of_other_tables(table: str, column: str, values: list[Any], wanted: str) -> None:
    key = {"users": pa.array(["u1"]), "notes": pa.array([1])}[table]
    other = pa.table({f"{table[:-1]}_id": key, column: values})
    refused(GOOD, f"{table} in memory: column {column} has type", f"wanted {wanted}", **{table: other})


def test_ids_of_another_kind() -> None:
    refused(GOOD, "users in memory: column user_id has type int64 and the likes have string", "the same kind of id",
            users=pa.table({"user_id": [1]}))  # fmt: skip
    refused(GOOD, "notes in memory: column note_id has type string and the likes have int64",
            notes=pa.table({"note_id": ["1"]}))  # fmt: skip


@pytest.mark.parametrize(
    ("column", "a", "b"),
    [
        ("user_id", pa.array(["x"]), pa.array([1])),
        ("user_id", pa.array([1], pa.uint64()), pa.array([1], pa.int64())),
        ("ts", pa.array([T0], pa.timestamp("us")), pa.array([T0])),
    ],
)
def test_files_that_disagree(tmp_path: Path, column: str, a: pa.Array, b: pa.Array) -> None:
    for name, values in (("a", a), ("b", b)):
        row = as_table([{"user_id": "u", "note_id": 1, "ts": T0}])
        at = row.column_names.index(column)
        pq.write_table(row.set_column(at, column, values), tmp_path / f"{name}.parquet")
    refused(
        tmp_path,
        f"column {column}: {tmp_path}/a.parquet has {a.type} and {tmp_path}/b.parquet has {b.type}",
        "wanted one type in all files",
        config=InputConfig(ts_unit="us"),
    )


# ---- Rows ----


def test_no_rows(path: Path) -> None:
    refused(GOOD.slice(0, 0), "likes in memory: no rows", "wanted at least one like")
    pq.write_table(GOOD.slice(0, 0), path)
    refused(path, f"likes {path}: no rows")


def test_no_values_at_all() -> None:
    table = GOOD.set_column(0, "user_id", pa.nulls(len(GOOD)))
    refused(table, "column user_id has type null, no value at all", "wanted an integer or a string")


@pytest.mark.parametrize(
    ("values", "look", "todo"),
    [
        ([1_700_000_000] * 3, "values near 1.7e09 look like seconds", "pass --ts-unit s"),
        ([1_700_000_000_000] * 3, "values near 1.7e12 look like milliseconds", "pass --ts-unit ms"),
        ([1_700_000_000_000_000, None], "values near 1.7e15 look like microseconds", "pass --ts-unit us"),
        ([1_700_000_000_000_000_000], "values near 1.7e18 look like nanoseconds", "pass --ts-unit ns"),
        ([20261122], "values near 2.0e07, which fit no unit", "cast it to a timestamp"),
        ([None], "no values, which fit no unit", "pass --ts-unit s, ms, us or ns"),
    ],
)
def test_integer_times_without_a_unit(values: list[int | None], look: str, todo: str) -> None:
    n = len(values)
    table = pa.table({"user_id": range(n), "note_id": range(n), "ts": pa.array(values, pa.int64())})
    refused(table, f"column ts holds int64 without a unit ({look})", todo)


def test_too_many_bad_rows(tmp_path: Path) -> None:
    pq.write_table(GOOD.slice(0, 100), tmp_path / "a.parquet")
    bad = GOOD.slice(100).to_pylist()
    for i in (3, 4, 5, 6):
        bad[i]["user_id"] = None
    bad[2]["note_id"] = None
    bad[7]["ts"] = None
    pq.write_table(pa.Table.from_pylist(bad, GOOD.schema), tmp_path / "b.parquet")
    refused(
        tmp_path,
        f"{tmp_path}: 6 of 500 rows cannot be used (null_user_id 4, null_note_id 1, null_ts 1)",
        f"the first in {tmp_path}/b.parquet row 2",
        "wanted at most 0.01 of the rows",
        "raise input.max_bad_share",
    )
    likes = read_likes(tmp_path, config=InputConfig(max_bad_share=6 / 500))
    assert likes.accounting.quarantined == len(likes.quarantine) == 6


def test_the_wrong_unit_is_suspected() -> None:
    table = pa.table({"user_id": [1, 2], "note_id": [1, 1], "ts": [1_700_000_000_000] * 2})
    refused(table, "2 of 2 rows cannot be used (impossible_ts 2)", "check --ts-unit", config=InputConfig(ts_unit="s"))


def test_foreign_actions() -> None:
    table = GOOD.append_column("action", pa.array(["LIKE"] * len(GOOD)))
    refused(table, "500 of 500 rows cannot be used (unknown_action 500)", "write actions as like and unlike")


def test_nothing_left() -> None:
    table = GOOD.append_column("action", pa.array(["unlike"] * len(GOOD)))
    refused(table, "none of 500 rows is left (undone 500, quarantined 0)", "wanted at least one like")


def test_ids_that_are_not_utf8() -> None:
    users = pa.array([b"\xff\xfe"] * len(GOOD), pa.binary()).view(pa.string())
    refused(GOOD.set_column(0, "user_id", users), "user_id holds text that is not UTF-8", "wanted UTF-8")
