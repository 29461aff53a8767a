"""From the bipartite graph to significant pairs of gatherings: the projection the other way round.

Two accounts of a large farm that sends a few to each job seldom meet three times. Two of its *jobs* share many
accounts, though, at hot moments as elsewhere, and what two gatherings of strangers share is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphkit._kernels.gatherings import gather, likes_around, shared_users
from graphkit._kernels.grouping import even_blocks, group_members, group_pointers
from graphkit._kernels.neighbours import RATE_BITS, counts_around
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.config import ProjectionConfig
from graphkit.engines import Engine
from graphkit.likes.model import F64, I32, I64
from graphkit.projection.null import benjamini_hochberg, largest_significant_p, most_expected, pair_p_values
from graphkit.projection.traffic import Traffic

#: Fewest likes of a gathering.
LEAST_LIKES = 4
#: Users in more gatherings than this tell nothing of any of them, and cost their square.
_BUSIEST = 2_000
#: Blocks of rows counted at a time, so that threads share the work evenly.
_BLOCKS = 16


@dataclass(frozen=True, slots=True)
class Gatherings:
    """The likes of notes around their densest moments, by (note, density), of one window.

    Attributes
    ----------
    window_s
        Half-width of a gathering, seconds, ends included.
    horizon
        Half-width of what is around a gathering, microseconds, ends included.
    note
        Its note, int32[n].
    middle, first, last
        Moment it stands around, first and last like, microseconds since 1970 UTC, int64[n].
    share
        Its share of all likes around it, in fixed point (`RATE_BITS`), int64[n].
    ptr, like
        Its likes are those at ``like[ptr[i]:ptr[i + 1]]``, ascending positions among all likes; int64[n + 1], int32[k].
    """

    window_s: int
    horizon: int
    note: I32
    middle: I64
    first: I64
    last: I64
    share: I64
    ptr: I64
    like: I32

    def __len__(self) -> int:
        return len(self.note)

    @property
    def n_likes(self) -> I64:
        """Its likes, int64[n]."""
        return np.diff(self.ptr)

    @classmethod
    def of(cls, graph: BipartiteGraph, traffic: Traffic, window_s: int) -> Gatherings:
        """Find the gatherings of all notes. O(m log m)."""
        window, horizon = traffic.widths(window_s)
        of, at = gather(graph.ts, graph.note_ptr, window, LEAST_LIKES)
        inside = np.flatnonzero(of >= 0).astype(np.int32)
        ptr = group_pointers(of[inside], len(at))
        like = group_members(of, inside, ptr)
        first, last = graph.ts[like[ptr[:-1]]], graph.ts[like[ptr[1:] - 1]]
        middle = graph.ts[at]
        by_time = time_order(middle, graph.room)
        around = np.empty(len(at), np.int64)
        around[by_time] = counts_around(traffic.sorted_ts, middle[by_time], horizon)
        share = ((2 * np.diff(ptr) + 1) << RATE_BITS) // (2 * around + 1)
        return cls(window_s, horizon, graph.note[at], middle, first, last, share, ptr, like)


@dataclass(frozen=True, slots=True)
class Reunions:
    """Pairs of gatherings that share users, ``one < other``, by (one, other).

    Attributes
    ----------
    one, other
        Gatherings, int32[k].
    shared
        Users in both, int32[k].
    expected2
        Twice the users expected, with 32 fractional bits, int64[k].
    p_value
        Poisson tail of `shared`, float64[k].
    """

    one: I32
    other: I32
    shared: I32
    expected2: I64
    p_value: F64

    def __len__(self) -> int:
        return len(self.one)


def find_reunions(
    graph: BipartiteGraph, found: Gatherings, author_key: I32, n_tests: int, config: ProjectionConfig, engine: Engine
) -> Reunions:
    """Find the pairs of gatherings that share more users than strangers would.

    Given who was about: each like of a user of the one, within the horizon of the other, is of the other at its share
    of all likes then. As for pairs of users, half of this, taken from either side, is what two gatherings of strangers
    are expected to share.

    Parameters
    ----------
    graph
        The bipartite graph.
    found
        The gatherings of a window. Those of one author, and those within a horizon of one another, are not compared:
        one audience, one evening, one list.
    author_key
        Author of each note, or the note itself, int32[n_notes].
    n_tests
        Pairs that could have been tested, over all windows.
    config
        Least shared users (`min_weight`) and `reunion_fdr`.
    engine
        Where rows are counted.

    Returns
    -------
    Reunions
        Those that survive Benjamini-Hochberg. O(sum over users of gatherings squared).
    """
    n_tests = max(n_tests, 1)
    one, other, shared = _sharing(graph, found, author_key, n_tests, config, engine)
    about_one, about_other = np.split(_about(graph, found, np.append(one, other), np.append(other, one), engine), 2)
    expected2 = about_one * found.share[other] + about_other * found.share[one]
    p_value = pair_p_values(shared, expected2)
    kept = benjamini_hochberg(p_value, max(n_tests, len(p_value))) <= config.reunion_fdr
    return Reunions(one[kept], other[kept], shared[kept], expected2[kept], p_value[kept])


def _sharing(
    graph: BipartiteGraph,
    found: Gatherings,
    author_key: I32,
    n_tests: int,
    config: ProjectionConfig,
    engine: Engine,
) -> tuple[I32, I32, I32]:
    """Return the pairs that share enough users to be of interest, and how many; without loss."""
    key, user = author_key[found.note], graph.user[found.like]
    often = np.bincount(user, minlength=graph.n_users)
    telling = np.flatnonzero(((often >= 2) & (often <= _BUSIEST))[user])
    user = user[telling]
    of = np.repeat(np.arange(len(found), dtype=np.int32), found.n_likes)[telling]
    ptr, user_ptr = group_pointers(of, len(found)), group_pointers(user, graph.n_users)
    gathering = of[group_members(user, np.arange(len(user), dtype=np.int32), user_ptr)]
    size = np.diff(user_ptr)
    n_met = int(np.sum(size * size))
    enough = most_expected(largest_significant_p(n_met, n_tests, config.min_weight, config.reunion_fdr))

    def rows(block: tuple[int, int]) -> tuple[I32, I32, I32]:
        return shared_users(
            *block,
            user,
            ptr,
            gathering,
            user_ptr,
            found.middle,
            key,
            found.share,
            found.horizon,
            config.min_weight,
            enough,
        )

    work = np.concatenate([[0], np.cumsum(size[user])])[ptr]
    none = np.empty(0, np.int32)
    parts = engine.map(rows, even_blocks(work, _BLOCKS))
    one, other, shared = (np.concatenate(column) for column in zip((none, none, none), *parts, strict=True))
    return one, other, shared


def _about(graph: BipartiteGraph, found: Gatherings, row: I32, column: I32, engine: Engine) -> I64:
    """Count for each pair the likes of the users of `row` within the horizon of `column`, int64[k]."""
    row_ptr = group_pointers(row, len(found))
    by_row = group_members(row, np.arange(len(row), dtype=np.int32), row_ptr)
    others, user = column[by_row], graph.user[found.like]

    def some(block: tuple[int, int]) -> I64:
        return likes_around(
            *block,
            row_ptr,
            others,
            user,
            found.ptr,
            graph.user_ts,
            graph.user_ptr,
            found.middle,
            found.horizon,
        )

    parts = engine.map(some, even_blocks(row_ptr, _BLOCKS))
    out = np.empty(len(row), np.int64)
    out[by_row] = np.concatenate([np.empty(0, np.int64), *parts])
    return out
