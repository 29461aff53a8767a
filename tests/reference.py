"""The slow, obvious version of the projection. It is the specification: kernels and engines must equal it.

Plain Python over lists and dicts, whole numbers wherever there is a choice, nothing clever. All times are
microseconds, ``t ± w`` means every time at most w away from t (ends included), and a like is counted among
the likes around itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

import networkx as nx
from networkx.algorithms import bipartite

from graphkit.config import ProjectionConfig
from graphkit.likes.model import NO_TIME, UNKNOWN, Likes

SECOND = 1_000_000

#: One, as a rate in fixed point.
ONE = 2**32


class Like(NamedTuple):
    """User `user` liked note `note` at `ts` microseconds."""

    user: int
    note: int
    ts: int


class Counts(NamedTuple):
    """Likes around one like: on its note, on all notes."""

    note: int
    all: int


class Pair(NamedTuple):
    """What two users have in common away from hot moments: co-liked notes, and distinct keys among them."""

    weight: int
    breadth: int


class Edge(NamedTuple):
    """A tested pair u < v of one window."""

    window_s: int
    u: int
    v: int
    weight: int
    breadth: int
    expected2: int
    p_value: float
    q_value: float


def rows(likes: Likes) -> list[Like]:
    """Return the likes as rows, in canonical order."""
    return [Like(*row) for row in zip(likes.user.tolist(), likes.note.tolist(), likes.ts.tolist(), strict=True)]


# --------------------------------------------------------------------------------------------------
# Around each like


def window_counts(likes: Sequence[Like], width_us: int) -> list[Counts]:
    """Return for every like how many likes of its note, and of all notes, lie within its time ± `width_us`."""
    counts = []
    for like in likes:
        near = [other for other in likes if abs(other.ts - like.ts) <= width_us]
        counts.append(Counts(sum(other.note == like.note for other in near), len(near)))
    return counts


def activity(likes: Sequence[Like], user: int, ts: int, width_us: int) -> int:
    """Return how many likes of `user`, on any note, lie within `ts` ± `width_us`."""
    return sum(like.user == user and abs(like.ts - ts) <= width_us for like in likes)


def wide(window_us: int, horizon_us: int) -> int:
    """Return the horizon that is used: never less than four windows."""
    return max(horizon_us, 4 * window_us)


def rates(likes: Sequence[Like], window_us: int, horizon_us: int, inclusive: bool = False) -> list[int]:
    """Return for every like its note's ordinary share of all likes, the burst left out, times 2**32, rounded down.

    A share of one counts as the next smaller number, so that a rate has 32 bits.

    An `inclusive` one is at least the share within the window, the like itself left out. The half added on both sides
    only keeps 0/0 away.
    """
    inner = window_counts(likes, window_us)
    outer = window_counts(likes, wide(window_us, horizon_us))
    shares = []
    for near, far in zip(inner, outer, strict=True):
        share = (far.note - near.note + Fraction(1, 2)) / (far.all - near.all + Fraction(1, 2))
        if inclusive:
            share = max(share, (near.note - 1 + Fraction(1, 2)) / (near.all - 1 + Fraction(1, 2)))
        shares.append(min(int(share * ONE), ONE - 1))
    return shares


def hot(likes: Sequence[Like], window_us: int, horizon_us: int, hot_rate: float, hot_max: int) -> list[bool]:
    """Tell for every like whether its note was so busy then that meeting there means little.

    It is hot when more than `hot_max` likes of the note lie within the window, or when the ordinary flow over
    four windows or over the horizon, the burst left out, would bring more than `hot_rate` of them.
    """
    near = window_counts(likes, window_us)
    flags = [count.note > hot_max for count in near]
    for span in (4 * window_us, wide(window_us, horizon_us)):
        far = window_counts(likes, span)
        for i in range(len(likes)):
            flow = float((far[i].note - near[i].note) * window_us)
            if flow > float(hot_rate * (span - window_us)):
                flags[i] = True
    return flags


# --------------------------------------------------------------------------------------------------
# Pairs


def co_likes(likes: Sequence[Like], window_us: int) -> list[tuple[int, int]]:
    """Return the co-likes as positions (i, j) of two likes, the like of the smaller user first."""
    found = []
    for i, p in enumerate(likes):
        for j, q in enumerate(likes):
            if p.user < q.user and p.note == q.note and abs(p.ts - q.ts) <= window_us:
                found.append((i, j))
    return found


def pairs(
    likes: Sequence[Like], key: Sequence[int], window_us: int, is_hot: Sequence[bool]
) -> dict[tuple[int, int], Pair]:
    """Return every pair of users u < v with at least one co-like.

    A like at a hot moment is part of no co-like. `key` says for each like what breadth counts; of a co-like, the
    smaller.
    """
    met: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i, j in co_likes(likes, window_us):
        if not is_hot[i] and not is_hot[j]:
            met.setdefault((likes[i].user, likes[j].user), []).append((likes[i].note, min(key[i], key[j])))
    return {
        pair: Pair(
            weight=len({note for note, _ in notes}),
            breadth=len({of_pair for _, of_pair in notes}),
        )
        for pair, notes in sorted(met.items())
    }


def breadth_keys(likes: Likes, fresh_s: int) -> list[int]:
    """Return for each like what breadth counts: the author within `fresh_s` of publication, else the note.

    Authors come first, then notes; a note of unknown author always counts itself. Publication is the first like
    where it is unknown or later.
    """
    author = likes.notes.author
    n_authors = 0 if likes.notes.authors is None else len(likes.notes.authors)
    keys = []
    for note, ts in zip(likes.note.tolist(), likes.ts.tolist(), strict=True):
        known = [t for n, t in zip(likes.note.tolist(), likes.ts.tolist(), strict=True) if n == note]
        if likes.notes.published_at is not None and likes.notes.published_at[note] != NO_TIME:
            known.append(int(likes.notes.published_at[note]))
        fresh = ts - min(known) <= fresh_s * SECOND
        by_author = fresh and author is not None and author[note] != UNKNOWN
        keys.append(int(author[note]) if by_author and author is not None else n_authors + note)
    return keys


def tested_pairs(
    found: Mapping[tuple[int, int], Pair], min_weight: int, min_breadth: int
) -> dict[tuple[int, int], Pair]:
    """Return the pairs with enough in common to be worth a test."""
    return {users: pair for users, pair in found.items() if pair.weight >= min_weight and pair.breadth >= min_breadth}


def networkx_weights(likes: Sequence[Like]) -> dict[tuple[int, int], int]:
    """Return the notes each pair u < v shares at whatever time, as networkx counts them: a second opinion."""
    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    graph.add_edges_from((("user", like.user), ("note", like.note)) for like in likes)
    projected = bipartite.weighted_projected_graph(graph, [node for node in graph if node[0] == "user"])
    return {(min(u, v), max(u, v)): data["weight"] for (_, u), (_, v), data in projected.edges(data=True)}


def prune(likes: Sequence[Like], window_us: int, min_weight: int) -> list[bool]:
    """Tell which likes survive: take away what cannot matter to a pair of `min_weight` until nothing falls.

    A like falls when no other survivor lies within the window on its note; all likes of a user fall when fewer
    than `min_weight` are left.
    """
    alive = [True] * len(likes)
    while True:
        before = alive.copy()
        for i, like in enumerate(likes):
            company = any(
                alive[j] and j != i and other.note == like.note and abs(other.ts - like.ts) <= window_us
                for j, other in enumerate(likes)
            )
            alive[i] = alive[i] and company
        for i, like in enumerate(likes):
            left = sum(alive[j] for j, other in enumerate(likes) if other.user == like.user)
            alive[i] = alive[i] and left >= min_weight
        if alive == before:
            return alive


# --------------------------------------------------------------------------------------------------
# Surprise


def expectation(
    likes: Sequence[Like], u: int, v: int, window_us: int, rate: Sequence[int], is_hot: Sequence[bool]
) -> int:
    """Return 2**33 times the co-likes expected of u and v: for each like of one, the other's activity times the rate.

    Likes at hot moments can make no co-like, but count as activity; nothing is pruned. Each half saturates at 2**60.
    """
    halves = {u: 0, v: 0}
    for like, q, hot_moment in zip(likes, rate, is_hot, strict=True):
        if like.user in halves and not hot_moment:
            halves[like.user] += activity(likes, v if like.user == u else u, like.ts, window_us) * q
    return sum(min(half, 2**60) for half in halves.values())


def poisson_tail(least: int, mean: Fraction) -> float:
    """Return the chance that a Poisson number with this mean is at least `least`, term by term to 50 digits."""
    with localcontext() as context:
        context.prec = 50
        x = Decimal(mean.numerator) / Decimal(mean.denominator)
        k = 0
        term = (-x).exp()
        total = Decimal(0)
        while k <= least or k <= x or term > total * Decimal("1e-40"):
            if k >= least:
                total += term
            k += 1
            term = term * x / k
        return float(min(total, Decimal(1)))


def number_of_tests(likes: Sequence[Like], n_windows: int, min_weight: int) -> int:
    """Return the pairs that could have been tested: of users with enough likes, once per window."""
    users = [like.user for like in likes]
    able = sum(users.count(user) >= min_weight for user in set(users))
    return n_windows * (able * (able - 1) // 2)


def benjamini_hochberg(p_values: Sequence[float], n_tests: int) -> list[float]:
    """Return the adjusted p-values: the least false discovery rate at which each would be found.

    Tests beyond the p-values given count as p = 1.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [1.0] * len(p_values)
    for rank, i in enumerate(order, start=1):
        later = range(rank, len(order) + 1)
        adjusted[i] = min(1.0, *(p_values[order[j - 1]] * n_tests / j for j in later))
    return adjusted


