"""What a purge would cost."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

import graphkit as gk
from graphkit.explain.collateral import collateral
from graphkit.purge import purge
from tests.purge.made import Like, Ring, made_run


def with_rows(run: gk.Detection, **rows: list[dict[str, object]]) -> gk.Detection:
    tables = {name: pa.Table.from_pylist(made, schema=run.tables[name].schema) for name, made in rows.items()}
    return replace(run, tables={**run.tables, **tables})


def note(name: str, author: str | None, purge: int) -> dict[str, object]:
    return {"note_id": name, "author_id": author, "likes_before": 9, "likes_purge": purge, "likes_review": 1}


def test_collateral__counts_notes_that_lose_likes_and_their_known_authors(saved: gk.Detection) -> None:
    made = with_rows(
        saved, candidates=[], impact=[note("a", "x", 1), note("b", "x", 1), note("c", None, 0), note("d", None, 2)]
    )
    cost = collateral(made)
    assert (cost.likes, cost.honest, cost.notes, cost.authors) == (0, 0.0, 3, 1)


def test_collateral__by_hand() -> None:
    """A ring is none with 0.1; else of nine likes one is ordinary, were all that members do; two thirds of it are."""
    likes = [Like("u0", "n0", score=0.8), Like("u1", "n0", score=0.9, tier="review")]
    run = made_run(likes, {"R-a": Ring(score=0.9, q_value=0.1)})
    members = run.members.set_column(5, "n_likes", pa.array([2, 3], pa.int64()))
    assert members.column_names == run.members.column_names
    cost = collateral(replace(run, tables={**run.tables, "members": members}))
    assert (cost.likes, cost.honest) == (1, pytest.approx(0.1 + 0.9 * (1 / 9) * (4 / 6)))


def test_collateral__is_what_a_batch_of_all_would_say(run: gk.Detection) -> None:
    cost = collateral(run)
    assert cost.likes == run.info["tiers"]["purge"]["likes"] > 0
    open_to_all = dict.fromkeys(("max_note_share", "max_author_share", "max_like_share", "max_honest_share"), 1)
    policy = gk.Policy(**open_to_all, min_score=0, max_q=1, min_channels=1, canary_share=0, max_run_age_d=1e9)
    batch = purge(run, policy=policy)
    assert batch.purge.num_rows == cost.likes
    assert batch.info["expected_honest"]["likes"] == pytest.approx(cost.honest, abs=1e-6)
