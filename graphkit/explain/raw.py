"""The likes behind rings: what was proposed, and with the likes at hand what else members did on the same targets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit._kernels.grouping import even_blocks, expand_ranges
from graphkit.columns import TIMESTAMP
from graphkit.detection import Detection
from graphkit.explain.places import codes
from graphkit.likes.model import F64, I64, UNKNOWN, Likes
from graphkit.scoring.attach import note_ranges

#: Likes that are looked at in one go, about.
_BLOCK_LIKES = 1_000_000
#: Columns of `raw_likes` that only the likes themselves have.
DETAILS = ("dwell_ms", "completed", "device", "ip")


def raw_likes(run: Detection) -> pa.Table:
    """Return the likes of members on their ring's targets.

    Parameters
    ----------
    run
        The run. Without its likes at hand these are the candidates.

    Returns
    -------
    pyarrow.Table
        Ordered by ring, time, user and note: `ring_id`, `user_id`, `note_id`, `ts`; `tier`, `score` and `reasons`,
        null for a like that is not proposed; `dwell_ms`, `completed`, `device` and `ip` where the likes are at hand and
        know them, the last two as numbers that stand for a device or an address. O(m + r log r) for m likes of which
        r are returned.
    """
    table = run.candidates if run.likes is None else _with_likes(run, run.likes)
    order = pc.sort_indices(table, [(name, "ascending") for name in ("ring_id", "ts", "user_id", "note_id")])
    return table.take(order)


def _with_likes(run: Detection, likes: Likes) -> pa.Table:
    ring, at = _on_targets(run, likes)
    user, note = likes.user[at], likes.note[at]
    row = _rows_of(run.candidates, likes, user.astype(np.int64) * likes.n_notes + note)
    columns = {
        "ring_id": _whole(run.rings["ring_id"]).take(pa.array(ring)),
        "user_id": likes.users.ids.take(pa.array(user)),
        "note_id": likes.notes.ids.take(pa.array(note)),
        "ts": pa.array(likes.ts[at]).cast(TIMESTAMP),
        **{name: _whole(run.candidates[name]).take(row) for name in ("tier", "score", "reasons")},
    }
    for name in DETAILS:
        values = getattr(likes, name)
        if values is not None:
            here = values[at]
            columns[name] = pa.array(here, mask=np.isnan(here) if name == "dwell_ms" else here == UNKNOWN)
    return pa.table(columns)


def outside_likes(run: Detection, likes: Likes) -> Iterator[tuple[I64, I64]]:
    """Yield the likes of everybody else on each ring's targets.

    Parameters
    ----------
    run
        The run.
    likes
        Its likes.

    Yields
    ------
    int64[k], int64[k]
        Row of the ring, and time in microseconds since 1970 UTC; about a million at once, since popular targets may
        hold a good part of all likes.
    """
    ring = codes(run.targets["ring_id"], run.rings["ring_id"])
    ptr, note = likes.bipartite().note_ptr, codes(run.targets["note_id"], likes.notes.ids)
    ring_of, size = _ring_of(run, likes), ptr[note + 1] - ptr[note]
    start = np.concatenate([[0], np.cumsum(size)])
    for first, last in even_blocks(start, 1 + int(start[-1]) // _BLOCK_LIKES):
        block = slice(first, last)
        at = expand_ranges(ptr[note[block]], ptr[note[block] + 1])
        its_ring = np.repeat(ring[block], size[block])
        others = ring_of[likes.user[at]] != its_ring
        yield its_ring[others], likes.ts[at[others]]


def _ring_of(run: Detection, likes: Likes) -> I64:
    """Return for each user its row of ``rings``, `UNKNOWN` for members of none; nobody is a member of two."""
    ring_of = np.full(likes.n_users, UNKNOWN, np.int64)
    members = run.members
    ring_of[codes(members["user_id"], likes.users.ids)] = codes(members["ring_id"], run.rings["ring_id"])
    return ring_of


def _on_targets(run: Detection, likes: Likes) -> tuple[I64, I64]:
    """Return ring and position of every like of a member on a target of its ring."""
    ring_of = _ring_of(run, likes)
    mine = np.flatnonzero(ring_of[likes.user] != UNKNOWN)
    ring = ring_of[likes.user[mine]]
    on_target = np.isin(ring * likes.n_notes + likes.note[mine], _targets(run, likes))
    return ring[on_target], mine[on_target]


def _targets(run: Detection, likes: Likes) -> I64:
    """Return one number for the ring and note of each row of ``targets``."""
    ring = codes(run.targets["ring_id"], run.rings["ring_id"])
    return ring * likes.n_notes + codes(run.targets["note_id"], likes.notes.ids)


def _rows_of(table: pa.Table, likes: Likes, wanted: I64) -> pa.Array:
    """Return for each user and note, as one number, the row of a table of users and notes; null where there is none."""
    user, note = codes(table["user_id"], likes.users.ids), codes(table["note_id"], likes.notes.ids)
    return pc.index_in(pa.array(wanted), value_set=pa.array(user * likes.n_notes + note))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def burst_shares(run: Detection) -> F64:
    """Return for each row of ``run.targets`` the ring's share of the likes the note got while the ring acted on it.

    The ring's candidate likes on a note are chained where they are at most its window apart; each chain is compared
    with all likes of the note from its first to its last. The mean goes over the ring's likes, as in the evidence
    `burst_capture`.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    float64[n]
        NaN where the ring has no candidate likes, and everywhere without the likes at hand.
    """
    shares = np.full(run.targets.num_rows, np.nan)
    likes, candidates = run.likes, run.candidates
    if likes is None or candidates.num_rows == 0:
        return shares
    ring = codes(candidates["ring_id"], run.rings["ring_id"])
    note = codes(candidates["note_id"], likes.notes.ids).astype(np.int32)
    ts = np.asarray(_whole(candidates["ts"]).cast(pa.int64()), np.int64)
    order = np.lexsort((ts, note, ring))
    ring, note, ts = ring[order], note[order], ts[order]
    gap = np.asarray(_whole(run.rings["window_s"]), np.int64)[ring] * 1_000_000
    fresh = np.ones(len(ts), np.bool_)
    fresh[1:] = (ring[1:] != ring[:-1]) | (note[1:] != note[:-1]) | (ts[1:] - ts[:-1] > gap[1:])
    starts = np.flatnonzero(fresh)
    n_ring = np.diff(np.append(starts, len(ts)))
    low, high = note_ranges(likes.bipartite(), note[starts], ts[starts], ts[starts + n_ring - 1])
    targets = _targets(run, likes)
    by_key = np.argsort(targets)
    row = by_key[np.searchsorted(targets, ring[starts] * likes.n_notes + note[starts], sorter=by_key)]
    own = np.bincount(row, weights=n_ring**2 / (high - low), minlength=len(shares))
    given = np.bincount(row, weights=n_ring, minlength=len(shares))
    return np.divide(own, given, out=shares, where=given > 0)
