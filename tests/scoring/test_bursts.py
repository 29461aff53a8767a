"""Bursts on one note, against a slow twin and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graphkit.likes.model import Likes
from graphkit.scoring import bursts
from graphkit.scoring.bursts import find_bursts
from tests.examples import examples
from tests.worlds import DAY, SECOND, Row, make_likes

MINUTE = 60 * SECOND


def naive(likes: Likes, taken: set[int], fdr: float, least: int) -> list[tuple[int, list[int]]]:
    """Return note and accounts of each burst, as `find_bursts` promises."""
    rows = list(zip(likes.note.tolist(), likes.ts.tolist(), likes.user.tolist(), strict=True))
    degree = np.bincount(likes.user)
    share = sum(degree[user] <= 3 for _, _, user in rows) / len(rows)
    slight = {user for user in range(len(degree)) if degree[user] <= 3} - taken
    chains: list[list[tuple[int, int, int]]] = []
    for row in rows:
        if row[2] in slight:
            if not chains or chains[-1][-1][0] != row[0] or row[1] - chains[-1][-1][1] > 600 * SECOND:
                chains.append([])
            chains[-1].append(row)
    tested = []
    for chain in chains:
        note, first, last = chain[0][0], chain[0][1], chain[-1][1]
        everybody = sum(n == note and first <= t <= last for n, t, _ in rows)
        if len(chain) >= least and 2 * len(chain) >= everybody:
            k = max(len(chain) - 2, 1)
            tested.append((float(stats.binom.sf(k - 1, max(everybody - 2, k), share)), chain))
    n_tests = sum(map(len, chains))
    ranked = sorted(p for p, _ in tested)
    limit = max((p for i, p in enumerate(ranked, 1) if p * n_tests / i <= fdr), default=-1.0)
    found: list[tuple[int, list[int]]] = []
    gone: set[int] = set()
    for p, chain in sorted(tested, key=lambda pair: -len(pair[1])):
        users = sorted({user for _, _, user in chain} - gone)
        if p <= limit and len(users) >= least:
            found.append((chain[0][0], users))
            gone |= set(users)
    return sorted(found, key=lambda pair: pair[1])


@st.composite
def crowds(draw: st.DrawFn) -> Likes:
    """Draw accounts with one like or a few, on few notes, among others that like a lot."""
    seconds = st.sampled_from([0, 1, 300, 600, 601, 1200, 90_000])
    rows: list[Row] = [
        (user, note, DAY + note * MINUTE) for user in range(4) for note in range(draw(st.integers(3, 12)))
    ]
    for user in range(10, 10 + draw(st.integers(2, 14))):
        rows += [(user, draw(st.integers(0, 2)), DAY + draw(seconds) * SECOND) for _ in range(draw(st.integers(1, 2)))]
    return make_likes(rows)


@pytest.mark.kernels
@given(crowds(), st.sets(st.integers(0, 12), max_size=3), st.sampled_from([0.02, 0.5, 0.99]))
@examples(150)
def test_find_bursts__is_the_naive_one(likes: Likes, taken: set[int], fdr: float) -> None:
    taken = {user for user in taken if user < likes.n_users}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bursts, "_LEAST", 3)
        found = find_bursts(likes.bipartite(), np.isin(np.arange(likes.n_users), [*taken]), fdr)
    assert [(note, users.tolist()) for note, users in found] == naive(likes, taken, fdr, 3)


#: People who like a lot, so that slight accounts give few of all likes.
CROWD = [(user, 100 + note, DAY + (user * 37 + note) * MINUTE) for user in range(30) for note in range(40)]
ONE_SHOT = [(1000 + i, 1, DAY + i * 30 * SECOND) for i in range(20)]


def found_in(rows: list[Row]) -> list[int]:
    """Return the sizes of the bursts."""
    likes = make_likes(rows)
    return [len(users) for _, users in find_bursts(likes.bipartite(), np.zeros(likes.n_users, np.bool_), 0.02)]


def test_find_bursts__of_accounts_with_one_like() -> None:
    assert found_in([*CROWD, *ONE_SHOT]) == [20]


def test_find_bursts__too_few_are_none() -> None:
    assert found_in([*CROWD, *ONE_SHOT[:7]]) == []
    assert found_in([*CROWD, *ONE_SHOT[:8]]) == [8]


def test_find_bursts__not_where_ordinary_people_are_as_many() -> None:
    beside = [(i, 1, DAY + i * 20 * SECOND) for i in range(21)]
    assert found_in([*CROWD, *ONE_SHOT, *beside[:20]]) == [20]
    assert found_in([*CROWD, *ONE_SHOT, *beside]) == []


def test_find_bursts__not_where_everybody_likes_little() -> None:
    rows = [(user, user % 40, DAY + user // 40 * 300 * SECOND) for user in range(400)]
    assert found_in(rows) == []


def test_find_bursts__a_pause_parts_them() -> None:
    later = [(user, note, ts + (300 * MINUTE if i >= 10 else 0)) for i, (user, note, ts) in enumerate(ONE_SHOT)]
    assert found_in([*CROWD, *later]) == [10, 10]


def test_find_bursts__without_likes() -> None:
    assert find_bursts(make_likes([]).bipartite(), np.zeros(0, np.bool_), 0.02) == []
