"""The slow, obvious version of scoring: plain Python over rows, one sentence of ``schemas.EVIDENCE`` at a time.

A ring is a number, a user's ring is ``ring_of[user]`` (`NO_RING` where none), times are microseconds, and
``t ± w`` means every time at most w away, ends included. Likes are the rows of ``tests.reference.rows``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from statistics import mean, median
from typing import NamedTuple

from graphkit.likes.model import NO_TIME, UNKNOWN, Likes
from tests.reference import ONE, SECOND, Like, benjamini_hochberg, expectation, poisson_tail

NO_RING = -1
NAN = math.nan
HOUR = 3600 * SECOND
DAY = 24 * HOUR


class Option(NamedTuple):
    """A like tested at one window: other members there, how many were expected, and the tail probability."""

    window_s: int
    company: int
    expected: float
    p_value: float


class Job(NamedTuple):
    """An unbroken burst of a ring on a note."""

    note: int
    ring: int
    first: int
    last: int
    n_likes: int
    n_all: int
    rate: float


def options(
    likes: Sequence[Like], rates: Mapping[int, Sequence[int]], ring_of: Sequence[int], position: int, ring_window_s: int
) -> list[Option]:
    """Return how a member's like looks at each window up to the ring's own; fewer than two others prove nothing."""
    like = likes[position]
    ring = ring_of[like.user]
    found = []
    for window_s, rate in sorted(rates.items()):
        if window_s > ring_window_s:
            continue
        near = [
            other
            for other in likes
            if other.user != like.user and ring_of[other.user] == ring and abs(other.ts - like.ts) <= window_s * SECOND
        ]
        company = sum(other.note == like.note for other in near)
        expected = Fraction(len(near) * rate[position], ONE)
        p_value = poisson_tail(company, expected) if company >= 2 else 1.0
        found.append(Option(window_s, company, float(expected), p_value))
    return found


def find_jobs(
    likes: Sequence[Like],
    rates: Mapping[int, Sequence[int]],
    ring_of: Sequence[int],
    ring_window_s: Sequence[int],
    passed: Iterable[int],
) -> list[Job]:
    """Chain coordinated likes of a ring on a note as long as each follows the one before within the ring's window."""
    found: list[list[int]] = []
    order = sorted(passed, key=lambda p: (likes[p].note, ring_of[likes[p].user], likes[p].ts))
    for position in order:
        like, ring = likes[position], ring_of[likes[position].user]
        if found:
            before = likes[found[-1][-1]]
            same = (before.note, ring_of[before.user]) == (like.note, ring)
            if same and like.ts - before.ts <= ring_window_s[ring] * SECOND:
                found[-1].append(position)
                continue
        found.append([position])
    jobs = []
    for burst in found:
        first, last = likes[burst[0]], likes[burst[-1]]
        ring = ring_of[first.user]
        n_all = sum(like.note == first.note and first.ts <= like.ts <= last.ts for like in likes)
        rate = mean(rates[ring_window_s[ring]][position] / ONE for position in burst)
        jobs.append(Job(first.note, ring, first.ts, last.ts, len(burst), n_all, rate))
    return jobs


class Meeting(NamedTuple):
    """A user in no ring, the keys for which the user met a ring's jobs, and how many were expected."""

    user: int
    ring: int
    met: int
    expected: float


def telling_jobs(
    likes: Sequence[Like],
    key: Sequence[int],
    ring_of: Sequence[int],
    ring_window_s: Sequence[int],
    jobs: Sequence[Job],
    backed: Sequence[bool],
) -> list[Job]:
    """Return the jobs that were mostly the ring's, and all of rings that are backed: these at the passers-by's rate."""

    def at(like: Like, job: Job) -> bool:
        reach = ring_window_s[job.ring] * SECOND
        return job.first - reach <= like.ts <= job.last + reach

    told = []
    for job in jobs:
        if 2 * job.n_likes > job.n_all:
            told.append(job)
        elif backed[job.ring]:
            there = [
                {k for other in jobs if other.ring == job.ring
                 for like, k in zip(likes, key, strict=True)
                 if like.user == visitor.user and like.note == other.note and at(like, other)}
                for visitor in likes
                if visitor.note == job.note and at(visitor, job) and ring_of[visitor.user] == NO_RING
            ]  # fmt: skip
            passing = sum(len(keys) == 1 for keys in there)
            anybody = sum(at(like, job) for like in likes)
            told.append(job._replace(rate=max(job.rate, (passing + 0.5) / (anybody + 0.5))))
    return told


