"""Decoys: what they keep of the likes, and what they do not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphkit as gk
from graphkit.config import Config
from graphkit.detection.decoys import Sessions
from graphkit.engines import LocalEngine
from graphkit.likes.model import NO_TIME, Likes, Notes
from graphkit.scoring.bursts import find_bursts
from graphkit.scoring.rings import find_rings
from tests.examples import examples
from tests.reference import co_likes, rows
from tests.scoring.worlds import dressed
from tests.worlds import DAY, SECOND, make_likes

GAP = 1800 * SECOND
HOUR = 3600 * SECOND
#: Name of a like, and what stands beside it.
Key = tuple[int, int]


@st.composite
def many_likes(draw: st.DrawFn) -> Likes:
    """Draw likes of a few users over a day, in sessions, on notes published before them or at an unknown time."""
    n = draw(st.integers(1, 25))
    seconds = st.integers(0, 3) | st.sampled_from([1799, 1800, 1801, 3000, 3600, 9000, 20_000, 50_000, 86_000])
    likes = make_likes(
        [(draw(st.integers(0, 4)), draw(st.integers(0, 7)), DAY + draw(seconds) * SECOND) for _ in range(n)]
    )
    if draw(st.booleans()):
        return likes
    age = np.array([draw(st.sampled_from([0, 1, 60, 100_000])) for _ in range(likes.n_notes)])
    published = np.where(age == 1, NO_TIME, likes.publication - age * SECOND)
    return replace(likes, notes=Notes(likes.notes.ids, published_at=published))


_windows = st.sampled_from([1, 60, 3600])
_seeds = st.integers(0, 5)


def move_sessions(likes: Likes, window_s: int, seed: int, threads: int = 1) -> Likes:
    """Return the likes with their sessions moved."""
    return Sessions.of(likes, likes.bipartite()).moved(window_s, seed, LocalEngine(threads))


def at(likes: Likes) -> dict[Key, int]:
    """Return when each user liked each note."""
    return dict(zip(zip(likes.user.tolist(), likes.note.tolist(), strict=True), likes.ts.tolist(), strict=True))


def sessions(likes: Likes) -> list[list[Key]]:
    """Return the likes of each session in their order: of one user, each within half an hour of the one before."""
    found: list[list[Key]] = []
    last: tuple[int, int] | None = None
    for user, ts, note in sorted((user, ts, note) for (user, note), ts in at(likes).items()):
        if last is None or last[0] != user or ts - last[1] > GAP:
            found.append([])
        found[-1].append((user, note))
        last = (user, ts)
    return found


# --------------------------------------------------------------------------------------------------
# Laws


@given(many_likes(), _windows, _seeds)
def test_move_sessions__users_like_the_same_notes(likes: Likes, window_s: int, seed: int) -> None:
    assert at(move_sessions(likes, window_s, seed)).keys() == at(likes).keys()


@given(many_likes(), _windows, _seeds)
def test_move_sessions__the_order_stays_canonical(likes: Likes, window_s: int, seed: int) -> None:
    moved = move_sessions(likes, window_s, seed)
    order = list(zip(moved.note.tolist(), moved.ts.tolist(), moved.user.tolist(), strict=True))
    assert order == sorted(order)


@given(many_likes(), _windows, _seeds)
def test_move_sessions__the_pace_within_a_session_stays(likes: Likes, window_s: int, seed: int) -> None:
    before, after = at(likes), at(move_sessions(likes, window_s, seed))
    for session in sessions(likes):
        assert len({after[like] - before[like] for like in session}) == 1


@given(many_likes(), _windows, _seeds)
def test_move_sessions__no_like_moves_by_more_than_twenty_windows(likes: Likes, window_s: int, seed: int) -> None:
    before, after = at(likes), at(move_sessions(likes, window_s, seed))
    assert max(abs(after[like] - before[like]) for like in before) <= 20 * window_s * SECOND


@given(many_likes(), _windows, _seeds)
def test_move_sessions__no_like_precedes_publication(likes: Likes, window_s: int, seed: int) -> None:
    born = likes.publication
    assert all(ts >= born[note] for (_, note), ts in at(move_sessions(likes, window_s, seed)).items())


@given(many_likes(), _windows, _seeds)
def test_move_sessions__no_like_leaves_the_period(likes: Likes, window_s: int, seed: int) -> None:
    moved = move_sessions(likes, window_s, seed)
    assert likes.publication.min() <= moved.ts.min()
    assert moved.ts.max() <= likes.ts.max()


@given(many_likes(), _windows, _seeds)
def test_move_sessions__the_same_again_is_the_same(likes: Likes, window_s: int, seed: int) -> None:
    assert move_sessions(likes, window_s, seed).ts.tolist() == move_sessions(likes, window_s, seed).ts.tolist()


@given(many_likes(), _windows, _seeds, st.integers(2, 3))
@examples(20)
def test_move_sessions__threads_do_not_matter(likes: Likes, window_s: int, seed: int, threads: int) -> None:
    one, more = (move_sessions(likes, window_s, seed, n) for n in (1, threads))
    for name in ("user", "note", "ts", "repeats"):
        np.testing.assert_array_equal(getattr(one, name), getattr(more, name))


@given(many_likes(), _windows, _seeds, st.sampled_from([1, -(10**15), 3 * HOUR]))
def test_move_sessions__only_differences_of_time_matter(likes: Likes, window_s: int, seed: int, shift: int) -> None:
    published = likes.notes.published_at
    if published is not None:
        published = np.where(published == NO_TIME, NO_TIME, published + shift)
    later = replace(likes, ts=likes.ts + shift, notes=replace(likes.notes, published_at=published))
    moved = at(move_sessions(likes, window_s, seed))
    assert at(move_sessions(later, window_s, seed)) == {like: ts + shift for like, ts in moved.items()}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 7), st.integers(0, 9)), min_size=1), st.randoms())
@examples(30)
def test_move_sessions__the_order_of_rows_does_not_matter(table: list[tuple[int, int, int]], rng: object) -> None:
    table = [(user, note, DAY + 1000 * t * SECOND) for user, note, t in table]
    again = sorted(table, key=lambda row: hash((row, str(rng))))
    assert at(move_sessions(make_likes(again), 60, 1)) == at(move_sessions(make_likes(table), 60, 1))


@pytest.mark.parametrize("absent", [frozenset(), frozenset({"dwell_ms", "device", "views"})])
def test_move_sessions__what_a_like_carries_goes_with_it(absent: frozenset[str]) -> None:
    rng = np.random.default_rng(1)
    table = zip(rng.integers(0, 9, 80), rng.integers(0, 30, 80), rng.integers(0, 90_000, 80), strict=True)
    plain = make_likes([(int(u), int(n), DAY + int(t) * SECOND) for u, n, t in table])
    likes = dressed(replace(plain, repeats=np.arange(len(plain), dtype=np.int32)), 3, absent)
    moved = move_sessions(likes, 600, 1)
    assert moved.ts.tolist() != likes.ts.tolist()
    place = {like: i for i, like in enumerate(zip(moved.user.tolist(), moved.note.tolist(), strict=True))}
    back = [place[like] for like in zip(likes.user.tolist(), likes.note.tolist(), strict=True)]
    for field in fields(Likes):
        before, after = getattr(likes, field.name), getattr(moved, field.name)
        if field.name == "ts" or not isinstance(before, np.ndarray):
            assert field.name == "ts" or after is before
        else:
            np.testing.assert_array_equal(after[back], before, err_msg=field.name)


def test_move_sessions__without_likes() -> None:
    empty = make_likes([])
    assert move_sessions(empty, 60, 1) is empty


# --------------------------------------------------------------------------------------------------
# How far, and which way


def moves(likes: Likes, users: range, window_s: int = 60) -> np.ndarray:
    """Return how far the first like of each user moves, seconds."""
    before, after = at(likes), at(move_sessions(likes, window_s, 1))
    first = dict(sorted(before, reverse=True))
    return np.array([after[user, first[user]] - before[user, first[user]] for user in users]) / SECOND


def spread(hour: float, published: bool) -> Likes:
    """Return one like of each of 400 users, of one note, after so many hours of a day that others bound."""
    table = [(user, 0, DAY + int(hour * HOUR)) for user in range(400)]
    likes = make_likes([*table, (400, 1, DAY), (401, 1, DAY + 24 * HOUR)])
    at_first = np.array([DAY, DAY])
    return replace(likes, notes=Notes(likes.notes.ids, published_at=at_first)) if published else likes


def test_move_sessions__moves_fill_twenty_windows_either_way() -> None:
    far = moves(spread(12, published=True), range(400))
    assert -1200 <= far.min() < -1100
    assert 1100 < far.max() <= 1200
    assert abs(far.mean()) < 3 * 1200 / np.sqrt(3 * 400)


def test_move_sessions__moves_fill_what_publication_leaves() -> None:
    # Published ten minutes before: of thirty minutes to move in, ten lie before.
    far = moves(spread(1 / 6, published=True), range(400))
    assert -600 <= far.min() < -550
    assert np.mean(far < 0) == pytest.approx(1 / 3, abs=0.08)


def test_move_sessions__where_publication_is_unknown_the_first_like_stays_the_first() -> None:
    # All like at once: each is a first like, and moves later or not at all.
    far = moves(spread(12, published=False), range(400))
    assert far.min() >= 0


def test_move_sessions__moves_fill_what_the_period_leaves() -> None:
    far = moves(spread(24 - 1 / 6, published=True), range(400))
    assert 550 < far.max() <= 600
    assert np.mean(far > 0) == pytest.approx(1 / 3, abs=0.08)


def test_move_sessions__what_may_move_neither_way_stays() -> None:
    likes = make_likes([(user, note, DAY + note * 60 * SECOND) for user in range(5) for note in range(5)])
    assert at(move_sessions(likes, 60, 1)) == at(likes)


# --------------------------------------------------------------------------------------------------
# Lockstep


def test_move_sessions__lockstep_within_the_window_is_destroyed() -> None:
    rng = np.random.default_rng(2)
    table = [
        (user, note, DAY + (note * 7200 + int(rng.integers(0, 60))) * SECOND)
        for note in range(24)
        for user in range(12)
    ]
    likes = make_likes(table)
    likes = replace(likes, notes=Notes(likes.notes.ids, published_at=np.full(24, DAY - 48 * HOUR)))
    together = len(co_likes(rows(likes), 60 * SECOND))
    left = len(co_likes(rows(move_sessions(likes, 60, 1)), 60 * SECOND))
    assert together == 24 * 12 * 11 / 2
    # Two uniform moves over forty minutes differ by less than about a minute one way or the other in a twentieth.
    assert left < 0.08 * together


def test_move_sessions__company_over_a_wider_window_is_kept() -> None:
    table = [(user, note, DAY + note * 7200 * SECOND) for note in range(24) for user in range(12)]
    likes = make_likes(table)
    assert len(co_likes(rows(move_sessions(likes, 60, 1)), 2400 * SECOND)) == len(co_likes(rows(likes), 2400 * SECOND))


# --------------------------------------------------------------------------------------------------
# In a run

NOISE = [(50 + i % 97, 20 + i % 89, DAY + i * 600 * SECOND) for i in range(1500)]
#: Six users do nine jobs, a day apart.
LOCKSTEP = [(user, note, DAY + note * 86_400 * SECOND + user) for user in range(6) for note in range(9)]


def detected(likes: Likes, **scoring: Any) -> tuple[gk.Detection, list[tuple[int, int]]]:
    """Detect; return the run, and window and seed of each decoy that was made."""
    config = Config.model_validate({"projection": {"windows_s": [60, 3600]}, "scoring": scoring})
    with mock.patch.object(Sessions, "moved", autospec=True, side_effect=Sessions.moved) as spy:
        found = gk.detect(likes, config=config)
    return found, [call.args[1:3] for call in spy.call_args_list]


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("decoys", "wanted"), [(0, []), (1, [(60, 5), (3600, 5)]), (2, [(60, 5), (3600, 5), (60, 6), (3600, 6)])]
)
def test_detect__makes_decoys_of_every_window_with_seeds_of_their_own(
    decoys: int, wanted: list[tuple[int, int]]
) -> None:
    _, made = detected(make_likes([*LOCKSTEP, *NOISE]), decoys=decoys, decoy_seed=5)
    assert made == wanted


@pytest.mark.kernels
def test_detect__decoys_are_not_asked_where_no_ring_competes() -> None:
    high = Config.model_validate({"scoring": {"review_score": 0.99999, "purge_score": 0.999999}})
    with mock.patch.object(Sessions, "moved", lambda sessions, *_: sessions.likes):
        (ring,) = gk.detect(make_likes([*LOCKSTEP, *NOISE]), config=high).rings.to_pylist()
    assert ring["q_value"] == 1 - ring["score"]


@pytest.mark.kernels
def test_detect__a_ring_that_lockstep_made_keeps_its_q_value() -> None:
    found, _ = detected(make_likes([*LOCKSTEP, *NOISE]))
    (ring,) = found.rings.to_pylist()
    assert ring["q_value"] == 1 - ring["score"]


@pytest.mark.kernels
def test_detect__a_ring_that_shows_again_where_sessions_are_moved_loses() -> None:
    # Decoys that move nothing stand for a list that everybody works through at one pace.
    with mock.patch.object(Sessions, "moved", lambda sessions, *_: sessions.likes):
        found = gk.detect(make_likes([*LOCKSTEP, *NOISE]))
    assert found.rings["q_value"].to_pylist() == [1]


@pytest.mark.kernels
def test_detect__bursts_on_a_single_note_are_not_looked_for_in_decoys() -> None:
    with (
        mock.patch.object(Sessions, "moved", lambda sessions, *_: sessions.likes),
        mock.patch("graphkit.scoring.rings.find_bursts", side_effect=find_bursts) as bursts,
        mock.patch("graphkit.detection.detect.find_rings", side_effect=find_rings) as searched,
    ):
        gk.detect(make_likes([*LOCKSTEP, *NOISE]))
    assert searched.call_count > 1
    assert bursts.call_count == 1
