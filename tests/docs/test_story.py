"""The worked story of review and appeal shows what it says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.cases.identity import Change
from graphkit.purge import purge
from tests.docs.snippets import ROOT, run_all

PAGE = ROOT / "docs" / "how-to" / "review-and-appeal.md"
WHO = "3f0f91823829fee74dde4d81"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the story takes place."""
    return tmp_path_factory.mktemp("story")


@pytest.fixture(scope="module")
def told(folder: Path) -> None:
    """The story, told."""
    run_all(PAGE.read_text(encoding="utf-8"), folder)


@pytest.mark.usefixtures("told")
def test_story__canary_and_rest_share_no_like_and_the_disputed_ring_has_none(folder: Path) -> None:
    canary, rest = (pq.read_table(folder / "batches" / name / "purge.parquet") for name in ("canary", "rest"))
    keys = canary["key"].to_pylist() + rest["key"].to_pylist()
    assert len(keys) == len(set(keys)) > 0
    assert "R-1d92bd89aa" not in canary["ring_id"].to_pylist() + rest["ring_id"].to_pylist()


@pytest.mark.usefixtures("told")
def test_story__everything_she_lost_is_given_back(folder: Path) -> None:
    taken = [
        (row["note_id"], row["ts"])
        for name in ("canary", "rest")
        for row in pq.read_table(folder / "batches" / name / "purge.parquet").to_pylist()
        if row["user_id"] == WHO
    ]
    back = pq.read_table(folder / "restored" / "restore.parquet").to_pylist()
    assert sorted((row["note_id"], row["ts"]) for row in back) == sorted(taken)
    left = pq.read_table(folder / "likes.parquet").to_pylist()
    assert set(taken) <= {(row["note_id"], row["ts"]) for row in left if row["user_id"] == WHO}


@pytest.mark.usefixtures("told")
def test_story__the_ring_is_recognised_and_she_is_spared(folder: Path) -> None:
    run = gk.load(folder / "runs" / "day-2")
    with gk.CaseStore.open(folder / "runs" / "cases") as store:
        (row,) = (row for row in store.placed(run) if row["name"] == "L-00b9fc0166")
        batch = purge(run, store=store, now=dt.datetime(2026, 11, 9, 10, tzinfo=dt.UTC))
    assert row["change"] in {Change.CONTINUES, Change.GREW, Change.SHRANK}
    assert WHO in run.ring(row["ring_id"]).members["user_id"].to_pylist()
    assert WHO in run.candidates["user_id"].to_pylist()
    assert WHO not in batch.purge["user_id"].to_pylist()
    assert row["ring_id"] in batch.purge["ring_id"].to_pylist()