def meetings(
    likes: Sequence[Like],
    key: Sequence[int],
    ring_of: Sequence[int],
    ring_window_s: Sequence[int],
    jobs: Sequence[Job],
) -> list[Meeting]:
    """Return who met a ring on at least two of these jobs."""
    found = []
    for user in sorted({like.user for like in likes if ring_of[like.user] == NO_RING}):
        mine = [(like, k) for like, k in zip(likes, key, strict=True) if like.user == user]
        for ring in range(len(ring_window_s)):
            reach = ring_window_s[ring] * SECOND
            met, expected = set(), 0.0
            for like, k in mine:
                for job in jobs:
                    if job.ring == ring and job.first - reach <= like.ts <= job.last + reach:
                        expected += job.rate
                        if job.note == like.note:
                            met.add(k)
            if len(met) >= 2:
                found.append(Meeting(user, ring, len(met), expected))
    return found


def kin(likes: Likes, ring_of: Sequence[int], user: int, ring: int) -> float:
    """Return the weight of a user's belonging to a ring: the mean of what registration, devices and addresses say."""
    of = [r == ring for r in ring_of]
    said = []
    if likes.users.registered_at is not None:
        at = [int(t) for t in likes.users.registered_at]
        mine = sorted(t for t, inside in zip(at, of, strict=True) if inside and t != NO_TIME)
        if at[user] == NO_TIME or len(mine) < 8:
            said.append(1.0)
        else:
            half = (len(mine) + 1) // 2
            spans = [(mine[i + half - 1] - mine[i], mine[i], mine[i + half - 1]) for i in range(len(mine) - half + 1)]
            _, first, last = min(spans)
            others = [first <= t <= last for t, inside in zip(at, of, strict=True) if not inside and t != NO_TIME]
            said.append(0.5 + 0.5 * (first <= at[user] <= last) * len(others) / max(sum(others), 1))
    for column in (likes.device, likes.ip):
        if column is not None:
            seen = list(zip(likes.user.tolist(), column.tolist(), strict=True))
            places = {place for who, place in seen if of[who] and place != UNKNOWN}
            near = {who for who, place in seen if not of[who] and place in places}
            said.append(0.5 + 0.5 * (user in near) * (len(of) - sum(of)) / max(len(near), 1))
    return mean(said) if said else 1.0


def attach(
    likes: Sequence[Like], n_rings: int, found: Sequence[Meeting], fdr: float, weights: Sequence[float] = ()
) -> dict[int, int]:
    """Return the ring that each attached user joins: the one that explains the user best, the first of equals."""
    n_likes = Counter(like.user for like in likes)
    n_tests = sum(n >= 2 for n in n_likes.values()) * n_rings
    p = [poisson_tail(m.met, Fraction(m.expected)) for m in found]
    if weights:
        p = [min(p_value / w, 1.0) for p_value, w in zip(p, weights, strict=True)]
    q = benjamini_hochberg(p, max(n_tests, len(p)))
    best: dict[int, tuple[float, int]] = {}
    for meeting, p_value, q_value in zip(found, p, q, strict=True):
        if q_value <= fdr:
            best[meeting.user] = min(best.get(meeting.user, (2.0, -1)), (p_value, meeting.ring))
    return {user: ring for user, (_, ring) in best.items()}


# --------------------------------------------------------------------------------------------------
# Evidence


def mean_or_nan(values: Iterable[float]) -> float:
    """Return the mean, NaN of nothing."""
    values = list(values)
    return mean(values) if values else NAN


def median_or_nan(values: Iterable[float]) -> float:
    """Return the median of the known values, NaN of nothing."""
    values = [v for v in values if not math.isnan(v)]
    return median(values) if values else NAN


