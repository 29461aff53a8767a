"""Bursts on a single note by accounts that do little else: rings that leave no pair with three notes in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.grouping import runs_between
from graphkit.bipartite import BipartiteGraph
from graphkit.likes.model import I32
from graphkit.projection.null import benjamini_hochberg, binomial_tail

_US = 1_000_000
#: A slight account has at most this many likes.
_SLIGHT = 3
#: Likes of slight accounts at most this far apart are of one burst.
_GAP_US = 600 * _US
#: Fewest slight accounts of a burst.
_LEAST = 8
#: Share of all likes of the burst that must be theirs.
_MOST_OF = 0.5


def find_bursts(graph: BipartiteGraph, taken: npt.NDArray[np.bool_], fdr: float) -> list[tuple[int, I32]]:
    """Find bursts on one note in which slight accounts gather, those with at most three likes, as nowhere else.

    Among b likes from the first to the last like of a burst, s of them by slight accounts, the two ends set aside, the
    null expects as many as slight accounts give of all likes: Binomial(b - 2, share). Bursts survive Benjamini-Hochberg
    over all likes of slight accounts, since any of them might begin one.

    Parameters
    ----------
    graph
        The bipartite graph.
    taken
        Users who belong to a ring already, bool[n_users].
    fdr
        False discovery rate of the bursts.

    Returns
    -------
    list of (int, int32[n])
        The note of each burst and its accounts, ascending; bursts by smallest account. Who is in several belongs to the
        largest, and a burst that is left with too few is none. O(m).
    """
    slight = np.diff(graph.user_ptr) <= _SLIGHT
    share = float(np.sum(np.diff(graph.user_ptr)[slight])) / max(len(graph), 1)
    slight &= ~taken
    like = np.flatnonzero(slight[graph.user])
    if len(like) < _LEAST:
        return []
    note, ts = graph.note[like], graph.ts[like]
    fresh = np.ones(len(like), np.bool_)
    fresh[1:] = (note[1:] != note[:-1]) | (ts[1:] - ts[:-1] > _GAP_US)
    start = np.flatnonzero(fresh)
    n_own = np.diff(np.append(start, len(like)))
    low, high = runs_between(graph.ts, graph.note_ptr, note[start], ts[start], ts[start + n_own - 1])
    n_all = high - low
    large = np.flatnonzero((n_own >= _LEAST) & (n_own >= _MOST_OF * n_all))
    p = binomial_tail(n_own[large] - 2, n_all[large] - 2, share)
    found = large[benjamini_hochberg(p, max(len(like), len(p))) <= fdr]
    bursts = []
    for burst in found[np.argsort(-n_own[found], kind="stable")]:
        users = graph.user[like[start[burst] : start[burst] + n_own[burst]]]
        users = np.unique(users[slight[users]])
        if len(users) >= _LEAST:
            slight[users] = False
            bursts.append((int(note[start[burst]]), users))
    return sorted(bursts, key=lambda pair: int(pair[1][0]))
