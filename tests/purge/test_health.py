"""Runs that nothing may be purged from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from graphkit.config import Config
from graphkit.detection import Detection
from graphkit.errors import InputError
from tests.purge.made import NOW, START, Like, Ring, gone, made_run, plan

LIKES = [Like("u0", "n0")]
NO_DECOYS = Config.model_validate({"scoring": {"decoys": 0}}).model_dump(mode="json")
END = START + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("info", "fields", "said"),
    [
        ({"config": NO_DECOYS}, {}, "no decoys"),
        (
            {"warnings": ["window 60 s is finer than the times"]},
            {"refuse_warnings": ("is finer",)},
            "it warned 'window 60 s",
        ),
        ({"counts": {"read": 100, "kept": 98, "quarantined": 2}}, {}, "2.00% of its rows were quarantined"),
        ({}, {"now": END + dt.timedelta(days=7.1)}, "it was made 7.1 days ago"),
    ],
)
def test_refused__a_run_that_fails_its_checks(info: dict[str, Any], fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan(made_run(LIKES, info=info), **fields)


@pytest.mark.parametrize(
    ("info", "fields"),
    [
        ({"config": NO_DECOYS}, {"require_decoys": False}),
        ({"warnings": ["window 60 s is finer than the times"]}, {}),
        ({"warnings": ["window 60 s is finer than the times"]}, {"refuse_warnings": ("rows without",)}),
        ({}, {"now": END - dt.timedelta(days=400)}),
        ({"counts": {"read": 100, "kept": 98, "quarantined": 2}}, {"max_quarantined_share": 0.02}),
        ({}, {"now": END + dt.timedelta(days=30), "max_run_age_d": 30}),
    ],
)
def test_policy__may_allow_it(info: dict[str, Any], fields: dict[str, Any]) -> None:
    assert len(gone(plan(made_run(LIKES, info=info), **fields))) == 1


@pytest.mark.parametrize("value", [float("nan"), None, 1.5])
@pytest.mark.parametrize("column", ["score", "q_value"])
def test_refused__a_score_or_q_value_that_is_none(column: str, value: float | None) -> None:
    run = made_run(LIKES)
    rings = run.rings.set_column(run.rings.column_names.index(column), column, pa.array([value], pa.float64()))
    with pytest.raises(InputError, match=f"a ring has a {column} that is none"):
        plan(Detection({**run.tables, "rings": rings}, run.info))


def test_refused__all_reasons_at_once() -> None:
    run = made_run(LIKES, info={"config": NO_DECOYS, "warnings": ["odd"]})
    with pytest.raises(InputError, match=r"no decoys.*, and it warned 'odd'"):
        plan(run, now=NOW, refuse_warnings=("odd",))


def test_refused__tables_that_contradict_each_other() -> None:
    from graphkit.errors import OutputError

    run = made_run([Like("u0", "n0"), Like("u1", "n1", "R-b")], {"R-a": Ring()})
    with pytest.raises(OutputError, match="'R-b', which is not in rings"):
        plan(Detection({**run.tables, "rings": run.rings.slice(0, 1)}, run.info))
