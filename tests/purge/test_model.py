"""A model fitted to verdicts: it adds doubt to what is expected, where somebody asks for it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphkit.cases.calibrate import FORMAT
from graphkit.errors import InputError
from graphkit.purge import Batch, Policy, purge
from graphkit.purge.batch import plan_batch
from tests.purge.made import NOW, OPEN, Like, held_by, made_run

RUN = made_run([Like(f"u{u}", f"n{n}") for u in range(5) for n in range(4)])


def model(intercept: float = 0.0, slope: float = 0.0, digest: str = "m1") -> dict[str, Any]:
    """Return a model; by default every ring is one with a probability of a half."""
    parameters = {"intercept": intercept, "slope": slope}
    return {"format": FORMAT, "method": "logistic", "parameters": parameters, "provenance": {"digest": digest}}


def plan(fitted: dict[str, Any] | None, **fields: Any) -> Batch:
    return plan_batch(RUN, policy=Policy(**{**OPEN, **fields}), now=NOW, model=fitted)


def test_model__is_what_honest_likes_are_expected_by() -> None:
    assert plan(None).info["expected_honest"]["likes"] == pytest.approx(20 * 0.01)
    assert plan(model()).info["expected_honest"]["likes"] == pytest.approx(20 * 0.5)


def test_model__that_trusts_more_than_the_score_changes_nothing() -> None:
    assert plan(model(20.0)).info["expected_honest"] == plan(None).info["expected_honest"]


def test_model__the_rail_of_honest_likes_follows_it() -> None:
    assert held_by(plan(None, max_honest_share=0.02)) == {}
    assert set(held_by(plan(model(), max_honest_share=0.02)).values()) == {"honest_share"}


def test_model__takes_the_same_likes_where_no_rail_asks() -> None:
    assert plan(model()).purge.equals(plan(None).purge)


def test_model__is_told_in_the_batch_and_its_name() -> None:
    batches = [plan(None), plan(model()), plan(model(digest="m2"))]
    assert [batch.info["model"] for batch in batches] == [None, "m1", "m2"]
    assert len({batch.batch_id for batch in batches}) == 3


def test_model__from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model()))
    policy = Policy(**OPEN)
    assert purge(RUN, policy=policy, model=path, now=NOW).info == plan(model()).info
    path.write_text(json.dumps({**model(), "provenance": {}}))
    with pytest.raises(InputError, match="KeyError: 'digest'; wanted a model of graphkit calibrate"):
        purge(RUN, policy=policy, model=path, now=NOW)
