"""The reference itself, on worlds that can be reckoned by eye."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import Phase, find, given, settings
from scipy import special, stats

from graphkit.config import ProjectionConfig
from tests import reference
from tests.examples import examples
from tests.reference import Counts, Edge, Like, Pair
from tests.worlds import DAY, SECOND, World, configs, make_likes, worlds

HOUR = 3600 * SECOND


def test_two_users_who_meet_three_times_at_fresh_notes() -> None:
    # Notes 0, 1, 2 at 0 s, 1000 s, 2000 s; user 1 ten seconds after user 0 each time.
    rows = [(user, note, DAY + (1000 * note + 10 * user) * SECOND) for user in (0, 1) for note in (0, 1, 2)]
    (edge,) = reference.project(make_likes(rows), ProjectionConfig(windows_s=(60,)))
    # Outside the burst: no like of the note, four of the others, so q = (0 + 1/2) / (4 + 1/2) = 1/9. Each of the six
    # likes meets one like of the other user: E = (3 + 3) / 9 / 2 = 1/3.
    assert (edge.window_s, edge.u, edge.v) == (60, 0, 1)
    assert (edge.weight, edge.breadth) == (3, 3)
    assert edge.expected2 == 6 * (2**32 // 9)
    # P(X >= 3) = 1 - e^(-1/3) (1 + 1/3 + 1/18); one pair, one window, one test.
    assert edge.p_value == pytest.approx(1 - math.exp(-1 / 3) * (1 + 1 / 3 + 1 / 18), rel=1e-6)
    assert edge.q_value == edge.p_value


def test_breadth_counts_known_authors_once_and_each_note_without_one() -> None:
    rows = [(user, note, DAY + note * HOUR) for user in (0, 1) for note in range(5)]
    config = ProjectionConfig(windows_s=(1,), min_breadth=1)

    def breadth(authors: list[int] | None) -> list[int]:
        return [edge.breadth for edge in reference.project(make_likes(rows, authors), config)]

    assert breadth(None) == [5]
    assert breadth([-1, -1, -1, -1, -1]) == [5]
    assert breadth([8, 8, 8, 8, 8]) == [1]
    assert breadth([8, 8, -1, 3, -1]) == [4]


def test_both_ends_of_a_window_belong_to_it() -> None:
    likes = [Like(0, 0, 0), Like(1, 0, 10), Like(2, 0, 21), Like(0, 1, 10)]
    assert reference.co_likes(likes, 10) == [(0, 1)]
    assert reference.co_likes(likes, 11) == [(0, 1), (1, 2)]
    assert reference.window_counts(likes, 10) == [Counts(2, 3), Counts(2, 3), Counts(1, 1), Counts(1, 3)]
    assert [reference.activity(likes, 0, ts, 10) for ts in (-11, -10, 0, 10, 20, 21)] == [0, 1, 2, 2, 1, 0]


def test_a_rate_leaves_the_burst_out_and_looks_four_windows_far_at_least() -> None:
    # Like 0 of note 0 at 0; within 10 two more of it, within 40 one more of it and two of note 1.
    likes = [Like(u, n, t) for u, (n, t) in enumerate([(0, 0), (0, 10), (0, -10), (0, 40), (1, 11), (1, -40), (1, 41)])]
    assert reference.rates(likes, 10, 1)[0] == reference.rates(likes, 10, 40)[0] == (3 << 32) // 7
    assert reference.rates(likes, 10, 41)[0] == (3 << 32) // 9
    assert reference.rates(likes, 41, 1)[0] == 2**32 - 1


def test_an_inclusive_rate_is_at_least_that_of_the_other_likes_within_the_window() -> None:
    # Within 10 of the like at 0 are two more of its note and one of another, beyond them one against three.
    likes = [
        Like(u, n, t)
        for u, (n, t) in enumerate([(0, 0), (0, 10), (0, -10), (1, 9), (0, 40), (1, 11), (1, -40), (1, 30)])
    ]
    assert reference.rates(likes, 10, 40)[0] == (3 << 32) // 9
    assert reference.rates(likes, 10, 40, inclusive=True)[0] == (5 << 32) // 7
    # Beside the like at 40 is one of the other note: 1/3 within, less than (2 * 2 + 1) / (2 * 4 + 1) beyond.
    assert reference.rates(likes, 10, 40, inclusive=True)[4] == reference.rates(likes, 10, 40)[4] == (5 << 32) // 9


def test_hot_by_number_and_by_flow() -> None:
    # Three likes at once, then nine more of the note, one each ten windows, up to the horizon of 100 windows.
    likes = [Like(u, 0, 0) for u in range(3)] + [Like(u, 0, 10 * (u - 2)) for u in range(3, 12)]
    assert reference.hot(likes, 1, 100, 1, 3) == [False] * 12
    assert reference.hot(likes, 1, 100, 1, 2) == [True] * 3 + [False] * 9
    # Nine likes outside of it over 99 windows: a flow of 1/11, to be exceeded.
    assert not reference.hot(likes, 1, 100, 9 / 99, 99)[0]
    assert reference.hot(likes, 1, 100, 9 / 100, 99)[0]
    # Over four windows nothing was near; with windows of 3 the like at 10 was: one over three windows.
    assert not reference.hot(likes, 3, 1, 1 / 3, 99)[0]
    assert reference.hot(likes, 3, 1, 0.3, 99)[0]


def test_likes_at_hot_moments_make_no_co_like() -> None:
    likes = [Like(0, 0, 0), Like(1, 0, 0), Like(0, 1, 5), Like(1, 1, 5), Like(0, 2, 9), Like(1, 2, 9), Like(2, 2, 9)]
    found = reference.pairs(likes, [7, 7, 7, 7, 8, 8, 8], 1, [True, False, False, False, False, False, False])
    assert found == {(0, 1): Pair(2, 2), (0, 2): Pair(1, 1), (1, 2): Pair(1, 1)}
    assert reference.tested_pairs(found, 2, 2) == {(0, 1): Pair(2, 2)}
    assert reference.tested_pairs(found, 3, 2) == reference.tested_pairs(found, 2, 3) == {}
    assert reference.tested_pairs(found, 1, 1) == found


def test_expectation_takes_both_directions() -> None:
    # u likes at 0 and 100; v three times around 0, once far off. The rates are the positions' own powers of ten.
    likes = [Like(0, 0, 0), Like(0, 1, 100), Like(1, 2, -1), Like(1, 3, 0), Like(1, 4, 1), Like(1, 5, 500)]
    rate, cool = [1, 10, 100, 1000, 10000, 100000], [False] * 6
    assert reference.expectation(likes, 0, 1, 1, rate, cool) == 3 * 1 + 0 + 11100
    assert reference.expectation(likes, 0, 1, 100, rate, cool) == 3 + 20 + 100 + 2000 + 20000
    # What stands at a hot moment expects nothing of its own, but is activity for the others.
    assert reference.expectation(likes, 0, 1, 1, rate, [False, False, False, True, False, False]) == 3 * 1 + 10100


def test_pruning_cascades() -> None:
    # 0 and 1 share notes 0, 1; 2 shares note 2 with 1 only, so falls, and takes 1's like of note 2 along.
    likes = [Like(0, 0, 0), Like(1, 0, 1), Like(0, 1, 9), Like(1, 1, 9), Like(1, 2, 5), Like(2, 2, 6), Like(2, 3, 5)]
    assert reference.prune(likes, 1, 2) == [True, True, True, True, False, False, False]
    assert reference.prune(likes, 0, 2) == [False] * 7
    assert reference.prune(likes, 1, 3) == [False] * 7
    assert reference.prune(likes, 1, 1) == [True] * 6 + [False]


def test_tests_are_pairs_of_users_with_enough_likes() -> None:
    likes = [Like(user, note, 0) for user, n in enumerate([3, 2, 5, 3, 1]) for note in range(n)]
    assert reference.number_of_tests(likes, 1, 3) == 3
    assert reference.number_of_tests(likes, 4, 3) == 12
    assert reference.number_of_tests(likes, 2, 2) == 12
    assert reference.number_of_tests(likes, 1, 6) == 0


def test_benjamini_hochberg_by_hand() -> None:
    assert reference.benjamini_hochberg([], 10) == []
    assert reference.benjamini_hochberg([0.5, 0.01, 0.03, 0.02], 4) == pytest.approx([0.5, 0.04, 0.04, 0.04])
    assert reference.benjamini_hochberg([0.5, 0.01, 0.03, 0.02], 10) == pytest.approx([1, 0.1, 0.1, 0.1])
    assert reference.benjamini_hochberg([0.01, 0.04], 2) == pytest.approx([0.02, 0.04])


@pytest.mark.parametrize("least", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("mean", [2**-33, 1e-4, 0.25, 3.0, 60.0])
def test_poisson_tail_is_scipys(least: int, mean: float) -> None:
    tail = reference.poisson_tail(least, Fraction(mean))
    assert tail == pytest.approx(float(stats.poisson.sf(least - 1, mean)), rel=1e-9)
    assert tail == pytest.approx(float(special.pdtrc(least - 1, mean)), rel=1e-9)


@given(worlds())
@examples(50)
def test_weight_is_networkx_projection_when_time_does_not_matter(world: World) -> None:
    table = reference.rows(world.likes)
    key = reference.breadth_keys(world.likes, world.config.fresh_s)
    found = reference.pairs(table, key, 10**15, [False] * len(table))
    assert {users: pair.weight for users, pair in found.items()} == reference.networkx_weights(table)


@given(worlds())
@examples(50)
def test_pruning_keeps_every_pair_that_matters(world: World) -> None:
    table = reference.rows(world.likes)
    key = reference.breadth_keys(world.likes, world.config.fresh_s)
    window_us, least = world.config.windows_s[0] * SECOND, world.config.min_weight
    is_hot = reference.hot(table, window_us, SECOND, world.config.hot_rate, world.config.hot_max)
    kept = [i for i, alive in enumerate(reference.prune(table, window_us, least)) if alive]
    before = reference.pairs(table, key, window_us, is_hot)
    after = reference.pairs([table[i] for i in kept], [key[i] for i in kept], window_us, [is_hot[i] for i in kept])
    assert {users: pair for users, pair in before.items() if pair.weight >= least} == {
        users: pair for users, pair in after.items() if pair.weight >= least
    }


@given(configs())
@examples(25)
def test_n_likers_at_once_make_every_pair(config: ProjectionConfig) -> None:
    rows = [(user, note, DAY + note * 24 * HOUR) for user in range(5) for note in range(3)]
    edges = reference.project(make_likes(rows), config)
    expected = list(combinations(range(5), 2)) if config.hot_max >= 5 else []
    # Nothing but the burst lies within the horizon: the rate is 1/2 over 1/2, so E = 3 for all.
    for window_s in config.windows_s:
        assert [(edge.u, edge.v) for edge in edges if edge.window_s == window_s] == expected
    assert {(edge.weight, edge.breadth, edge.expected2) for edge in edges} <= {(3, 3, 6 * (2**32 - 1))}


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        lambda edge, config: edge.weight >= 3 and edge.breadth < edge.weight,
        lambda edge, config: edge.q_value <= config.fdr < 0.5,
        lambda edge, config: edge.weight >= 3 and edge.expected2 > 2 * 2**33,
    ],
    ids=["one author twice", "significant", "expected to meet"],
)
def test_the_drawn_worlds_hold_what_the_properties_are_about(wanted: Callable[[Edge, ProjectionConfig], bool]) -> None:
    def holds(world: World) -> bool:
        return any(wanted(edge, world.config) for edge in reference.project(world.likes, world.config))

    # Found or NoSuchExample; not shrunk, since nobody needs the smallest.
    only_look = settings(max_examples=1500, database=None, derandomize=True, phases=[Phase.generate])
    assert holds(find(worlds(), holds, settings=only_look))
