"""Input that no run can use: one line that says so, status 2, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.cli.support import assert_refused, dump, farm, graphkit, powerless, process


def replaced(name: str, values: object) -> pa.Table:
    table = farm()
    return table.set_column(table.schema.get_field_index(name), name, values)


def seconds(first: int) -> pa.Table:
    return replaced("ts", pa.array([first + i for i in range(len(farm()))], pa.int64()))


TABLES: dict[str, tuple[Callable[[], pa.Table], list[str], list[str]]] = {
    "no ts column": (lambda: farm().drop_columns("ts"), [], ["likes.parquet", "no column ts", "[columns]"]),
    "other names": (lambda: farm().rename_columns(["uid", "note_id", "ts"]), [], ["user_id", 'user_id = "uid"']),
    "users are floats": (
        lambda: replaced("user_id", pa.array([0.5] * len(farm()))),
        [],
        ["column user_id has type double", "wanted an integer or a string"],
    ),
    "times are text": (
        lambda: replaced("ts", farm()["ts"].cast(pa.string())),
        [],
        ["column ts has type string", "wanted a timestamp"],
    ),
    "times without unit": (lambda: seconds(1_795_305_600), [], ["column ts", "--ts-unit s"]),
    "times of 1970": (lambda: seconds(0), ["--ts-unit", "s"], ["impossible_ts", "--ts-unit"]),
    "times of 2262": (
        lambda: replaced("ts", pa.array([2**63 - 1 - i for i in range(len(farm()))], pa.timestamp("ns"))),
        [],
        ["impossible_ts"],
    ),
    "ids with many nulls": (
        lambda: replaced("user_id", pa.array([None, "a"] * (len(farm()) // 2))),
        [],
        ["null_user_id", "max_bad_share"],
    ),
    "notes all null": (lambda: replaced("note_id", pa.nulls(len(farm()))), [], ["column note_id has type null"]),
    "no rows": (lambda: farm().slice(0, 0), [], ["no rows"]),
    "no rows in the period": (farm, ["--since", "2030-01-01"], ["--since"]),
    "days only": (
        lambda: replaced("ts", farm()["ts"].cast(pa.date32())),
        [],
        ["times of day resolution"],
    ),
}


@pytest.mark.parametrize(
    ("command", "case"),
    # Times by the day can be read, and no more.
    [("detect", case) for case in TABLES] + [("validate", case) for case in TABLES if case != "days only"],
)
def test_table__refused(tmp_path: Path, command: str, case: str) -> None:
    make, options, fragments = TABLES[case]
    out = tmp_path / "out" / "run"
    target = ["--out", out] if command == "detect" else []
    result = graphkit(command, dump(make(), tmp_path / "likes.parquet"), *options, *target)
    assert_refused(result, out, *fragments)


def write_truncated(path: Path) -> None:
    content = dump(farm(), path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def write_mixed(path: Path) -> None:
    dump(farm(), path / "a.parquet")
    dump(replaced("user_id", pa.array(range(len(farm())))), path / "b.parquet")


def write_foreign(path: Path) -> None:
    path.mkdir()
    (path / "readme.txt").write_text("no Parquet here", encoding="utf-8")


FILES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "nothing there": (lambda path: None, ["does not exist"]),
    "empty file": (lambda path: path.write_bytes(b""), ["is empty (0 bytes)"]),
    "truncated": (write_truncated, ["truncated Parquet"]),
    "CSV": (lambda path: path.write_text("user_id,note_id,ts\n1,2,3\n"), ["not Parquet but CSV text"]),
    "directory without Parquet": (write_foreign, ["*.parquet"]),
    "mixed schemas": (write_mixed, ["column user_id", "a.parquet", "b.parquet", "one type in all files"]),
}


@pytest.mark.parametrize("case", FILES)
def test_file__refused(tmp_path: Path, case: str) -> None:
    write, fragments = FILES[case]
    path = tmp_path / "likes.parquet"
    write(path)
    out = tmp_path / "out" / "run"
    assert_refused(graphkit("detect", path, "--out", out), out, str(path), *fragments)


@pytest.mark.slow
def test_file__unreadable(tmp_path: Path) -> None:
    path = dump(farm(), tmp_path / "likes.parquet")
    path.chmod(0)
    out = tmp_path / "out" / "run"
    result = process("detect", path, "--out", out, preexec_fn=powerless())
    assert_refused(result, out, str(path), "permission denied")


def test_users_table__refused_as_the_likes_are(tmp_path: Path) -> None:
    likes = dump(farm(), tmp_path / "likes.parquet")
    users = dump(pa.table({"name": ["a"]}), tmp_path / "users.parquet")
    out = tmp_path / "out" / "run"
    assert_refused(graphkit("detect", likes, "--users", users, "--out", out), out, "users.parquet", "user_id")


def test_config__all_faults_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[projection]\nfdr = 2\nwidth = 3\n", encoding="utf-8")
    out = tmp_path / "out" / "run"
    result = graphkit("detect", dump(farm(), tmp_path / "likes.parquet"), "--config", config, "--out", out)
    assert_refused(result, out, "projection.fdr", "projection.width")


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        (["--window", "soon"], "window 'soon'"),
        (["--since", "yesterday"], "--since 'yesterday'"),
        (["--since", "2026-02-01", "--until", "2026-01-01"], "since must lie before until"),
        (["--threads", "0"], "--threads"),
        (["--memory", "much"], "--memory 'much'; wanted a size such as 500MB or 6GB"),
        (["--memory", "200MB"], "MB of memory at the least; wanted no more than it may take, 200 MB; raise --memory"),
        (["--scratch", "nowhere"], "--scratch nowhere: no such folder"),
        (["--ts-unit", "h"], "--ts-unit"),
        (["--engine", "abacus"], "--engine"),
        (["--colour"], "--colour"),
        (["--users", "nowhere.parquet"], "nowhere.parquet: does not exist"),
    ],
)
def test_options__senseless(tmp_path: Path, options: list[str], fragment: str) -> None:
    out = tmp_path / "out" / "run"
    result = graphkit("detect", dump(farm(), tmp_path / "likes.parquet"), "--out", out, *options)
    assert_refused(result, out, fragment)


@pytest.mark.parametrize("arguments", [["detect"], ["detect", "likes.parquet"], ["detext"], ["report"], ["--all"]])
def test_usage__one_line(arguments: list[str]) -> None:
    result = graphkit(*arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "--help" in result.stderr
