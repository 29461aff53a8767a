"""Pruning against the reference, and its law: no pair that matters loses anything."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.grouping import group_pointers
from graphkit._kernels.prune import prune
from graphkit.engines import Room
from graphkit.engines.layout import lay_out
from graphkit.likes.model import Likes
from tests import reference
from tests.examples import examples
from tests.worlds import DAY, SECOND, World, make_likes, seeded_world, worlds

pytestmark = pytest.mark.kernels


def survivors(likes: Likes, window_us: int, min_weight: int) -> npt.NDArray[np.bool_]:
    """Run the kernel on likes."""
    ptr = group_pointers(likes.note, likes.n_notes)
    none = np.zeros(len(likes), np.bool_)
    return prune(likes.user, likes.ts, ptr, none, likes.n_users, window_us, min_weight)


@given(worlds(), st.sampled_from([1, SECOND - 1, SECOND, 2 * SECOND, 5 * SECOND]), st.integers(1, 5))
@examples(200)
def test_survivors_are_the_references(world: World, window_us: int, min_weight: int) -> None:
    likes = world.likes
    alive = survivors(likes, window_us, min_weight)
    assert alive.dtype == np.bool_
    assert alive.tolist() == reference.prune(reference.rows(likes), window_us, min_weight)


@given(worlds(), st.integers(1, 3), st.data())
def test_survivors_beside_hot_moments_are_those_of_the_rest(world: World, min_weight: int, data: st.DataObject) -> None:
    likes = world.likes
    hot = np.array(data.draw(st.lists(st.booleans(), min_size=len(likes), max_size=len(likes))), np.bool_)
    ptr = group_pointers(likes.note, likes.n_notes)
    alive = prune(likes.user, likes.ts, ptr, hot, likes.n_users, 2 * SECOND, min_weight)
    cool = [like for like, is_hot in zip(reference.rows(likes), hot.tolist(), strict=True) if not is_hot]
    assert not alive[hot].any()
    assert alive[~hot].tolist() == reference.prune(cool, 2 * SECOND, min_weight)


@given(worlds(), st.sampled_from([SECOND, 3 * SECOND]), st.data())
def test_survivors_are_laid_out_by_user_with_their_company(world: World, window_us: int, data: st.DataObject) -> None:
    likes = world.likes
    alive = np.array(data.draw(st.lists(st.booleans(), min_size=len(likes), max_size=len(likes))), np.bool_)
    ptr = group_pointers(likes.note, likes.n_notes)
    key = np.arange(len(likes), dtype=np.int32) * 7
    rank = np.array(data.draw(st.permutations(range(likes.n_users))), np.int32)
    of, row_ptr, lo, hi, note, ts, keys = lay_out(likes.user, rank, likes.ts, key, ptr, alive, window_us, Room())
    left = [
        (int(rank[like[0]]), *like[1:3], k)
        for like, k, is_alive in zip(reference.rows(likes), key.tolist(), alive, strict=True)
        if is_alive
    ]
    assert of.tolist() == [user for user, *_ in left]
    by_user = sorted(range(len(left)), key=lambda i: left[i][0])
    assert [(u, n, t, k) for u, n, t, k in zip(of[by_user], note, ts, keys, strict=True)] == [left[i] for i in by_user]
    assert np.diff(row_ptr).tolist() == [of.tolist().count(u) for u in range(likes.n_users)]
    for row, i in enumerate(by_user):
        near = [j for j, (_, n, t, _) in enumerate(left) if n == note[row] and abs(t - ts[row]) <= window_us]
        assert list(range(lo[row], hi[row])) == near
        assert i in near


@pytest.mark.parametrize("window_s", [1, 3, 60])
def test_pairs_that_matter_keep_their_weight(window_s: int) -> None:
    likes = seeded_world(5).likes
    table = reference.rows(likes)
    alive = survivors(likes, window_s * SECOND, 3)
    assert 0 < alive.sum() < len(likes)
    kept = [like for like, is_alive in zip(table, alive.tolist(), strict=True) if is_alive]

    def heavy(some: list[reference.Like]) -> dict[tuple[int, int], reference.Pair]:
        found = reference.pairs(some, [like.note for like in some], window_s * SECOND, [False] * len(some))
        return reference.tested_pairs(found, 3, 1)

    assert heavy(kept) == heavy(table) != {}


def test_pruning_what_is_pruned_takes_nothing() -> None:
    likes = seeded_world(6).likes
    alive = survivors(likes, 3 * SECOND, 3)
    rest = [row for row, is_alive in zip(reference.rows(likes), alive.tolist(), strict=True) if is_alive]
    again = survivors(make_likes(rest), 3 * SECOND, 3)
    assert again.all()
    assert len(again) > 0


def test_a_chain_falls_to_its_last_link() -> None:
    # User i shares note i with user i + 1: the first user has one like only, and takes all others along.
    n = 200
    rows = [(user, note, DAY + note * 3600 * SECOND) for user in range(n) for note in (user - 1, user) if note >= 0]
    assert not survivors(make_likes(rows), SECOND, 2).any()
    closed = [*rows, (0, n, DAY - 3600 * SECOND), (n - 1, n, DAY - 3600 * SECOND)]
    assert survivors(make_likes(closed), SECOND, 2).tolist().count(False) == 1
