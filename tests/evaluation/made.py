"""A run and a truth small enough to be judged by eye.

Truth: the ring ``farm-001`` is a, b, c and d, who were paid to like n1 and n2 (eight likes); a also likes n9, as
camouflage. The look-alike ``fans-001`` is e and f, who like n3 and n4. g likes n1, and belongs to nobody.

Run: R-1 (purge) is the ring whole; its likes are to be purged but d's, of which one is for review and one is missed.
R-2 (purge) is e and f, whose likes of n3 it would purge. R-3 (watch) is g and d, and proposes nothing.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from graphkit.columns import Kind
from graphkit.detection import Detection
from graphkit.schemas import EVIDENCE, OUTPUTS

START = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)
IDS = {Kind.USER_ID: pa.string(), Kind.NOTE_ID: pa.string(), Kind.AUTHOR_ID: pa.string()}

#: Ring, tier, score and q-value of every ring of the run, and its members with their best tiers.
RINGS = (
    ("R-1", "purge", 0.95, 0.01, {"a": "purge", "b": "purge", "c": "purge", "d": "review"}),
    ("R-2", "purge", 0.75, 0.05, {"e": "purge", "f": "purge"}),
    ("R-3", "watch", 0.10, 0.50, {"d": "watch", "g": "watch"}),
)
#: User, note, ring, tier and score of every candidate.
CANDIDATES = (
    *((user, note, "R-1", "purge", 0.94) for user in "abc" for note in ("n1", "n2")),
    ("d", "n1", "R-1", "review", 0.7),
    ("e", "n3", "R-2", "purge", 0.7),
    ("f", "n3", "R-2", "purge", 0.7),
)
#: User, note, group and whether it was bought, of every like.
LIKES = (
    *((user, note, "farm-001", True) for user in "abcd" for note in ("n1", "n2")),
    ("a", "n9", "farm-001", False),
    *((user, note, "fans-001", False) for user in "ef" for note in ("n3", "n4")),
    ("g", "n1", None, False),
)
GROUPS = (("farm-001", "farm", True), ("fans-001", "superfans", False))


def made_run(
    rings: tuple[Any, ...] = RINGS,
    candidates: tuple[Any, ...] = CANDIDATES,
    *,
    kept: int = len(LIKES),
    outside: int = 0,
) -> Detection:
    """Return the run; what evaluation does not read is filled with anything."""
    base: dict[str, Any] = {"kind": "lockstep", "reasons": [], "first_ts": START, "last_ts": START, "window_s": 60}
    numbers = dict.fromkeys(("n_users", "n_notes", "n_authors", "n_likes", "n_ring_likes", "n_partners"), 1)
    rows: dict[str, list[dict[str, Any]]] = {
        "rings": [
            {**base, **numbers, "ring_id": ring, "tier": tier, "score": score, "q_value": q, "evidence": dict(_NONE)}
            for ring, tier, score, q, _ in rings
        ],
        "members": [
            {**base, **numbers, "ring_id": ring, "user_id": user, "tier": tier, "score": 0.5}
            for ring, _, _, _, members in rings
            for user, tier in members.items()
        ],
        "candidates": [
            {**base, "user_id": user, "note_id": note, "ts": START, "ring_id": ring, "tier": tier, "score": score}
            for user, note, ring, tier, score in candidates
        ],
    }
    tables = {t.name: pa.Table.from_pylist(rows.get(t.name, []), schema=t.arrow(IDS)) for t in OUTPUTS}
    tiers = {tier: {"rings": 0, "users": 0, "likes": 0} for tier in ("purge", "review", "watch")}
    return Detection(tables, {"counts": {"kept": kept, "outside": outside}, "tiers": tiers})


_NONE = {name: None for name, _ in EVIDENCE}


def made_truth(likes: tuple[Any, ...] = LIKES, groups: tuple[Any, ...] = GROUPS) -> dict[str, pa.Table]:
    """Return the tables of the truth, without a column that is not needed."""
    user, note, group, bought = zip(*likes, strict=True)
    belongs = sorted({(u, g) for u, _, g, _ in likes}, key=str)
    belongs = [(u, g) for u, g in belongs if g is not None or all(u != v or h is None for v, h in belongs)]
    texts = pa.string()
    return {
        "truth_users": pa.table(
            {"user_id": [u for u, _ in belongs], "group_id": pa.array([g for _, g in belongs], texts)}
        ),
        "truth_likes": pa.table(
            {"user_id": user, "note_id": note, "group_id": pa.array(group, texts), "bought": bought}
        ),
        "truth_groups": pa.table(
            {
                "group_id": pa.array([g for g, _, _ in groups], texts),
                "kind": pa.array([k for _, k, _ in groups], texts),
                "is_ring": pa.array([r for _, _, r in groups], pa.bool_()),
            }
        ),
    }


def save_truth(folder: Path, tables: dict[str, pa.Table] | None = None) -> Path:
    """Write the truth as ``graphkit simulate`` does, and return where."""
    folder.mkdir(parents=True)
    for name, table in (tables or made_truth()).items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder
