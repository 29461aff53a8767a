"""The summary on the terminal."""

from __future__ import annotations

import json
import re

import pytest

from graphkit.report import text
from graphkit.report.machine import run_json
from graphkit.report.terminal import MAX_RINGS, summary
from tests.report.made import made_run


def test_summary__says_what_matters() -> None:
    words = summary(made_run(), where="runs/today")
    for wanted in (
        "3 rings found, 6 likes proposed.",
        "1,000 rows read = 990 kept + 6 duplicate + 3 undone + 1 quarantined",
        "2026-11-22 08:00:00 to 2026-11-23 08:00:00 UTC, times to the second",
        "10 min (45 edges)",
        "Members met on the same notes within 600 s 1,234 times, where 5 times were expected.",
        "off: dwell (wants likes.dwell_ms)",
        "the clock was wrong",
        "runs/today/report.html",
        "4 s · 250 rows/s · 412 MB at most · 2 threads",
    ):
        assert wanted in words


def test_summary__rings_by_tier_then_score() -> None:
    shown = re.findall(r"^(R-\d+) .* (purge|review|watch) ", summary(made_run(6)), re.MULTILINE)
    assert shown == [
        ("R-000001", "purge"),
        ("R-000004", "purge"),
        ("R-000002", "review"),
        ("R-000005", "review"),
        ("R-000000", "watch"),
        ("R-000003", "watch"),
    ]


def test_summary__many_rings_are_cut_and_counted() -> None:
    words = summary(made_run(MAX_RINGS + 7))
    assert len(re.findall(r"^R-\d+ ", words, re.MULTILINE)) == MAX_RINGS
    assert "and 7 more rings in rings.parquet" in words


def test_summary__no_rings() -> None:
    words = summary(made_run(0))
    assert "No rings found" in words
    assert "Score" not in words


@pytest.mark.parametrize("width", [60, 100])
def test_summary__lines_fit(width: int) -> None:
    run = made_run(name=lambda t: f"点赞互助群组{t}")
    too_long = [line for line in summary(run, width=width).splitlines() if text.width(line) > width]
    assert too_long == []


def test_summary__colours_change_no_word() -> None:
    run = made_run()
    coloured = summary(run, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == summary(run)


def test_summary__hostile_text_cannot_steer_the_terminal() -> None:
    words = summary(made_run(name=lambda t: f"\x1b]0;{t}\x07\u202e\r\n"), where="runs/\x1b[2J")
    assert all(line.isprintable() for line in words.splitlines())


def test_summary__code_of_another_version_shows_as_it_is() -> None:
    run = made_run(1)
    row = run.rings.to_pylist()[0] | {"reasons": ["NEW_CODE"]}
    tables = {**run.tables, "rings": run.rings.from_pylist([row], schema=run.rings.schema)}
    assert "NEW_CODE" in summary(type(run)(tables, run.info))


def test_json__numbers_that_are_none_are_null() -> None:
    document = json.loads(run_json(made_run(info={"seconds": float("nan")})))
    assert document["info"]["seconds"] is None
    assert document["rings"][0]["evidence"]["device_sharing"] is None
    assert document["rings"][0]["evidence"]["co_likes"] == 1234.0
