"""Which communities are one ring, from jobs made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.bipartite import BipartiteGraph
from graphkit.config import Config
from graphkit.engines import LocalEngine
from graphkit.likes.model import Likes
from graphkit.projection.project import project
from graphkit.scoring.attach import Jobs
from graphkit.scoring.fuse import fuse
from graphkit.scoring.membership import Membership
from graphkit.scoring.rings import Rings, find_rings
from tests.examples import examples
from tests.worlds import DAY, SECOND, make_likes

#: A job: note, community, first and last second.
Job = tuple[int, int, int, int]
WINDOW_S = 60


def fused(
    jobs: Sequence[Job],
    windows_s: Sequence[int],
    authors: Sequence[int] | None = None,
    sizes: Mapping[tuple[int, int], int] | None = None,
    users: Sequence[int] | None = None,
    apart: Sequence[bool] | None = None,
) -> list[int]:
    """Return for each community the first it is one with; unless told, jobs have ten likes, notes their own author.

    Communities are equally large, and of one sort, where `users` and `apart` do not tell.
    """
    sizes = sizes or {}
    table = np.array(sorted(jobs, key=lambda job: (job[0], job[1], job[2])), np.int64).reshape(-1, 4)
    size = np.array([sizes.get((note, ring), 10) for note, ring, *_ in table.tolist()], np.int64)
    made = Jobs(
        table[:, 0].astype(np.int32), table[:, 1].astype(np.int32),
        table[:, 2] * SECOND, table[:, 3] * SECOND, size, size, size.astype(np.float64),
    )  # fmt: skip
    ring_of = np.repeat(np.arange(len(windows_s), dtype=np.int32), users or 1)
    members = Membership(ring_of, np.array(windows_s, np.int32), np.empty(0, np.bool_))
    key = np.arange(1 + max((job[0] for job in jobs), default=0)) if authors is None else np.array(authors)
    return fuse(members, made, key.astype(np.int32), np.array(apart or [False] * len(windows_s), np.bool_)).tolist()


def work(community: int, notes: Sequence[int], at: int = 0) -> list[Job]:
    """Return jobs of ten seconds on the notes, a thousand seconds apart."""
    return [(note, community, 1000 * note + at, 1000 * note + at + 10) for note in notes]


def test_fuse__three_jobs_of_six_done_together() -> None:
    assert fused([*work(0, range(6)), *work(1, range(3, 9))], [WINDOW_S] * 2) == [0, 0]


def test_fuse__two_jobs_done_together_do_not_suffice() -> None:
    assert fused([*work(0, range(2)), *work(1, range(2))], [WINDOW_S] * 2) == [0, 1]


def test_fuse__three_jobs_of_seven_do_not_suffice() -> None:
    assert fused([*work(0, range(7)), *work(1, range(4, 11))], [WINDOW_S] * 2) == [0, 1]


def test_fuse__half_the_jobs_of_the_one_with_fewer_suffice() -> None:
    assert fused([*work(0, range(40)), *work(1, range(37, 43))], [WINDOW_S] * 2) == [0, 0]


def test_fuse__a_chain_is_one_ring() -> None:
    chain = [job for community in range(5) for job in work(community, range(4 * community, 4 * community + 8))]
    assert fused(chain, [WINDOW_S] * 5) == [0] * 5


def test_fuse__two_chains_are_two_rings() -> None:
    jobs = [job for c in range(4) for job in work(c, range(100 * (c % 2), 100 * (c % 2) + 5))]
    assert fused(jobs, [WINDOW_S] * 4) == [0, 1, 0, 1]


def test_fuse__jobs_on_other_notes_are_not_shared() -> None:
    # The same moments, note by note another.
    other = [(note + 6, 1, first, last) for note, _, first, last in work(0, range(6))]
    assert fused([*work(0, range(6)), *other], [WINDOW_S] * 2) == [0, 1]


@pytest.mark.parametrize(("later", "wanted"), [(70, [0, 0]), (71, [0, 1])])
def test_fuse__jobs_on_a_note_are_shared_up_to_a_window_apart(later: int, wanted: list[int]) -> None:
    # Those of the first end after ten seconds; the window is a minute.
    assert fused([*work(0, range(6)), *work(1, range(6), at=later)], [WINDOW_S] * 2) == wanted


@pytest.mark.parametrize("windows_s", [(60, 600), (600, 60)])
def test_fuse__of_two_windows_the_longer_tells(windows_s: tuple[int, int]) -> None:
    assert fused([*work(0, range(6)), *work(1, range(6), at=600)], windows_s) == [0, 0]


def test_fuse__a_job_within_another_is_shared_whatever_begins_between() -> None:
    jobs = [(note, 0, 1000 * note, 1000 * note + 900) for note in range(3)]
    jobs += [job for at in (100, 200, 300) for job in work(2, range(3), at=at)]
    jobs += work(1, range(3), at=880)
    assert fused(jobs, [1, 1, 1]) == [0, 0, 0]


def test_fuse__jobs_for_one_author_count_once() -> None:
    jobs = [*work(0, range(6)), *work(1, range(6))]
    assert fused(jobs, [WINDOW_S] * 2, authors=[7, 7, 7, 8, 8, 8]) == [0, 1]


def test_fuse__jobs_for_three_authors_suffice() -> None:
    jobs = [*work(0, range(6)), *work(1, range(6))]
    assert fused(jobs, [WINDOW_S] * 2, authors=[7, 7, 7, 8, 8, 9]) == [0, 0]


def test_fuse__a_few_members_at_what_another_is_about_do_not_join_it() -> None:
    # Community 0 does twenty jobs of its own with ten likes, and comes to the three of community 1 with so many.
    jobs = [*work(0, range(23)), *work(1, range(20, 23))]
    for came, wanted in ((3, [0, 1]), (4, [0, 0])):
        sizes = {(note, 0): came for note in range(20, 23)}
        assert fused(jobs, [WINDOW_S] * 2, sizes=sizes) == wanted


def test_fuse__communities_of_another_sort_stay_apart() -> None:
    jobs = [*work(0, range(6)), *work(1, range(6)), *work(2, range(6))]
    assert fused(jobs, [WINDOW_S] * 3, apart=[False, True, False]) == [0, 1, 0]
    assert fused(jobs, [WINDOW_S] * 3, apart=[True, True, False]) == [0, 0, 2]


def test_fuse__a_fragment_joins_the_larger_community_it_did_most_with() -> None:
    # Both of the large ones did half the fragment's jobs or more; it does not make them one.
    jobs = [*work(0, range(20)), *work(1, range(16, 36)), *work(2, [13, 14, 15, 16, 17, 18, 19])]
    assert fused(jobs, [WINDOW_S] * 3, users=[50, 40, 5]) == [0, 1, 0]


def test_fuse__of_equally_good_ones_a_fragment_joins_the_largest() -> None:
    jobs = [*work(0, range(20)), *work(1, range(17, 37)), *work(2, [17, 18, 19])]
    assert fused(jobs, [WINDOW_S] * 3, users=[40, 50, 5]) == [0, 1, 1]


@pytest.mark.parametrize(("middle", "wanted"), [(25, [0, 0, 0]), (24, [0, 0, 2])])
def test_fuse__a_link_of_a_chain_joins_both_neighbours_when_it_is_half_as_large(middle: int, wanted: list[int]) -> None:
    chain = [*work(0, range(8)), *work(1, range(4, 12)), *work(2, range(9, 17))]
    jobs = [*chain, *work(1, [13])]
    assert fused(jobs, [WINDOW_S] * 3, users=[50, middle, 50]) == wanted


def test_fuse__repeated_jobs_on_a_note_count_once() -> None:
    repeated = [(0, c, 1000 * i, 1000 * i + 10) for c in range(2) for i in range(6)]
    assert fused([*repeated, *work(0, [7]), *work(1, [7])], [WINDOW_S] * 2) == [0, 1]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fuse__without_jobs_each_is_its_own(n: int) -> None:
    assert fused([], [WINDOW_S] * n) == [*range(n)]


def test_fuse__names_of_communities_do_not_matter() -> None:
    jobs = [*work(0, range(6)), *work(1, range(3, 9)), *work(2, range(30, 36)), *work(3, range(33, 39))]
    for name in permutations(range(4)):
        label = fused([(note, name[c], first, last) for note, c, first, last in jobs], [WINDOW_S] * 4)
        parts = [{c for c in range(4) if label[name[c]] == one} for one in set(label)]
        assert sorted(map(sorted, parts)) == [[0, 1], [2, 3]]
        assert all(label[one] == one <= c for c, one in enumerate(label))


def naive_fuse(
    jobs: Sequence[Job], windows_s: Sequence[int], authors: Sequence[int], users: Sequence[int]
) -> list[int]:
    """Join whoever shares enough with one of at most twice its size, or with the best of the larger ones."""
    label = [*range(len(windows_s))]
    pairs = []
    for a in label.copy():
        for b in range(a):
            reach = max(windows_s[a], windows_s[b])
            shared = {
                authors[p[0]] for p in jobs for q in jobs
                if p[1] == a and q[1] == b and p[0] == q[0] and p[2] - q[3] <= reach and q[2] - p[3] <= reach
            }  # fmt: skip
            fewer = min(len({authors[job[0]] for job in jobs if job[1] == c}) for c in (a, b))
            if len(shared) >= 3 and 2 * len(shared) >= fewer:
                small, large = sorted((a, b), key=lambda c: (users[c], -c))
                pairs.append((small, len(shared), users[large], -large))
    best = {pair[0]: pair for pair in sorted(pairs)}
    for pair in pairs:
        small, _, size, large = pair
        if pair == best[small] or 2 * users[small] >= size:
            one, other = sorted((label[small], label[-large]))
            label = [one if c == other else c for c in label]
    return label


_job = st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 12), st.integers(0, 6)).map(
    lambda job: (job[0], job[1], job[2], job[2] + job[3])
)


@given(
    st.lists(_job, max_size=40),
    st.lists(st.integers(1, 4), min_size=4, max_size=4),
    st.lists(st.integers(0, 6), min_size=8, max_size=8),
    st.lists(st.integers(1, 9), min_size=4, max_size=4),
)
@examples(100)
def test_fuse__is_the_naive_one(jobs: list[Job], windows_s: list[int], authors: list[int], users: list[int]) -> None:
    notes = 1 + max((job[0] for job in jobs), default=0)
    assert fused(jobs, windows_s, authors[:notes], users=users) == naive_fuse(jobs, windows_s, authors, users)


# --------------------------------------------------------------------------------------------------
# In scoring


def scored(likes: Likes, communities: Sequence[range]) -> Rings:
    graph, config = BipartiteGraph.from_likes(likes), Config()
    key = likes.breadth_keys(config.projection.fresh_s)
    projection = project(graph, key, (60, 600), config.projection, LocalEngine(1))
    users = tuple(np.array(members, np.int32) for members in communities)
    return find_rings(likes, graph, key, projection, users, (), config)


def rings_of(communities: Sequence[range]) -> Rings:
    """Score communities of a world in which users 0 to 11 do nine jobs together and 12 to 17 nine of their own."""
    noise = [(50 + i % 97, 20 + i % 89, DAY + i * 600 * SECOND) for i in range(1500)]
    jobs = [(user, note, DAY + note * 86_400 * SECOND + user) for user in range(12) for note in range(9)]
    jobs += [
        (user, note, DAY + (note + 0.5) * 86_400 * SECOND + user) for user in range(12, 18) for note in range(9, 18)
    ]
    return scored(make_likes([*noise, *((user, note, int(ts)) for user, note, ts in jobs)]), communities)


def visited(authors: Sequence[int] | None) -> Rings:
    """Score followers, users 0 to 5, and whom authors pay, 6 to 11, who come to eight of their publications, too.

    The paid come to twenty more notes, two hours after others did.
    """
    noise = [(50 + i % 97, 40 + i % 89, DAY + i * 600 * SECOND) for i in range(1500)]
    jobs = [(user, note, DAY + note * 40_000 * SECOND + user * SECOND) for user in range(12) for note in range(8)]
    for note in range(8, 28):
        began = DAY + note * 40_000 * SECOND
        jobs += [(30, note, began), *((user, note, began + (7200 + user) * SECOND) for user in range(6, 12))]
    return scored(make_likes([*noise, *jobs], authors=authors), [range(6), range(6, 12)])


def members_of(rings: Rings) -> list[list[int]]:
    return [np.flatnonzero(rings.members.ring_of == ring).tolist() for ring in range(len(rings))]


@pytest.mark.kernels
def test_find_rings__communities_that_did_the_same_jobs_are_one_ring() -> None:
    assert members_of(rings_of([range(6), range(6, 12), range(12, 18)])) == [[*range(12)], [*range(12, 18)]]


@pytest.mark.kernels
def test_find_rings__a_ring_of_several_communities_is_scored_as_if_it_had_been_one() -> None:
    one, joined = (rings_of(parts) for parts in ([range(12)], [range(6), range(6, 12)]))
    assert joined.numbers.keys() == one.numbers.keys()
    for name, values in one.numbers.items():
        np.testing.assert_array_equal(joined.numbers[name], values, err_msg=name)


@pytest.mark.kernels
def test_find_rings__followers_of_unknown_authors_stay_apart_from_whom_these_pay() -> None:
    assert members_of(visited(None)) == [[*range(6)], [*range(6, 12)]]


@pytest.mark.kernels
def test_find_rings__who_comes_to_the_same_known_authors_is_one_ring() -> None:
    assert members_of(visited(range(200))) == [[*range(12)]]
