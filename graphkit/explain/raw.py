"""The likes behind rings: what was proposed, and with the likes at hand what else members did on the same targets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit._kernels.grouping import even_blocks, expand_ranges, runs_between
from graphkit.columns import TIMESTAMP
from graphkit.detection import Detection
from graphkit.explain.places import codes
from graphkit.likes.model import F64, I32, I64, UNKNOWN, Likes

#: Likes that are looked at in one go, about.
_BLOCK_LIKES = 1_000_000
#: Columns of `raw_likes` that only the likes themselves have.
DETAILS = ("dwell_ms", "completed", "device", "ip")
#: Columns of ids that are looked up among the users and notes of the likes.
_LOOKED_UP = {"members": ("user_id",), "targets": ("note_id",), "candidates": ("user_id", "note_id")}

Bools = npt.NDArray[np.bool_]


def coded(run: Detection) -> Detection:
    """Return the run with the codes of users and notes beside their ids, where the likes are at hand.

    Looking ids up takes as long as there are users and notes, however few are asked for: whoever asks about parts of
    the run, one after the other, has it done once.
    """
    likes = run.likes
    if likes is None:
        return run
    known = {"user_id": likes.users.ids, "note_id": likes.notes.ids}
    tables = dict(run.tables)
    for name, columns in _LOOKED_UP.items():
        for column in columns:
            code = pa.array(_code(tables[name], column, known[column]))
            tables[name] = tables[name].append_column(_beside(column), code)
    return Detection(tables, run.info, likes)


def _beside(column: str) -> str:
    return f"{column.removesuffix('_id')}_code"


def _code(table: pa.Table, column: str, ids: pa.Array) -> I64:
    """Return the code of each id, read where `coded` left it."""
    if _beside(column) in table.column_names:
        return np.asarray(_whole(table[_beside(column)]), np.int64)
    return codes(table[column], ids)


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
        know them, the last two as numbers that stand for a device or an address. O(k + r log r) for the k likes of
        anybody on targets, of which r are returned.
    """
    table = run.candidates if run.likes is None else _with_likes(run, run.likes)
    order = pc.sort_indices(table, [(name, "ascending") for name in ("ring_id", "ts", "user_id", "note_id")])
    return table.take(order)


def _with_likes(run: Detection, likes: Likes) -> pa.Table:
    parts = [(ring[own], at[own]) for ring, at, own in _on_targets(run, likes)]
    none = np.empty(0, np.int64)
    ring, at = (np.concatenate(column) for column in zip((none, none), *parts, strict=True))
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
    for ring, at, own in _on_targets(run, likes):
        yield ring[~own], likes.ts[at[~own]]


def _on_targets(run: Detection, likes: Likes) -> Iterator[tuple[I64, I64, Bools]]:
    """Yield the likes on each ring's targets: row of the ring, position, and whether they are of a member of it."""
    ring = codes(run.targets["ring_id"], run.rings["ring_id"])
    low, high = _note_ends(likes, _code(run.targets, "note_id", likes.notes.ids))
    ring_of, size = _ring_of(run, likes), high - low
    start = np.concatenate([[0], np.cumsum(size)])
    for first, last in even_blocks(start, 1 + int(start[-1]) // _BLOCK_LIKES):
        block = slice(first, last)
        at = expand_ranges(low[block], high[block])
        its_ring = np.repeat(ring[block], size[block])
        yield its_ring, at, ring_of[likes.user[at]] == its_ring


def _note_ends(likes: Likes, note: I64) -> tuple[I64, I64]:
    """Return where the likes of some notes begin and end. O(k log m)."""
    code = note.astype(np.int32)
    return np.searchsorted(likes.note, code, "left"), np.searchsorted(likes.note, code, "right")


def _ring_of(run: Detection, likes: Likes) -> I32:
    """Return for each user its row of ``rings``, `UNKNOWN` for members of none; nobody is a member of two."""
    ring_of = np.full(likes.n_users, UNKNOWN, np.int32)
    members = run.members
    ring_of[_code(members, "user_id", likes.users.ids)] = codes(members["ring_id"], run.rings["ring_id"])
    return ring_of


def _rows_of(table: pa.Table, likes: Likes, wanted: I64) -> pa.Array:
    """Return for each user and note, as one number, the row of a table of users and notes; null where there is none."""
    user, note = _code(table, "user_id", likes.users.ids), _code(table, "note_id", likes.notes.ids)
    return pc.index_in(pa.array(wanted), value_set=pa.array(user * likes.n_notes + note))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def burst_shares(run: Detection) -> F64:
    """Return for each row of ``run.targets`` the ring's share of the likes the note got while the ring acted on it.

    The ring's candidate likes in company on a note are chained where they are at most its window apart; each chain is
    compared with all likes of the note from its first to its last. The mean goes over the ring's likes, as in the
    evidence `burst_capture`.

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
    likes, candidates = run.likes, run.in_company
    if likes is None or candidates.num_rows == 0:
        return shares
    ring = codes(candidates["ring_id"], run.rings["ring_id"])
    note = _code(candidates, "note_id", likes.notes.ids)
    ts = np.asarray(_whole(candidates["ts"]).cast(pa.int64()), np.int64)
    order = np.lexsort((ts, note, ring))
    ring, note, ts = ring[order], note[order], ts[order]
    gap = np.asarray(_whole(run.rings["window_s"]), np.int64)[ring] * 1_000_000
    fresh = np.ones(len(ts), np.bool_)
    fresh[1:] = (ring[1:] != ring[:-1]) | (note[1:] != note[:-1]) | (ts[1:] - ts[:-1] > gap[1:])
    starts = np.flatnonzero(fresh)
    n_ring = np.diff(np.append(starts, len(ts)))
    target = _code(run.targets, "note_id", likes.notes.ids)
    targets = codes(run.targets["ring_id"], run.rings["ring_id"]) * likes.n_notes + target
    by_key = np.argsort(targets)
    row = by_key[np.searchsorted(targets, ring[starts] * likes.n_notes + note[starts], sorter=by_key)]
    ends = np.stack(_note_ends(likes, target), axis=1).ravel()  # entries 2 i and 2 i + 1 are those of row i
    group = (2 * row).astype(np.int32)
    low, high = runs_between(likes.ts, ends, group, ts[starts], ts[starts + n_ring - 1])
    own = np.bincount(row, weights=n_ring**2 / (high - low), minlength=len(shares))
    given = np.bincount(row, weights=n_ring, minlength=len(shares))
    return np.divide(own, given, out=shares, where=given > 0)
