"""Explanations of users, notes and likes: what is said is what the run holds, and nobody else is named in an appeal."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import graphkit as gk
from graphkit.errors import ConfigError, InputError
from graphkit.explain import explain
from graphkit.explain.appeal import appeal_packet
from graphkit.explain.recount import Recount
from graphkit.report.explanation import appeal_page, explanation_text
from graphkit.report.machine import to_json
from tests.report.made import made_run
from tests.worlds import DAY

PURGED = "R-010376834f"
HOSTILE = '<script>alert(1)</script>"><img onerror=x>\u202e'


def first_member(run: gk.Detection, ring_id: str) -> Any:
    return run.ring(ring_id).members["user_id"][0].as_py()


def liked(run: gk.Detection, user: Any) -> list[Any]:
    """Return the notes that a user liked."""
    assert run.likes is not None
    graph = run.likes.bipartite()
    code = run.likes.users.ids.to_pylist().index(user)
    mine = graph.by_user[graph.user_ptr[code] : graph.user_ptr[code + 1]]
    return run.likes.notes.ids.take(pa.array(graph.note[mine])).to_pylist()


def outsider(run: gk.Detection) -> Any:
    assert run.likes is not None
    members = set(run.members["user_id"].to_pylist())
    return next(user for user in run.likes.users.ids.to_pylist() if user not in members)


# --------------------------------------------------------------------------------------------------
# What is said


def test_user__flagged_counts_are_the_tables(run: gk.Detection) -> None:
    for member in [row for row in run.members.to_pylist() if row["tier"] != "watch"][::15]:
        one = run.explain(user=member["user_id"])
        mine = [c for c in run.candidates.to_pylist() if c["user_id"] == member["user_id"]]
        assert one.facts["member"] == member
        assert {(like["note_id"], like["tier"]) for like in one.facts["likes"]} == {
            (c["note_id"], c["tier"]) for c in mine
        }
        n_purge = sum(c["tier"] == "purge" for c in mine)
        assert f"{n_purge} are proposed for purge and {len(mine) - n_purge} for review" in str(one)


@pytest.mark.parametrize("subject", ["user", "like", "ring"])
def test_flagged__counter_evidence_is_always_shown(run: gk.Detection, subject: str) -> None:
    for ring_id in run.rings.filter(pc.not_equal(run.rings["tier"], "watch"))["ring_id"].to_pylist():
        like = run.ring(ring_id).likes.to_pylist()[0]
        asked = {
            "user": {"user": like["user_id"]},
            "like": {"user": like["user_id"], "note": like["note_id"]},
            "ring": {"ring": ring_id},
        }[subject]
        one = run.explain(**asked)
        assert one.section("counter_evidence").lines
        assert one.section("innocent_explanation").lines
        assert one.section("lowers").lines


def test_user__tests_of_the_likes_pass_where_they_are_proposed(run: gk.Detection) -> None:
    one = run.explain(user=first_member(run, PURGED))
    tests = [like["test"] for like in one.facts["likes"]]
    assert tests
    assert all(test["passed"] and test["company"] >= 2 and test["p_value"] <= 1e-4 for test in tests)


def test_user__not_flagged_is_told_how_far_the_strongest_company_is_from_a_tie(run: gk.Detection) -> None:
    one = run.explain(user=outsider(run))
    strongest = one.facts["strongest"]
    short = strongest["weight"] < strongest["min_weight"] or strongest["breadth"] < strongest["min_breadth"]
    assert short or strongest["p_value"] > strongest["line"] or strongest["n_ties"] > 0
    assert [window["window_s"] for window in one.facts["windows"]] == [60, 600, 3600, 21600]
    met = [window["n_met"] for window in one.facts["windows"]]
    assert met == sorted(met)
    assert met[-1] <= one.facts["n_likes"]


def test_user__the_strongest_company_is_the_least_likely_of_those_a_tie_could_come_of(run: gk.Detection) -> None:
    assert run.likes is not None
    recount = Recount(run, run.likes)
    members = set(run.members["user_id"].to_pylist())
    users = [user for user in run.likes.users.ids.to_pylist() if user not in members]
    able_seen = 0
    for user in users[::150]:
        pairs = [
            (not (weight >= 3 and breadth >= 3), p)
            for view in recount.partners(recount.user(user))
            for weight, breadth, p in zip(
                view.weight.tolist(), view.breadth.tolist(), view.p_value.tolist(), strict=True
            )
        ]
        strongest = run.explain(user=user).facts["strongest"]
        if not pairs:
            assert strongest is None
            continue
        unable, p_value = min(pairs)
        able_seen += not unable
        assert strongest["p_value"] == p_value
        assert unable == (strongest["weight"] < 3 or strongest["breadth"] < 3)
    assert able_seen > 0


def test_user__not_flagged_on_tables_alone_claims_nothing_about_likes(saved: gk.Detection, run: gk.Detection) -> None:
    one = saved.explain(user=outsider(run))
    assert one.facts == {}
    assert "not even whether the id exists" in str(one)


def test_user__with_the_likes_given_a_saved_run_says_the_same(run: gk.Detection, saved: gk.Detection) -> None:
    for user in (outsider(run), first_member(run, PURGED)):
        assert str(saved.explain(user=user, likes=run.likes)) == str(run.explain(user=user))


@pytest.mark.parametrize("subject", ["user", "ring", "note"])
def test_explanation__whoever_reads_of_nats_is_told_what_one_is(run: gk.Detection, subject: str) -> None:
    asked = {
        "user": first_member(run, PURGED),
        "ring": PURGED,
        "note": run.ring(PURGED).targets["note_id"][0].as_py(),
    }[subject]
    assert "nats;" in (text := str(run.explain(**{subject: asked})))
    assert text.count("A nat measures evidence") == 1


def test_note__says_what_would_be_left(run: gk.Detection) -> None:
    for row in run.impact.to_pylist()[::5]:
        one = run.explain(note=row["note_id"])
        assert one.facts["impact"] == row
        assert f"{row['likes_after']:,} likes would be left" in str(one)
        assert one.facts["n_likes"] == row["likes_before"]


def test_note__nobody_pushed_it(run: gk.Detection) -> None:
    assert run.likes is not None
    targets = set(run.targets["note_id"].to_pylist())
    quiet = next(note for note in run.likes.notes.ids.to_pylist() if note not in targets)
    one = run.explain(note=quiet)
    assert one.headline.code == "NOTE_UNTOUCHED"
    assert one.facts["rings"] == []


def test_like__held_back_in_a_purged_ring_says_so(run: gk.Detection) -> None:
    purged = {row["ring_id"] for row in run.rings.to_pylist() if row["tier"] == "purge"}
    held = next(c for c in run.candidates.to_pylist() if c["tier"] == "review" and c["ring_id"] in purged)
    codes = [
        said.code for said in run.explain(user=held["user_id"], note=held["note_id"]).section("counter_evidence").lines
    ]
    assert codes[0] == "LIKE_HELD"


def test_like__ordinary_one_of_a_member_is_not_proposed(run: gk.Detection) -> None:
    proposed = set(zip(run.candidates["user_id"].to_pylist(), run.candidates["note_id"].to_pylist(), strict=True))
    user = next(m["user_id"] for m in run.members.to_pylist() if m["n_likes"] > m["n_ring_likes"])
    note = next(note for note in liked(run, user) if (user, note) not in proposed)
    one = run.explain(user=user, note=note)
    assert [one.headline.code, one.section("seen").lines[0].code] == ["LIKE_NOT_PROPOSED", "LIKE_ORDINARY"]


def test_like__of_somebody_in_no_ring_says_why_not(run: gk.Detection) -> None:
    user = outsider(run)
    codes = [said.code for said in run.explain(user=user, note=liked(run, user)[0]).section("seen").lines]
    assert codes[0] == "LIKE_OF_NOBODY"
    assert "SEEN_STRONGEST" in codes or "SEEN_NOBODY" in codes


# --------------------------------------------------------------------------------------------------
# What cannot be said


def test_unknown_user__is_one_clear_error(run: gk.Detection) -> None:
    with pytest.raises(InputError, match="no user 'nobody' in the likes; wanted a user of this run; check the id"):
        run.explain(user="nobody")


def test_unknown_like__is_one_clear_error(run: gk.Detection) -> None:
    assert run.likes is not None
    note = next(n for n in run.likes.notes.ids.to_pylist() if n not in set(run.targets["note_id"].to_pylist()))
    with pytest.raises(InputError, match="did not like note"):
        run.explain(user=first_member(run, PURGED), note=note)


@pytest.mark.parametrize("asked", [{}, {"ring": "R-0", "user": "u"}], ids=["nothing", "too much"])
def test_explain__of_nothing_or_too_much_is_one_clear_error(saved: gk.Detection, asked: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="wanted a ring, or a user, a note, or both"):
        saved.explain(**asked)


def test_explain__other_likes_are_refused(saved: gk.Detection) -> None:
    other = gk.read_likes(pa.table({"user_id": ["a"], "note_id": ["n"], "ts": pa.array([DAY], pa.timestamp("us"))}))
    with pytest.raises(InputError, match="likes with fingerprint"):
        saved.explain(user="a", likes=other)


def test_ids__are_taken_as_text_where_the_run_has_integers() -> None:
    table = pa.table({"user_id": [7, 8], "note_id": [1, 1], "ts": pa.array([DAY, DAY + 1], pa.timestamp("us"))})
    run = gk.detect(gk.read_likes(table))
    assert run.explain(user="7").subject == {"user": 7}
    with pytest.raises(InputError, match="user 'seven'; wanted an id of type int64"):
        run.explain(user="seven")


# --------------------------------------------------------------------------------------------------
# How it is shown


def test_explanation__is_plain_values_for_machines(run: gk.Detection) -> None:
    one = run.explain(user=first_member(run, PURGED), lang="zh")
    again = json.loads(to_json(one.to_dict()))
    assert again["reasons"] == [said.text("zh") for said in one.section("reasons").lines]
    assert again["lang"] == "zh"


def test_explanation__no_sentence_lacks_a_number(run: gk.Detection) -> None:
    like = run.candidates.to_pylist()[0]
    for asked in (
        {"user": like["user_id"]},
        {"user": outsider(run)},
        {"note": like["note_id"]},
        {"ring": like["ring_id"]},
    ):
        for lang in ("en", "zh"):
            assert "?" not in str(run.explain(**asked, lang=lang))


def test_explanation__trusts_no_id_in_html() -> None:
    run = made_run(2, name=lambda text: f"{text}{HOSTILE}")
    user = run.candidates["user_id"][-1].as_py()
    html = run.explain(user=user)._repr_html_()
    assert "alert(1)" in html.split("<h4>The likes</h4>")[1]
    assert "<script" not in html
    assert "<img" not in html
    assert "\u202e" not in html
    assert re.search(r"&lt;script&gt;.*\\u202e", html)


def test_explanation__fits_the_terminal(run: gk.Detection) -> None:
    lines = explanation_text(run.explain(ring=PURGED), colour=False, width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("59 users liked 13 notes together")


# --------------------------------------------------------------------------------------------------
# Appeals


@pytest.mark.parametrize("whole", [True, False], ids=["all likes", "one like"])
@pytest.mark.parametrize("at_hand", [True, False], ids=["with the likes", "tables alone"])
def test_appeal__names_nobody_else(run: gk.Detection, saved: gk.Detection, whole: bool, at_hand: bool) -> None:
    assert run.likes is not None
    for ring_id in (PURGED, "R-14964f07a7"):
        like = run.ring(ring_id).likes.to_pylist()[0]
        note = None if whole else like["note_id"]
        packet = appeal_packet(run if at_hand else saved, user=like["user_id"], note=note)
        others = {*run.likes.users.ids.to_pylist(), *run.rings["ring_id"].to_pylist()} - {like["user_id"]}
        mine = {c["note_id"] for c in run.candidates.to_pylist() if c["user_id"] == like["user_id"]}
        others |= set(run.likes.notes.ids.to_pylist()) - mine
        others |= set(run.targets["author_id"].to_pylist()) - {None, like["user_id"]}
        for text in (to_json(packet), appeal_page(packet)):
            words = set(re.findall(r"[\w-]+", text))
            assert like["user_id"] in words
            assert words & others == set()


def test_appeal__holds_what_a_reviewer_needs(run: gk.Detection) -> None:
    user = first_member(run, PURGED)
    packet = appeal_packet(run, user=user)
    assert packet["member"]["n_likes"] >= len(packet["likes"]) > 0
    assert {"note_id", "ts", "tier", "score", "reasons", "test", "dwell_ms", "completed"} <= packet["likes"][0].keys()
    assert packet["ring"]["n_users"] == 59
    assert packet["evidence"]["weight_devotion"] == run.ring(PURGED).row["evidence"]["weight_devotion"]
    titles = [title for title, _ in packet["explanations"]["zh"]["sections"]]
    assert titles[:2] == ["依据", "反证"]


def test_appeal__of_a_user_who_was_not_flagged_says_that_there_is_nothing(run: gk.Detection) -> None:
    packet = appeal_packet(run, user=outsider(run))
    assert (packet["member"], packet["ring"], packet["likes"]) == (None, None, [])
    assert "there is nothing to appeal against" in appeal_page(packet)


def test_appeal__page_asks_for_nothing_and_trusts_nothing() -> None:
    run = made_run(2, name=lambda text: f"{text}{HOSTILE}")
    page = appeal_page(appeal_packet(run, user=run.candidates["user_id"][-1].as_py()))
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"(src|href)=", page)


def test_appeal__without_a_user_is_one_clear_error(saved: gk.Detection) -> None:
    with pytest.raises(ConfigError, match="an appeal without a user"):
        appeal_packet(saved, user=None)


def test_explain__the_method_and_the_function_are_one(saved: gk.Detection) -> None:
    assert str(saved.explain(ring=PURGED)) == str(explain(saved, ring=PURGED))
