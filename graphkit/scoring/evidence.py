"""The numbers behind a ring: what its likes, members and targets show, beside what others show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit._kernels.ages import ages_below, first_of_others
from graphkit._kernels.distinct import dense, distinct_pairs, pack
from graphkit._kernels.selection import group_medians
from graphkit._kernels.taste import own_shares
from graphkit.bipartite import BipartiteGraph
from graphkit.config import ScoringConfig
from graphkit.likes.model import F64, I64, NO_TIME, UNKNOWN, Likes
from graphkit.projection.project import Projection
from graphkit.scoring.attach import Jobs
from graphkit.scoring.audience import audience_overlap
from graphkit.scoring.company import co_likes
from graphkit.scoring.coordination import Coordination
from graphkit.scoring.membership import NO_RING, Membership

_US = 1_000_000
_HOUR_US = 3_600 * _US
_DAY_US = 24 * _HOUR_US
#: Other likes of a member that tell what it likes.
_LEAST_OWN = 3
#: A like within this long of publication may be a follower's.
EARLY_US = _HOUR_US

Numbers = dict[str, F64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RingLikes:
    """The coordinated likes of all rings, as columns.

    Attributes
    ----------
    like
        Positions among all likes, int64[k].
    ring, user, note
        Ring, user and note of each, int64[k].
    n_rings
        Number of rings.
    """

    like: I64
    ring: I64
    user: I64
    note: I64
    n_rings: int

    @classmethod
    def of(cls, graph: BipartiteGraph, members: Membership, likes: Coordination) -> RingLikes:
        """Select the likes that passed."""
        like = likes.like[likes.passed].astype(np.int64)
        ring = likes.ring[likes.passed].astype(np.int64)
        return cls(like, ring, graph.user[like].astype(np.int64), graph.note[like].astype(np.int64), members.n_rings)

    def share(self, flag: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> F64:
        """Return by ring the share of its likes with `flag` among those `known`; NaN where none is."""
        return ratio(self._count(flag & known), self._count(known))

    def others(self, n_likes: int) -> npt.NDArray[np.bool_]:
        """Return which of all likes are none of any ring's, bool[n_likes]."""
        mask = np.ones(n_likes, np.bool_)
        mask[self.like] = False
        return mask

    def _count(self, mask: npt.NDArray[np.bool_]) -> F64:
        return np.bincount(self.ring[mask], minlength=self.n_rings).astype(np.float64)


def ratio(a: npt.NDArray[np.number], b: npt.NDArray[np.number]) -> F64:
    """Return ``a / b``, NaN where `b` is 0."""
    out = np.full(np.broadcast(a, b).shape, np.nan)
    np.divide(a, b, out=out, where=b > 0)
    return out


def _effective(ring: I64, thing: I64, n_rings: int) -> F64:
    """Return by ring the exponential of the entropy of its likes over things."""
    of, _, count = distinct_pairs(ring, thing)
    total = np.bincount(ring, minlength=n_rings).astype(np.float64)
    share = count / total[of]
    return np.exp(np.bincount(of, weights=-share * np.log(share), minlength=n_rings))


def gather(
    likes: Likes,
    graph: BipartiteGraph,
    projection: Projection,
    members: Membership,
    tested: Coordination,
    jobs: Jobs,
    config: ScoringConfig,
) -> Numbers:
    """Return the numbers of ``schemas.EVIDENCE`` by ring, and its window and size, NaN where unknown.

    All but the weights (`graphkit.scoring.channels`) and the explanations (`graphkit.scoring.tiers`).

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    projection
        For ties.
    members
        Who belongs to which ring.
    tested
        The members' likes, tested.
    jobs
        The bursts of coordinated likes.
    config
        Session gap and short dwell.

    Returns
    -------
    dict of str to float64[n_rings]
    """
    mine = RingLikes.of(graph, members, tested)
    return {
        **_lockstep(graph, projection, members, config),
        **_reach(likes, graph, members, mine, jobs, config),
        **_arrival(likes, mine, early_shares(likes, graph, members, jobs)),
        **_beyond_timing(likes, graph, members, mine, config),
    }


def gather_beyond_timing(
    likes: Likes, graph: BipartiteGraph, members: Membership, tested: Coordination, config: ScoringConfig
) -> Numbers:
    """Return by ring only what tells more than who liked what when, and its window and size; as `gather` does."""
    return _beyond_timing(likes, graph, members, RingLikes.of(graph, members, tested), config)


