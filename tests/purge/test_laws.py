"""What holds of every batch, whatever the run, the policy and the verdicts."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graphkit.purge import Batch, Policy
from graphkit.purge.batch import plan_batch
from graphkit.purge.rails import RAILS
from graphkit.schemas import BATCH, PURGE, RESTORE
from tests.examples import examples
from tests.purge.made import NOW, Case, cases, policies, runs, same_tables, shuffled

few = examples(25)
Row = dict[str, Any]


def batch_of(case: Case, policy: Policy, **how: Any) -> Batch:
    return plan_batch(case.run, policy=policy, now=NOW, verdicts=case.verdicts, **how)


def without_canary(policy: Policy) -> Policy:
    return policy.model_copy(update={"canary_share": 0.0})


@few
@given(cases(), policies())
def test_batch_and_held__are_the_candidates(case: Case, policy: Policy) -> None:
    batch = batch_of(case, policy)
    names = ("user_id", "note_id", "ts", "ring_id", "score", "reasons")
    both = [{name: row[name] for name in names} for row in (*batch.purge.to_pylist(), *batch.held.to_pylist())]
    wanted = [{name: row[name] for name in names} for row in case.run.candidates.to_pylist()]
    order = sorted(both, key=lambda row: (row["user_id"], row["note_id"]))
    assert order == wanted
    assert {row["held_by"] for row in batch.held.to_pylist()} <= set(RAILS)
    assert sum(batch.info["held_by"].values()) == batch.held.num_rows


@few
@given(cases(), policies())
def test_evidence_rails__are_never_exceeded(case: Case, policy: Policy) -> None:
    """Said once more in loops: a like that goes has the evidence, or a person's word for it."""
    rings = {row["ring_id"]: row for row in case.run.rings.to_pylist()}
    tiers = {(row["user_id"], row["note_id"]): row["tier"] for row in case.run.candidates.to_pylist()}
    for like in batch_of(case, policy).purge.to_pylist():
        ring = rings[like["ring_id"]]
        speaking = {name for name in ring["evidence"] if name.startswith("weight_") and ring["evidence"][name] >= 0.5}
        if {"weight_dwell", "weight_completion"} <= speaking:
            speaking -= {"weight_dwell"}
        assert len(speaking - {"weight_lockstep"}) >= policy.min_channels
        if vouched(like, case, policy, ring["score"]):
            continue
        assert tiers[like["user_id"], like["note_id"]] == "purge" or policy.min_tier == "review"
        assert like["score"] >= policy.min_score
        assert ring["q_value"] <= policy.max_q


@few
@given(cases(), policies())
def test_shares__are_never_exceeded_unless_a_person_vouches(case: Case, policy: Policy) -> None:
    batch = batch_of(case, without_canary(policy))
    scores = {row["ring_id"]: row["score"] for row in case.run.rings.to_pylist()}
    notes = {row["note_id"]: row for row in case.run.impact.to_pylist()}
    authors = {row["author_id"]: row["n_likes"] for row in case.run.authors.to_pylist()}
    by_note, by_author = defaultdict(list), defaultdict(list)
    for like in batch.purge.to_pylist():
        author = notes[like["note_id"]]["author_id"]
        by_note[like["note_id"]].append(like)
        if author is not None:
            by_author[author].append(like)
    for note, likes in by_note.items():
        alone = [like for like in likes if not vouched(like, case, policy, scores[like["ring_id"]])]
        assert not alone or len(likes) <= policy.max_note_share * notes[note]["likes_before"]
    for author, likes in by_author.items():
        alone = [like for like in likes if not vouched(like, case, policy, scores[like["ring_id"]])]
        assert not alone or len(likes) <= policy.max_author_share * authors[author]


def vouched(like: Row, case: Case, policy: Policy, ring_score: float) -> bool:
    """Whether people confirmed a like, and nobody who was asked about its subject said otherwise."""
    subjects = {"like": (like["user_id"], like["note_id"]), "user": like["user_id"], "ring": like["ring_id"]}
    last: dict[str, dict[str, str]] = {"like": {}, "user": {}, "ring": {}}
    caution = ["confirmed", "unsure", "cleared"]
    for row in case.verdicts:
        sort = "like" if row["note_id"] is not None else "user" if row["user_id"] is not None else "ring"
        about = {"like": (row["user_id"], row["note_id"]), "user": row["user_id"], "ring": row["ring_id"]}[sort]
        if about == subjects[sort]:
            said = (last[sort].get(row["reviewer"], "confirmed"), row["verdict"])
            last[sort][row["reviewer"]] = max(said, key=caution.index)
    sure = {sort: set(by.values()) == {"confirmed"} and len(by) >= policy.min_reviewers for sort, by in last.items()}
    if policy.admit_confirmed == "none":
        return False
    wide = sure["user"] or (sure["ring"] and policy.admit_confirmed == "rings")
    return sure["like"] or (wide and like["score"] / ring_score >= policy.min_genuine)


@few
@given(cases(), policies())
def test_caps__are_never_exceeded(case: Case, policy: Policy) -> None:
    batch = batch_of(case, without_canary(policy))
    likes = batch.purge.to_pylist()
    assert len(likes) <= policy.max_likes
    assert len({like["user_id"] for like in likes}) <= policy.max_users
    assert len(likes) <= policy.max_like_share * case.run.info["counts"]["kept"]
    assert not likes or batch.info["expected_honest"]["share"] <= policy.max_honest_share + 1e-9


