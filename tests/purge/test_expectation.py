"""How many honest likes a batch says it may hold."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
import pytest

from graphkit.detection import Detection
from graphkit.purge.proposal import propose
from tests.purge.made import Like, Ring, made_run, plan, verdict


def expected(*args: Any, **how: Any) -> dict[str, Any]:
    return dict(plan(made_run(*args), min_score=0.0, max_q=1.0, **how).info["expected_honest"])


def ring_of(n: int, name: str = "R-a", score: float = 1.0) -> list[Like]:
    return [Like(f"{name}{i}", f"n{i % 7}", name, score=score) for i in range(n)]


def at_large(likes: list[Like], times: int) -> float:
    """Return the share of what members do that is not the ring's, where they gave `times` as many likes in all."""
    run = made_run(likes, {"R-a": Ring(score=1.0, q_value=0.0)})
    members = run.members
    n_likes = pc.multiply(members["n_ring_likes"], times)
    at = members.column_names.index("n_likes")
    other = Detection({**run.tables, "members": members.set_column(at, "n_likes", n_likes)}, run.info)
    (share,) = propose(other).ring_at_large
    return float(share)


def test_mean__is_one_less_the_score_where_the_score_is_the_worse() -> None:
    found = expected([Like("u0", "n0", score=0.9), Like("u1", "n0", score=0.9)], {"R-a": Ring(score=0.9, q_value=0.1)})
    assert found["likes"] == pytest.approx(0.1 + 0.1)
    assert found["share"] == pytest.approx(0.1)


def test_mean__ordinary_likes_are_of_what_members_do_otherwise() -> None:
    """One like in five were an ordinary one if all that members do were; three of five are, one more than was seen."""
    likes = [Like("u0", "n0", score=0.8), Like("u1", "n0", score=0.8)]
    assert at_large(likes, 2) == pytest.approx(3 / 5)
    assert expected(likes, {"R-a": Ring(score=1.0, q_value=0.0)})["likes"] == pytest.approx(2 * 0.2 * 3 / 5)


def test_mean__ordinary_likes_of_those_who_do_nothing_else_are_rare_and_not_never() -> None:
    likes = ring_of(99, score=0.8)
    assert at_large(likes, 1) == pytest.approx(1 / 100)


@pytest.mark.parametrize("times", [1, 2, 50])
def test_mean__is_never_above_what_scores_alone_say(times: int) -> None:
    assert 0 < at_large(ring_of(10, score=0.5), times) <= 1


def test_mean__is_the_q_value_where_decoys_say_worse() -> None:
    found = expected(ring_of(10, score=0.99), {"R-a": Ring(score=0.99, q_value=0.2)})
    assert found["likes"] == pytest.approx(2.0)


def test_interval__a_ring_is_none_as_a_whole() -> None:
    """One ring of 100 likes, none with 4 %: never a handful of honest likes, but now and then all."""
    found = expected(ring_of(100, score=0.96), {"R-a": Ring(score=0.96, q_value=0.04)})
    assert (found["likes"], found["low"], found["high"]) == (pytest.approx(4), 0, 100)


def test_interval__many_rings_come_near_their_mean() -> None:
    likes = [like for r in range(400) for like in ring_of(2, f"R-{r:03}", 0.9)]
    found = expected(likes, {f"R-{r:03}": Ring(score=0.9, q_value=0.1) for r in range(400)})
    # Binomial(400, 0.1) rings of two likes: 40 +- 1.96 * 6 of them.
    assert found["likes"] == pytest.approx(80)
    assert found["low"] == pytest.approx(2 * (40 - 11.8), abs=3)
    assert found["high"] == pytest.approx(2 * (40 + 11.8), abs=3)


def test_interval__of_one_ring_only_the_size_is_known() -> None:
    """A Poisson number at an exponential rate is geometric: of mean 10, none in one of eleven, and beyond 38 in 40."""
    found = expected(ring_of(1000, score=0.98), {"R-a": Ring(score=1.0, q_value=0.0)})
    assert found["likes"] == pytest.approx(20 * 1001 / 2001)
    assert (found["low"], found["high"]) == (0, pytest.approx(38, abs=2))


def test_interval__over_many_rings_their_rates_even_out() -> None:
    """A hundred rings of mean 1: variance 2 each, so 100 +- 1.96 * 14."""
    likes = [like for r in range(100) for like in ring_of(100, f"R-{r:02}", 0.98)]
    found = expected(likes, {f"R-{r:02}": Ring(score=1.0, q_value=0.0) for r in range(100)})
    assert found["likes"] == pytest.approx(100, rel=0.02)
    assert (found["low"], found["high"]) == (pytest.approx(74, abs=4), pytest.approx(129, abs=4))


def test_confirmed__the_ring_is_taken_at_its_word() -> None:
    run = made_run(ring_of(10, score=0.9), {"R-a": Ring(score=0.9, q_value=0.1)})
    found = plan(run, verdicts=[verdict("confirmed", run, ring_id="R-a")]).info["expected_honest"]
    assert (found["likes"], found["confirmed"]) == (0, 10)
    assert found["by_decoys"]["likes_at_most"] == 0


def test_decoys__none_seen_still_leaves_five_rings_open() -> None:
    """Finds and decoys as coin tosses: six heads in a row happen once in 64, five in a row once in 32."""
    rings = {f"R-{r}": Ring(q_value=0.01) for r in range(9)}
    likes = [like for i, name in enumerate(rings) for like in ring_of(i + 1, name)]
    found = expected(likes, rings)["by_decoys"]
    assert found == {"sets": 1, "decoys_at_most": 0, "false_rings_at_most": 5, "likes_at_most": 9 + 8 + 7 + 6 + 5}


def test_decoys__are_counted_from_the_worst_q_value() -> None:
    rings = {f"R-{r:02}": Ring(q_value=0.0 if r else 0.1) for r in range(20)}
    found = expected([like for name in rings for like in ring_of(1, name)], rings)["by_decoys"]
    assert found["decoys_at_most"] == 2
    assert 5 < found["false_rings_at_most"] < 20


def test_nothing_taken__nothing_expected() -> None:
    found = expected([Like("u0", "n0", tier="review")])
    assert (found["likes"], found["share"], found["low"], found["high"]) == (0, None, 0, 0)
    assert found["by_decoys"]["false_rings_at_most"] == 0