def _beyond_timing(
    likes: Likes, graph: BipartiteGraph, members: Membership, mine: RingLikes, config: ScoringConfig
) -> Numbers:
    return {
        "window_s": members.window_s.astype(np.float64),
        "n_users": members.sizes.astype(np.float64),
        **_reading(likes, mine, config),
        **_taste(likes, graph, mine),
        **_accounts(likes, members, mine),
        **_engagement(likes, mine),
    }


def _lockstep(graph: BipartiteGraph, projection: Projection, members: Membership, config: ScoringConfig) -> Numbers:
    n = members.n_rings
    edges = np.zeros(n)
    quick = np.zeros(graph.n_users, np.bool_)
    for view in projection.views:
        shown = members.window_s == view.window_s
        of_u, of_v = members.ring_of[view.edges.u], members.ring_of[view.edges.v]
        inside = (of_u == of_v) & (of_u != NO_RING)
        edges += np.where(shown, np.bincount(of_u[inside], minlength=n), 0)
        if view.window_s <= config.timing_window_s:
            quick[view.edges.u[inside]] = True
            quick[view.edges.v[inside]] = True
    size = members.sizes
    met, expected = co_likes(graph, projection.views, members)
    return {
        "co_likes": met / 2,
        "co_likes_expected": expected / 2,
        "edges": edges,
        "density": ratio(edges, size * (size - 1) / 2),
        "quick": ratio(np.bincount(members.ring_of[quick], minlength=n), size),
    }


def _reach(
    likes: Likes,
    graph: BipartiteGraph,
    members: Membership,
    mine: RingLikes,
    jobs: Jobs,
    config: ScoringConfig,
) -> Numbers:
    n = mine.n_rings
    ring, target, count = distinct_pairs(mine.ring, mine.note)
    capture = count / np.diff(graph.note_ptr)[target]
    ring_of_member, member, done = distinct_pairs(mine.ring, mine.user)
    devotion = done / np.diff(graph.user_ptr)[member]
    job_ring = jobs.ring.astype(np.int64)
    pairs, pairs_expected = audience_overlap(likes, graph, members, ring, target)
    middle = jobs.first // 2 + jobs.last // 2
    return {
        "bundled": _bundled(graph, mine, config),
        "authors_effective": np.full(n, np.nan)
        if likes.notes.author is None
        else _effective(mine.ring, likes.author_key[mine.note].astype(np.int64), n),
        "notes_effective": _effective(mine.ring, mine.note, n),
        "episodes": _episodes(job_ring, middle, n, config),
        "capture": group_medians(ring, capture, n),
        "burst_capture": ratio(
            np.bincount(job_ring, weights=jobs.n_likes**2 / jobs.n_all, minlength=n),
            np.bincount(job_ring, weights=jobs.n_likes, minlength=n),
        ),
        "devotion": group_medians(ring_of_member, devotion, n),
        "audience_pairs": pairs,
        "audience_pairs_expected": pairs_expected,
        # By like: small jobs may be many, and hold little of what the ring did.
        "job_size": group_medians(
            np.repeat(job_ring, jobs.n_likes), np.repeat(jobs.n_likes, jobs.n_likes).astype(np.float64), n
        ),
    }


def _bundled(graph: BipartiteGraph, mine: RingLikes, config: ScoringConfig) -> F64:
    """Return by ring the share of its likes that came within a session of another by the same member."""
    order = np.lexsort((graph.ts[mine.like], mine.user))
    user, ts = mine.user[order], graph.ts[mine.like[order]]
    close = (np.diff(user) == 0) & (np.diff(ts) <= config.session_gap_s * _US)
    bundled = np.zeros(len(order), np.bool_)
    bundled[order[1:]] = close
    bundled[order[:-1]] |= close
    return mine.share(bundled, np.ones(len(order), np.bool_))


def _episodes(ring: I64, middle: I64, n: int, config: ScoringConfig) -> F64:
    """Count by ring the jobs whose middle lies more than `session_gap_s` after that of the one before."""
    order = np.lexsort((middle, ring))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(ring[order]) != 0) | (np.diff(middle[order]) > config.session_gap_s * _US)
    return np.bincount(ring[order][fresh], minlength=n).astype(np.float64)


def early_shares(likes: Likes, graph: BipartiteGraph, members: Membership, jobs: Jobs) -> F64:
    """Return by ring the share of its likes in jobs that began within an hour of publication, where that is known."""
    early, known = _early_jobs(likes, graph, members, jobs)
    began, all_ = (
        np.bincount(jobs.ring[some], weights=jobs.n_likes[some], minlength=members.n_rings)
        for some in (early & known, known)
    )
    return ratio(began, all_)


