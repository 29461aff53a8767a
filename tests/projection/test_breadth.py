"""What breadth counts: the author while a note is fresh, the note itself afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.likes.model import NO_TIME, UNKNOWN, Likes
from tests import reference
from tests.worlds import DAY, SECOND, World, make_likes, worlds


def published(likes: Likes, times: list[int]) -> Likes:
    """Return the likes with the publication time of every note."""
    return replace(likes, notes=replace(likes.notes, published_at=np.array(times, np.int64)))


@pytest.mark.parametrize(
    ("fresh_s", "published_s", "keys"),
    [
        (10, None, [0, 0, 2, 0]),  # note 0 counts from its first like: 0 and 10 s are fresh, 11 s is not
        (9, None, [0, 2, 2, 0]),
        (11, None, [0, 0, 0, 0]),
        (10, -1, [0, 2, 2, 0]),  # published a second before its first like
        (10, 5, [0, 0, 2, 0]),  # published after its first like: that cannot be, the first like counts
    ],
)
def test_both_ends_of_freshness(fresh_s: int, published_s: int | None, keys: list[int]) -> None:
    # Author code 0 wrote notes 0 and 1, author code 1 nothing that is liked here but note 2.
    rows = [(0, 0, DAY), (1, 0, DAY + 10 * SECOND), (2, 0, DAY + 11 * SECOND), (0, 1, DAY), (0, 2, DAY)]
    likes = make_likes(rows, [30, 30, 31])
    if published_s is not None:
        likes = published(likes, [DAY + published_s * SECOND, NO_TIME, NO_TIME])
    assert likes.breadth_keys(fresh_s).tolist() == reference.breadth_keys(likes, fresh_s) == [*keys, 1]


def test_a_note_without_an_author_counts_itself() -> None:
    likes = make_likes([(0, note, DAY) for note in range(3)], [UNKNOWN, 30, UNKNOWN])
    assert likes.breadth_keys(86_400).tolist() == reference.breadth_keys(likes, 86_400) == [1, 0, 3]
    bare = make_likes([(0, note, DAY) for note in range(3)])
    assert bare.breadth_keys(86_400).tolist() == reference.breadth_keys(bare, 86_400) == [0, 1, 2]


@given(worlds(), st.sampled_from([0, 1, 3, 86_400]), st.data())
def test_keys_are_the_references(world: World, fresh_s: int, data: st.DataObject) -> None:
    likes = world.likes
    moments = st.sampled_from([NO_TIME, *(DAY + s * SECOND for s in (-86_400, -2, 0, 1, 60))])
    times = data.draw(st.none() | st.lists(moments, min_size=likes.n_notes, max_size=likes.n_notes))
    if times is not None:
        likes = published(likes, times)
    keys = likes.breadth_keys(fresh_s)
    assert keys.dtype == np.int32
    assert keys.tolist() == reference.breadth_keys(likes, fresh_s)
