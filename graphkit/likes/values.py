"""Arrow columns to numpy, one rule for each kind of value: times, numbers, flags."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.likes.model import F64, I8, I64, NO_TIME, UNKNOWN

_PER_S = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY_US = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_us(moment: dt.datetime) -> int:
    """Return microseconds since 1970 UTC, exactly."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def is_time(kind: pa.DataType) -> bool:
    """Tell whether a column of this type says by itself what instants it holds."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def is_naive(kind: pa.DataType) -> bool:
    """Tell whether a column of this type holds times without a zone."""
    return bool(pa.types.is_timestamp(kind) and kind.tz is None)


def times(array: pa.Array, unit: str | None) -> I64:
    """Return microseconds since 1970 UTC, int64, `NO_TIME` where null.

    Nanoseconds are floored. What int64 microseconds cannot hold becomes the nearest value they can, which no
    sensible window of time contains.

    Parameters
    ----------
    array
        Timestamps of any unit and zone (UTC where there is none), dates, or integers.
    unit
        Unit of integers: ``s``, ``ms``, ``us`` or ``ns``.
    """
    kind = array.type
    if pa.types.is_null(kind):
        return np.full(len(array), NO_TIME, np.int64)
    if pa.types.is_date32(kind):
        array, factor, divisor = array.view(pa.int32()), _DAY_US, 1
    else:
        if pa.types.is_timestamp(kind):
            unit, array = kind.unit, array.view(pa.int64())
        elif pa.types.is_date64(kind):
            unit, array = "ms", array.view(pa.int64())
        per_s = _PER_S[unit or "us"]
        factor, divisor = max(1, 1_000_000 // per_s), max(1, per_s // 1_000_000)
    raw = array.fill_null(0).to_numpy(zero_copy_only=False) if array.null_count else array.to_numpy()
    if raw.dtype == np.uint64:
        raw = np.minimum(raw, np.uint64(np.iinfo(np.int64).max))
    ticks = raw.astype(np.int64, copy=False)
    if factor > 1:
        bound = np.iinfo(np.int64).max // factor
        ticks = np.clip(ticks, -bound, bound) * factor
    elif divisor > 1:
        ticks = ticks // divisor
    if array.null_count:
        ticks = np.where(valid(array), ticks, NO_TIME)
    return np.asarray(ticks)


def valid(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which values are not null."""
    return np.asarray(pc.is_valid(array).to_numpy(zero_copy_only=False))


def guess_unit(array: pa.Array) -> tuple[str, str]:
    """Return what integer times look like: a description of their size, and a unit or an empty text.

    Judged by the median against the years 1990 to 2100.
    """
    some = array.drop_null()
    if len(some) == 0:
        return "no values", ""
    middle = float(np.median(some.to_numpy(zero_copy_only=False).astype(np.float64)))
    for unit, per_s in _PER_S.items():
        if 6.3e8 * per_s <= middle < 4.1e9 * per_s:
            return f"values near {middle:.1e}".replace("e+", "e"), unit
    return f"values near {middle:.1e}".replace("e+", "e"), ""


def numbers(array: pa.Array) -> F64:
    """Return float64, NaN where null, infinite or negative: no count and no duration is."""
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    values = np.array(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    values[~(values >= 0) | np.isinf(values)] = np.nan
    values += 0.0  # one zero
    return values


def flags(array: pa.Array) -> I8:
    """Return 1, 0 or `UNKNOWN` where null, int8."""
    if pa.types.is_null(array.type):
        return np.full(len(array), UNKNOWN, np.int8)
    return np.asarray(array.cast(pa.int8()).fill_null(UNKNOWN).to_numpy(zero_copy_only=False))