def effective(things: Iterable[int]) -> float:
    """Return the exponential of the entropy."""
    counts = Counter(things)
    total = sum(counts.values())
    return math.exp(-sum(n / total * math.log(n / total) for n in counts.values()))


def span_days(times: Iterable[int]) -> float:
    """Return the days between the quartiles of at least four times: a quarter lie below one, a quarter above."""
    ordered = sorted(times)
    n = len(ordered)
    return (ordered[3 * n // 4] - ordered[n // 4]) / DAY if n >= 4 else NAN


def sharing(uses: Iterable[tuple[int, int]]) -> float:
    """Return the share of users in (user, device) who have a device in common with another user."""
    pairs = {(user, device) for user, device in uses if device != UNKNOWN}
    users_of: dict[int, set[int]] = {}
    for user, device in pairs:
        users_of.setdefault(device, set()).add(user)
    sharers = {user for user, device in pairs if len(users_of[device]) > 1}
    return len(sharers) / len({user for user, _ in pairs}) if pairs else NAN


def evidence(
    table: Likes,
    likes: Sequence[Like],
    rates: Mapping[int, Sequence[int]],
    edges: Mapping[int, set[tuple[int, int]]],
    ring_of: Sequence[int],
    ring_window_s: Sequence[int],
    passed: set[int],
    jobs: Sequence[Job],
    ring: int,
    session_gap_s: int,
    short_dwell_ms: int,
    timing_window_s: int,
) -> dict[str, float]:
    """Return every number of one ring; `edges` are the significant pairs of each window, `passed` all rings' likes."""
    window_s, gap = ring_window_s[ring], session_gap_s * SECOND
    members = [user for user, of in enumerate(ring_of) if of == ring]
    strangers = [user for user, of in enumerate(ring_of) if of == NO_RING]
    pairs = [(u, v) for u in members for v in members if u < v]
    mine = [p for p in sorted(passed) if ring_of[likes[p].user] == ring]
    others = [p for p in range(len(likes)) if p not in passed]
    targets = sorted({likes[p].note for p in mine})
    of_note = Counter(like.note for like in likes)
    of_user = Counter(like.user for like in likes)
    my_jobs = [job for job in jobs if job.ring == ring]
    out: dict[str, float] = {}

    out["co_likes"] = sum(
        p.note == q.note and abs(p.ts - q.ts) <= window_s * SECOND
        for p in likes for q in likes
        if p.user < q.user and ring_of[p.user] == ring_of[q.user] == ring
    )  # fmt: skip
    out["co_likes_expected"] = sum(
        expectation(likes, u, v, window_s * SECOND, rates[window_s], [False] * len(likes)) for u, v in pairs
    ) / (2 * ONE)  # fmt: skip
    out["edges"] = sum(pair in edges[window_s] for pair in pairs)
    out["density"] = out["edges"] / len(pairs) if pairs else NAN
    tied = {
        user for width, some in edges.items() if width <= timing_window_s for pair in some & {*pairs} for user in pair
    }
    out["quick"] = len(tied) / len(members) if members else NAN

    out["bundled"] = mean_or_nan(
        any(q != p and likes[q].user == likes[p].user and abs(likes[q].ts - likes[p].ts) <= gap for q in mine)
        for p in mine
    )

    author = [int(a) for a in table.author_key]
    out["authors_effective"] = NAN if table.notes.author is None else effective(author[likes[p].note] for p in mine)
    out["notes_effective"] = effective(likes[p].note for p in mine)
    news = [is_news(table, likes, ring_of, job) for job in my_jobs]
    out["episodes"] = episodes(my_jobs, session_gap_s)
    out["audience_pairs"], out["audience_pairs_expected"] = audience_pairs(table, likes, ring_of, targets)
    out["job_size"] = median_or_nan(n for job in my_jobs for n in [job.n_likes] * job.n_likes)
    on_target = Counter(likes[p].note for p in mine)
    by_member = Counter(likes[p].user for p in mine)
    out["capture"] = median_or_nan(on_target[note] / of_note[note] for note in targets)
    out["burst_capture"] = mean_or_nan(share for job in my_jobs for share in [job.n_likes / job.n_all] * job.n_likes)
    out["devotion"] = median_or_nan(by_member[user] / of_user[user] for user in by_member)

    age = [like.ts - publication(table, likes, like.note) for like in likes]
    middle_age = median_or_nan(age[p] for p in mine)
    out["arrival_age_h"] = middle_age / HOUR
    out["arrival_percentile"] = sum(age[p] < middle_age for p in others) / max(len(others), 1) if mine else NAN
    out["arrival_early"] = mean_or_nan(
        new for job, new in zip(my_jobs, news, strict=True) if new is not None for _ in range(job.n_likes)
    )
    out["arrival_early_expected"] = mean_or_nan(age[p] <= HOUR for p in others)

    for name, positions in (("", mine), ("_expected", others)):
        dwell = [] if table.dwell_ms is None else [float(table.dwell_ms[p]) for p in positions]
        done = [] if table.completed is None else [int(table.completed[p]) for p in positions]
        out[f"dwell_short{name}"] = mean_or_nan(ms < short_dwell_ms for ms in dwell if not math.isnan(ms))
        out[f"completed{name}"] = mean_or_nan(flag == 1 for flag in done if flag != UNKNOWN)
        for column, what in ((table.device, "device_sharing"), (table.ip, "ip_sharing")):
            uses = [] if column is None else [(likes[p].user, int(column[p])) for p in positions]
            out[what + name] = sharing(uses)

    out |= taste(table, likes, ring_of, passed, mine)
    out["window_s"], out["n_users"] = window_s, len(members)

    for name, users in (("", members), ("_expected", strangers)):
        registered = [] if table.users.registered_at is None else [int(table.users.registered_at[u]) for u in users]
        views = [] if table.users.views is None else [float(table.users.views[u]) / of_user[u] for u in users]
        out[f"registration_span{name}_d"] = span_days(t for t in registered if t != NO_TIME)
        out[f"views_per_like{name}"] = median_or_nan(views)

    out["engagement"] = median_or_nan(engagement(table, of_note, {likes[p].note for p in passed}, n) for n in targets)
    out["reciprocity"] = reciprocity(table, [likes[p].note for p in mine], ring_of, ring)
    return out


def taste(
    table: Likes, likes: Sequence[Like], ring_of: Sequence[int], passed: set[int], mine: Sequence[int]
) -> dict[str, float]:
    """Return how much of the members' own likes is of the topics of `mine`, of what it is for others, and by chance.

    A user's own likes are those of known topic that are no ring's, `passed`. For a like of known topic of a user with
    at least three own likes beside it: the share of these that are of its topic.
    """
    if table.notes.topic is None:
        return dict.fromkeys(("own_topics", "own_topics_expected", "own_topics_chance", "own_topics_likes"), NAN)
    topic = [int(table.notes.topic[like.note]) for like in likes]
    own = [p for p in range(len(likes)) if p not in passed and topic[p] != UNKNOWN]

    def shares(positions: Iterable[int]) -> list[tuple[float, float]]:
        out = []
        for p in positions:
            beside = [topic[q] for q in own if likes[q].user == likes[p].user and q != p]
            if topic[p] != UNKNOWN and len(beside) >= 3:
                out.append((beside.count(topic[p]) / len(beside), mean(topic[q] == topic[p] for q in own)))
        return out

    ring, others = shares(mine), shares(own)
    return {
        "own_topics": mean_or_nan(share for share, _ in ring),
        "own_topics_expected": mean_or_nan(share for share, _ in others),
        "own_topics_chance": mean_or_nan(chance for _, chance in ring),
        "own_topics_likes": len(ring),
    }


def publication(table: Likes, likes: Sequence[Like], note: int) -> int:
    """Return when a note was published, its first like where that is unknown or later."""
    first = min(like.ts for like in likes if like.note == note)
    known = NO_TIME if table.notes.published_at is None else int(table.notes.published_at[note])
    return first if known == NO_TIME else min(first, known)


def is_news(table: Likes, likes: Sequence[Like], ring_of: Sequence[int], job: Job) -> bool | None:
    """Tell whether a job began within an hour of publication, ``None`` where that is not known.

    Where publication is not known, the first like from outside the ring stands for it if it came no more than an
    hour after the job began.
    """
    if table.notes.published_at is not None and table.notes.published_at[job.note] != NO_TIME:
        return job.first - publication(table, likes, job.note) <= HOUR
    outside = [like.ts for like in likes if like.note == job.note and ring_of[like.user] != job.ring]
    if not outside or min(outside) > job.first + HOUR:
        return None
    return job.first - min(outside) <= HOUR


def episodes(jobs: Sequence[Job], session_gap_s: int) -> int:
    """Count the occasions: jobs whose middles follow each other within the gap are one."""
    middles = sorted(job.first // 2 + job.last // 2 for job in jobs)
    return sum(i == 0 or middle - middles[i - 1] > session_gap_s * SECOND for i, middle in enumerate(middles))


def audience_pairs(
    table: Likes, likes: Sequence[Like], ring_of: Sequence[int], targets: Sequence[int], most: int = 4096
) -> tuple[int, float]:
    """Return the ordered pairs of likes of one outsider on two targets, and how many were to be expected.

    An outsider is in no ring. Of an outsider's likes on targets of one author only the first is a like on a target.
    The share of targets at a time is that of the likes on targets among all likes of outsiders, over the stretch of
    six hours since the first of all likes in which the time lies, and the two beside it. For every like on a target
    each other like of the same outsider is expected to be one with that share. Of more than `most` outsiders who
    liked a target every so many-th is followed.
    """
    author, start = [int(a) for a in table.author_key], min(like.ts for like in likes)
    outsiders = sorted({like.user for like in likes if ring_of[like.user] == NO_RING})
    on_targets: dict[int, list[Like]] = {}
    for user in outsiders:
        first: dict[int, Like] = {}
        for like in sorted(likes, key=lambda like: (like.ts, like.note)):
            if like.user == user and like.note in targets:
                first.setdefault(author[like.note], like)
        if first:
            on_targets[user] = [*first.values()]

    def stretch(like: Like) -> int:
        return (like.ts - start) // (6 * HOUR)

    def share(then: Like) -> float:
        hits = sum(abs(stretch(like) - stretch(then)) <= 1 for some in on_targets.values() for like in some)
        return hits / sum(ring_of[like.user] == NO_RING and abs(stretch(like) - stretch(then)) <= 1 for like in likes)

    followed = [*on_targets][:: max(1, math.ceil(len(on_targets) / most))]
    found = sum(p != q for user in followed for p in on_targets[user] for q in on_targets[user])
    return found, math.fsum(
        share(other)
        for user in followed
        for one in on_targets[user]
        for other in likes
        if other.user == user and other != one
    )


def engagement(table: Likes, of_note: Mapping[int, int], pushed: set[int], note: int) -> float:
    """Return a target's saves, comments and shares per like, over the median of as much liked notes no ring pushed."""
    columns = [c.tolist() for c in (table.notes.saves, table.notes.comments, table.notes.shares) if c is not None]

    def per_like(n: int) -> float:
        known = [column[n] for column in columns if not math.isnan(column[n])]
        return sum(known) / of_note[n] if known else NAN

    def level(n: int) -> int:
        return math.floor(2 * math.log2(of_note[n]))

    alike = [per_like(n) for n in range(table.n_notes) if n not in pushed and level(n) == level(note)]
    usual = median_or_nan(alike)
    return per_like(note) / usual if usual > 0 else NAN


def reciprocity(table: Likes, notes: Sequence[int], ring_of: Sequence[int], ring: int) -> float:
    """Return the share of likes on notes whose author is a member; NaN where authors are unknown or no users' ids."""
    author, authors = table.notes.author, table.notes.authors
    if author is None or authors is None or len(authors) == 0 or authors.type != table.users.ids.type:
        return NAN
    code = {user_id: u for u, user_id in enumerate(table.users.ids.to_pylist())}
    names = authors.to_pylist()
    writer = [code.get(names[author[n]]) if author[n] != UNKNOWN else None for n in notes]
    return mean_or_nan(w is not None and ring_of[w] == ring for w in writer)
