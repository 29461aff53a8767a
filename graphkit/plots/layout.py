"""Where the members of a ring stand in drawings of it, on an axis and on the page."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.likes.model import F64, I64

#: Strongest ties kept for each member: more make a blot, and these hold its parts together.
TIES_EACH = 8
#: Members beyond which only those near one another push apart, and beyond which the layout takes fewer rounds.
_MANY, _LARGE = 100, 300
_ROUNDS, _FEW_ROUNDS = 100, 50
_SEED = 7
#: Share of the drawing's height for each row of members without a tie, and members in such a row.
_ROW_HEIGHT, _IN_ROW = 0.05, 40


class Ties(NamedTuple):
    """Ties between members by position.

    Attributes
    ----------
    a, b, weight
        Ends and weight of each tie, int64[t].
    """

    a: I64
    b: I64
    weight: I64


def ring_ties(ties: pa.Table, users: pa.ChunkedArray) -> Ties:
    """Return those rows of ``ties`` both of whose users are among `users`, by their positions there."""
    names = users.combine_chunks()
    a, b = (
        np.asarray(pc.fill_null(pc.index_in(ties[end].combine_chunks(), value_set=names), -1), np.int64)
        for end in ("user_a", "user_b")
    )
    weight = np.asarray(ties["weight"].combine_chunks(), np.int64)
    known = (a >= 0) & (b >= 0)
    return Ties(a[known], b[known], weight[known])


def strongest(ties: Ties) -> I64:
    """Return which ties are among the `TIES_EACH` heaviest of either of their ends, the first of equally heavy ones.

    Returns
    -------
    int64[k]
        Positions, ascending.
    """
    a, b, weight = ties
    heaviest = np.argsort(-weight, kind="stable")
    ends, tie = np.stack([a[heaviest], b[heaviest]], axis=1).ravel(), np.repeat(heaviest, 2)
    order = np.argsort(ends, kind="stable")
    ends, tie = ends[order], tie[order]
    begins = np.flatnonzero(np.diff(ends, prepend=-1))
    rank = np.arange(len(ends)) - np.repeat(begins, np.diff(np.append(begins, len(ends))))
    return np.unique(tie[rank < TIES_EACH])


def lay_out(n: int, a: I64, b: I64) -> F64:
    """Return where each of n members stands: those with ties by force, those without in rows below.

    Parameters
    ----------
    n
        Members.
    a, b
        Ends of each tie, int64[t].

    Returns
    -------
    float64[n, 2]
        From 0 to 1, x to the right and y downwards; the same for the same ties.
    """
    import igraph

    n_ties = np.bincount(np.concatenate([a, b]), minlength=n)
    tied, loose = np.flatnonzero(n_ties), np.flatnonzero(n_ties == 0)
    place = np.empty((n, 2))
    rows = -(-len(loose) // _IN_ROW)
    floor = 1 - min(rows * _ROW_HEIGHT, 0.5) if len(tied) else 0.0
    if len(tied):
        edges = zip(np.searchsorted(tied, a).tolist(), np.searchsorted(tied, b).tolist(), strict=True)
        graph = igraph.Graph(n=len(tied), edges=edges)
        # igraph draws the first positions from a process-wide generator.
        igraph.set_random_number_generator(random.Random(_SEED))
        try:
            found = graph.layout_fruchterman_reingold(
                niter=_FEW_ROUNDS if len(tied) > _LARGE else _ROUNDS, grid="grid" if len(tied) > _MANY else "nogrid"
            )
        finally:
            igraph.set_random_number_generator(random)
        at = np.array(found.coords).reshape(len(tied), 2)
        at -= at.min(axis=0)
        at /= np.maximum(at.max(axis=0), 1e-9)
        place[tied] = at * [1.0, floor - (_ROW_HEIGHT if rows else 0.0)]
    for row in range(rows):
        here = loose[row * _IN_ROW : (row + 1) * _IN_ROW]
        place[here, 0] = (np.arange(len(here)) + 0.5) / len(here) if len(here) > 1 else 0.5
        place[here, 1] = floor + (row + 0.5) / rows * (1 - floor)
    return place
