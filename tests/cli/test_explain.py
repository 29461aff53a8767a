"""``graphkit explain``: the subject, the likes behind it, the packet, and what goes wrong."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.support import assert_refused, dump, farm, graphkit

#: Nothing is to be made there.
NOWHERE = Path("nowhere", "at-all")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run, and the likes it was made from."""
    folder = tmp_path_factory.mktemp("explain")
    likes = dump(farm(), folder / "likes.parquet")
    result = graphkit("detect", likes, "--out", folder / "run")
    assert result.exit_code == 0, result.output
    return folder / "run", likes


def test_explain__a_flagged_user(places: tuple[Path, Path]) -> None:
    result = graphkit("explain", places[0], "--user", "u003")
    assert result.exit_code == 0, result.output
    assert "likes of user u003 were given together with a ring of 10 users" in result.stdout
    assert "What speaks against it" in result.stdout
    assert "its likes, counted again" in result.stdout


def test_explain__in_chinese(places: tuple[Path, Path]) -> None:
    result = graphkit("explain", places[0], "--ring", "R-", "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert "反证" in result.stdout


def test_explain__a_user_who_is_not_flagged_as_json(places: tuple[Path, Path]) -> None:
    result = graphkit("explain", places[0], "--user", "x7", "--json")
    found = json.loads(result.stdout)
    assert found["headline"].startswith("User x7 belongs to no ring")
    assert found["facts"]["strongest"]["weight"] >= 1


def test_explain__one_like(places: tuple[Path, Path]) -> None:
    result = graphkit("explain", places[0], "--user", "u003", "--note", "n004")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("The like of user u003 on note n004 is proposed for")
    assert "9 other members liked the note within 60 s of it" in result.stdout


def test_explain__an_unknown_user_is_refused(places: tuple[Path, Path]) -> None:
    assert_refused(graphkit("explain", places[0], "--user", "nobody"), NOWHERE, "no user 'nobody' in the likes")


def test_explain__nothing_is_refused(places: tuple[Path, Path]) -> None:
    assert_refused(graphkit("explain", places[0]), NOWHERE, "nothing to explain")


def test_explain__likes_that_moved_are_named_and_the_tables_must_do(places: tuple[Path, Path], tmp_path: Path) -> None:
    run, likes = places
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    moved = tmp_path / "run"
    moved.mkdir()
    for file in run.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())
    info["input"]["likes"] = str(tmp_path / "gone.parquet")
    (moved / "run.json").write_text(json.dumps(info), encoding="utf-8")
    without = graphkit("explain", moved, "--user", "u003")
    assert without.exit_code == 0
    assert without.stderr.startswith("graphkit: without the likes: ")
    assert "The tables of the run, which hold" in without.stdout
    with_them = graphkit("explain", moved, "--user", "u003", "--likes", likes)
    assert (with_them.exit_code, with_them.stderr) == (0, "")
    assert "its likes, counted again" in with_them.stdout


def test_explain__other_likes_are_refused(places: tuple[Path, Path], tmp_path: Path) -> None:
    other = dump(pq.read_table(places[1]).slice(1), tmp_path / "other.parquet")
    assert_refused(
        graphkit("explain", places[0], "--user", "u003", "--likes", other), NOWHERE, "likes with fingerprint"
    )


@pytest.mark.parametrize("ending", ["json", "html"])
def test_explain__writes_the_packet(places: tuple[Path, Path], tmp_path: Path, ending: str) -> None:
    packet = tmp_path / f"appeal.{ending}"
    result = graphkit("explain", places[0], "--user", "u003", "--appeal", packet)
    assert result.exit_code == 0, result.output
    text = packet.read_text(encoding="utf-8")
    assert "u003" in text
    assert "u004" not in text
    assert [path.name for path in tmp_path.iterdir()] == [packet.name]


@pytest.mark.parametrize(
    ("name", "user", "words"),
    [
        ("appeal.txt", "u003", "wanted a name that ends in .json or .html"),
        ("there.json", "u003", "exists; wanted a new file; choose another --appeal"),
        ("no/appeal.json", "u003", "cannot be written; wanted a file in a directory that is there"),
        ("appeal.json", None, "--appeal without --user; wanted the user who appeals"),
    ],
)
def test_explain__a_packet_that_cannot_be_is_refused_first(
    places: tuple[Path, Path], tmp_path: Path, name: str, user: str | None, words: str
) -> None:
    (tmp_path / "there.json").touch()
    asked = ["--user", user] if user else ["--note", "n004"]
    assert_refused(graphkit("explain", places[0], *asked, "--appeal", tmp_path / name), NOWHERE, words)
    assert [path.name for path in tmp_path.iterdir()] == ["there.json"]


def test_explain__no_room_for_the_packet_names_it_and_leaves_nothing(
    places: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    packet = tmp_path / "appeal.html"
    monkeypatch.setattr(Path, "write_text", full)
    result = graphkit("explain", places[0], "--user", "u003", "--appeal", packet)
    assert_refused(result, packet, f"{packet}: No space left on device; wanted room and leave to write")
