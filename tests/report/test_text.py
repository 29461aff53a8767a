"""Numbers and foreign text as people read them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.report import text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 s"), (60, "60 s"), (90, "90 s"), (600, "10 min"), (3600, "1 h"), (5400, "90 min"), (172800, "48 h")],
)
def test_window__whole_units(seconds: int, words: str) -> None:
    assert text.window(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.034, "0.034 s"), (9.44, "9.4 s"), (59.4, "59 s"), (59.9, "1 min"), (3725, "1 h 2 min"), (90_000, "1 d 1 h")],
)
def test_duration__two_units(seconds: float, words: str) -> None:
    assert text.duration(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.004, "0.40 %"), (0.5, "50 %"), (0.996, "99.60 %"), (1.0, "100 %"), (None, "–")],
)
def test_percent__never_rounds_to_none_or_all(share: float | None, words: str) -> None:
    assert text.percent(share) == words


@pytest.mark.parametrize(("x", "words"), [(0.9999, "0.999"), (1.0, "1.000"), (0.5, "0.500"), (float("nan"), "–")])
def test_score__only_one_reads_one(x: float, words: str) -> None:
    assert text.score(x) == words


@pytest.mark.parametrize(
    ("x", "words"), [(0.0, "0"), (1234.6, "1,235"), (0.00012, "1e-04"), (45.0, "45"), (0.391, "0.391"), (None, "–")]
)
def test_amount__three_digits(x: float | None, words: str) -> None:
    assert text.amount(x) == words


@pytest.mark.parametrize(("size", "words"), [(999, "999 B"), (412_000_000, "412 MB"), (7_600_000_000, "7.6 GB")])
def test_memory__decimal_units(size: int, words: str) -> None:
    assert text.memory(size) == words


def test_moment__any_zone_becomes_utc() -> None:
    china = dt.timezone(dt.timedelta(hours=8))
    assert text.moment(dt.datetime(2026, 11, 22, 7, tzinfo=china)) == "2026-11-21 23:00:00"
    assert text.moment("2026-11-22T07:00:00+08:00") == "2026-11-21 23:00:00"


def test_clean__writes_out_what_cannot_be_seen() -> None:
    assert text.clean("a\x1b[2J\u202eb\n\ud800点赞") == "a\\x1b[2J\\u202eb\\n\\ud800点赞"


@given(st.text())
def test_clean__leaves_only_visible_text(value: str) -> None:
    assert text.clean(value).isprintable()


def test_width__wide_characters_take_two_cells() -> None:
    assert [text.width(t) for t in ("abc", "点赞", "ｱ", "e\u0301")] == [3, 4, 1, 1]


@given(st.text(), st.integers(2, 30))
def test_cut__fits_and_keeps_what_fits(value: str, cells: int) -> None:
    short = text.cut(value, cells)
    assert text.width(short) <= cells
    assert short == value or short.endswith("…")


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)), st.integers(2, 30))
def test_wrap__loses_nothing_and_fits(words: list[str], cells: int) -> None:
    lines = text.wrap(" ".join(words), cells)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(text.width(line) <= cells for line in lines)


def test_table__columns_stand_below_each_other_with_wide_characters() -> None:
    lines = text.table([["a", "1"], ["点赞", "1000"], ["bcde", "20"]], [False, True])
    assert lines == ["a        1", "点赞  1000", "bcde    20"]
