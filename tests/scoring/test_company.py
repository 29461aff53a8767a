"""Company counted anew only where rings changed, against all of it counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import ProjectionConfig
from graphkit.projection.project import Edges, WindowView
from graphkit.projection.traffic import Traffic
from graphkit.scoring import company
from graphkit.scoring.company import MIN_COMPANY, Company
from graphkit.scoring.membership import NO_RING
from tests.worlds import make_likes

N_USERS = 12
BASE = 1_600_000_000_000_000
rings = st.lists(st.integers(NO_RING, 3), min_size=N_USERS, max_size=N_USERS)


def counted(likes: object) -> tuple[object, tuple[WindowView, ...]]:
    graph = likes.bipartite()
    traffic = Traffic.of(graph, ProjectionConfig())
    return graph, tuple(WindowView(w, Edges.none(), traffic, 0, 0, 0) for w in (60, 600))


@pytest.fixture(scope="module")
def world() -> tuple[object, tuple[WindowView, ...]]:
    draw = np.random.default_rng(3)
    rows = {(u, int(n)) for u in range(N_USERS) for n in draw.integers(0, 6, 5)}
    return counted(make_likes([(u, n, BASE + int(draw.integers(0, 1_500)) * 1_000_000) for u, n in sorted(rows)]))


def same(one: Company, other: Company) -> None:
    for name in ("like", "ring"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
        assert getattr(one, name).dtype == getattr(other, name).dtype
    for name in ("met", "expected", "p_value", "excess", "present"):
        assert [w.tolist() for w in getattr(one, name)] == [w.tolist() for w in getattr(other, name)]
    assert one.ring_of.tolist() == other.ring_of.tolist()


@given(rings)
def test_of__leaves_out_likes_that_never_have_company(
    world: tuple[object, tuple[WindowView, ...]], before: list[int]
) -> None:
    graph, views = world
    ring_of = np.array(before, np.int32)
    every, few = Company.of(graph, views, ring_of, least=0), Company.of(graph, views, ring_of)
    kept = np.max(every.met, axis=0, initial=0) >= MIN_COMPANY
    assert every.like.tolist() == np.flatnonzero(ring_of[graph.user] != NO_RING).tolist()
    for name in ("like", "ring"):
        assert getattr(few, name).tolist() == getattr(every, name)[kept].tolist()
    for name in ("met", "expected", "p_value"):
        assert [w.tolist() for w in getattr(few, name)] == [w[kept].tolist() for w in getattr(every, name)]
    for window, (met, expected) in enumerate(zip(every.met, every.expected, strict=True)):
        for ring in range(int(ring_of.max()) + 1):
            able = (every.ring == ring) & (met >= MIN_COMPANY)
            assert few.present[window, ring] == len(set(graph.user[every.like[able]].tolist()))
            assert few.excess[window, ring] == pytest.approx((met - expected)[able].sum(), abs=1e-12)


@given(before=rings, after=rings)
def test_of_members__is_what_counting_all_gives(
    world: tuple[object, tuple[WindowView, ...]], before: list[int], after: list[int]
) -> None:
    graph, views = world
    was, now = np.array(before, np.int32), np.array(after, np.int32)
    same(Company.of(graph, views, was).of_members(graph, views, now), Company.of(graph, views, now))


@given(before=rings, name=st.permutations(range(4)), leaver=st.integers(0, N_USERS - 1))
def test_of_members__counts_only_rings_that_changed(
    world: tuple[object, tuple[WindowView, ...]], before: list[int], name: list[int], leaver: int
) -> None:
    graph, views = world
    was = np.array(before, np.int32)
    now = np.array([NO_RING if r == NO_RING or u == leaver else name[r] for u, r in enumerate(before)], np.int32)
    left = before[leaver]
    stayed = company._same_before(was, now)
    changed = [r != NO_RING and bool(stayed[r] == NO_RING) for r in now.tolist()]
    assert changed == [r != NO_RING and r == left and u != leaver for u, r in enumerate(before)]
    assert all(stayed[now[u]] in (NO_RING, r) for u, r in enumerate(before) if now[u] != NO_RING)
    same(Company.of(graph, views, was).of_members(graph, views, now), Company.of(graph, views, now))
