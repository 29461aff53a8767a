"""The parts of the pair kernel; its pairs are held against the reference where the projection is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.grouping import group_members, group_pointers
from graphkit._kernels.neighbours import window_bounds
from graphkit._kernels.pairs import activity_steps, expected_twice, index_steps, row_work
from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.projection.project import project
from tests import reference
from tests.examples import examples
from tests.worlds import SECOND, World, make_likes, worlds

pytestmark = pytest.mark.kernels


@given(worlds())
@examples(50)
def test_work_of_a_row_is_the_likes_around_its_likes(world: World) -> None:
    likes = world.likes
    lo, hi = window_bounds(likes.ts, group_pointers(likes.note, likes.n_notes), SECOND)
    ptr = group_pointers(likes.user, likes.n_users)
    rows = group_members(likes.user, np.arange(len(likes), dtype=np.int32), ptr)
    work = row_work(lo[rows], hi[rows], ptr)
    table = reference.rows(likes)
    around = reference.window_counts(table, SECOND)
    assert work.tolist() == [
        sum(count.note for like, count in zip(table, around, strict=True) if like.user == user)
        for user in range(likes.n_users)
    ]


rated_likes = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 2**32 - 1)), max_size=12).map(sorted)
windows = st.sampled_from([0, 1, 3, 30])


def columns(likes: list[tuple[int, int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """Return times and rates."""
    times, rates = np.array(likes, np.int64).reshape(-1, 2).T
    return times.copy(), rates.astype(np.uint32)


def steps_of(likes: list[tuple[int, int]], window: int) -> tuple[npt.NDArray[np.int64], ...]:
    """Return moments, counts and rates of the steps of a user's activity."""
    moment, count, rate = (np.empty(2 * len(likes) + 2, np.int64) for _ in range(3))
    n = activity_steps(*columns(likes), window, moment, count, rate)
    return moment[: n + 1], count[:n], rate[:n]


def index_of(moment: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], int, int]:
    """Return the index over the steps, and what it tells of itself."""
    index = np.empty(2 * len(moment) + 2, np.int32)
    return index, *index_steps(moment, len(moment) - 1, index)


@given(rated_likes, windows, st.integers(-50, 50))
def test_steps_of_activity_hold_the_likes_within_the_window(likes: list[tuple[int, int]], window: int, at: int) -> None:
    moment, count, rate = steps_of(likes, window)
    near = [q for t, q in likes if abs(t - at) <= window]
    step = np.searchsorted(moment, at, "right") - 1
    assert (count[step], rate[step]) == (len(near), sum(near))
    assert (np.diff(moment.astype(object)) > 0).all()


@given(rated_likes, rated_likes, windows)
def test_what_is_expected_of_two_users_is_the_references(
    one: list[tuple[int, int]], other: list[tuple[int, int]], window: int
) -> None:
    likes = [reference.Like(user, 0, t) for user, own in enumerate((one, other)) for t, _ in own]
    rates = [q for own in (one, other) for _, q in own]
    expected = reference.expectation(likes, 0, 1, window, rates, [False] * len(likes))
    steps = steps_of(one, window)
    steps = (*steps, *index_of(steps[0]))
    assert expected_twice(*columns(other), *steps, 2**62) == expected
    for enough in (expected - 1, expected):
        assert (expected_twice(*columns(other), *steps, enough) > enough) == (expected > enough)


@given(rated_likes, windows, st.sampled_from([1, 1000, 10**12]))
def test_the_index_finds_the_step_in_which_each_stretch_begins(
    likes: list[tuple[int, int]], window: int, unit: int
) -> None:
    moment, _, _ = steps_of([(t * unit, q) for t, q in likes], window * unit)
    index, shift, stretches = index_of(moment)
    assert stretches <= 2 * (len(moment) - 1)
    assert (stretches == 0) == (len(likes) == 0)
    for i in range(stretches):
        start = moment[1] + (i << shift)
        assert moment[index[i]] <= start < moment[index[i] + 1]
    if stretches:
        assert moment[-2] < moment[1] + (stretches << shift)


def test_expectations_saturate_instead_of_wrapping() -> None:
    # Two users liked the same notes at one instant and nothing else lies around: every rate is one, so n
    # likes of each expect n * n co-likes, which wraps around 64 bits at this n unless the sum saturates.
    n = 46_341
    likes = make_likes([(user, note, 0) for user in (0, 1) for note in range(n)])
    config = ProjectionConfig(windows_s=(60,), hot_max=n, fdr=0.4)
    keys = likes.breadth_keys(config.fresh_s)
    found = project(likes.bipartite(), keys, config.windows_s, config, LocalEngine(1))
    assert len(found.views[0].edges) == 0
