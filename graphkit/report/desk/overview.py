"""What the first screen shows: what was read, what was found, what it would cost, what was not known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from graphkit.explain.collateral import collateral
from graphkit.report.page import took
from graphkit.report.rows import TIERS
from graphkit.warning import in_both

if TYPE_CHECKING:
    import pyarrow as pa

    from graphkit.detection import Detection

#: Notes listed among those that would lose most.
MAX_NOTES = 100
_COUNTS = ("read", "kept", "duplicate", "undone", "quarantined", "outside", "users", "notes")


def overview(run: Detection, rings: list[dict[str, Any]], titles: dict[Any, str]) -> dict[str, Any]:
    """Return what the page says of the run as a whole, as plain values.

    Parameters
    ----------
    run
        The run.
    rings
        The rows of ``rings``, strongest first.
    titles
        Known titles by note id.
    """
    info = run.info
    return {
        "counts": {name: info["counts"].get(name, 0) for name in _COUNTS},
        "quarantine": _quarantine(run),
        "totals": {tier: dict(info["tiers"][tier]) for tier in TIERS},
        "kinds": _kinds(rings),
        "impact": _impact(run, titles),
        "off": [dict(row) for row in info["evidence_off"]],
        "warnings": [in_both(str(told)) for told in info["warnings"]],
        "period": {
            "first": milliseconds(info["period"]["first_ts"]),
            "last": milliseconds(info["period"]["last_ts"]),
            "step_us": info["resolution_us"],
        },
        "made": _made(run),
    }


def milliseconds(time: dt.datetime | str | None) -> int | None:
    """Return a time as milliseconds since 1970 UTC."""
    if time is None:
        return None
    moment = dt.datetime.fromisoformat(time) if isinstance(time, str) else time
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def text_or_none(value: Any) -> str | None:
    """Return an id as text: numbers of 64 bits are none that a page could hold."""
    return None if value is None else str(value)


def _quarantine(run: Detection) -> list[tuple[str, int]]:
    counts = pc.value_counts(run.quarantine["reason"].combine_chunks())
    return sorted((row["values"], row["counts"]) for row in counts.to_pylist())


def _kinds(rings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return by kind the rings of each tier and their likes."""
    kinds: dict[str, dict[str, Any]] = {}
    for ring in rings:
        row = kinds.setdefault(ring["kind"], {tier: {"rings": 0, "likes": 0} for tier in TIERS})
        row[ring["tier"]]["rings"] += 1
        row[ring["tier"]]["likes"] += ring["n_likes"]
    return [{"kind": kind, **kinds[kind]} for kind in sorted(kinds)]


def _impact(run: Detection, titles: dict[Any, str]) -> dict[str, Any]:
    cost = collateral(run)
    return {
        "honest": cost.honest,
        "n_notes": cost.notes,
        "n_authors": cost.authors,
        "notes": [
            {
                "id": str(row["note_id"]),
                "author": text_or_none(row["author_id"]),
                "title": titles.get(row["note_id"]),
                "before": row["likes_before"],
                "purge": row["likes_purge"],
                "review": row["likes_review"],
                "after": row["likes_after"],
            }
            for row in most_affected(run).to_pylist()
        ],
    }


def most_affected(run: Detection) -> pa.Table:
    """Return the rows of ``impact`` of the notes that would lose most likes to a purge."""
    touched = run.impact.filter(pc.greater(run.impact["likes_purge"], 0))
    order = [("likes_purge", "descending"), ("likes_review", "descending"), ("note_id", "ascending")]
    return touched.sort_by(order).slice(0, MAX_NOTES)


def _made(run: Detection) -> dict[str, Any]:
    info = run.info
    return {
        "input": {name: text_or_none(info["input"].get(name)) for name in ("likes", "users", "notes")},
        "fingerprint": info["input"]["fingerprint"],
        "digest": info["config_digest"],
        "config": info["config"],
        "windows": [(window["window_s"], window["edges"]) for window in info["windows"]],
        "version": info["graphkit"],
        "seconds": took(info),
        "threads": info["threads"],
        "memory": info["peak_memory_bytes"],
    }
