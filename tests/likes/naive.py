"""Reading, slow and obvious: lists of dicts in, lists of dicts out. The specification of `read_likes`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from graphkit.config import InputConfig
from graphkit.likes import NO_TIME, UNKNOWN, Accounting, Likes

SECOND = 1_000_000
#: 2000-01-01 and 2100-01-01 in microseconds.
EARLIEST, LATEST = 946_684_800 * SECOND, 4_102_444_800 * SECOND
PAYLOAD = ("dwell_ms", "completed", "device_id", "ip", "source")

Row = dict[str, Any]


@dataclass
class Naive:
    """What reading gives: kept likes by (note, ts, user), where rows went, and why rows were quarantined."""

    likes: list[Row]
    accounting: Accounting
    reasons: list[tuple[int, str]]


def us(moment: Any) -> int | None:
    """Return microseconds of an aware datetime."""
    return None if moment is None else round(moment.timestamp()) * SECOND


def reason(row: Row) -> str | None:
    """Return why a row cannot be used."""
    if row["user_id"] in (None, ""):
        return "null_user_id"
    if row["note_id"] in (None, ""):
        return "null_note_id"
    if row["ts"] is None:
        return "null_ts"
    if not EARLIEST <= row["ts"] < LATEST:
        return "impossible_ts"
    if row.get("action") not in (None, "like", "unlike"):
        return "unknown_action"
    return None


def naive(rows: Sequence[Row], config: InputConfig) -> Naive:
    """Return what reading `rows` must give; ``ts`` is in microseconds."""
    since = us(config.since) or -(2**63)
    until = us(config.until) or 2**63
    outside, reasons, used = 0, [], []
    for number, row in enumerate(rows):
        ts = row["ts"]
        if ts is not None and EARLIEST <= ts < LATEST and not since <= ts < until:
            outside += 1
        elif why := reason(row):
            reasons.append((number, why))
        else:
            used.append(row)

    kept, duplicate, undone = [], 0, 0
    for pair in {(row["user_id"], row["note_id"]) for row in used}:
        its = [row for row in used if (row["user_id"], row["note_id"]) == pair]
        its.sort(key=lambda row: (row["ts"], row.get("action") == "unlike", payload_key(row)))
        last = max((i for i, row in enumerate(its) if row.get("action") == "unlike"), default=-1)
        undone += last + 1
        after = its[last + 1 :]
        if after:
            kept.append(after[0] | {"repeats": len(after) - 1})
            duplicate += len(after) - 1
    kept.sort(key=lambda row: (row["note_id"], row["ts"], row["user_id"]))
    read = len(rows) - outside
    return Naive(kept, Accounting(read, len(kept), duplicate, undone, len(reasons), outside), reasons)


def payload_key(row: Row) -> list[tuple[bool, Any]]:
    """Return what orders payloads: column by column, unknown last."""
    values = [None if row.get(name) == "" else row.get(name) for name in PAYLOAD]
    return [(value is None, 0 if value is None else value) for value in values]


def as_rows(likes: Likes) -> list[Row]:
    """Return likes as the dicts that `naive` gives, coded payload by code."""
    users, notes = likes.users.ids.to_pylist(), likes.notes.ids.to_pylist()
    rows = []
    for i in range(len(likes)):
        row = {"user_id": users[likes.user[i]], "note_id": notes[likes.note[i]], "ts": int(likes.ts[i])}
        row["repeats"] = int(likes.repeats[i])
        if likes.dwell_ms is not None:
            row["dwell_ms"] = None if math.isnan(likes.dwell_ms[i]) else float(likes.dwell_ms[i])
        if likes.completed is not None:
            row["completed"] = None if likes.completed[i] == UNKNOWN else bool(likes.completed[i])
        for name, codes in (("device_id", likes.device), ("ip", likes.ip), ("source", likes.source)):
            if codes is not None:
                row[name] = None if codes[i] == UNKNOWN else int(codes[i])
        rows.append(row)
    return rows


def coded(rows: Sequence[Row]) -> list[Row]:
    """Return kept rows with device, address and source as codes, as `as_rows` gives them."""
    rows = [{k: v for k, v in row.items() if k != "action"} for row in rows]
    for name in ("device_id", "ip", "source"):
        values = sorted({row[name] for row in rows if row.get(name) not in (None, "")})
        for row in rows:
            if name in row:
                row[name] = None if row[name] in (None, "") else values.index(row[name])
    return rows


TYPES = {
    "user_id": pa.string(),
    "note_id": pa.int64(),
    "ts": pa.timestamp("us", "UTC"),
    "action": pa.string(),
    "dwell_ms": pa.float64(),
    "completed": pa.bool_(),
    "device_id": pa.string(),
    "ip": pa.string(),
    "source": pa.string(),
}


def as_table(rows: Sequence[Row], **types: pa.DataType) -> pa.Table:
    """Return rows as a table; `types` overrides the types of columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values, kind = [row.get(name) for row in rows], types.get(name, TYPES[name])
        if name == "ts":
            columns[name] = pa.array(values, TYPES[name]).cast(kind)
        else:
            columns[name] = pa.array(values, kind)
    return pa.table(columns)


def same(a: Likes, b: Likes, files: bool = True) -> None:
    """Assert that two results are equal to the last bit; without `files`, quarantined rows may lie elsewhere."""
    for name in ("user", "note", "ts", "repeats", "dwell_ms", "completed", "device", "ip", "source"):
        _same_arrays(name, getattr(a, name), getattr(b, name))
    for name in ("registered_at", "verified", "followers", "views"):
        _same_arrays(name, getattr(a.users, name), getattr(b.users, name))
    for name in ("author", "published_at", "topic", "views", "saves", "comments", "shares"):
        _same_arrays(name, getattr(a.notes, name), getattr(b.notes, name))
    for name in ("authors", "topics", "title", "ids"):
        assert getattr(a.notes, name) == getattr(b.notes, name), name
    assert a.users.ids == b.users.ids
    assert a.sources == b.sources
    assert (a.resolution_us, a.accounting, a.fingerprint) == (b.resolution_us, b.accounting, b.fingerprint)
    assert a.warnings == b.warnings
    if files:
        assert a.quarantine == b.quarantine
    else:
        columns = ["reason", "text"]
        assert sorted(map(str, a.quarantine.select(columns).to_pylist())) == sorted(
            map(str, b.quarantine.select(columns).to_pylist())
        )


def _same_arrays(name: str, a: np.ndarray | None, b: np.ndarray | None) -> None:
    assert (a is None) == (b is None), name
    if a is not None and b is not None:
        assert a.dtype == b.dtype, name
        np.testing.assert_array_equal(a, b, err_msg=name)


__all__ = ["EARLIEST", "LATEST", "NO_TIME", "SECOND", "Naive", "as_rows", "as_table", "coded", "naive", "same"]
