"""Small worlds with every optional column, a projection, and rings drawn at random: what scoring is handed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ScoringConfig
from graphkit.engines import LocalEngine
from graphkit.likes.model import NO_TIME, UNKNOWN, Likes, Notes, Users
from graphkit.projection.project import Projection, project
from graphkit.scoring.company import Company
from graphkit.scoring.coordination import Coordination, coordinate
from graphkit.scoring.membership import NO_RING, Membership
from tests import reference
from tests.worlds import SECOND, World, worlds

HOUR = 3600 * SECOND


@dataclass(frozen=True)
class Scene:
    """A world, its likes with further columns, and who belongs to which ring."""

    world: World
    likes: Likes
    members: Membership
    config: ScoringConfig

    @cached_property
    def graph(self) -> BipartiteGraph:
        """The bipartite graph."""
        return BipartiteGraph.from_likes(self.likes)

    @cached_property
    def projection(self) -> Projection:
        """The projection, over the world's own windows."""
        config = self.world.config
        key = self.likes.breadth_keys(config.fresh_s)
        return project(self.graph, key, config.windows_s, config, LocalEngine(1))

    @cached_property
    def together(self) -> Company:
        """The members' likes and their company."""
        return Company.of(self.graph, self.projection.views, self.members.ring_of, least=0)

    @cached_property
    def tested(self) -> Coordination:
        """Every like of a member, tested."""
        return coordinate(self.together, self.projection.views, self.members, self.config)

    @cached_property
    def rows(self) -> list[reference.Like]:
        """The likes as rows."""
        return reference.rows(self.likes)

    @cached_property
    def rates(self) -> dict[int, list[int]]:
        """Baseline rates of every window, as the reference has them."""
        horizon = self.world.config.horizon_s * SECOND
        burst_s = self.world.config.burst_s
        return {w: reference.rates(self.rows, w * SECOND, horizon, w > burst_s) for w in self.world.config.windows_s}

    @property
    def ring_of(self) -> list[int]:
        """Ring by user."""
        return self.members.ring_of.tolist()

    @property
    def windows(self) -> list[int]:
        """Window by ring."""
        return self.members.window_s.tolist()

    @property
    def passed(self) -> list[int]:
        """Positions of coordinated likes."""
        return self.tested.like[self.tested.passed].tolist()


def dressed(likes: Likes, seed: int, absent: frozenset[str] = frozenset()) -> Likes:
    """Return the likes with every optional column but those in `absent`, drawn from few values, some unknown."""
    rng = np.random.default_rng(seed)
    m, n_users, n_notes = len(likes), likes.n_users, likes.n_notes

    def counts(n: int) -> np.ndarray:
        return rng.choice([np.nan, 0.0, 1.0, 2.0, 5.0], n, p=[0.1, 0.15, 0.25, 0.25, 0.25])

    def codes(n: int, k: int) -> np.ndarray:
        return rng.integers(UNKNOWN, k, n, dtype=np.int32)

    def times(n: int, around: np.ndarray) -> np.ndarray:
        return np.where(rng.random(n) < 0.2, NO_TIME, around + rng.integers(-40, 3, n) * HOUR // 10)

    columns = {
        "dwell_ms": rng.choice([np.nan, 100.0, 14_999.0, 15_000.0, 90_000.0], m),
        "completed": rng.integers(UNKNOWN, 2, m).astype(np.int8),
        "device": codes(m, 4),
        "ip": codes(m, 6),
    }
    first = np.full(n_notes, likes.ts.max())
    np.minimum.at(first, likes.note, likes.ts)
    topics = pa.array(["knitting", "running", "tea"])
    note_columns = {"published_at": times(n_notes, first)} | {
        name: counts(n_notes) for name in ("saves", "comments", "shares")
    }
    user_columns = {"registered_at": times(n_users, np.full(n_users, first[0])), "views": counts(n_users)}
    # Some authors are users, some are not.
    authors = pa.array(sorted({*likes.users.ids.to_pylist()[::2], 10**6}), pa.int64())
    author = codes(n_notes, len(authors))

    def kept(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: values for name, values in given.items() if name not in absent}

    by: dict[str, Any] = {} if "author" in absent else {"author": author, "authors": authors}
    if "topic" not in absent:
        by |= {"topic": codes(n_notes, len(topics)), "topics": topics}
    return replace(
        likes,
        users=Users(likes.users.ids, **kept(user_columns)),
        notes=Notes(likes.notes.ids, **by, **kept(note_columns)),
        **kept(columns),
    )


_OPTIONAL = (
    *("author", "topic", "published_at", "saves", "shares", "registered_at", "views"),
    *("dwell_ms", "completed", "device", "ip"),
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a world, its columns, and up to two rings among its users."""
    world = draw(worlds(users=(6, 10), notes=(4, 8)))
    absent = draw(st.frozensets(st.sampled_from(_OPTIONAL), max_size=4))
    likes = dressed(world.likes, draw(st.integers(0, 999)), absent)
    n_rings = draw(st.integers(1, 2))
    label = st.sampled_from([0, 0, 0, 0, NO_RING, n_rings - 1])
    ring_of = draw(st.lists(label, min_size=likes.n_users, max_size=likes.n_users))
    windows = draw(st.lists(st.sampled_from(world.config.windows_s), min_size=n_rings, max_size=n_rings))
    members = Membership(np.array(ring_of, np.int32), np.array(windows, np.int32), np.zeros(likes.n_users, np.bool_))
    config = ScoringConfig(
        like_p=draw(st.sampled_from([0.02, 0.3, 0.9, 0.9])), session_gap_s=draw(st.sampled_from([1, 3, 20, 1800]))
    )
    return Scene(world, likes, members, config)