# --------------------------------------------------------------------------------------------------
# Gatherings


class Gathering(NamedTuple):
    """The likes of a note, by position, around the moment `middle`, and their share of all likes around that."""

    note: int
    middle: int
    likes: tuple[int, ...]
    share: int


class Reunion(NamedTuple):
    """Two gatherings, by number, that share users."""

    one: int
    other: int
    shared: int
    expected2: int
    p_value: float


def gatherings(likes: Sequence[Like], window_us: int, horizon_us: int, least: int) -> list[Gathering]:
    """Return each note's gatherings, the densest moment first: all likes near it that are in none yet.

    A moment is a like, as dense as likes of the note lie within the window; the earliest of equals comes first. Shares
    are in fixed point, rounded down, half a like added to both sides.
    """
    found = []
    for note in sorted({like.note for like in likes}):
        mine = [p for p, like in enumerate(likes) if like.note == note]
        near = {p: sum(abs(likes[q].ts - likes[p].ts) <= window_us for q in mine) for p in mine}
        free = set(mine)
        for p in sorted(mine, key=lambda p: (-near[p], p)):
            there = sorted(q for q in free if abs(likes[q].ts - likes[p].ts) <= window_us)
            if p in free and len(there) >= least:
                around = sum(abs(like.ts - likes[p].ts) <= horizon_us for like in likes)
                share = int((len(there) + Fraction(1, 2)) / (around + Fraction(1, 2)) * ONE)
                found.append(Gathering(note, likes[p].ts, tuple(there), share))
                free -= set(there)
    return found


