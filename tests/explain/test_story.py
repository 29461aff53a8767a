"""Ring stories against the functions that decided, against counting by hand, and against what the run was."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphkit as gk
from graphkit.config import ScoringConfig
from graphkit.errors import InputError, OutputError
from graphkit.explain import ring_stories, ring_story
from graphkit.explain.claims import READS
from graphkit.explain.innocent import innocents
from graphkit.explain.leave_one_out import recomputed
from graphkit.explain.verdict import Verdict, run_config, what_lowers, what_raises
from graphkit.schemas import CHANNELS, EVIDENCE
from graphkit.scoring.channels import CHANNELS as WEIGHED
from graphkit.scoring.channels import weigh
from graphkit.scoring.tiers import EXPLANATIONS, TIERS, open_explanations
from tests.examples import examples
from tests.report.made import made_run

CONFIG = ScoringConfig()


def verdict_of(run: gk.Detection, ring_id: str) -> Verdict:
    rings = run.rings.filter(pc.equal(run.rings["ring_id"], ring_id))
    return Verdict.of(rings, run_config(run.info).scoring)


def ring_ids(run: gk.Detection) -> list[str]:
    return run.rings["ring_id"].to_pylist()


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """Draw numbers and weights of one ring, unknown ones among them."""
    share = st.one_of(st.floats(0, 1), st.sampled_from([0.5, 2 / 3, 0.75, 0.0]), st.just(math.nan))
    numbers = {name: np.array([draw(share)]) for name, _ in EVIDENCE if not name.startswith("weight_")}
    for name, first, last in (("episodes", 6, 12), ("job_size", 28, 32)):
        numbers[name] = np.array([float(draw(st.integers(first, last)))])
    numbers["window_s"], numbers["n_users"] = np.array([600.0]), np.array([draw(st.sampled_from([5.0, 29.0, 30.0]))])
    # Where many witnesses speak they close everything, and nothing else is asked.
    loud = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 0.5, 0.6, -1.0, 1.0]))
    nats = draw(st.sampled_from([loud, st.sampled_from([0.0, -1.0, 0.5])]))
    weights = {name: np.array([draw(nats)]) for name, _ in CHANNELS}
    return Verdict(numbers, weights, np.array([draw(st.sampled_from([0.0, 0.05, 0.2, 1.0]))]), CONFIG)


# --------------------------------------------------------------------------------------------------
# The verdict, asked again


def test_verdict__asked_again_is_the_runs(run: gk.Detection) -> None:
    for row in run.rings.to_pylist():
        again = verdict_of(run, row["ring_id"])
        assert again.score[0] == pytest.approx(row["score"], abs=1e-12)
        assert TIERS[again.tier[0]] == row["tier"]
        assert again.q_value[0] == pytest.approx(row["q_value"], abs=1e-12)
        assert {name: again.open[name][0] for name in EXPLANATIONS} == {n: row["evidence"][n] for n in EXPLANATIONS}


def test_verdict__weights_come_from_the_numbers(run: gk.Detection) -> None:
    for ring_id in ring_ids(run):
        verdict = verdict_of(run, ring_id)
        for name, nats in weigh(verdict.numbers).items():
            assert nats[0] == pytest.approx(verdict.weights[name][0], abs=1e-12), name


def test_run_config__of_another_version_is_one_clear_error(saved: gk.Detection) -> None:
    info = {**saved.info, "config": {"scoring": {"abolished": 1}}}
    with pytest.raises(OutputError, match="whose settings this version does not know; wanted a run of this version"):
        ring_story(gk.Detection(saved.tables, info), ring_ids(saved)[0])


@given(verdicts())
def test_innocents__are_open_exactly_where_the_tiers_leave_them_open(verdict: Verdict) -> None:
    expected = open_explanations(verdict.numbers, verdict.weights, CONFIG)
    assert {one.name: float(one.is_open) for one in innocents(verdict)[0]} == {n: expected[n][0] for n in EXPLANATIONS}


@pytest.mark.parametrize("beyond", [0.0, -1e-9], ids=["on the line", "just below it"])
@pytest.mark.parametrize(
    ("number", "line", "name"),
    [("quick", 0.5, "may_be_taste"), ("episodes", 10, "may_be_circle"), ("burst_capture", 2 / 3, "may_be_crowd")],
)
def test_innocents__lines_belong_to_the_side_that_the_tiers_have_them_on(
    number: str, line: float, name: str, beyond: float
) -> None:
    numbers = {n: np.array([0.0]) for n, _ in EVIDENCE if not n.startswith("weight_")}
    numbers |= {"window_s": np.array([60.0]), "n_users": np.array([10.0]), "notes_effective": np.array([2.0])}
    numbers[number] = np.array([line + beyond])
    verdict = Verdict(numbers, {n: np.array([0.0]) for n, _ in CHANNELS}, np.array([0.0]), CONFIG)
    expected = open_explanations(verdict.numbers, verdict.weights, CONFIG)[name][0]
    assert expected == (beyond < 0)
    assert [one.is_open for one in innocents(verdict)[0] if one.name == name] == [bool(expected)]


@examples(50)
@given(verdicts())
def test_innocents__the_closest_is_an_open_one_where_there_is_any(verdict: Verdict) -> None:
    found = innocents(verdict)[0]
    assert [one.is_open for one in found] == sorted((one.is_open for one in found), reverse=True)


@pytest.mark.slow
@given(verdicts())
def test_lowers__silence_of_what_is_named_lowers_the_tier_and_of_less_does_not(verdict: Verdict) -> None:
    tier = verdict.tier[0]
    (said,) = what_lowers(verdict)
    if tier == 0:
        assert [one.code for one in said] == ["FALLS_NEVER"]
        return
    for one in said:
        names = [channel.code.removeprefix("CHANNEL_").lower() for channel in one.numbers["channels"]]
        assert verdict.without(names).tier[0] < tier
        speaking = [n for n, w in verdict.weights.items() if w[0] > 0]
        if len(names) <= 3:
            for size in range(1, len(names)):
                assert all(verdict.without(fewer).tier[0] == tier for fewer in combinations(speaking, size))
        if 2 <= len(names) <= 3:
            said_by = {c: sum(verdict.weights[n][0] for n in c) for c in combinations(speaking, len(names))}
            least = min(nats for c, nats in said_by.items() if verdict.without(c).tier[0] < tier)
            assert sum(verdict.weights[n][0] for n in names) == pytest.approx(least)


def test_verdict__what_decoys_say_holds_whatever_the_score_is(run: gk.Detection) -> None:
    (row,) = [row for row in run.rings.to_pylist() if row["ring_id"] == "R-010376834f"]
    verdict = Verdict.of(pa.Table.from_pylist([{**row, "q_value": 0.2}], run.rings.schema), CONFIG)
    assert (verdict.q_value[0], TIERS[verdict.tier[0]]) == (0.2, "review")
    assert [one.code for one in what_raises(verdict, frozenset())[0] if one.code != "RISES_SILENT"] == ["RISES_Q"]


@examples(50)
@given(verdicts())
def test_raises__nothing_is_missing_only_in_the_highest_tier(verdict: Verdict) -> None:
    missing = {one.code for one in what_raises(verdict, frozenset())[0]} - {"RISES_SILENT", "RISES_OFF"}
    assert (missing == set()) == (TIERS[verdict.tier[0]] == "purge")


# --------------------------------------------------------------------------------------------------
# Claims


@pytest.mark.parametrize("channel", WEIGHED, ids=lambda c: c.name)
def test_reads__each_channel_reads_the_number_that_is_named(channel: object) -> None:
    number, expected = READS[channel.name]
    known = {name for name, _ in EVIDENCE} | {"window_s"}
    assert {number, expected or number} <= known
    usual = {name: np.array([0.4, 0.4]) for name in known} | {"own_topics_chance": np.array([0.1, 0.1])}
    grows = usual | {number: np.array([0.1, 5000.0 if number == "window_s" else 0.9])}
    low, high = channel.weigh(grows)
    assert low != high


def test_claims__the_neutral_point_parts_for_and_against(run: gk.Detection) -> None:
    channels = {channel.name: channel for channel in WEIGHED}
    asked = 0
    for ring_id in ring_ids(run):
        story = ring_story(run, ring_id)
        for claim in story.claims:
            if math.isnan(claim.neutral):
                continue
            numbers = story.verdict.numbers
            sides = [
                float(channels[claim.channel].weigh(numbers | {claim.number: np.array([claim.neutral * f])})[0])
                for f in (0.99, 1.01)
            ]
            assert (sides[0] > 0) != (sides[1] > 0), claim
            asked += 1
    assert asked > 50


def test_ring_stories__each_is_told_as_if_it_were_alone(run: gk.Detection) -> None:
    ids = ring_ids(run)
    assert len(ids) > 3
    for ring_id, story in zip(ids, ring_stories(run), strict=True):
        assert story.to_dict() == ring_story(run, ring_id).to_dict()


def test_claims__for_and_against_add_up_to_the_log_odds(run: gk.Detection) -> None:
    for ring_id in ring_ids(run):
        story = ring_story(run, ring_id)
        total = CONFIG.prior_log_odds + sum(c.nats for c in (*story.reasons, *story.counter_evidence))
        assert total == pytest.approx(story.verdict.nats[0])


def test_claims__those_that_speak_are_the_runs_reasons(run: gk.Detection) -> None:
    for ring_id in ring_ids(run):
        story = ring_story(run, ring_id)
        speaking = [claim.said.code for claim in story.reasons if claim.speaks == "for"]
        assert sorted(speaking) == sorted(story.ring.row["reasons"])


def test_claims__counter_evidence_is_told_in_both_languages(run: gk.Detection) -> None:
    story = ring_story(run, "R-14964f07a7")
    first = story.counter_evidence[0]
    assert first.said.text("en").startswith("While the ring acted on a note, only 30% of all likes there were its own")
    assert first.said.text("zh").startswith("该团伙在某笔记上行动期间，仅 30% 的点赞来自其成员")


def test_behind__the_likes_of_a_claim_are_those_it_counts(run: gk.Detection) -> None:
    likes = run.likes
    assert likes is not None
    for ring_id in ring_ids(run):
        story = ring_story(run, ring_id)
        by_channel = {claim.channel: claim for claim in story.claims}
        n = story.ring.likes.num_rows
        assert story.behind(by_channel["devotion"]).sum() == n
        unseen = story.behind(by_channel["completion"])
        known = 1 - story.ring.row["evidence"]["completed"]
        assert unseen.sum() == pytest.approx(known * n, abs=n * 0.1)  # where completion is unknown it counts on no side
        if by_channel["dwell"].speaks == "for":
            short = story.behind(by_channel["dwell"]).sum()
            assert short == pytest.approx(by_channel["dwell"].value * n, abs=n * 0.1)


def test_behind__without_the_likes_only_they_could_tell(saved: gk.Detection) -> None:
    story = ring_story(saved, ring_ids(saved)[0])
    untold = {claim.channel for claim in story.claims if story.behind(claim) is None}
    assert untold == {"completion", "devices", "addresses"}


# --------------------------------------------------------------------------------------------------
# Leave one out


def test_members__what_rests_on_each_is_counted_by_hand(run: gk.Detection) -> None:
    for ring_id in ring_ids(run):
        ring = run.ring(ring_id)
        if ring.row["tier"] == "watch":
            continue  # none of its likes is proposed
        graph, likes = ring.to_networkx(), ring.likes.to_pylist()
        on_target = Counter(like["note_id"] for like in likes)
        cuts = set(nx.articulation_points(graph))
        for row in ring_story(run, ring_id).members.to_pylist():
            user = row["user_id"]
            mine = [like["note_id"] for like in likes if like["user_id"] == user]
            assert row["ties"] == graph.degree(user)
            assert row["left_alone"] == sum(graph.degree(other) == 1 for other in graph[user])
            assert row["bridge"] == (user in cuts)
            assert (row["likes"], row["targets"]) == (len(mine), len(set(mine)))
            assert row["targets_lost"] == sum(on_target[note] == 3 for note in mine)


def test_members__score_without_one_is_that_of_the_numbers_counted_anew(run: gk.Detection) -> None:
    ring = run.ring("R-14964f07a7")
    verdict = verdict_of(run, ring.ring_id)
    author = dict(zip(ring.targets["note_id"].to_pylist(), ring.targets["author_id"].to_pylist(), strict=True))
    total = dict(zip(ring.targets["note_id"].to_pylist(), ring.targets["n_likes"].to_pylist(), strict=True))
    for row in ring_story(run, ring.ring_id).members.to_pylist():
        rest = [like for like in ring.likes.to_pylist() if like["user_id"] != row["user_id"]]
        members = [m for m in ring.members.to_pylist() if m["user_id"] != row["user_id"]]
        on_target = Counter(like["note_id"] for like in rest)
        of_author = Counter(author[like["note_id"]] for like in rest)
        entropy = -sum(k / len(rest) * math.log(k / len(rest)) for k in of_author.values())
        numbers = verdict.numbers | {
            "devotion": np.array([statistics.median(m["n_ring_likes"] / m["n_likes"] for m in members)]),
            "capture": np.array([statistics.median(k / total[note] for note, k in on_target.items())]),
            "authors_effective": np.array([math.exp(entropy)]),
            "n_users": verdict.numbers["n_users"] - 1,
        }
        naive = Verdict(numbers, weigh(numbers), verdict.decoys, verdict.config)
        assert row["score_without"] == pytest.approx(naive.score[0])
        assert row["tier_without"] == TIERS[naive.tier[0]]


def test_members__what_is_counted_anew_is_what_the_tables_allow(run: gk.Detection) -> None:
    story = ring_story(run, "R-14964f07a7")
    assert recomputed(story.ring, story.verdict) == ("devotion", "capture", "authors")
    bare = Verdict(
        {**story.verdict.numbers, "authors_effective": np.array([math.nan])}, {}, story.verdict.decoys, CONFIG
    )
    assert recomputed(story.ring, bare) == ("devotion", "capture")
    watched = made_run(1).ring("R-000000")
    assert watched.row["tier"] == "watch"
    assert recomputed(watched, story.verdict) == ("devotion",)


def test_members__a_ring_of_the_least_size_has_no_verdict_without_one(run: gk.Detection) -> None:
    (least,) = [row["ring_id"] for row in run.rings.to_pylist() if row["n_users"] == 4]
    assert ring_story(run, least).members["tier_without"].null_count == 4


# --------------------------------------------------------------------------------------------------
# The story as a whole


def test_story__of_a_saved_run_is_the_same(run: gk.Detection, saved: gk.Detection) -> None:
    for ring_id in ring_ids(run)[:3]:
        for lang in ("en", "zh"):
            assert ring_story(run, ring_id).to_dict(lang) == ring_story(saved, ring_id).to_dict(lang)


def test_story__says_which_columns_were_not_there() -> None:
    run = made_run(1)
    assert ring_story(run, "R-000000").to_dict("en")["not_known"] == [
        "Not known, since the input has no likes.dwell_ms: dwell."
    ]


def test_story__of_a_watched_ring_proposes_nothing() -> None:
    headline = ring_story(made_run(1), "R-000000").headline
    assert headline.code == "RING_WATCH"
    assert "nothing is proposed" in headline.text()


def test_story__of_an_unknown_ring_is_one_clear_error(saved: gk.Detection) -> None:
    with pytest.raises(InputError, match="0 rings called 'R-zzz'"):
        ring_story(saved, "R-zzz")
