"""The likes behind rings, and each ring's share of its targets' bursts."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import graphkit as gk
from graphkit.columns import Kind
from graphkit.detection.parts import in_blocks
from graphkit.explain.raw import DETAILS, burst_shares, coded, outside_likes, raw_likes
from graphkit.schemas import OUTPUTS
from tests.worlds import DAY, SECOND, make_likes

KEY = ["ring_id", "user_id", "note_id", "ts", "tier", "score", "reasons"]


def test_raw_likes__without_the_likes_are_the_candidates(saved: gk.Detection) -> None:
    raw = raw_likes(saved)
    order = [(name, "ascending") for name in ("ring_id", "ts", "user_id", "note_id")]
    assert raw.select(KEY).equals(saved.candidates.select(KEY).sort_by(order))


def test_raw_likes__with_them_are_all_of_members_on_their_rings_targets(run: gk.Detection) -> None:
    assert run.likes is not None
    ring_of = dict(zip(run.members["user_id"].to_pylist(), run.members["ring_id"].to_pylist(), strict=True))
    pushed = set(zip(run.targets["ring_id"].to_pylist(), run.targets["note_id"].to_pylist(), strict=True))
    users, notes = run.likes.users.ids.to_pylist(), run.likes.notes.ids.to_pylist()
    wanted = {
        (ring_of[users[u]], users[u], notes[n])
        for u, n in zip(run.likes.user.tolist(), run.likes.note.tolist(), strict=True)
        if users[u] in ring_of and (ring_of[users[u]], notes[n]) in pushed
    }
    raw = raw_likes(run).select(["ring_id", "user_id", "note_id"]).to_pylist()
    assert {tuple(row.values()) for row in raw} == wanted
    assert len(raw) == len(wanted)


def test_raw_likes__proposed_ones_are_the_candidates_as_they_are(run: gk.Detection) -> None:
    raw = raw_likes(run)
    proposed = raw.filter(pc.is_valid(raw["tier"])).select(KEY)
    assert proposed.num_rows < raw.num_rows
    by = [("user_id", "ascending"), ("note_id", "ascending")]
    assert proposed.sort_by(by).to_pylist() == run.candidates.select(KEY).sort_by(by).to_pylist()


def test_raw_likes__have_what_only_the_likes_know(run: gk.Detection, saved: gk.Detection) -> None:
    assert set(DETAILS) <= set(raw_likes(run).column_names)
    assert not set(DETAILS) & set(raw_likes(saved).column_names)


def test_burst_shares__weighed_by_likes_are_the_evidence_of_each_ring(run: gk.Detection) -> None:
    """`burst_capture` was computed from the jobs of the run, which are gone; the tables must give it again."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row, share in zip(run.targets.to_pylist(), burst_shares(run).tolist(), strict=True):
        if row["n_ring_likes"] and not np.isnan(share):
            sums[row["ring_id"]][0] += share * row["n_ring_likes"]
            sums[row["ring_id"]][1] += row["n_ring_likes"]
    assert sums
    for row in run.rings.filter(pc.not_equal(run.rings["tier"], "watch")).to_pylist():
        own, given = sums[row["ring_id"]]
        assert own / given == pytest.approx(row["evidence"]["burst_capture"], rel=1e-9)


def test_burst_shares__unknown_without_the_likes(saved: gk.Detection) -> None:
    shares = burst_shares(saved)
    assert len(shares) == saved.targets.num_rows
    assert np.isnan(shares).all()


def test_burst_shares__of_no_rings(run: gk.Detection) -> None:
    empty = {name: table.slice(0, 0) for name, table in run.tables.items()}
    assert burst_shares(gk.Detection(empty, run.info, run.likes)).tolist() == []
    assert raw_likes(gk.Detection(empty, run.info, run.likes)).num_rows == 0