def reunions(
    likes: Sequence[Like], found: Sequence[Gathering], author_key: Sequence[int], horizon_us: int, least: int
) -> list[Reunion]:
    """Return the pairs of gatherings, beyond each other's horizon and of two authors, that share `least` users."""

    def users(gathering: Gathering) -> set[int]:
        return {likes[p].user for p in gathering.likes}

    def about(mine: Gathering, other: Gathering) -> int:
        return sum(activity(likes, user, other.middle, horizon_us) for user in users(mine))

    pairs = []
    for i, a in enumerate(found):
        for j, b in enumerate(found[i + 1 :], start=i + 1):
            shared = len(users(a) & users(b))
            apart = abs(a.middle - b.middle) > horizon_us and author_key[a.note] != author_key[b.note]
            if apart and shared >= least:
                expected2 = about(a, b) * b.share + about(b, a) * a.share
                p_value = poisson_tail(shared, Fraction(expected2, 2 * ONE))
                pairs.append(Reunion(i, j, shared, expected2, p_value))
    return pairs


# --------------------------------------------------------------------------------------------------
# Everything


def project(likes: Likes, config: ProjectionConfig) -> list[Edge]:
    """Return every tested pair of every window, ordered by window, u and v; significant where ``q_value <= fdr``."""
    table = rows(likes)
    key = breadth_keys(likes, config.fresh_s)
    horizon_us = config.horizon_s * SECOND
    edges = []
    for window_s in config.windows_s:
        window_us = window_s * SECOND
        is_hot = hot(table, window_us, horizon_us, config.hot_rate, config.hot_max)
        rate = rates(table, window_us, horizon_us, window_s > config.burst_s)
        tested = tested_pairs(pairs(table, key, window_us, is_hot), config.min_weight, config.min_breadth)
        for (u, v), pair in tested.items():
            expected2 = expectation(table, u, v, window_us, rate, is_hot)
            p_value = poisson_tail(pair.breadth, Fraction(expected2, 2 * ONE))
            edges.append(Edge(window_s, u, v, pair.weight, pair.breadth, expected2, p_value, 1.0))
    n_tests = number_of_tests(table, len(config.windows_s), config.min_weight)
    adjusted = benjamini_hochberg([edge.p_value for edge in edges], n_tests)
    return [edge._replace(q_value=q) for edge, q in zip(edges, adjusted, strict=True)]