def _arrival(likes: Likes, mine: RingLikes, early_share: F64) -> Numbers:
    n = mine.n_rings
    age = likes.ts[mine.like] - likes.publication[mine.note]
    median = group_medians(mine.ring, age.astype(np.float64), n)
    limits = np.append(np.nan_to_num(median), EARLY_US + 0.5)
    below = ages_below(likes.ts, likes.note, likes.publication, mine.others(len(likes)), np.sort(limits))
    below = below[np.argsort(np.argsort(limits, kind="stable"))]
    n_others = len(likes) - len(mine.like)
    return {
        "arrival_age_h": median / _HOUR_US,
        "arrival_percentile": np.where(np.isnan(median), np.nan, below[:-1] / max(n_others, 1)),
        "arrival_early": early_share,
        "arrival_early_expected": np.full(n, below[-1] / n_others if n_others else np.nan),
    }


def _early_jobs(likes: Likes, graph: BipartiteGraph, members: Membership, jobs: Jobs) -> tuple[Bools, Bools]:
    """Tell which jobs began within an hour of publication, and of which that is known; bool[jobs] twice.

    Where the time of publication is not known, the first like of anybody outside the ring tells: an audience that was
    there an hour before the ring makes the note an old one, and one that came within an hour of it a new one. Where
    nobody came so soon, the ring may have woken an old note or found a new one. No note is published after its first
    like, whatever is said.
    """
    first = first_of_others(jobs.note, jobs.ring, graph.note_ptr, graph.user, graph.ts, members.ring_of)
    early = first >= jobs.first - EARLY_US
    known = first <= jobs.first + EARLY_US
    published = likes.notes.published_at
    if published is not None:
        said = published[jobs.note] != NO_TIME
        early = np.where(said, jobs.first - likes.publication[jobs.note] <= EARLY_US, early)
        known |= said
    return early, known


def _reading(likes: Likes, mine: RingLikes, config: ScoringConfig) -> Numbers:
    other = mine.others(len(likes))
    blank = np.full(mine.n_rings, np.nan)
    out = {"dwell_short": blank, "dwell_short_expected": blank, "completed": blank, "completed_expected": blank}
    if likes.dwell_ms is not None:
        known = ~np.isnan(likes.dwell_ms)
        short = likes.dwell_ms < config.short_dwell_ms
        out["dwell_short"] = mine.share(short[mine.like], known[mine.like])
        out["dwell_short_expected"] = np.full(mine.n_rings, _mean(short[other & known]))
    if likes.completed is not None:
        known = likes.completed != UNKNOWN
        full = likes.completed == 1
        out["completed"] = mine.share(full[mine.like], known[mine.like])
        out["completed_expected"] = np.full(mine.n_rings, _mean(full[other & known]))
    return out


def _taste(likes: Likes, graph: BipartiteGraph, mine: RingLikes) -> Numbers:
    """Compare the topics of the ring's likes with those of its members' other likes, as far as they have enough."""
    n = mine.n_rings
    notes = likes.notes
    names = ("own_topics", "own_topics_expected", "own_topics_chance", "own_topics_likes")
    if notes.topic is None or notes.topics is None:
        return dict.fromkeys(names, np.full(n, np.nan))
    group = np.full(len(likes), -1, np.int32)
    group[mine.like] = mine.ring
    share, chance, count = own_shares(
        graph.user_ptr, graph.by_user_time, likes.note, notes.topic, group, len(notes.topics), n, _LEAST_OWN
    )
    usual = ratio(share, count)
    return {
        "own_topics": usual[:n],
        "own_topics_expected": np.full(n, usual[n]),
        "own_topics_chance": ratio(chance, count)[:n],
        "own_topics_likes": count[:n].astype(np.float64),
    }


