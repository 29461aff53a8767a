"""``graphkit simulate``: a world on disk, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.support import assert_refused, graphkit

TABLES = {f"{n}.parquet" for n in ("likes", "users", "notes", "truth_users", "truth_likes", "truth_groups")}


def simulate(out: Path, *options: object) -> None:
    result = graphkit("simulate", out, "--world", "small", "--users", 600, "--days", 2, *options)
    assert result.exit_code == 0, result.output


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def test_simulate__writes_tables_truth_and_parameters(tmp_path: Path) -> None:
    simulate(tmp_path / "world", "--seed", 3)
    assert names(tmp_path / "world") == TABLES | {"world.toml"}


def test_simulate__its_file_of_parameters_makes_it_again(tmp_path: Path) -> None:
    simulate(tmp_path / "a", "--seed", 3)
    result = graphkit("simulate", tmp_path / "b", "--world", tmp_path / "a" / "world.toml", "--seed", 3)
    assert result.exit_code == 0, result.output
    for name in TABLES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_simulate__bare(tmp_path: Path) -> None:
    simulate(tmp_path / "world", "--bare")
    assert {"users.parquet", "notes.parquet"} & names(tmp_path / "world") == set()


def test_simulate__existing_world_needs_force(tmp_path: Path) -> None:
    out = tmp_path / "world"
    simulate(out)
    before = (out / "likes.parquet").read_bytes()
    again = graphkit("simulate", out, "--world", "small", "--users", 600, "--days", 2, "--seed", 1)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert (out / "likes.parquet").read_bytes() == before
    simulate(out, "--seed", 1, "--force")
    assert (out / "likes.parquet").read_bytes() != before
    assert names(tmp_path) == {"world"}


def test_simulate__anything_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear", encoding="utf-8")
    result = graphkit("simulate", tmp_path / "letters", "--force")
    assert result.exit_code == 2
    assert names(tmp_path / "letters") == {"one.txt"}


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        (["--world", "atlantis"], "atlantis"),
        (["--world", "nowhere.toml"], "nowhere.toml"),
        (["--users", 3], "users 3"),
        (["--seed", -1], "--seed"),
    ],
)
def test_simulate__senseless(tmp_path: Path, options: list[object], fragment: str) -> None:
    out = tmp_path / "out" / "world"
    assert_refused(graphkit("simulate", out, *options), out, fragment)
