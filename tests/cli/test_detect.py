"""``graphkit detect``: whole runs, on the terminal, in a pipe and as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
import pty
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.columns import TIMESTAMP
from tests.cli.support import RUN_FILES, START, assert_refused, dump, farm, graphkit, process


@pytest.fixture
def likes(tmp_path: Path) -> Path:
    """A farm of ten users on twelve notes, among others."""
    return dump(farm(), tmp_path / "likes.parquet")


def ran(likes: Path, out: Path, *options: object) -> dict[str, int]:
    """Run detection, check that the run is whole and its rows accounted for, and return its counts."""
    result = graphkit("detect", likes, "--out", out, *options)
    assert result.exit_code == 0, result.output
    assert {p.name for p in out.iterdir()} == RUN_FILES
    counts: dict[str, int] = gk.load(out).info["counts"]
    assert counts["read"] == sum(counts[n] for n in ("kept", "duplicate", "undone", "quarantined"))
    return counts


def test_farm__is_found_with_all_its_members(likes: Path, tmp_path: Path) -> None:
    counts = ran(likes, tmp_path / "run")
    assert (counts["read"], counts["rings"], counts["members"], counts["targets"]) == (2000, 1, 10, 12)
    assert gk.load(tmp_path / "run").members["user_id"].to_pylist() == [f"u{i:03}" for i in range(10)]


def test_farm__summary_names_ring_reason_and_files(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = graphkit("detect", likes, "--out", out)
    (ring,) = gk.load(out).rings.to_pylist()
    for words in (
        ring["ring_id"],
        ring["tier"],
        "2,000 rows read = 1,969 kept + 31 duplicate + 0 undone + 0 quarantined",
        "2026-11-22 08:00:00 to 2026-11-23 07:58:55 UTC, times to the second",
        "dwell (wants likes.dwell_ms)",
        str(out / "report.html"),
    ):
        assert words in " ".join(result.stdout.split())
    assert result.stderr == ""


def test_one_thread_and_two__same_tables(likes: Path, tmp_path: Path) -> None:
    for n in (1, 2):
        ran(likes, tmp_path / f"run{n}", "--threads", n)
    for name in RUN_FILES - {"run.json", "report.html"}:
        assert (tmp_path / "run1" / name).read_bytes() == (tmp_path / "run2" / name).read_bytes(), name


def test_json__one_document_and_nothing_else(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = graphkit("detect", likes, "--out", out, "--json")
    document = json.loads(result.stdout)
    assert set(document) == {"run", "info", "rings"}
    assert document["run"] == str(out)
    assert document["info"]["counts"] == gk.load(out).info["counts"]
    assert [r["ring_id"] for r in document["rings"]] == gk.load(out).rings["ring_id"].to_pylist()
    assert document["rings"][0]["first_ts"] == "2026-11-22T08:00:00+00:00"
    assert result.stderr == ""


def test_window__is_the_ladder(likes: Path, tmp_path: Path) -> None:
    ran(likes, tmp_path / "run", "--window", "10m,60s")
    assert [w["window_s"] for w in gk.load(tmp_path / "run").info["windows"]] == [60, 600]


def test_since_and_until__since_included_until_not(likes: Path, tmp_path: Path) -> None:
    counts = ran(likes, tmp_path / "run", "--since", "2026-11-22T09:00", "--until", "2026-11-22T18:00+08:00")
    first = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
    last = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)  # 18:00 in Shanghai
    inside = sum(first <= t < last for t in farm()["ts"].to_pylist())
    assert first in farm()["ts"].to_pylist()
    assert last in farm()["ts"].to_pylist()
    assert (counts["read"], counts["outside"]) == (inside, 2000 - inside)


def test_columns_and_unit__from_config_and_options(tmp_path: Path) -> None:
    table = farm().rename_columns(["uid", "note_id", "ts"])
    stamps = table["ts"].cast(pa.int64()).combine_chunks().to_numpy() // 1_000_000
    likes = dump(table.set_column(2, "ts", pa.array(stamps)), tmp_path / "likes.parquet")
    config = tmp_path / "config.toml"
    config.write_text('[columns]\nuser_id = "uid"\n', encoding="utf-8")
    assert ran(likes, tmp_path / "run", "--config", config, "--ts-unit", "s")["rings"] == 1


def write_likes(path: Path, users: list[str], notes: list[str], seconds: list[int]) -> Path:
    times = pa.array([START + dt.timedelta(seconds=s) for s in seconds], TIMESTAMP)
    return dump(pa.table({"user_id": users, "note_id": notes, "ts": times}), path)


def test_one_like(tmp_path: Path) -> None:
    likes = write_likes(tmp_path / "likes.parquet", ["u"], ["n"], [0])
    assert ran(likes, tmp_path / "run")["rings"] == 0


def test_one_user__likes_all(tmp_path: Path) -> None:
    likes = write_likes(tmp_path / "likes.parquet", ["u"] * 50, [f"n{i}" for i in range(50)], [*range(50)])
    counts = ran(likes, tmp_path / "run")
    assert (counts["users"], counts["rings"]) == (1, 0)


def test_one_note__liked_by_all(tmp_path: Path) -> None:
    likes = write_likes(tmp_path / "likes.parquet", [f"u{i}" for i in range(50)], ["n"] * 50, [*range(50)])
    counts = ran(likes, tmp_path / "run")
    assert (counts["notes"], counts["rings"]) == (1, 0)


@pytest.mark.parametrize("seconds", [0, 7])
def test_one_instant__is_no_ring(tmp_path: Path, seconds: int) -> None:
    table = farm()
    table = table.set_column(2, "ts", pa.array([START + dt.timedelta(seconds=seconds)] * len(table), TIMESTAMP))
    counts = ran(dump(table, tmp_path / "likes.parquet"), tmp_path / "run")
    assert (counts["kept"], counts["rings"]) == (1969, 0)
    # A full hour could be rounded: the ladder is widened, and the run says so.
    assert bool(gk.load(tmp_path / "run").info["warnings"]) == (seconds == 0)


def test_duplicate_rows__are_counted(tmp_path: Path) -> None:
    likes = dump(pa.concat_tables([farm(), farm(), farm()]), tmp_path / "likes.parquet")
    counts = ran(likes, tmp_path / "run")
    assert (counts["read"], counts["kept"], counts["duplicate"], counts["rings"]) == (6000, 1969, 4031, 1)


def test_few_null_ids__are_set_aside(tmp_path: Path) -> None:
    bad = pa.table({"user_id": pa.array([None], pa.string()), "note_id": ["n"], "ts": pa.array([START], TIMESTAMP)})
    likes = dump(pa.concat_tables([farm(), bad]), tmp_path / "likes.parquet")
    assert ran(likes, tmp_path / "run")["quarantined"] == 1
    (row,) = gk.load(tmp_path / "run").quarantine.to_pylist()
    assert (row["file"], row["row"], row["reason"]) == ("likes.parquet", 2000, "null_user_id")


@pytest.mark.slow
def test_a_million_likes_on_one_note(tmp_path: Path) -> None:
    n = 1_000_000
    stamps = START.timestamp() * 1e6 + np.random.default_rng(1).integers(0, 86_400_000_000, n)
    table = pa.table(
        {
            "user_id": pa.array(np.arange(n)),
            "note_id": pa.array(np.zeros(n, np.int64)),
            "ts": pa.array(stamps.astype(np.int64)).cast(TIMESTAMP),
        }
    )
    counts = ran(dump(table, tmp_path / "likes.parquet"), tmp_path / "run")
    assert (counts["kept"], counts["rings"]) == (n, 0)


def test_existing_run__refused_and_untouched(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ran(likes, out)
    before = {p.name: p.stat().st_mtime_ns for p in out.iterdir()}
    result = graphkit("detect", likes, "--out", out)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert {p.name: p.stat().st_mtime_ns for p in out.iterdir()} == before


def test_existing_run__replaced_with_force(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ran(likes, out)
    ran(likes, out, "--force", "--window", "60s")
    assert len(gk.load(out).info["windows"]) == 1
    assert {p.name for p in tmp_path.iterdir()} == {"likes.parquet", "run"}


def test_existing_directory_that_is_no_run__never_replaced(likes: Path, tmp_path: Path) -> None:
    precious = tmp_path / "photos" / "holiday.txt"
    precious.parent.mkdir()
    precious.write_text("sun", encoding="utf-8")
    result = graphkit("detect", likes, "--out", precious.parent, "--force")
    assert result.exit_code == 2
    assert precious.read_text(encoding="utf-8") == "sun"


def test_out_inside_a_file__refused_before_reading(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = graphkit("detect", tmp_path / "absent.parquet", "--out", tmp_path / "file" / "run")
    assert result.exit_code == 2
    assert "absent" not in result.stderr


def test_parents_of_out__are_made(likes: Path, tmp_path: Path) -> None:
    ran(likes, tmp_path / "a" / "b" / "run")


@pytest.mark.slow
def test_pipe__no_colours_no_progress(likes: Path, tmp_path: Path) -> None:
    result = process("detect", likes, "--out", tmp_path / "run")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert "\r" not in result.stdout
    assert "1 ring found" in result.stdout


@pytest.mark.slow
def test_terminal__colours_and_the_same_words(likes: Path, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    result = process("detect", likes, "--out", tmp_path / "run", stdout=slave, env=environment)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(master)
    assert (result.returncode, result.stderr) == (0, "")
    assert b"\x1b[" in shown
    assert b"1 ring found" in shown


def test_hostile_ids__reach_the_tables_unchanged_and_the_terminal_not(tmp_path: Path) -> None:
    table = farm()
    names = pa.array([f"\x1b[31m<script>{u}\u202e点赞" for u in table["user_id"].to_pylist()])
    likes = dump(table.set_column(0, "user_id", names), tmp_path / "likes.parquet")
    result = graphkit("detect", likes, "--out", tmp_path / "run")
    assert result.exit_code == 0
    assert gk.load(tmp_path / "run").members["user_id"].to_pylist() == names.to_pylist()[:10]
    assert "\x1b" not in result.stdout
    assert "<script>u" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_report_command__renders_the_saved_run_again(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ran(likes, out)
    first = (out / "report.html").read_text(encoding="utf-8")
    (out / "report.html").unlink()
    result = graphkit("report", out)
    assert (result.exit_code, result.stdout) == (0, f"{out / 'report.html'}\n")
    assert (out / "report.html").read_text(encoding="utf-8") == first
    assert {p.name for p in out.iterdir()} == RUN_FILES


def test_report_command__makes_do_without_the_likes(likes: Path, tmp_path: Path) -> None:
    out, here = tmp_path / "run", tmp_path / "here.parquet"
    shutil.copy(likes, here)
    ran(here, out)
    first = (out / "report.html").read_text(encoding="utf-8")
    moved = here.rename(tmp_path / "elsewhere.parquet")
    result = graphkit("report", out)
    assert result.exit_code == 0
    assert result.stderr.startswith("graphkit: without the likes: ")
    assert (out / "report.html").read_text(encoding="utf-8") != first
    assert graphkit("report", out, "--likes", moved).exit_code == 0
    assert (out / "report.html").read_text(encoding="utf-8") == first


def test_report_command__other_likes_are_refused_and_the_page_stands(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ran(likes, out)
    first = (out / "report.html").read_bytes()
    other = dump(farm(users=11), tmp_path / "other.parquet")
    result = graphkit("report", out, "--likes", other)
    assert result.exit_code == 2
    assert "fingerprint" in result.stderr
    assert (out / "report.html").read_bytes() == first


def test_report_command__opens_in_a_language(likes: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ran(likes, out)
    assert graphkit("report", out, "--lang", "zh").exit_code == 0
    assert '"language":"zh"' in (out / "report.html").read_text(encoding="utf-8")


def test_report_command__not_a_run(tmp_path: Path) -> None:
    assert_refused(graphkit("report", tmp_path / "run"), tmp_path / "run", "run.json")


def test_tables__readable_by_others(likes: Path, tmp_path: Path) -> None:
    ran(likes, tmp_path / "run")
    for name in RUN_FILES:
        if name.endswith(".parquet"):
            assert pq.read_schema(tmp_path / "run" / name).names, name


def test_module__is_the_command() -> None:
    result = process("--version")
    assert (result.returncode, result.stdout) == (0, f"graphkit {gk.__version__}\n")
