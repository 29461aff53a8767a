"""Small like tables for tests: by hand, by hypothesis, and by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from graphkit.config import ProjectionConfig
from graphkit.likes.model import UNKNOWN, Accounting, Likes, Notes, Users
from graphkit.schemas import QUARANTINE

SECOND = 1_000_000

#: 2026-11-22 00:00 UTC in microseconds.
DAY = 1_795_305_600 * SECOND

Row = tuple[int, int, int]


def make_likes(rows: Sequence[Row], authors: Sequence[int] | None = None) -> Likes:
    """Return the likes of ``(user id, note id, microseconds)`` rows, the first of each user and note.

    Parameters
    ----------
    rows
        In any order; ids are any whole numbers.
    authors
        Author id of note id i at position i, `UNKNOWN` where not known; ``None`` for no author column.
    """
    first: dict[tuple[int, int], int] = {}
    for user, note, ts in rows:
        first[user, note] = min(ts, first.get((user, note), ts))
    user_ids = sorted({user for user, _ in first})
    note_ids = sorted({note for _, note in first})
    user_code = {user: code for code, user in enumerate(user_ids)}
    note_code = {note: code for code, note in enumerate(note_ids)}
    order = sorted((note_code[note], ts, user_code[user]) for (user, note), ts in first.items())
    author = author_ids = None
    if authors is not None:
        known = sorted({authors[note] for note in note_ids} - {UNKNOWN})
        author = np.array([known.index(a) if (a := authors[n]) != UNKNOWN else UNKNOWN for n in note_ids], np.int32)
        author_ids = pa.array(known, pa.int64())
    return Likes(
        user=np.array([user for _, _, user in order], np.int32),
        note=np.array([note for note, _, _ in order], np.int32),
        ts=np.array([ts for _, ts, _ in order], np.int64),
        repeats=np.zeros(len(order), np.int32),
        users=Users(pa.array(user_ids, pa.int64())),
        notes=Notes(pa.array(note_ids, pa.int64()), author=author, authors=author_ids),
        resolution_us=1,
        accounting=Accounting(len(rows), len(order), len(rows) - len(order), 0, 0),
        quarantine=QUARANTINE.arrow({}).empty_table(),
    )


@dataclass(frozen=True)
class World:
    """A like table and the settings to project it with."""

    rows: tuple[Row, ...]
    authors: tuple[int, ...] | None
    config: ProjectionConfig

    @property
    def likes(self) -> Likes:
        """The likes, in canonical order."""
        return make_likes(self.rows, self.authors)


@st.composite
def configs(draw: st.DrawFn) -> ProjectionConfig:
    """Draw settings under which small worlds have tested, hot and cool pairs."""
    min_weight = draw(st.integers(2, 3))
    return ProjectionConfig(
        windows_s=tuple(draw(st.lists(st.sampled_from([1, 2, 4, 10]), min_size=1, max_size=3, unique=True))),
        min_weight=min_weight,
        fresh_s=draw(st.sampled_from([0, 3, 86400])),
        min_breadth=draw(st.integers(1, min_weight)),
        horizon_s=draw(st.sampled_from([1, 9, 30, 21600])),
        burst_s=draw(st.sampled_from([600, 600, 3])),
        hot_rate=draw(st.sampled_from([0.5, 2 / 3, 1, 2, 100])),
        hot_max=draw(st.sampled_from([2, 3, 5, 5000])),
        fdr=draw(st.sampled_from([0.001, 0.2, 0.9])),
        reunion_fdr=draw(st.sampled_from([0.01, 0.9])),
    )


@st.composite
def worlds(draw: st.DrawFn, users: tuple[int, int] = (2, 7), notes: tuple[int, int] = (2, 8)) -> World:
    """Draw a world in which most users like most notes, seconds after each note's own moment.

    Times fall on whole seconds give or take one microsecond, so that ties and both sides of every window's end
    occur; the notes' moments are close together, or apart by more than the horizon.
    """
    n_users = draw(st.integers(*users))
    n_notes = draw(st.integers(*notes))
    moments = draw(st.lists(st.sampled_from([0, 2, 5, 15, 60, 50_000]), min_size=n_notes, max_size=n_notes))
    delay = st.tuples(st.sampled_from([0, 0, 1, 2, 3, 8]), st.sampled_from([0, 0, 0, -1, 1]))
    n_cells = n_users * n_notes
    cell_or_none = st.one_of(delay, delay, delay, delay, st.none())
    cells = draw(st.lists(cell_or_none, min_size=n_cells, max_size=n_cells).filter(any))
    rows = []
    for i, cell in enumerate(cells):
        if cell is not None:
            user, note = divmod(i, n_notes)
            rows.append((user, note, DAY + (moments[note] + cell[0]) * SECOND + cell[1]))
    author = st.integers(UNKNOWN, 2)
    authors = draw(st.none() | st.lists(author, min_size=n_notes, max_size=n_notes).map(tuple))
    return World(tuple(rows), authors, draw(configs()))


def seeded_world(seed: int, n_users: int = 40, n_notes: int = 40, n_noise: int = 400) -> World:
    """Return a larger world from a seed: rings of ten push notes within seconds amid likes by everybody, some hot.

    Notes differ in popularity and a tenth of them have no known author.
    """
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, n_notes + 1)
    note = rng.choice(n_notes, n_noise, p=popularity / popularity.sum())
    noise = zip(rng.integers(0, n_users, n_noise), note, rng.integers(0, 20_000, n_noise), strict=True)
    rows = [(int(u), int(n), DAY + int(t) * SECOND) for u, n, t in noise]
    for pushed in range(n_notes):
        ring = np.arange(10) + 10 * rng.integers(0, n_users // 10)
        moment = int(rng.integers(0, 20_000))
        for member in rng.choice(ring, rng.integers(3, 10), replace=False):
            rows.append((int(member), pushed, DAY + (moment + int(rng.integers(0, 8))) * SECOND))
    authors = np.where(rng.random(n_notes) < 0.1, UNKNOWN, rng.integers(0, n_notes // 2, n_notes))
    config = ProjectionConfig(windows_s=(2, 10, 600), min_weight=3, horizon_s=3600, burst_s=10, hot_rate=4, hot_max=12)
    return World(tuple(rows), tuple(authors.tolist()), config)
