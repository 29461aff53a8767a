"""Times of every unit, zone and size; resolution."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import InputConfig
from graphkit.likes import NO_TIME, Likes, read_likes
from graphkit.likes.values import flags, numbers, times, to_us
from tests.likes.naive import SECOND

T0 = 1_795_305_600 * SECOND
PER_US = {"s": 1 / SECOND, "ms": 1 / 1000, "us": 1, "ns": 1000}


def likes_at(ts: pa.Array, **settings: object) -> Likes:
    """Read one like of each user at these times."""
    table = pa.table({"user_id": range(len(ts)), "note_id": [0] * len(ts), "ts": ts})
    return read_likes(table, config=InputConfig(max_bad_share=1, **settings))


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_and_zone(unit: str, zone: str | None) -> None:
    moments = [T0, T0 + 3 * SECOND]
    ts = pa.array([int(m * PER_US[unit]) for m in moments], pa.int64()).view(pa.timestamp(unit, zone))
    likes = likes_at(ts)
    assert likes.ts.tolist() == moments
    assert likes.resolution_us == SECOND
    naive = ("likes: times without a zone in ts were read as UTC",)
    assert likes.warnings == (naive if zone is None else ())


def test_a_zone_moves_nothing() -> None:
    moment = dt.datetime(2026, 11, 22, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert likes_at(pa.array([moment])).ts.tolist() == [T0]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
def test_integers_with_a_unit(unit: str, kind: pa.DataType) -> None:
    assert likes_at(pa.array([int(T0 * PER_US[unit])], kind), ts_unit=unit).ts.tolist() == [T0]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates(kind: pa.DataType) -> None:
    likes = likes_at(pa.array([dt.date(2026, 11, 22), None, dt.date(2026, 11, 24)], kind))
    assert likes.ts.tolist() == [T0, T0 + 2 * 86_400 * SECOND]
    assert likes.resolution_us == 86_400 * SECOND
    assert likes.quarantine["reason"].to_pylist() == ["null_ts"]
    assert likes.warnings == ()


def test_nanoseconds_are_floored() -> None:
    assert times(pa.array([1999, 2000, -1, -1000], pa.timestamp("ns")), None).tolist() == [1, 2, -1, -1]


_EXTREMES = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([-(2**63), 2**63 - 1, 0, T0]), st.none())


@given(st.lists(_EXTREMES, min_size=1), st.sampled_from(["s", "ms", "us", "ns"]))
def test_any_integer_is_exact_or_impossible(values: list[int | None], unit: str) -> None:
    got = times(pa.array(values, pa.int64()).view(pa.timestamp(unit)), None).tolist()
    for value, us in zip(values, got, strict=True):
        if value is None:
            assert us == NO_TIME
            continue
        exact = {"s": value * SECOND, "ms": value * 1000, "us": value, "ns": value // 1000}[unit]
        if abs(exact) < 2**62:
            assert us == exact
        else:  # beyond any window of time the config allows
            assert abs(us) > to_us(dt.datetime.max.replace(tzinfo=dt.UTC))
            assert (us > 0) == (exact > 0)


def test_extremes_are_quarantined() -> None:
    ends = [np.iinfo(np.int64).min, np.iinfo(np.int64).max]
    for unit in ("s", "ms", "us", "ns"):
        good = int(T0 * PER_US[unit])
        ts = pa.array([*ends, good], pa.int64())
        for likes in (likes_at(ts.view(pa.timestamp(unit, "UTC"))), likes_at(ts, ts_unit=unit)):
            assert likes.quarantine["reason"].to_pylist() == ["impossible_ts"] * 2
            assert likes.ts.tolist() == [T0]
    for ts in (pa.array([2**31 - 1, -(2**31), T0 // (86_400 * SECOND)], pa.int32()).view(pa.date32()),
               pa.array([2**64 - 1, 2**63, T0 // SECOND], pa.uint64())):  # fmt: skip
        assert likes_at(ts, ts_unit="s").accounting.quarantined == 2


def test_earliest_is_included_and_latest_is_not() -> None:
    moment = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    ts = pa.array([T0 - 1, T0, T0 + 9, T0 + 10], pa.timestamp("us", "UTC"))
    likes = likes_at(ts, earliest=moment, latest=moment + dt.timedelta(microseconds=10))
    assert likes.ts.tolist() == [T0, T0 + 9]


def test_int96_beyond_nanoseconds(tmp_path: Path) -> None:
    """Spark's old times: as nanoseconds the year 2300 wraps into 1715, as microseconds it does not."""
    moment = dt.datetime(2300, 1, 1)  # noqa: DTZ001
    ts = pa.array([moment, dt.datetime(2026, 11, 22)], pa.timestamp("us"))  # noqa: DTZ001
    table = pa.table({"user_id": [1, 2], "note_id": [1, 1], "ts": ts})
    pq.write_table(table, tmp_path / "a.parquet", use_deprecated_int96_timestamps=True)
    config = InputConfig(latest=dt.datetime(2400, 1, 1, tzinfo=dt.UTC))
    assert read_likes(tmp_path, config=config).ts.tolist() == [T0, to_us(moment.replace(tzinfo=dt.UTC))]


def test_files_of_different_units(tmp_path: Path) -> None:
    for name, kind in (("a", pa.timestamp("s")), ("b", pa.timestamp("ns", "Asia/Tokyo")), ("c", pa.date32())):
        ts = (
            pa.array([T0 // SECOND], pa.int64())
            .view(pa.timestamp("s"))
            .cast(kind if name != "b" else pa.timestamp("ns"))
        )
        ts = ts.cast(pa.int64()).view(kind) if name == "b" else ts
        pq.write_table(pa.table({"user_id": [name], "note_id": [1], "ts": ts}), tmp_path / f"{name}.parquet")
    assert read_likes(tmp_path).ts.tolist() == [T0] * 3


@pytest.mark.parametrize("step", [1, 1_000, SECOND, 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND])
def test_resolution(step: int) -> None:
    whole = T0 - T0 % (7 * 86_400 * SECOND)
    ts = pa.array([whole + i * step * 7 for i in range(5)], pa.timestamp("us", "UTC"))
    assert likes_at(ts).resolution_us == step


def test_one_time_off_the_grid_counts() -> None:
    ts = pa.array([T0, T0 + 60 * SECOND, T0 + SECOND], pa.timestamp("us", "UTC"))
    assert likes_at(ts).resolution_us == SECOND


def test_numbers_and_flags() -> None:
    got = numbers(pa.array([1, None, -1, 2**53]))
    np.testing.assert_array_equal(got, [1, np.nan, np.nan, 2**53])
    got = numbers(pa.array([-0.0, np.inf, -np.inf, np.nan, None], pa.float64()))
    np.testing.assert_array_equal(got, [0, np.nan, np.nan, np.nan, np.nan])
    assert not np.signbit(got[0])
    assert flags(pa.array([True, False, None])).tolist() == [1, 0, -1]
    assert np.isnan(numbers(pa.nulls(2))).all()
    assert flags(pa.nulls(1)).tolist() == [-1]
