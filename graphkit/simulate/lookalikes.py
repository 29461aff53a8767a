"""Honest groups that look like rings to a careless detector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphkit.simulate.background import Events, Stage, browse, rhythm
from graphkit.simulate.groups import LINKED, SHOWN, Group, attend, awake, draw_people, events
from graphkit.simulate.population import DAY, people
from graphkit.simulate.randomness import F64, I64, between, generator, whole
from graphkit.simulate.world import (
    Binge,
    Collaborators,
    CreatorTesting,
    Friends,
    Frontpage,
    Lottery,
    Newcomers,
    Niche,
    Push,
    Superfans,
    Viral,
)

Rng = np.random.Generator


def lookalike(actor: Any, stage: Stage, group_id: str) -> Group:
    """Return one look-alike of this kind."""
    rng = generator(stage.seed, group_id)
    make: Callable[..., Group] = _MAKERS[type(actor)]
    return make(rng, actor, stage, group_id)


def _group(
    rng: Rng, actor: Any, stage: Stage, group_id: str, members: I64, who: I64, note: I64, t: F64, mix: tuple[float, ...]
) -> Group:
    """Return a group of honest members who take the time they always take."""
    done = events(rng, stage, who, note, t, stage.users.pace[members[who]], mix)
    return Group(group_id, actor.kind, False, None, members, done)


def _recent(stage: Stage, *, hours_left: float = 6.0) -> I64:
    """Return the notes published within the period, the last hours left out."""
    published = stage.notes.published
    return np.flatnonzero((published >= 0) & (published < stage.end - hours_left * 3600))


def _busy_authors(rng: Rng, stage: Stage, n: int) -> I64:
    """Choose `n` of the authors who published most in the period, none twice."""
    count = np.bincount(stage.notes.author[_recent(stage)], minlength=len(stage.users))
    top = np.argsort(-count, kind="stable")[: max(2 * n, 10, len(count) // 200)]
    return rng.choice(top, n, replace=False).astype(np.int64)


def _notes_of(stage: Stage, authors: I64) -> I64:
    recent = _recent(stage)
    return recent[np.isin(stage.notes.author[recent], authors)]


def _superfans(rng: Rng, actor: Superfans, stage: Stage, group_id: str) -> Group:
    author = _busy_authors(rng, stage, 1)
    note = _notes_of(stage, author)
    members = draw_people(rng, stage, whole(rng, actor.size), topic=int(stage.users.topic[author[0], 0]))
    job, who = attend(rng, len(note), len(members), actor.participation)
    t = stage.notes.published[note[job]] + rng.lognormal(np.log(between(rng, actor.spread_s)), 0.9, len(job))
    keep = rng.random(len(t)) < rhythm(t) + 0.3
    return _group(rng, actor, stage, group_id, members, who[keep], note[job[keep]], t[keep], (0.5, 0.02, 0.43, 0.05))


def _lottery(rng: Rng, actor: Lottery, stage: Stage, group_id: str) -> Group:
    members = draw_people(rng, stage, whole(rng, actor.size))
    recent = _recent(stage, hours_left=12)
    hosts = rng.choice(np.unique(stage.notes.author[recent]), 4 * whole(rng, actor.prizes), replace=False)
    rounds = whole(rng, actor.rounds)
    parts: list[tuple[I64, I64, F64]] = []
    for opens in np.sort(rng.uniform(0, stage.end - DAY / 2, rounds)):
        # Prize notes of one round: by different hosts, published within the day before.
        candidates = recent[
            (np.abs(stage.notes.published[recent] - opens) < DAY) & np.isin(stage.notes.author[recent], hosts)
        ]
        if len(candidates) < 2:
            candidates = recent[np.abs(stage.notes.published[recent] - opens) < DAY]
        prize = rng.permutation(candidates)[: whole(rng, actor.prizes, 2)]
        starts = max(opens, float(stage.notes.published[prize].max()) + 300)
        job, who = attend(rng, len(prize), len(members), actor.participation)
        # List in hand, one sitting each.
        sits = starts + rng.gamma(1.2, between(rng, actor.spread_s), len(members))
        t = sits[who] + job * 25.0 * rng.lognormal(0, 0.7, len(job))
        keep = awake(rng, t)
        parts.append((who[keep], prize[job[keep]], t[keep]))
    who, note, t = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _group(rng, actor, stage, group_id, members, who, note, t, (0.3, 0.3, 0.1, 0.3))


def _friends(rng: Rng, actor: Friends, stage: Stage, group_id: str) -> Group:
    size = whole(rng, actor.size, 3)
    first = draw_people(rng, stage, 1)
    topic = int(stage.users.topic[first[0], 0])
    members = draw_people(rng, stage, size, topic=topic)
    recent = _recent(stage, hours_left=3)
    weight = (stage.popularity[recent] + 0.5) * np.where(stage.notes.topic[recent] == topic, 20.0, 1.0)
    links = min(whole(rng, actor.links), len(recent))
    note = rng.choice(recent, links, replace=False, p=weight / weight.sum())
    shared = stage.notes.published[note] + rng.exponential(12 * 3600, len(note)) + 120
    job, who = attend(rng, len(note), size, actor.participation)
    t = shared[job] + rng.lognormal(np.log(between(rng, actor.spread_s)), 1.1, len(job))
    keep = awake(rng, t)
    return _group(rng, actor, stage, group_id, members, who[keep], note[job[keep]], t[keep], LINKED)


def _niche(rng: Rng, actor: Niche, stage: Stage, group_id: str) -> Group:
    recent = _recent(stage)
    topic = int(rng.choice(np.unique(stage.notes.topic[recent])))
    authors, count = np.unique(stage.notes.author[recent[stage.notes.topic[recent] == topic]], return_counts=True)
    wanted = whole(rng, actor.authors, 2)
    authors = authors[np.argsort(-count, kind="stable")[: 2 * wanted]]
    note = _notes_of(stage, rng.choice(authors, min(wanted, len(authors)), replace=False))
    note = note[stage.notes.topic[note] == topic]
    members = draw_people(rng, stage, whole(rng, actor.size), topic=topic)
    job, who = attend(rng, len(note), len(members), actor.participation)
    t = stage.notes.published[note[job]] + rng.exponential(between(rng, actor.spread_s), len(job)) + 60
    keep = awake(rng, t)
    return _group(rng, actor, stage, group_id, members, who[keep], note[job[keep]], t[keep], (0.6, 0.1, 0.25, 0.05))


def _viral(rng: Rng, actor: Viral, stage: Stage, group_id: str) -> Group:
    members = draw_people(rng, stage, round(between(rng, actor.size) * len(stage.users)))
    recent = _recent(stage, hours_left=8)
    weight = stage.notes.quality[recent]
    note = rng.choice(recent, p=weight / weight.sum())
    breaks = stage.notes.published[note] + rng.exponential(4 * 3600)
    breaks += 3600 * max(0.0, 9 - breaks / 3600 % 24)  # by day
    t = breaks + rng.gamma(2.0, between(rng, actor.spread_s) / 2, len(members))
    return _group(rng, actor, stage, group_id, members, np.arange(len(members)), np.full(len(members), note), t, SHOWN)


_MAKERS: dict[type, Callable[..., Group]] = {
    Superfans: _superfans,
    Lottery: _lottery,
    Friends: _friends,
    Niche: _niche,
    Viral: _viral,
}