def test_burst_shares__do_not_depend_on_the_order_of_rows(run: gk.Detection) -> None:
    order = np.random.default_rng(1).permutation(run.candidates.num_rows)
    shuffled = {**run.tables, "candidates": run.candidates.take(pa.array(order))}
    np.testing.assert_array_equal(burst_shares(gk.Detection(shuffled, run.info, run.likes)), burst_shares(run))


def test_outside_likes__with_those_of_members_are_all_on_the_targets(run: gk.Detection) -> None:
    assert run.likes is not None
    raw, blocks = raw_likes(run), [*outside_likes(run, run.likes)]
    others = np.bincount(np.concatenate([ring for ring, _ in blocks]), minlength=run.rings.num_rows)
    for row, ring_id in enumerate(run.rings["ring_id"].to_pylist()):
        own = pc.sum(pc.equal(raw["ring_id"], ring_id)).as_py()
        assert others[row] + own == sum(run.ring(ring_id).targets["n_likes"].to_pylist())


def test_outside_likes__the_same_in_any_blocks(run: gk.Detection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run.likes is not None
    (whole,) = outside_likes(run, run.likes)
    monkeypatch.setattr("graphkit.explain.raw._BLOCK_LIKES", 50)
    blocks = [*outside_likes(run, run.likes)]
    assert len(blocks) > 3
    for at, column in enumerate(whole):
        np.testing.assert_array_equal(np.concatenate([block[at] for block in blocks]), column)


def test_burst_shares__each_burst_of_a_note_by_itself(run: gk.Detection) -> None:
    """Two members within 10 s, one outsider between them: 2 of 3. Two more much later, alone: 2 of 2. A straggler."""
    members = [(1, 0), (2, 10), (3, 10_000), (4, 10_010)]
    rows = [(user, 7, DAY + s * SECOND) for user, s in [*members, (8, 5), (9, 5_000), (5, 3_000)]]
    schemas = {t.name: t.arrow(dict.fromkeys(Kind, pa.int64())) for t in OUTPUTS}
    made = {
        "rings": [{"ring_id": "R-1", "window_s": 600}],
        "targets": [{"ring_id": "R-1", "note_id": 7}],
        "candidates": [
            {"ring_id": "R-1", "user_id": u, "note_id": 7, "ts": DAY + s * SECOND, "reasons": [why]}
            for u, s, why in [*((*one, "IN_COMPANY") for one in members), (5, 3_000, "ON_TARGET")]
        ],
    }
    tables = {name: pa.Table.from_pylist(made.get(name, []), schema=schema) for name, schema in schemas.items()}
    shares = burst_shares(gk.Detection(tables, run.info, make_likes(rows)))
    assert shares.tolist() == [pytest.approx((2 * 2 / 3 + 2 * 2 / 2) / 4)]


def test_coded__is_told_of_in_blocks_what_the_whole_run_is(run: gk.Detection) -> None:
    assert run.likes is not None
    names = run.rings["ring_id"].to_pylist()
    blocks = [*in_blocks(coded(run), names, 1, 9)]
    assert len(blocks) == len(names) > 1
    raw = raw_likes(run)
    targets = run.targets["ring_id"].to_pylist()
    shares, outside = burst_shares(run), [*outside_likes(run, run.likes)]
    for number, block in enumerate(blocks):
        (name,) = block.rings["ring_id"].to_pylist()
        assert raw_likes(block).equals(raw.filter(pc.equal(raw["ring_id"], name)))
        own = np.array([target == name for target in targets])
        np.testing.assert_array_equal(burst_shares(block), shares[own])
        its_outside = [ts for ring, ts in outside_likes(block, block.likes) if np.all(ring == 0)]
        wanted = np.concatenate([ts[ring == number] for ring, ts in outside])
        np.testing.assert_array_equal(np.concatenate(its_outside), wanted)


def test_coded__without_the_likes_is_the_run(saved: gk.Detection) -> None:
    assert coded(saved) is saved
