"""What a purge would cost."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

import graphkit as gk
from graphkit.explain.collateral import collateral


def with_rows(run: gk.Detection, **rows: list[dict[str, object]]) -> gk.Detection:
    tables = {name: pa.Table.from_pylist(made, schema=run.tables[name].schema) for name, made in rows.items()}
    return replace(run, tables={**run.tables, **tables})


def like(note: str, tier: str, score: float) -> dict[str, object]:
    return {"user_id": "u", "note_id": note, "tier": tier, "score": score, "reasons": []}


def note(name: str, author: str | None, purge: int) -> dict[str, object]:
    return {"note_id": name, "author_id": author, "likes_before": 9, "likes_purge": purge, "likes_review": 1}


def test_collateral__by_hand(saved: gk.Detection) -> None:
    made = with_rows(
        saved,
        candidates=[like("a", "purge", 0.75), like("b", "purge", 0.5), like("c", "review", 0.5)],
        impact=[note("a", "x", 1), note("b", "x", 1), note("c", None, 0), note("d", None, 2)],
    )
    cost = collateral(made)
    assert (cost.likes, cost.honest, cost.notes, cost.authors) == (2, 0.75, 3, 1)


def test_collateral__of_nothing(saved: gk.Detection) -> None:
    cost = collateral(with_rows(saved, candidates=[], impact=[]))
    assert (cost.likes, cost.honest, cost.notes, cost.authors) == (0, 0.0, 0, 0)


def test_collateral__counts_the_likes_of_the_tier(run: gk.Detection) -> None:
    cost = collateral(run)
    assert cost.likes == run.info["tiers"]["purge"]["likes"]
    assert cost.honest == pytest.approx(
        sum(1 - row["score"] for row in run.candidates.to_pylist() if row["tier"] == "purge")
    )
