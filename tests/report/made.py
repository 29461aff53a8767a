"""Runs made by hand, of any size and with any text in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from graphkit.columns import Kind
from graphkit.detection import Detection
from graphkit.schemas import CANDIDATES, CHANNELS, EVIDENCE, MEMBERS, OUTPUTS, RINGS, TARGETS

START = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)
IDS = {Kind.USER_ID: pa.string(), Kind.NOTE_ID: pa.string(), Kind.AUTHOR_ID: pa.string()}
TIERS = ("watch", "purge", "review")

Name = Callable[[str], str]


def evidence(ring: int) -> dict[str, float | None]:
    """Return numbers in which devices and dwell are unknown."""
    numbers: dict[str, float | None] = {name: 0.5 for name, _ in EVIDENCE}
    numbers |= dict.fromkeys(("device_sharing", "device_sharing_expected", "dwell_short", "dwell_short_expected"))
    numbers |= {"co_likes": 1234.0, "co_likes_expected": 5.0, "edges": 45.0}
    return numbers | {f"weight_{name}": -1.5 if name == "capture" else 2.0 for name, _ in CHANNELS}


def made_run(
    rings: int = 3, users: int = 4, notes: int = 3, *, name: Name = str, info: Mapping[str, Any] | None = None
) -> Detection:
    """Return a run of rings that take turns in tier; `name` turns every id into the text to show."""
    ring_ids = [f"R-{i:06}" for i in range(rings)]
    each = [(i, ring_ids[i]) for i in range(rings)]
    rows = {
        "rings": [
            {
                "ring_id": ring,
                "kind": name("lockstep"),
                "tier": TIERS[i % 3],
                "score": 0.9 - i / (10 * rings),
                "q_value": 0.01,
                "n_users": users,
                "n_notes": notes,
                "n_authors": notes,
                "n_likes": users * notes,
                "first_ts": START,
                "last_ts": START + dt.timedelta(hours=5),
                "window_s": 600,
                "reasons": ["LOCKSTEP", "CAPTURE"],
                "evidence": evidence(i),
            }
            for i, ring in each
        ],
        "members": [
            {
                "ring_id": ring,
                "user_id": name(f"u{i}-{u}"),
                "tier": TIERS[i % 3],
                "score": 0.9,
                "n_ring_likes": notes,
                "n_likes": 2 * notes,
                "n_partners": users - 1,
                "reasons": ["TIED", "DEVOTED"],
            }
            for i, ring in each
            for u in range(users)
        ],
        "targets": [
            {
                "ring_id": ring,
                "note_id": name(f"n{i}-{n}"),
                "author_id": None if n == 0 else name(f"a{n}"),
                "n_ring_likes": users,
                "n_likes": 4 * users,
            }
            for i, ring in each
            for n in range(notes)
        ],
        "candidates": [
            {
                "user_id": name(f"u{i}-0"),
                "note_id": name(f"n{i}-{n}"),
                "ts": START + dt.timedelta(hours=n),
                "ring_id": ring,
                "tier": "purge",
                "score": 0.9,
                "reasons": ["IN_COMPANY"],
            }
            for i, ring in each
            for n in range(notes)
            if TIERS[i % 3] != "watch"
        ],
    }
    tables = {t.name: pa.Table.from_pylist(rows.get(t.name, []), schema=t.arrow(IDS)) for t in OUTPUTS}
    assert {RINGS.name, MEMBERS.name, TARGETS.name, CANDIDATES.name} == set(rows)
    counts = {"read": 1_000, "kept": 990, "duplicate": 6, "undone": 3, "quarantined": 1, "outside": 0}
    counts |= {"users": 500, "notes": 70, **{table: len(rows[table]) for table in rows}}
    tiers = {tier: {"rings": 1, "users": users, "likes": 9} for tier in ("purge", "review", "watch")}
    run_info = {
        "graphkit": "0.1.0",
        "versions": {},
        "config": {},
        "config_digest": "0123456789abcdef",
        "input": {"likes": name("likes.parquet"), "users": None, "notes": None, "fingerprint": "fedcba9876543210"},
        "counts": counts,
        "tiers": tiers,
        "period": {"first_ts": START.isoformat(), "last_ts": (START + dt.timedelta(days=1)).isoformat()},
        "resolution_us": 1_000_000,
        "windows": [{"window_s": 600, "edges": 45, "surviving": 100, "hot": 0, "walked": 500}],
        "n_tests": 12_345,
        "timings_s": {"read": 1.5, "project": 2.0},
        "seconds": 2.5,
        "peak_memory_bytes": 412_000_000,
        "threads": 2,
        "warnings": [name("the clock was wrong")],
        "evidence_off": [{"channel": "dwell", "column": "likes.dwell_ms"}],
    }
    return Detection(tables, {**run_info, **(info or {})})
