"""From scored rings to the output tables: rings, members, targets, candidate likes and their impact."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit._kernels.distinct import distinct, distinct_pairs, pack, unpack
from graphkit.bipartite import BipartiteGraph
from graphkit.columns import TIMESTAMP, Kind, Table
from graphkit.config import ScoringConfig
from graphkit.engines import Engine
from graphkit.likes.model import I64, UNKNOWN, Likes
from graphkit.projection.project import Edges, Projection
from graphkit.schemas import AUTHORS, CANDIDATES, EVIDENCE, IMPACT, MEMBERS, RINGS, TARGETS, TIES
from graphkit.scoring.membership import NO_RING
from graphkit.scoring.reasons import RING_REASON
from graphkit.scoring.rings import Rings
from graphkit.scoring.stragglers import find_stragglers
from graphkit.scoring.tiers import PURGE, REVIEW, TIERS, WATCH, once
from graphkit.scoring.verdicts import LikeVerdicts, judge_likes

#: A member whose likes fall on targets at least this often is called devoted.
_DEVOTED = 0.5
#: Reciprocity from which a ring is an exchange.
_EXCHANGE = 0.5
#: What may be said of a like itself, in this order.
_LIKE_CODES = ("IN_COMPANY", "ON_TARGET", "BURST_OF_RING", "UNREAD")
#: Hexadecimal digits of a ring's name.
_ID_DIGITS = 10


def ring_names(likes: Likes, rings: Rings) -> list[str]:
    """Return a stable name for each ring: the smallest hash among its members' ids (min-wise hashing).

    Two versions of a ring that share a share J of their members keep the name with probability J, whatever else is
    in the data. Rings are disjoint, so hashes differ; should two begin alike, all names of the run grow until none do.

    References
    ----------
    Broder 1997, "On the resemblance and containment of documents", sec. 3.
    """
    least: dict[int, str] = {}
    users = np.flatnonzero(rings.members.ring_of != NO_RING)
    ids = likes.users.ids.take(pa.array(users)).to_pylist()
    for ring, user in zip(rings.members.ring_of[users].tolist(), ids, strict=True):
        name = hashlib.blake2b(f"{type(user).__name__}:{user}".encode(), digest_size=16).hexdigest()
        least[ring] = min(name, least.get(ring, name))
    digits = _ID_DIGITS
    while len({name[:digits] for name in least.values()}) < len(least):
        digits += 1
    return [f"R-{least[ring][:digits]}" for ring in range(len(rings))]


def build_tables(
    likes: Likes,
    graph: BipartiteGraph,
    projection: Projection,
    rings: Rings,
    config: ScoringConfig,
    engine: Engine,
) -> dict[str, pa.Table]:
    """Return the tables of a run by name, in the form ``schemas.OUTPUTS`` declares.

    Parameters
    ----------
    likes, graph, projection
        What was read and projected.
    rings
        Scored rings.
    config
        Settings of tiers and reasons.
    engine
        Threads to use.

    Returns
    -------
    dict of str to pyarrow.Table
        ``rings``, ``members``, ``ties``, ``targets``, ``candidates``, ``impact``, ``authors`` and
        ``quarantine``; rows sorted by their keys.
    """
    verdicts = judge_likes(likes, graph, projection.views[0].traffic, rings, config)
    verdicts = verdicts.beside(find_stragglers(graph, projection.moments, rings, config))
    types = {
        Kind.USER_ID: likes.users.ids.type,
        Kind.NOTE_ID: likes.notes.ids.type,
        Kind.AUTHOR_ID: pa.string() if likes.notes.authors is None else likes.notes.authors.type,
    }
    names = ring_names(likes, rings)
    reasons = _ring_reasons(rings, config)
    make: dict[str, Callable[[], pa.Table]] = {
        "rings": lambda: _rings_table(likes, graph, rings, verdicts, names, reasons, types),
        "members": lambda: _members_table(likes, graph, projection, rings, verdicts, names, types),
        "ties": lambda: _ties_table(likes, projection, rings, names, types),
        "targets": lambda: _targets_table(likes, graph, verdicts, names, types),
        "candidates": lambda: _candidates_table(likes, graph, rings, verdicts, names, reasons, types, config),
        "impact": lambda: _impact_table(likes, graph, verdicts, types),
        "authors": lambda: _authors_table(likes, graph, verdicts, types),
        "quarantine": lambda: likes.quarantine,
    }
    return dict(zip(make, engine.map(lambda table: table(), make.values()), strict=True))


def _finish(table: Table, columns: Mapping[str, object], types: Mapping[Kind, pa.DataType]) -> pa.Table:
    """Put columns into the declared form; their rows stand by the table's key already.

    Codes are in the order of ids, so that rows are sorted by numbers, which is far quicker than by ids.
    """
    schema = table.arrow(types)
    return pa.Table.from_arrays([_arrow(columns[field.name], field.type) for field in schema], schema=schema)


def _by_name(names: list[str], ring: npt.NDArray[np.integer]) -> I64:
    """Return the order of rows by the name of their ring, rows of one ring as they stand."""
    place = np.empty(len(names), np.int64)
    place[np.argsort(np.array(names, np.str_))] = np.arange(len(names))
    return np.argsort(place[ring], kind="stable")


def _arrow(values: object, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values.cast(kind)
    if kind == TIMESTAMP:
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


def _ring_reasons(rings: Rings, config: ScoringConfig) -> list[list[str]]:
    """Return by ring the codes of the channels that speak for it, strongest first."""
    names = list(rings.weights)
    nats = np.array([rings.weights[name] for name in names]).reshape(len(names), len(rings))
    out = []
    for column in nats.T:
        order = np.argsort(-column, kind="stable")
        out.append([RING_REASON[names[i]] for i in order if column[i] >= config.channel_nats])
    return out


def _rings_table(
    likes: Likes,
    graph: BipartiteGraph,
    rings: Rings,
    verdicts: LikeVerdicts,
    names: list[str],
    reasons: list[list[str]],
    types: Mapping[Kind, pa.DataType],
) -> pa.Table:
    n = len(rings)
    ring, like = verdicts.ring, verdicts.like
    first = np.full(n, np.iinfo(np.int64).max)
    last = np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, ring, graph.ts[like])
    np.maximum.at(last, ring, graph.ts[like])
    note = graph.note[like].astype(np.int64)
    numbers = rings.numbers | {f"weight_{name}": nats for name, nats in rings.weights.items()}
    struct = pa.StructArray.from_arrays(
        [pa.array(numbers[name], pa.float64(), from_pandas=True) for name, _ in EVIDENCE],
        [name for name, _ in EVIDENCE],
    )
    reciprocity = rings.numbers["reciprocity"]
    return _finish(
        RINGS,
        {
            "ring_id": names,
            "kind": np.select(
                [once(rings.numbers), reciprocity >= _EXCHANGE], ["one_shot", "exchange"], "lockstep"
            ).tolist(),
            "tier": [TIERS[t] for t in rings.tier],
            "score": rings.score,
            "q_value": rings.q_value,
            "n_users": np.bincount(rings.members.ring_of[rings.members.ring_of != NO_RING], minlength=n),
            "n_notes": _distinct(ring, note, n),
            "n_authors": _distinct(ring, likes.author_key[note].astype(np.int64), n),
            "n_likes": np.bincount(ring, minlength=n),
            "first_ts": first,
            "last_ts": last,
            "window_s": rings.members.window_s.astype(np.int64),
            "reasons": reasons,
            "evidence": struct,
        },
        types,
    ).take(pa.array(_by_name(names, np.arange(n))))


def _distinct(group: I64, thing: I64, n: int) -> I64:
    groups, _, _ = distinct_pairs(group, thing)
    return np.bincount(groups, minlength=n)


def _members_table(
    likes: Likes,
    graph: BipartiteGraph,
    projection: Projection,
    rings: Rings,
    verdicts: LikeVerdicts,
    names: list[str],
    types: Mapping[Kind, pa.DataType],
) -> pa.Table:
    ring_of = rings.members.ring_of
    user = np.flatnonzero(ring_of != NO_RING)
    user = user[_by_name(names, ring_of[user])]
    of_like = graph.user[verdicts.like]
    done = np.bincount(of_like, minlength=graph.n_users)
    tier = np.full(graph.n_users, WATCH, np.int8)
    score = np.zeros(graph.n_users)
    np.maximum.at(tier, of_like, verdicts.tier)
    np.maximum.at(score, of_like, verdicts.score)
    inside = [(view.edges, _inside(view.edges, ring_of)) for view in projection.views]
    u, v = unpack(distinct(np.concatenate([pack(edges.u[at], edges.v[at]) for edges, at in inside]))[0])
    partners = np.bincount(np.concatenate([u, v]), minlength=graph.n_users)
    degree = np.diff(graph.user_ptr)
    holds = (
        ("TIED", partners[user] > 0),
        ("MET_JOBS", rings.members.attached[user]),
        ("ONE_NOTE", once(rings.numbers)[ring_of[user]]),
        ("DEVOTED", done[user] >= _DEVOTED * degree[user]),
    )
    # One list for each combination of codes, shared by all members with it: no loop over members.
    kind = sum(flag.astype(np.int64) << bit for bit, (_, flag) in enumerate(holds))
    lists = [[code for bit, (code, _) in enumerate(holds) if k >> bit & 1] for k in range(1 << len(holds))]
    return _finish(
        MEMBERS,
        {
            "ring_id": pa.array(names, pa.string()).take(pa.array(ring_of[user])),
            "user_id": likes.users.ids.take(pa.array(user)),
            "tier": [TIERS[t] for t in tier[user]],
            "score": score[user],
            "n_ring_likes": done[user],
            "n_likes": degree[user],
            "n_partners": partners[user],
            "reasons": pa.array(lists, pa.list_(pa.string())).take(pa.array(kind)),
        },
        types,
    )


def _inside(edges: Edges, ring_of: npt.NDArray[np.int32]) -> I64:
    """Return which edges are between two members of one ring, as positions."""
    ring = ring_of[edges.u]
    return np.flatnonzero((ring == ring_of[edges.v]) & (ring != NO_RING))


def _ties_table(
    likes: Likes, projection: Projection, rings: Rings, names: list[str], types: Mapping[Kind, pa.DataType]
) -> pa.Table:
    ring_of = rings.members.ring_of
    inside = [_inside(view.edges, ring_of) for view in projection.views]
    pair, weights = (
        np.concatenate([values(view.edges)[at] for view, at in zip(projection.views, inside, strict=True)])
        for values in (lambda edges: pack(edges.u, edges.v), lambda edges: edges.weight.astype(np.int64))
    )
    # Of the windows that show the tie, the narrowest with four fifths of what the best one shows. Windows stand in
    # their order, and pairs in order within each.
    order = np.argsort(pair, kind="stable")
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
    weights = weights[order]
    most = np.repeat(np.maximum.reduceat(weights, starts), np.diff(np.append(starts, len(order))))
    enough = np.flatnonzero(5 * weights >= 4 * most)
    best = order[enough[np.diff(pair[order[enough]], prepend=-1) != 0]]
    best = best[_by_name(names, ring_of[unpack(pair[best])[0]])]
    # All else is asked of the best alone, window by window.
    ends = np.cumsum([len(at) for at in inside])
    number = np.searchsorted(ends, best, "right")
    by_window = np.argsort(number, kind="stable")
    own = [best[number == n] - (end - len(inside[n])) for n, end in enumerate(ends.tolist())]
    parts = [v.edges.where(at[its]) for v, at, its in zip(projection.views, inside, own, strict=True)]
    ties = Edges.joined(parts).where(np.argsort(by_window, kind="stable"))
    window = np.array([view.window_s for view in projection.views])[number]
    return _finish(
        TIES,
        {
            "ring_id": pa.array(names, pa.string()).take(pa.array(ring_of[ties.u])),
            "user_a": likes.users.ids.take(pa.array(ties.u)),
            "user_b": likes.users.ids.take(pa.array(ties.v)),
            "window_s": window,
            "weight": ties.weight,
            "breadth": ties.breadth,
            "expected": ties.expected,
            "p_value": ties.p_value,
        },
        types,
    )


def _author_ids(likes: Likes, note: I64, types: Mapping[Kind, pa.DataType]) -> pa.Array:
    if likes.notes.author is None or likes.notes.authors is None:
        return pa.nulls(len(note), types[Kind.AUTHOR_ID])
    code = likes.notes.author[note]
    return likes.notes.authors.take(pa.array(code, mask=code == UNKNOWN))


def _targets_table(
    likes: Likes, graph: BipartiteGraph, verdicts: LikeVerdicts, names: list[str], types: Mapping[Kind, pa.DataType]
) -> pa.Table:
    ring, note, count = distinct_pairs(verdicts.ring, graph.note[verdicts.like])
    order = _by_name(names, ring)
    ring, note, count = ring[order], note[order], count[order]
    return _finish(
        TARGETS,
        {
            "ring_id": pa.array(names, pa.string()).take(pa.array(ring)),
            "note_id": likes.notes.ids.take(pa.array(note)),
            "author_id": _author_ids(likes, note, types),
            "n_ring_likes": count,
            "n_likes": np.diff(graph.note_ptr)[note],
        },
        types,
    )


def _candidates_table(
    likes: Likes,
    graph: BipartiteGraph,
    rings: Rings,
    verdicts: LikeVerdicts,
    names: list[str],
    ring_reasons: list[list[str]],
    types: Mapping[Kind, pa.DataType],
    config: ScoringConfig,
) -> pa.Table:
    proposed = verdicts.where(verdicts.tier >= REVIEW)
    proposed = proposed.where(np.argsort(pack(graph.user[proposed.like], graph.note[proposed.like])))
    like, ring = proposed.like, proposed.ring
    unread = np.zeros(len(like), np.bool_)
    if likes.dwell_ms is not None:
        unread = (likes.dwell_ms[like] < config.short_dwell_ms) & (rings.weights["dwell"][ring] >= config.channel_nats)
    holds = (proposed.in_company, ~proposed.in_company, proposed.exclusive, unread)
    # One list of codes for each ring and combination, shared by all its likes: no loop over likes.
    kind = sum((flag.astype(np.int64) << bit for bit, flag in enumerate(holds)), ring << len(holds))
    kinds, which = np.unique(kind, return_inverse=True)
    lists = [
        [code for bit, code in enumerate(_LIKE_CODES) if k >> bit & 1] + ring_reasons[k >> len(holds)]
        for k in kinds.tolist()
    ]
    return _finish(
        CANDIDATES,
        {
            "user_id": likes.users.ids.take(pa.array(graph.user[like])),
            "note_id": likes.notes.ids.take(pa.array(graph.note[like])),
            "ts": graph.ts[like],
            "ring_id": pa.array(names, pa.string()).take(pa.array(ring)),
            "tier": pa.array(TIERS).take(pa.array(proposed.tier)),
            "score": proposed.score,
            "reasons": pa.array(lists, pa.list_(pa.string())).take(pa.array(which)),
        },
        types,
    )


def _impact_table(
    likes: Likes, graph: BipartiteGraph, verdicts: LikeVerdicts, types: Mapping[Kind, pa.DataType]
) -> pa.Table:
    note = graph.note[verdicts.like]
    purged = np.bincount(note[verdicts.tier == PURGE], minlength=graph.n_notes)
    reviewed = np.bincount(note[verdicts.tier == REVIEW], minlength=graph.n_notes)
    touched = np.flatnonzero(purged + reviewed)
    before = np.diff(graph.note_ptr)[touched]
    return _finish(
        IMPACT,
        {
            "note_id": likes.notes.ids.take(pa.array(touched)),
            "author_id": _author_ids(likes, touched, types),
            "likes_before": before,
            "likes_purge": purged[touched],
            "likes_review": reviewed[touched],
            "likes_after": before - purged[touched],
        },
        types,
    )


def _authors_table(
    likes: Likes, graph: BipartiteGraph, verdicts: LikeVerdicts, types: Mapping[Kind, pa.DataType]
) -> pa.Table:
    author, authors = likes.notes.author, likes.notes.authors
    if author is None or authors is None:
        return AUTHORS.arrow(types).empty_table()
    known = author != UNKNOWN
    n_notes = np.bincount(author[known], minlength=len(authors))
    n_likes = np.bincount(author[known], weights=np.diff(graph.note_ptr)[known], minlength=len(authors))
    touched = np.unique(author[graph.note[verdicts.like[verdicts.tier >= REVIEW]]])
    touched = touched[touched != UNKNOWN]
    return _finish(
        AUTHORS,
        {
            "author_id": authors.take(pa.array(touched)),
            "n_notes": n_notes[touched],
            "n_likes": n_likes[touched].astype(np.int64),
        },
        types,
    )
