"""Counting again gives what the run counted, and nothing of any run but its own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import graphkit as gk
from graphkit.errors import InputError
from graphkit.explain.recount import Recount
from graphkit.likes.model import Likes
from graphkit.scoring.membership import NO_RING
from tests.worlds import DAY


@pytest.fixture(scope="module")
def likes(run: gk.Detection) -> Likes:
    assert run.likes is not None
    return run.likes


@pytest.fixture(scope="module")
def recount(saved: gk.Detection, likes: Likes) -> Recount:
    return Recount(saved, likes)


def test_recount__the_likes_that_pass_are_those_the_run_proposed(recount: Recount, saved: gk.Detection) -> None:
    proposes = np.array([tier != "watch" for tier in saved.rings["tier"].to_pylist()])  # all its coordinated likes
    tested = recount.tested
    passed = tested.like[tested.passed & proposes[tested.ring]]
    assert 0 < len(passed) < len(tested.like)
    graph = recount.graph
    found = {
        (recount.likes.users.ids[int(u)].as_py(), recount.likes.notes.ids[int(n)].as_py())
        for u, n in zip(graph.user[passed], graph.note[passed], strict=True)
    }
    candidates = saved.candidates
    assert found == set(zip(candidates["user_id"].to_pylist(), candidates["note_id"].to_pylist(), strict=True))


def test_recount__members_are_the_runs(recount: Recount, saved: gk.Detection) -> None:
    ring_of = recount.members.ring_of
    assert np.bincount(ring_of[ring_of != NO_RING]).tolist() == saved.rings["n_users"].to_pylist()


def test_recount__ties_are_the_runs_and_pass_the_line(recount: Recount, saved: gk.Detection) -> None:
    ties = saved.ties.to_pylist()
    for tie in ties[:: max(len(ties) // 25, 1)]:
        code, other = recount.user(tie["user_a"]), recount.user(tie["user_b"])
        (view,) = [v for v in recount.partners(code) if v.window_s == tie["window_s"]]
        (at,) = np.flatnonzero(view.user == other)
        assert (view.weight[at], view.breadth[at]) == (tie["weight"], tie["breadth"])
        assert view.expected[at] == tie["expected"]
        assert view.p_value[at] == tie["p_value"] <= recount.line


def test_jobs_met__a_member_was_at_most_of_its_jobs_with_its_own_ring(recount: Recount, saved: gk.Detection) -> None:
    rings = saved.rings["ring_id"].to_pylist()
    for member in saved.members.to_pylist():
        met = recount.jobs_met(recount.user(member["user_id"]))
        assert met[rings.index(member["ring_id"])] >= member["n_ring_likes"]  # one job for each like, and a like a note


def test_recount__of_other_likes_is_one_clear_error(saved: gk.Detection) -> None:
    stranger = gk.read_likes(pa.table({"user_id": ["a"], "note_id": ["n"], "ts": pa.array([DAY], pa.timestamp("us"))}))
    with pytest.raises(InputError, match="users of the run's rings are not in these likes"):
        _ = Recount(saved, stranger).members
