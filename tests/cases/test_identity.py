"""Which ring is which: the rule by hand, its laws, and how well it keeps names under churn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.cases.identity import Body, Change, growth, links, match

RINGS = st.dictionaries(st.sampled_from("abcde"), st.sets(st.integers(0, 40), min_size=1), min_size=0)


def body(users: range | set[int], notes: range | set[int] = range(0)) -> Body:
    return Body(frozenset(users), frozenset(notes))


def disjoint(drawn: dict[str, set[int]]) -> dict[str, Body]:
    """Return rings in which each user is in the first that has it, as in a run."""
    seen: set[int] = set()
    out = {}
    for name, users in sorted(drawn.items()):
        if users - seen:
            out[name] = body(users - seen, {user // 2 for user in users - seen})
        seen |= users
    return out


def test_same_members__one_ring() -> None:
    matched = match({"a": body(range(10))}, {"b": body(range(10))})
    assert {ring: link.earlier for ring, link in matched.heirs.items()} == {"b": "a"}


@pytest.mark.parametrize(("shared", "linked"), [(5, True), (4, False)])
def test_half_of_the_smaller_ring__suffices(shared: int, linked: bool) -> None:
    found = links({"a": body(range(100))}, {"b": body(range(100 - shared, 110 - shared))})
    assert bool(found) is linked


@pytest.mark.parametrize(("users", "notes", "linked"), [(4, 5, True), (4, 4, False), (3, 5, False)])
def test_a_fifth_of_the_members__suffices_with_half_the_targets(users: int, notes: int, linked: bool) -> None:
    one = body(range(20), range(10))
    other = body(range(20 - users, 40 - users), range(10 - notes, 20 - notes))
    assert bool(links({"a": one}, {"b": other})) is linked


def test_targets_alone__never_suffice() -> None:
    assert links({"a": body(range(20), range(50))}, {"b": body(range(20, 40), range(50))}) == []


def test_two_members__are_too_few() -> None:
    assert links({"a": body({1, 2})}, {"b": body({1, 2})}) == []


def test_split__the_larger_part_goes_on() -> None:
    matched = match({"a": body(range(30))}, {"b": body(range(20)), "c": body(range(20, 30))})
    assert {ring: link.earlier for ring, link in matched.heirs.items()} == {"b": "a"}
    assert {ring: link.earlier for ring, link in matched.broke_off.items()} == {"c": "a"}
    assert matched.went_over == {}


def test_merger__the_larger_part_goes_on() -> None:
    matched = match({"a": body(range(20)), "b": body(range(20, 30))}, {"c": body(range(30))})
    assert {ring: link.earlier for ring, link in matched.heirs.items()} == {"c": "a"}
    assert {ring: link.later for ring, link in matched.went_over.items()} == {"b": "c"}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(100, 125, Change.CONTINUES), (100, 126, Change.GREW), (125, 100, Change.CONTINUES), (126, 100, Change.SHRANK)],
)
def test_growth__by_a_quarter(before: int, after: int, change: Change) -> None:
    assert growth(before, after) is change


@given(RINGS, RINGS)
def test_backwards__heirs_are_the_same_and_parting_is_joining(
    first: dict[str, set[int]], second: dict[str, set[int]]
) -> None:
    earlier, later = disjoint(first), {name.upper(): one for name, one in disjoint(second).items()}
    there, back = match(earlier, later), match(later, earlier)
    assert {(x.earlier, x.later) for x in there.heirs.values()} == {(x.later, x.earlier) for x in back.heirs.values()}
    parted = {(x.earlier, x.later) for x in there.broke_off.values()}
    assert parted == {(x.later, x.earlier) for x in back.went_over.values()}


@given(RINGS, RINGS)
def test_every_ring__has_one_fate(first: dict[str, set[int]], second: dict[str, set[int]]) -> None:
    earlier, later = disjoint(first), disjoint(second)
    matched = match(earlier, later)
    followed = [link.earlier for link in matched.heirs.values()]
    assert len(followed) == len(set(followed))
    assert not set(followed) & set(matched.went_over)
    assert not set(matched.heirs) & set(matched.broke_off)
    assert {link.earlier for link in links(earlier, later)} == set(followed) | set(matched.went_over)
    assert {link.later for link in links(earlier, later)} == set(matched.heirs) | set(matched.broke_off)


@given(RINGS)
def test_a_run_beside_itself__every_ring_of_three_goes_on(drawn: dict[str, set[int]]) -> None:
    rings = disjoint(drawn)
    matched = match(rings, rings)
    assert {ring: link.earlier for ring, link in matched.heirs.items()} == {
        ring: ring for ring, one in rings.items() if len(one.users) >= 3
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_churn_of_one_and_a_half_percent_a_day__names_outlive_two_months(seed: int) -> None:
    """1.5 % of the members go each day and others come, in rings of 5 to 200."""
    rng = np.random.default_rng(seed)
    fresh = iter(range(10**6, 10**8))
    rings = {f"r{i}": [next(fresh) for _ in range(int(size))] for i, size in enumerate(rng.integers(5, 200, 40))}
    names, kept, days = dict(zip(rings, rings, strict=True)), 0, 60
    for _ in range(days):
        later = {}
        for ring, users in rings.items():
            stays = rng.random(len(users)) >= 0.015
            later[ring] = [user if stay else next(fresh) for user, stay in zip(users, stays, strict=True)]
        matched = match({r: body(set(u)) for r, u in rings.items()}, {r: body(set(u)) for r, u in later.items()})
        names = {ring: names[matched.heirs[ring].earlier] if ring in matched.heirs else "lost" for ring in later}
        rings = later
        kept = sum(name == ring for ring, name in names.items())
    assert kept / len(rings) > 0.95
