"""Rings of a single note, in a whole run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from graphkit.columns import TIMESTAMP
from tests.detection.runs import Tables, detect

pytestmark = [pytest.mark.slow, pytest.mark.kernels]


def with_burst(tables: Tables) -> tuple[Tables, str]:
    """Add fourteen accounts that like one note within minutes, and of them twelve another one a day later, too."""
    assert tables.users is not None
    assert tables.notes is not None
    one, other = sorted(tables.notes["note_id"].to_pylist())[:2]
    first = min(at for at in tables.likes["ts"].to_pylist() if at is not None and at.year == 2026)
    start = first + dt.timedelta(days=4)
    who = [f"burst-{i:02}" for i in range(14)]
    jobs = [(user, one, start + dt.timedelta(seconds=20 * i)) for i, user in enumerate(who)]
    jobs += [(user, other, start + dt.timedelta(days=1, seconds=2 * i)) for i, user in enumerate(who[:12])]
    values: dict[str, Any] = {
        "action": "like", "dwell_ms": 400, "completed": False, "device_id": "one phone", "ip": "one address",
        "source": "feed",
    }  # fmt: skip
    likes = pa.table(
        {
            "user_id": [user for user, _, _ in jobs],
            "note_id": [note for _, note, _ in jobs],
            "ts": pa.array([at for _, _, at in jobs], TIMESTAMP),
            **{name: [value] * len(jobs) for name, value in values.items()},
        },
        schema=tables.likes.schema,
    )
    opened = [first - dt.timedelta(days=2, minutes=i) for i in range(len(who))]
    users = pa.table(
        {
            "user_id": who,
            "registered_at": pa.array(opened, TIMESTAMP),
            "verified": [False] * len(who),
            "followers": [0] * len(who),
            "views": [3] * len(who),
        },
        schema=tables.users.schema,
    )
    both = (pa.concat_tables([tables.likes, likes]), pa.concat_tables([tables.users, users]))
    return Tables(*both, tables.notes), one


def test_accounts_of_a_burst_answer_for_its_note_only(small: Tables) -> None:
    tables, note = with_burst(small)
    run = detect(tables)
    members = {row["user_id"]: row["ring_id"] for row in run.members.to_pylist()}
    (ring,) = {members.get(f"burst-{i:02}") for i in range(14)}
    assert [row["kind"] for row in run.rings.to_pylist() if row["ring_id"] == ring] == ["one_shot"]
    assert [row["note_id"] for row in run.targets.to_pylist() if row["ring_id"] == ring] == [note]