def _mean(flags: npt.NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _accounts(likes: Likes, members: Membership, mine: RingLikes) -> Numbers:
    n = mine.n_rings
    blank = np.full(n, np.nan)
    names = (
        "registration_span_d", "registration_span_expected_d", "device_sharing", "device_sharing_expected",
        "ip_sharing", "ip_sharing_expected", "views_per_like", "views_per_like_expected", "reciprocity",
    )  # fmt: skip
    out = dict.fromkeys(names, blank)
    users = likes.users
    inside = members.ring_of != NO_RING
    ring = members.ring_of[inside]
    if users.registered_at is not None:
        known = users.registered_at != NO_TIME
        out["registration_span_d"] = _span(users.registered_at, members.ring_of, known & inside, n)
        rest = np.sort(users.registered_at[known & ~inside])
        if len(rest) > 3:
            span = (rest[3 * len(rest) // 4] - rest[len(rest) // 4]) / _DAY_US
            out["registration_span_expected_d"] = np.full(n, span)
    for column, name in ((likes.device, "device_sharing"), (likes.ip, "ip_sharing")):
        if column is not None:
            known = column != UNKNOWN
            own, other = known[mine.like], np.flatnonzero(known & mine.others(len(likes)))
            place = dense(pack(mine.ring[own], column[mine.like[own]]))
            out[name] = _sharing(place, mine.ring[own], mine.user[own], n)
            everyone = np.zeros(len(other), np.int64)
            out[f"{name}_expected"] = np.full(n, _sharing(column[other], everyone, likes.user[other], 1)[0])
    if users.views is not None:
        degree = np.bincount(likes.user, minlength=len(users)).astype(np.float64)
        per_like = ratio(users.views, degree)
        out["views_per_like"] = group_medians(ring, per_like[inside], n)
        rest = per_like[~inside & ~np.isnan(per_like)]
        out["views_per_like_expected"] = np.full(n, float(np.median(rest)) if len(rest) else np.nan)
    owner, author = author_users(likes), likes.notes.author
    if owner is not None and author is not None:
        writer = np.where(author[mine.note] == UNKNOWN, NO_RING, owner[author[mine.note]])
        same = (writer != NO_RING) & (members.ring_of[np.maximum(writer, 0)] == mine.ring)
        out["reciprocity"] = mine.share(same, np.ones(len(same), np.bool_))
    return out


def author_users(likes: Likes) -> I64 | None:
    """Return the user code of each author, `UNKNOWN` where the author liked nothing; ``None`` without authors."""
    import pyarrow.compute as pc

    authors = likes.notes.authors
    if authors is None or len(authors) == 0:
        return None
    if authors.type != likes.users.ids.type:
        return None
    found = pc.index_in(authors, value_set=likes.users.ids)
    return np.asarray(pc.fill_null(found, UNKNOWN)).astype(np.int64)


def _span(at: I64, ring_of: npt.NDArray[np.int32], chosen: npt.NDArray[np.bool_], n: int) -> F64:
    """Return by ring the days between the quartiles of the times chosen."""
    ring = ring_of[chosen]
    order = np.lexsort((at[chosen], ring))
    value = at[chosen][order]
    size = np.bincount(ring, minlength=n)
    start = np.cumsum(size) - size
    out = np.full(n, np.nan)
    there = size >= 4
    low = value[(start + size // 4)[there]]
    high = value[(start + 3 * size // 4)[there]]
    out[there] = (high - low) / _DAY_US
    return out


def _sharing(place: npt.NDArray[np.int32], ring: I64, user: npt.NDArray[np.integer], n: int) -> F64:
    """Return by ring the share of users seen at a place, such as a device, where another user of the ring was. O(k).

    A place is of one ring, and a user of one.
    """
    someone = np.zeros(int(place.max(initial=0)) + 1, user.dtype)
    someone[place] = user
    shared = np.zeros(len(someone), np.bool_)
    shared[place[user != someone[place]]] = True
    ring_of = np.full(int(user.max(initial=0)) + 1, NO_RING, np.int64)
    ring_of[user] = ring
    sharing = np.zeros(len(ring_of), np.bool_)
    sharing[user[shared[place]]] = True
    return ratio(np.bincount(ring_of[sharing], minlength=n), np.bincount(ring_of[ring_of != NO_RING], minlength=n))


def _engagement(likes: Likes, mine: RingLikes) -> Numbers:
    """Compare saves, comments and shares per like of targets with the median of notes as much liked."""
    parts = [c for c in (likes.notes.saves, likes.notes.comments, likes.notes.shares) if c is not None]
    if not parts:
        return {"engagement": np.full(mine.n_rings, np.nan)}
    liked = np.bincount(likes.note, minlength=likes.n_notes).astype(np.float64)
    known = ~np.isnan(np.stack(parts)).all(axis=0)
    per_like = np.where(known, np.nansum(np.stack(parts), axis=0) / np.maximum(liked, 1), np.nan)
    level = np.floor(2 * np.log2(np.maximum(liked, 1))).astype(np.int64)
    ring, target, _ = distinct_pairs(mine.ring, mine.note)
    rest = np.ones(likes.n_notes, np.bool_)
    rest[target] = False
    usual = group_medians(level[rest], per_like[rest], int(level.max(initial=0)) + 1)
    here = ratio(per_like[target], usual[level[target]])
    return {"engagement": group_medians(ring, here, mine.n_rings)}
