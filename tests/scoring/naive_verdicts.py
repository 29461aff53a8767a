"""The slow, obvious version of what is said of rings and of single likes, as `tests.scoring.naive` is of the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from graphkit.config import ScoringConfig
from tests.reference import SECOND, Like, poisson_tail
from tests.scoring.naive import DAY, Job

READING, ACCOUNTS = {"dwell", "completion"}, {"registration", "devices"}
OTHERS = {"taste", "addresses", "views", "engagement", "reciprocity"}


def witnesses(weights: Mapping[str, float], least: float) -> int:
    """Count what speaks for a ring beyond timing; reading is one thing, accounts are one."""
    loud = {name for name, nats in weights.items() if nats >= least}
    return bool(loud & READING) + bool(loud & ACCOUNTS) + len(loud & OTHERS)


def unrelated(weights: Mapping[str, float], least: float) -> bool:
    """Tell whether the targets have no audience in common, and were no news, or the members' own."""
    return weights["audience"] >= least and (weights["arrival"] > 0 or weights["reciprocity"] >= least)


def slow_may_purge(weights: Mapping[str, float], config: ScoringConfig) -> bool:
    """Tell whether two witnesses speak, or the targets are unrelated and one does, or none could."""
    heard = witnesses(weights, config.witness_nats)
    silent = heard == 0 and any(weights[name] for name in READING | ACCOUNTS | OTHERS)
    return heard >= 2 or (unrelated(weights, config.channel_nats) and not silent)


def like_followers(weights: Mapping[str, float], config: ScoringConfig) -> bool:
    """Tell whether a ring comes early, for too few authors, and nothing beyond timing speaks."""
    early = weights["arrival"] <= -config.early_nats
    return early and weights["authors"] < config.channel_nats and witnesses(weights, config.witness_nats) == 0


def ordinary_share(
    likes: Sequence[Like],
    ring_of: Sequence[int],
    windows: Sequence[int],
    passed: Collection[int],
    ring: int,
    job: Job,
    company: int,
    expected: float,
) -> float:
    """Return the chance that a coordinated like is an ordinary one: expected members over those who came.

    Expected are as many as the baseline rate gives, or the burst's own crowd times what members like for every like of
    others, over all times or, their coordinated likes apart, within the ring's window of the burst; the largest.
    """
    by_members = sum(ring_of[like.user] == ring for like in likes)
    always = by_members / max(len(likes) - by_members, 1)
    reach = windows[ring] * SECOND
    then = [p for p, like in enumerate(likes) if job.first - reach <= like.ts <= job.last + reach]
    mine = [p for p in then if ring_of[likes[p].user] == ring]
    for_now = sum(p not in passed for p in mine) / max(len(then) - len(mine), 1)
    return max(expected, (job.n_all - job.n_likes) * max(always, for_now)) / max(company + 1, job.n_likes)


def stragglers(
    likes: Sequence[Like],
    ring_of: Sequence[int],
    passed: Collection[int],
    jobs: Sequence[Job],
    ring: int,
    least_likes: float,
    like_p: float,
) -> dict[int, float]:
    """Return by position the likes of a ring's members on targets that did not pass, and how likely each is the ring's.

    Targets are notes with a job of `least_likes`, from a day before the first such job to a day after the last.
    """
    own = [p for p, like in enumerate(likes) if ring_of[like.user] == ring]
    came, expected, given = {}, {}, {}
    for note in sorted({job.note for job in jobs}):
        here = [job for job in jobs if job.note == note and job.ring == ring and job.n_likes >= least_likes]
        if not here:
            continue
        start, stop = min(job.first for job in here) - DAY, max(job.last for job in here) + DAY
        then = [p for p, like in enumerate(likes) if start <= like.ts <= stop]
        mine = [p for p in own if p in then]
        share = sum(p not in passed for p in mine) / max(len(then) - len(mine), 1)
        crowd = [p for p in then if likes[p].note == note and p not in own]
        came[note] = [p for p in mine if likes[p].note == note and p not in passed]
        expected[note] = len(crowd) * share
        given[note] = sum(job.n_likes for job in here)
    n, usual = sum(map(len, came.values())), sum(expected.values())
    if not came or poisson_tail(n, Fraction(usual)) > like_p:
        return {}
    surplus = max(n - usual, 0) / sum(given.values())
    return {
        p: surplus * given[note] / (expected[note] + surplus * given[note])
        for note in came
        for p in came[note]
        if surplus > 0
    }
