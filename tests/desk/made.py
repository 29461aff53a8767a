"""Runs made by hand for the desk: any number of rings with members, targets, ties and likes, and any text in them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from graphkit.detection import Detection
from tests.report.made import START, made_run

MEMBERS = 40
TARGETS = 12


def many_rings(
    rings: int, members: int = MEMBERS, targets: int = TARGETS, *, name: Callable[[str], str] = str
) -> Detection:
    """Return a run in which half of each ring's members like each of its targets within minutes, an hour apart.

    Every two neighbours are tied, and every member to the first. Rings in tier ``watch`` have no candidate likes.
    """
    run = made_run(rings, members, targets, name=name)
    rng = np.random.default_rng(rings)
    likes, ties = [], []
    for i, row in enumerate(run.rings.to_pylist()):
        ring = row["ring_id"]
        there = rng.random((members, targets)) < 0.5
        there[0] = True
        late = rng.integers(0, 600, (members, targets))
        if row["tier"] != "watch":
            likes += [
                {
                    "user_id": name(f"u{i}-{m}"),
                    "note_id": name(f"n{i}-{n}"),
                    "ts": START + dt.timedelta(hours=int(n), seconds=int(late[m, n])),
                    "ring_id": ring,
                    "tier": row["tier"],
                    "score": 0.96,
                    "reasons": ["IN_COMPANY", "BURST_OF_RING", "CAPTURE"][: 2 + n % 2],
                }
                for m, n in zip(*map(np.ndarray.tolist, np.nonzero(there)), strict=True)
            ]
        pairs = {*itertools.pairwise(range(members)), *((0, m) for m in range(1, members))}
        ties += [
            {
                "ring_id": ring,
                "user_a": name(f"u{i}-{a}"),
                "user_b": name(f"u{i}-{b}"),
                "window_s": 600,
                "weight": 3 + (a + b) % 5,
                "breadth": 3,
                "expected": 0.1,
                "p_value": 1e-9,
            }
            for a, b in sorted(pairs)
        ]
    impact = [
        {
            "note_id": row["note_id"],
            "author_id": row["author_id"],
            "likes_before": row["n_likes"],
            "likes_purge": row["n_ring_likes"],
            "likes_review": 0,
            "likes_after": row["n_likes"] - row["n_ring_likes"],
        }
        for row in run.targets.to_pylist()
    ]
    made = {"candidates": likes, "ties": ties, "impact": impact}
    tables = {table: pa.Table.from_pylist(rows, schema=run.tables[table].schema) for table, rows in made.items()}
    return Detection({**run.tables, **tables}, run.info)


def integer_ids(run: Detection, first: int = 2**62) -> Detection:
    """Return the run with users called by numbers of 63 bits, which no page could hold as numbers."""
    names = sorted(set(run.members["user_id"].to_pylist()))
    number = {name: first + i for i, name in enumerate(names)}
    tables = dict(run.tables)
    for table, columns in (("members", ["user_id"]), ("ties", ["user_a", "user_b"]), ("candidates", ["user_id"])):
        for column in columns:
            at = tables[table].schema.get_field_index(column)
            numbers = pa.array([number[name] for name in tables[table][column].to_pylist()], pa.int64())
            tables[table] = tables[table].set_column(at, column, numbers)
    return Detection(tables, run.info)