@few
@given(cases(), policies())
def test_caps__a_ring_goes_whole_or_waits(case: Case, policy: Policy) -> None:
    batch = batch_of(case, without_canary(policy))
    going = set(batch.purge["ring_id"].to_pylist())
    caps = {"max_likes", "max_like_share", "max_users", "honest_share"}
    waiting = {row["ring_id"] for row in batch.held.to_pylist() if row["held_by"] in caps}
    assert going & waiting == set()


@few
@given(cases(), policies())
def test_verdicts__what_is_cleared_or_doubted_stays(case: Case, policy: Policy) -> None:
    last: dict[Any, dict[str, str]] = defaultdict(dict)
    for row in sorted(case.verdicts, key=lambda row: ["confirmed", "unsure", "cleared"].index(row["verdict"])):
        last[row["ring_id"], row["user_id"], row["note_id"]][row["reviewer"]] = row["verdict"]
    doubted = {subject for subject, by in last.items() if set(by.values()) != {"confirmed"}}
    for like in batch_of(case, policy).purge.to_pylist():
        assert (None, like["user_id"], like["note_id"]) not in doubted
        assert (None, like["user_id"], None) not in doubted
        assert (like["ring_id"], None, None) not in doubted


@few
@given(cases(), policies())
def test_restore_after_purge__is_the_identity(case: Case, policy: Policy) -> None:
    batch = batch_of(case, policy)
    before = {(r["user_id"], r["note_id"], r["ts"]) for r in case.run.candidates.to_pylist()}
    taken = {(r["user_id"], r["note_id"], r["ts"]) for r in batch.purge.to_pylist()}
    back = {(r["user_id"], r["note_id"], r["ts"]) for r in batch.tables["restore"].to_pylist()}
    assert taken <= before
    assert (before - taken) | back == before
    assert back.isdisjoint(before - taken)
    assert batch.tables["restore"].equals(batch.purge.select(RESTORE.names))


@few
@given(cases(), policies())
def test_impact__adds_up(case: Case, policy: Policy) -> None:
    batch = batch_of(case, policy)
    rows = batch.tables["impact"].to_pylist()
    assert sum(row["likes_purge"] for row in rows) == batch.purge.num_rows
    assert sum(row["likes_held"] for row in rows) == batch.held.num_rows
    assert all(row["likes_after"] == row["likes_before"] - row["likes_purge"] >= 0 for row in rows)


@few
@given(cases(), policies(), st.integers(0, 99))
def test_order_of_rows__does_not_matter(case: Case, policy: Policy, seed: int) -> None:
    a, b = batch_of(case, policy), batch_of(Case(shuffled(case.run, seed), case.verdicts[::-1]), policy)
    assert same_tables(a, b)
    assert a.info == b.info


@examples(8)
@given(cases(), policies())
def test_rerun__gives_the_same_bytes(case: Case, policy: Policy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        a, b = (batch_of(case, policy).save(Path(folder) / name) for name in "ab")
        assert {p.name for p in a.iterdir()} == {p.name for p in b.iterdir()}
        assert [p.name for p in a.iterdir() if p.read_bytes() != (b / p.name).read_bytes()] == []


@few
@given(cases(), policies())
def test_canary_and_rest__are_the_whole(case: Case, policy: Policy) -> None:
    whole, canary = batch_of(case, without_canary(policy)), batch_of(case, policy)
    if canary.info["part"] == "all":
        return
    rest = batch_of(case, policy, canary=canary, earlier={canary.batch_id: canary.keys})
    assert canary.keys | rest.keys == whole.keys
    assert canary.keys.isdisjoint(rest.keys)
    assert bool(canary.keys) == bool(whole.keys)


@few
@given(cases(), policies(), policies())
def test_two_batches__never_take_the_same_like(case: Case, first: Policy, second: Policy) -> None:
    a = batch_of(case, first)
    b = batch_of(case, second, earlier={a.batch_id: a.keys})
    if a.batch_id != b.batch_id:
        assert a.keys.isdisjoint(b.keys)
        by_key = dict(zip(b.held["key"].to_pylist(), b.held["held_by"].to_pylist(), strict=True))
        assert {by_key[key] for key in a.keys} <= {"purged_before"}
    else:
        assert a.keys == b.keys


@few
@given(runs(), policies())
def test_shares__count_what_earlier_batches_took(run: Any, policy: Policy) -> None:
    """Batch by batch, no note loses more than its share."""
    policy = policy.model_copy(update={"max_likes": 3, "max_users": 3, "canary_share": 0.0})
    earlier: dict[str, frozenset[str]] = {}
    likes = {row["note_id"]: row["likes_before"] for row in run.impact.to_pylist()}
    taken: dict[Any, int] = defaultdict(int)
    for day in range(4):
        batch = plan_batch(run, policy=policy.model_copy(update={"cleared_d": day}), now=NOW, earlier=earlier)
        earlier[batch.batch_id] = batch.keys
        for like in batch.purge.to_pylist():
            taken[like["note_id"]] += 1
    assert all(n <= policy.max_note_share * likes[note] for note, n in taken.items())


@few
@given(cases(), policies())
def test_tables__are_as_declared(case: Case, policy: Policy) -> None:
    batch = batch_of(case, policy)
    for table in BATCH:
        assert batch.tables[table.name].schema.equals(table.arrow(case.run.id_types))
    assert batch.purge.schema.names == list(PURGE.names)
    assert dt.datetime.fromisoformat(batch.info["made_at"]) == NOW
