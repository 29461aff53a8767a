"""Everybody whom one user met, however little that means: what the projection would have weighed, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphkit._kernels.grouping import expand_ranges, group_pointers, runs_between
from graphkit._kernels.pairs import count_pairs
from graphkit.engines.layout import lay_out
from graphkit.likes.model import F64, I32
from graphkit.projection.null import EXPECTED_SCALE, NO_LIMIT, pair_p_values
from graphkit.projection.traffic import Traffic

_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Partners:
    """Whom one user met within one window, away from hot moments, ordered by code.

    Attributes
    ----------
    window_s
        The window, seconds, ends included.
    n_met
        Likes of the user with a like of anybody else on the note within the window, hot or not.
    n_hot
        Likes of the user at hot moments.
    user
        The others, int32[k].
    weight, breadth
        Notes co-liked, and distinct breadth keys among them, int32[k].
    expected
        Co-likes the null expects, float64[k].
    p_value
        Poisson tail of the breadth, float64[k].
    """

    window_s: int
    n_met: int
    n_hot: int
    user: I32
    weight: I32
    breadth: I32
    expected: F64
    p_value: F64


def find_partners(key: I32, user: int, traffic: Traffic, window_s: int) -> Partners:
    """Weigh one user against everybody met within one window, without the minima that a tie asks for.

    Parameters
    ----------
    key
        What breadth counts, by like, int32[m].
    user
        Code of the user.
    traffic
        The graph, and what is ordinary around its likes.
    window_s
        The window, seconds.

    Returns
    -------
    Partners
        Weight, breadth and expectation of each pair are those of `graphkit.projection.project`, which keeps only the
        significant. O(likes of the notes that the user liked, and of those met there).
    """
    graph, window = traffic.graph, window_s * _US
    mine = graph.by_user[graph.user_ptr[user] : graph.user_ptr[user + 1]]
    ts = graph.ts[mine]
    low, high = runs_between(graph.ts, graph.note_ptr, graph.note[mine], ts - window, ts + window)
    # All likes that one of the user's may have met; on each note liked once, so none stands there twice.
    like = expand_ranges(low, high)
    like = like[~traffic.hot(like, window_s)]
    people = np.unique(graph.user[like])
    people = np.concatenate([[user], people[people != user]]).astype(np.int32)
    seat = np.zeros(graph.n_users, np.int32)
    seat[people] = np.arange(len(people), dtype=np.int32)
    who, note, at = seat[graph.user[like]], graph.note[like], graph.ts[like]
    everybody, seats = np.ones(len(like), np.bool_), np.arange(len(people), dtype=np.int32)
    of, row_ptr, near_low, near_high, on_note, then, keys = lay_out(
        who, seats, at, key[like], group_pointers(note, graph.n_notes), everybody, window, graph.room
    )
    active = graph.by_user_time[expand_ranges(graph.user_ptr[people], graph.user_ptr[people + 1])]
    sizes = graph.user_ptr[people + 1] - graph.user_ptr[people]
    rate = np.where(traffic.hot(active, window_s), np.uint32(0), traffic.rates(active, window_s))
    _, other, weight, breadth, expected2 = count_pairs(
        0,
        1,
        of,
        row_ptr,
        near_low,
        near_high,
        on_note,
        then,
        keys,
        graph.n_notes,
        int(key.max(initial=-1)) + 1,
        seats,
        np.concatenate([[0], np.cumsum(sizes)]),
        graph.ts[active],
        rate,
        window,
        1,
        1,
        np.array([NO_LIMIT], np.int64),
    )
    return Partners(
        window_s,
        int(np.count_nonzero(high - low > 1)),
        int(np.count_nonzero(traffic.hot(mine, window_s))),
        people[other],
        weight,
        breadth,
        np.multiply(expected2, EXPECTED_SCALE, dtype=np.float64),
        pair_p_values(breadth, expected2),
    )
