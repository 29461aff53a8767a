"""Runs and files of decisions made by hand."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphkit.cases.decisions import Decisions, read_decisions
from graphkit.detection import Detection
from graphkit.schemas import DECISIONS
from tests.report.made import made_run

#: When decisions without a time were handed in.
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

RUN = made_run()


def write(path: Path, rows: Sequence[Mapping[str, Any]], names: Sequence[str] = DECISIONS.names) -> Path:
    """Write rows as CSV; what a row lacks is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def decided(path: Path, *rows: Mapping[str, Any], run: Detection = RUN, at: dt.datetime = AT) -> Decisions:
    """Write rows and read them back; who is not named is Ada."""
    return read_decisions(write(path, rows), ids=run.id_types, reviewer="Ada", at=at)


def with_integer_ids(run: Detection, kind: pa.DataType | None = None) -> Detection:
    """Return the run with user and note ids counted from 0 in the order of their texts."""
    tables = dict(run.tables)
    for column in ("user_id", "note_id"):
        holders = [name for name, table in tables.items() if column in table.column_names]
        code = {value: i for i, value in enumerate(sorted({v for n in holders for v in tables[n][column].to_pylist()}))}
        for name in holders:
            values = pa.array([code[value] for value in tables[name][column].to_pylist()], kind or pa.int64())
            tables[name] = tables[name].set_column(tables[name].column_names.index(column), column, values)
    return Detection(tables, run.info)


def run_of(
    rings: Mapping[str, Sequence[int]],
    *,
    day: int = 0,
    targets: Mapping[str, Sequence[int]] | None = None,
    scores: Mapping[str, float] | None = None,
) -> Detection:
    """Return a run of rings in tier `purge`, by id: the members' numbers and, where given, the targets'.

    Every member liked the ring's first target, a second apart, at the end of the day.
    """
    start = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC) + day * DAY
    pattern = RUN.tables["rings"].to_pylist()[1]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in RUN.tables}
    for ring, users in rings.items():
        notes = [f"n{n:03}" for n in (targets or {}).get(ring, range(1))]
        score = (scores or {}).get(ring, 0.99)
        rows["rings"].append({**pattern, "ring_id": ring, "n_users": len(users), "n_notes": len(notes), "score": score})
        rows["targets"] += [{"ring_id": ring, "note_id": n, "n_ring_likes": len(users), "n_likes": 100} for n in notes]
        for second, user in enumerate(users):
            who = {"ring_id": ring, "user_id": f"u{user:03}", "tier": "purge", "score": score}
            rows["members"].append({**who, "n_ring_likes": 1, "n_likes": 5, "n_partners": 3, "reasons": ["TIED"]})
            when = start + dt.timedelta(seconds=second)
            rows["candidates"].append({**who, "note_id": notes[0], "ts": when, "reasons": ["IN_COMPANY"]})
    tables = {name: pa.Table.from_pylist(rows[name], schema=table.schema) for name, table in RUN.tables.items()}
    period = {"first_ts": start.isoformat(), "last_ts": (start + DAY).isoformat()}
    fingerprint = f"{day} {sorted((ring, list(users)) for ring, users in rings.items())} {scores}"
    return Detection(tables, {**RUN.info, "period": period, "input": {**RUN.info["input"], "fingerprint": fingerprint}})
