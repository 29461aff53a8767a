"""``graphkit validate``: what a dump holds, without running anything on it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from graphkit.columns import TIMESTAMP
from graphkit.schemas import LIKES, NOTES, USERS
from tests.cli.support import START, dump, farm, graphkit


@pytest.fixture
def likes(tmp_path: Path) -> Path:
    """A farm among others, each like with its dwell, and two rows that cannot be used."""
    table = farm().append_column("dwell_ms", pa.array([900.0] * len(farm())))
    bad = {
        "user_id": [None, "u"],
        "note_id": ["n", "n"],
        "ts": pa.array([START, None], TIMESTAMP),
        "dwell_ms": [1.0, 2.0],
    }
    return dump(pa.concat_tables([table, pa.table(bad, schema=table.schema)]), tmp_path / "likes.parquet")


def test_validate__accounts_and_says_what_is_there(likes: Path, tmp_path: Path) -> None:
    users = dump(pa.table({"user_id": ["u000"], "followers": [3]}), tmp_path / "users.parquet")
    result = graphkit("validate", likes, "--users", users)
    assert (result.exit_code, result.stderr) == (0, "")
    words = " ".join(result.stdout.split())
    for wanted in (
        "A run can use 1,969 likes.",
        "2,002 rows read = 1,969 kept + 31 duplicate + 0 undone + 2 quarantined",
        "2026-11-22 08:00:00 to 2026-11-23 07:58:55 UTC, times to the second",
        "310 users, 212 notes",
        "Co-likes at most, by window: 60 s 548 · 10 min 654 · 1 h 1,225 · 6 h 4,240",
        "A run takes 0.3 GB of memory, and about 1 s to count pairs",
        "null_ts 1 · null_user_id 1",
        "user_id (string) · note_id (string) · ts (timestamp[us, tz=UTC]) · dwell_ms (double)",
        "action · completed · device_id · ip · source",
        "followers (int64)",
        "notes not given",
        "registration (wants users.registered_at)",
    ):
        assert wanted in words
    assert "dwell (wants" not in words
    assert {p.name for p in tmp_path.iterdir()} == {"likes.parquet", "users.parquet"}


def test_validate__json(likes: Path) -> None:
    found = json.loads(graphkit("validate", likes, "--json").stdout)
    assert found["counts"]["quarantined"] == 2
    assert found["quarantine"] == {"null_ts": 1, "null_user_id": 1}
    assert found["resolution_us"] == 1_000_000
    assert found["period"]["first_ts"] == "2026-11-22T08:00:00+00:00"
    for table in (LIKES, USERS, NOTES):
        there = found["input"][table.name]
        assert sorted([*there["found"], *there["absent"]]) == sorted(table.names)
    assert found["input"]["users"]["path"] is None
    assert {"channel": "devices", "column": "likes.device_id"} in found["evidence_off"]


def test_validate__times_by_the_day(tmp_path: Path) -> None:
    table = farm()
    days = table.set_column(2, "ts", table["ts"].cast(pa.date32(), safe=False))
    result = graphkit("validate", dump(days, tmp_path / "likes.parquet"))
    assert result.exit_code == 0
    assert "times to the day" in result.stdout


def test_validate__times_without_zone_are_warned_of(tmp_path: Path) -> None:
    table = farm()
    naive = table.set_column(2, "ts", table["ts"].cast(pa.timestamp("us")))
    result = graphkit("validate", dump(naive, tmp_path / "likes.parquet"))
    assert result.exit_code == 0
    assert "were read as UTC" in result.stdout


def test_validate__times_too_coarse_for_a_run(tmp_path: Path) -> None:
    days = pa.table({"user_id": ["a", "b"], "note_id": ["n", "n"], "ts": pa.array([19_000, 19_001], pa.date32())})
    path = dump(days, tmp_path / "days.parquet")
    result = graphkit("validate", path)
    assert result.exit_code == 0
    assert "no run: times of day resolution" in " ".join(result.output.split())
    assert json.loads(graphkit("validate", path, "--json").stdout)["cost"] is None
