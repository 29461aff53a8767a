"""Each guard rail by itself: what it holds, what it lets pass, and which one speaks first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from graphkit.purge import Batch, Policy
from graphkit.purge.batch import plan_batch
from graphkit.purge.protect import Protected
from graphkit.purge.rails import RAILS
from tests.purge.made import NOW, OPEN, Like, Ring, gone, held_by, made_run, plan, verdict

TWO = [Like("u0", "n0", "R-a"), Like("u1", "n1", "R-b")]


def protecting(**ids: tuple[str, ...]) -> Batch:
    run = made_run(TWO, authors={"n0": "a0", "n1": "a1"})
    return plan_batch(run, policy=Policy(**OPEN), now=NOW, protected=Protected(**ids))


def judged(*words: tuple[str, dict[str, Any]], **fields: Any) -> Batch:
    run = made_run(TWO)
    return plan(run, verdicts=[verdict(word, run, **what) for word, what in words], **fields)


def before() -> Batch:
    run = made_run(TWO)
    first = plan(run, max_likes=1, max_users=1)
    assert gone(first) == {("u0", "n0")}
    return plan_batch(run, policy=Policy(**OPEN), now=NOW, earlier={first.batch_id: first.keys})


def weak(like: Like, ring: Ring | None = None, **fields: Any) -> Batch:
    return plan(made_run([like, TWO[1]], {"R-a": ring or Ring()}), **fields)


#: For each rail a batch in which it holds the like of u0 on n0, and nothing holds that of u1 on n1.
HOLDING: dict[str, Callable[[], Batch]] = {
    "purged_before": before,
    "protected_user": lambda: protecting(users=("u0", "stranger")),
    "protected_note": lambda: protecting(notes=("n0",)),
    "protected_author": lambda: protecting(authors=("a0",)),
    "disputed": lambda: judged(("confirmed", {"user_id": "u0"}), ("cleared", {"user_id": "u0", "reviewer": "bo"})),
    "cleared_like": lambda: judged(("cleared", {"user_id": "u0", "note_id": "n0"})),
    "cleared_user": lambda: judged(("cleared", {"user_id": "u0"})),
    "cleared_ring": lambda: judged(("cleared", {"ring_id": "R-a"})),
    "unsure": lambda: judged(("unsure", {"ring_id": "R-a"})),
    "tier": lambda: weak(Like("u0", "n0", tier="review")),
    "score": lambda: weak(Like("u0", "n0", score=0.949)),
    "q_value": lambda: weak(TWO[0], Ring(q_value=0.051)),
    "channels": lambda: weak(TWO[0], Ring(channels=("dwell", "completion"))),
    "note_share": lambda: plan(made_run(TWO, others={"n1": 1}), max_note_share=0.5),
    "author_share": lambda: plan(
        made_run(TWO, authors={"n0": "a0", "n1": "a1"}, others={"n1": 1}), max_author_share=0.5
    ),
    "max_likes": lambda: plan(
        made_run([*TWO, Like("u0", "n2", "R-a")], {"R-a": Ring(score=0.95)}), max_likes=2, max_users=2
    ),
    "max_like_share": lambda: plan(
        made_run([*TWO, Like("u0", "n2", "R-a")], {"R-a": Ring(score=0.95)}, kept=20), max_like_share=0.1
    ),
    "max_users": lambda: plan(
        made_run([*TWO, Like("u2", "n0", "R-a")], {"R-a": Ring(score=0.95)}), max_likes=9, max_users=2
    ),
    "honest_share": lambda: plan(
        made_run([Like("u0", "n0", "R-a", score=0.95), TWO[1]], {"R-a": Ring(score=0.96)}), max_honest_share=0.02
    ),
    # Of these four the key of u1's like is the least.
    "canary": lambda: plan(made_run([*TWO, Like("a0", "a0"), Like("a1", "a1")]), canary_share=1e-12),
}


@pytest.mark.parametrize("rail", RAILS)
def test_rail__holds_what_it_should_and_nothing_else(rail: str) -> None:
    batch = HOLDING[rail]()
    assert held_by(batch)["u0", "n0"] == rail
    assert ("u1", "n1") in gone(batch)


def test_rails__each_has_words_in_both_languages() -> None:
    assert set(HOLDING) == set(RAILS)
    assert all(rail.en.endswith(".") and rail.zh.endswith("。") for rail in RAILS.values())


@pytest.mark.parametrize(
    ("field", "at", "beyond"),
    [("max_note_share", 0.5, 0.49), ("max_author_share", 0.5, 0.49)],
)
def test_shares__the_limit_itself_is_allowed(field: str, at: float, beyond: float) -> None:
    run = made_run([Like("u0", "n0")], authors={"n0": "a0"}, others=1)
    assert len(gone(plan(run, **{field: at}))) == 1
    assert len(gone(plan(run, **{field: beyond}))) == 0


def test_scores__the_limit_itself_is_allowed() -> None:
    run = made_run([Like("u0", "n0", score=0.9)], {"R-a": Ring(q_value=0.05)})
    assert len(gone(plan(run, min_score=0.9, max_q=0.05))) == 1


def test_author_share__counts_all_notes_of_the_author() -> None:
    likes = [Like("u0", "n0"), Like("u1", "n1")]
    run = made_run(likes, authors={"n0": "a", "n1": "a"}, others={"n0": 0, "n1": 8})
    assert set(held_by(plan(run, max_author_share=0.19)).values()) == {"author_share"}
    assert gone(plan(run, max_author_share=0.2)) == {("u0", "n0"), ("u1", "n1")}


def test_author_share__asks_nothing_where_the_author_is_unknown() -> None:
    """Else it would be a second share of the note, and raising that of notes would do nothing."""
    run = made_run([Like("u0", "n0")], others=1)
    assert len(gone(plan(run, max_author_share=0.1))) == 1


def test_note_share__all_likes_of_the_note_are_held_and_no_others() -> None:
    likes = [Like(f"u{i}", "n0") for i in range(3)] + [Like("u0", "n1")]
    batch = plan(made_run(likes, others={"n0": 2, "n1": 9}), max_note_share=0.5)
    assert gone(batch) == {("u0", "n1")}


def test_note_share__what_another_rail_holds_does_not_count() -> None:
    likes = [Like("u0", "n0"), Like("u1", "n0", tier="review")]
    assert gone(plan(made_run(likes, others=0), max_note_share=0.5)) == {("u0", "n0")}


def test_note_share__a_person_who_confirmed_the_ring_lets_it_pass() -> None:
    run = made_run([Like("u0", "n0")], others=0)
    word = verdict("confirmed", run, ring_id="R-a")
    assert held_by(plan(run, max_note_share=0.5)) == {("u0", "n0"): "note_share"}
    assert gone(plan(run, max_note_share=0.5, verdicts=[word])) == {("u0", "n0")}


def test_caps__the_strongest_rings_go_first() -> None:
    rings = {"R-a": Ring(score=0.96), "R-b": Ring(score=0.99), "R-c": Ring(score=0.97)}
    run = made_run([Like(f"u{ring}", "n0", ring, score=0.95) for ring in rings], rings)
    assert gone(plan(run, max_likes=2, max_users=2)) == {("uR-b", "n0"), ("uR-c", "n0")}


def test_caps__a_ring_too_large_waits_and_smaller_ones_go() -> None:
    likes = [Like(f"u{i}", "n0", "R-a") for i in range(3)] + [Like("u9", "n0", "R-b", score=0.95)]
    run = made_run(likes, {"R-a": Ring(score=0.99), "R-b": Ring(score=0.96)})
    batch = plan(run, max_likes=2, max_users=2)
    assert gone(batch) == {("u9", "n0")}
    assert set(held_by(batch).values()) == {"max_likes"}


def test_purged_before__a_canary_does_not_block_its_rest() -> None:
    run = made_run([Like(f"u{i}", f"n{i}") for i in range(20)])
    first = plan(run, canary_share=0.3)
    rest = plan_batch(
        run, policy=Policy(**{**OPEN, "canary_share": 0.3}), now=NOW, canary=first, earlier={first.batch_id: first.keys}
    )
    assert 0 < len(first.keys) < 20
    assert len(first.keys) + len(rest.keys) == 20


def test_canary__its_likes_are_those_with_the_least_keys() -> None:
    batch = plan(made_run([Like(f"u{i}", f"n{i}") for i in range(40)]), canary_share=0.25)
    first, later = (sorted(batch.tables[name]["key"].to_pylist()) for name in ("purge", "held"))
    assert first[-1] < "4" <= later[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [("run", "is of run"), ("policy", "was made by another policy"), ("part", "is no canary")],
)
def test_canary__another_batch_is_refused(changed: str, said: str) -> None:
    from graphkit.errors import InputError

    run = made_run([Like(f"u{i}", f"n{i}") for i in range(20)])
    other = made_run([Like("u", "n")], info={"config_digest": "another"})
    first = plan(
        other if changed == "run" else run,
        canary_share=0.0 if changed == "part" else 0.2,
        max_note_share=0.9 if changed == "policy" else 1.0,
    )
    with pytest.raises(InputError, match=said):
        plan_batch(run, policy=Policy(**{**OPEN, "canary_share": 0.2}), now=NOW, canary=first)


def test_batch__made_again_it_is_the_same_although_it_was_recorded() -> None:
    run = made_run([Like(f"u{i}", f"n{i}") for i in range(5)])
    first = plan(run)
    later = {"later": frozenset(first.purge["key"].to_pylist()[:2])}
    again = plan_batch(run, policy=Policy(**OPEN), now=NOW, earlier={first.batch_id: first.keys, **later})
    assert (again.batch_id, again.keys) == (first.batch_id, first.keys)


def test_batch_id__depends_on_what_people_said() -> None:
    run = made_run(TWO)
    words = [verdict("unsure", run, ring_id="R-a")]
    assert plan(run).batch_id != plan(run, verdicts=words).batch_id != plan(run, verdicts=words, max_q=0.04).batch_id
    assert plan(run).batch_id == plan(run, now=NOW + dt.timedelta(hours=1)).batch_id


def test_max_users__those_of_all_rings_add_up() -> None:
    run = made_run([Like(f"u{ring}", "n0", f"R-{ring}") for ring in "abc"])
    batch = plan(run, max_likes=9, max_users=2)
    assert len(gone(batch)) == 2
    assert set(held_by(batch).values()) == {"max_users"}


def test_note_share__what_an_earlier_batch_took_counts() -> None:
    run = made_run([Like(f"u{i}", "n0") for i in range(4)], others=4)
    earlier = {"earlier": frozenset(plan(run).purge["key"].to_pylist()[:2])}

    def held(share: float) -> list[str]:
        policy = Policy(**{**OPEN, "max_note_share": share})
        return sorted(held_by(plan_batch(run, policy=policy, now=NOW, earlier=earlier)).values())

    assert held(0.5) == ["purged_before"] * 2
    assert held(0.4) == ["note_share"] * 2 + ["purged_before"] * 2
