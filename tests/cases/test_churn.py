"""Names under churn, through detection itself: from one period to the next some accounts are others, and all notes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import graphkit as gk
from graphkit.cases import compare
from graphkit.cases.identity import Change
from tests.cases.made import AT
from tests.detection.runs import Tables, dense, detect, map_ids, shift_times

CHURN = 0.015
RINGS = 12
#: Fates of rings that do not go on.
GONE = {Change.DORMANT, Change.MERGED}


def next_period(seed: int, days: int) -> gk.Detection:
    """Return a run over the same accounts a period later, with new notes, in which 1.5 % of accounts are others."""
    rng = np.random.default_rng(1000 + seed)
    tables = dense(seed, n_rings=RINGS)
    users = tables.likes["user_id"].to_numpy()
    known = np.unique(users)
    replaced = known[rng.random(len(known)) < CHURN]
    users = np.where(np.isin(users, replaced), users + 10**9, users)
    likes = tables.likes.set_column(0, "user_id", pa.array(users))
    notes = likes.select(["note_id"])
    likes = likes.set_column(1, "note_id", map_ids(notes, lambda ids: pc.add(ids, 10**13))["note_id"])
    return detect(Tables(shift_times(likes, days)))


@pytest.mark.slow
def test_detected_rings__keep_their_names(tmp_path: Path) -> None:
    kept, all_rings = 0, 0
    for seed in range(4):
        first, second = detect(dense(seed, n_rings=RINGS)), next_period(seed, 6)
        found = compare(first, second, tmp_path / str(seed), at=AT)
        purged = {row["ring_id"] for row in first.rings.to_pylist() if row["tier"] == "purge"}
        fates = [row["change"] for row in found.rings if row["ring_a"] in purged]
        all_rings += len(purged)
        kept += sum(fate not in GONE for fate in fates)
    assert all_rings >= 40
    assert kept / all_rings > 0.95
