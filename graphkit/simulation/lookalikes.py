"""Honest groups that look like rings to a careless detector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphkit.simulation.actors import (
    AnyActor,
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
from graphkit.simulation.background import Stage, browse, find, interest, rhythm
from graphkit.simulation.groups import LINKED, SHOWN, Group, attend, awake, draw_people, events, pick
from graphkit.simulation.population import DAY, people
from graphkit.simulation.randomness import F64, I64, between, generator, keys, whole

Rng = np.random.Generator
#: Who likes what when.
Place = tuple[I64, I64, F64]


def lookalike(actor: Any, stage: Stage, group_id: str) -> Group:
    """Return one look-alike of this kind."""
    rng = generator(stage.seed, group_id)
    make: Callable[..., Group] = _MAKERS[type(actor)]
    return make(rng, actor, stage, group_id)


def _group(
    rng: Rng,
    actor: AnyActor,
    stage: Stage,
    group_id: str,
    members: I64,
    who: I64,
    note: I64,
    t: F64,
    mix: tuple[float, ...],
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
    count[count > max(3 * stage.world.days, count.min() + 1)] = 0  # not newspapers
    top = np.argsort(-count, kind="stable")[: max(3 * n, 6, len(count) // 500)]
    return pick(rng, top[count[top] > 0], n)


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
    hosts = pick(rng, np.unique(stage.notes.author[recent]), 4 * whole(rng, actor.prizes))
    rounds = whole(rng, actor.rounds)
    parts: list[Place] = []
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
    return _group(rng, actor, stage, group_id, members, *_joined(parts), (0.3, 0.3, 0.1, 0.3))


def _friends(rng: Rng, actor: Friends, stage: Stage, group_id: str) -> Group:
    size = whole(rng, actor.size, 3)
    first = draw_people(rng, stage, 1)
    topic = int(stage.users.topic[first[0], 0])
    members = draw_people(rng, stage, size, topic=topic)
    recent = _recent(stage, hours_left=3)
    weight = (stage.popularity[recent] + 0.5) * np.where(stage.notes.topic[recent] == topic, 20.0, 1.0)
    note = pick(rng, recent, whole(rng, actor.links), weight)
    shared = stage.notes.published[note] + rng.exponential(12 * 3600, len(note)) + 120
    job, who = attend(rng, len(note), size, actor.participation)
    t = shared[job] + rng.lognormal(np.log(between(rng, actor.spread_s)), 1.1, len(job))
    keep = awake(rng, t)
    return _group(rng, actor, stage, group_id, members, who[keep], note[job[keep]], t[keep], LINKED)


def _niche(rng: Rng, actor: Niche, stage: Stage, group_id: str) -> Group:
    recent = _recent(stage)
    topic = int(rng.choice(stage.notes.topic[recent]))
    authors, count = np.unique(stage.notes.author[recent[stage.notes.topic[recent] == topic]], return_counts=True)
    wanted = whole(rng, actor.authors, 2)
    authors = authors[np.argsort(-count, kind="stable")[: 2 * wanted]]
    note = _notes_of(stage, pick(rng, authors, wanted))
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


def _push(rng: Rng, actor: Push, stage: Stage, group_id: str) -> Group:
    members = draw_people(rng, stage, round(between(rng, actor.size) * len(stage.users)))
    habit = rng.beta(1.2, 2.5, len(members)) * 2.5  # some open every push
    parts: list[Place] = []
    for _ in range(whole(rng, actor.pushes)):
        day = np.floor(rng.uniform(0, stage.world.days))
        at = day * DAY + rng.choice([8.0, 12.2, 18.5, 21.0]) * 3600
        note = _hottest(rng, stage, at, whole(rng, actor.notes))
        job, who = np.nonzero(rng.random((len(note), len(members))) < between(rng, actor.participation) * habit)
        opened = at + rng.gamma(1.3, between(rng, actor.spread_s) / 1.5, len(members))
        t = opened[who] + job * 40.0 * rng.lognormal(0, 0.5, len(job))
        parts.append((who, note[job], t))
    return _group(rng, actor, stage, group_id, members, *_joined(parts), (0.2, 0.0, 0.0, 0.8))


def _frontpage(rng: Rng, actor: Frontpage, stage: Stage, group_id: str) -> Group:
    members = draw_people(rng, stage, round(between(rng, actor.size) * len(stage.users)))
    parts: list[Place] = []
    for _ in range(whole(rng, actor.pages)):
        at = np.floor(rng.uniform(0, stage.world.days)) * DAY + rng.choice([8.0, 12.3, 20.0, 21.8]) * 3600
        note = _hottest(rng, stage, at, whole(rng, actor.notes))
        here = np.flatnonzero(rng.random(len(members)) < between(rng, actor.attendance))
        likes = rng.random((len(here), len(note))) < between(rng, actor.participation)
        reader, place = np.nonzero(likes)  # in the order shown
        opened = at + rng.exponential(between(rng, actor.spread_s), len(here))
        # Reading down the list takes time for each place passed, liked or not.
        passing = np.cumsum(stage.users.pace[members[here]][:, None] * rng.lognormal(-1.0, 0.8, likes.shape), axis=1)
        parts.append((here[reader], note[place], opened[reader] + passing[reader, place]))
    return _group(rng, actor, stage, group_id, members, *_joined(parts), SHOWN)


def _binge(rng: Rng, actor: Binge, stage: Stage, group_id: str) -> Group:
    members = draw_people(rng, stage, whole(rng, actor.size))
    n = whole(rng, actor.likes)
    start = np.floor(rng.uniform(0, stage.world.days)) * DAY + rng.uniform(10, 23) * 3600
    t = start + np.sort(rng.uniform(0, between(rng, actor.spread_s), (len(members), n)), axis=1).ravel()
    who = np.repeat(np.arange(len(members)), n)
    note = find(rng, stage, interest(rng, stage.users, members[who]), t)
    done = _group(rng, actor, stage, group_id, members, who[note >= 0], note[note >= 0], t[note >= 0], SHOWN)
    done.events.dwell = done.events.dwell * 0.3
    return done


def _creator_testing(rng: Rng, actor: CreatorTesting, stage: Stage, group_id: str) -> Group:
    recent = _recent(stage)
    members = pick(rng, np.unique(stage.notes.author[recent]), whole(rng, actor.size))
    topic = stage.users.topic[members]
    parts: list[Place] = []
    for _ in range(whole(rng, actor.bursts)):
        n = whole(rng, actor.likes)
        start = np.floor(rng.uniform(0, stage.world.days)) * DAY + rng.uniform(9, 22) * 3600
        t = start + rng.uniform(0, between(rng, actor.spread_s), len(members) * n)
        who = np.repeat(np.arange(len(members)), n)
        # Fresh notes of rivals, so that their authors look back.
        near = recent[np.isin(stage.notes.topic[recent], topic) & (stage.notes.published[recent] < start)][-5 * n :]
        if len(near):
            parts.append((who, rng.choice(near, len(who)), t))
    return _group(rng, actor, stage, group_id, members, *_joined(parts), (0.4, 0.3, 0.3, 0.0))


def _collaborators(rng: Rng, actor: Collaborators, stage: Stage, group_id: str) -> Group:
    authors = _busy_authors(rng, stage, 2)
    first, second = authors[0], authors[-1]
    members = draw_people(rng, stage, whole(rng, actor.size), topic=int(stage.users.topic[first, 0]))
    mine, yours = _notes_of(stage, np.array([first])), _notes_of(stage, np.array([second]))
    published = stage.notes.published
    parts: list[Place] = []
    for note in mine:
        # The partner's note nearest in time belongs to it; both are liked in one sitting.
        pair = np.array([note, yours[np.argmin(np.abs(published[yours] - published[note]))]])
        job, who = attend(rng, 2, len(members), actor.participation)
        sits = published[pair].max() + rng.lognormal(np.log(between(rng, actor.spread_s)), 1.0, len(members))
        t = sits[who] + job * rng.lognormal(np.log(60), 0.8, len(job))
        keep = awake(rng, t)
        parts.append((who[keep], pair[job[keep]], t[keep]))
    return _group(rng, actor, stage, group_id, members, *_joined(parts), (0.6, 0.05, 0.3, 0.05))


def _newcomers(rng: Rng, actor: Newcomers, stage: Stage, group_id: str) -> Group:
    size = whole(rng, actor.size)
    accounts = people(rng, stage.world, size, group_id, stage.seed)
    came = np.floor(rng.uniform(0, max(1, stage.world.days - 2))) * DAY
    accounts.registered = came + rng.uniform(9, 23, size) * 3600 + rng.integers(0, 3, size) * DAY * 0.5
    lines = keys(stage.seed, f"{group_id}/lines", 3)  # one dormitory, three addresses
    accounts.home, accounts.p_home = rng.choice(lines, size), rng.beta(6, 2, size)
    accounts.region[:] = accounts.region[0]
    accounts.topic[:, 0] = accounts.topic[0, 0]
    accounts.followers = np.floor(rng.lognormal(0.5, 1.0, size)).astype(np.int64)
    accounts.rate = accounts.rate * 2  # everything is new
    shown = _hottest(rng, stage, came + DAY / 2, whole(rng, actor.first_list))
    job, who = attend(rng, len(shown), size, actor.participation)
    t = accounts.registered[who] + 120 + job * 18.0 * rng.lognormal(0, 0.6, len(job))
    done = events(rng, stage, who, shown[job], t, accounts.pace[who], SHOWN)
    cover, _ = browse(rng, stage, accounts, since=came)
    cover = cover.take(cover.t > accounts.registered[cover.user] + 60)
    return Group(group_id, actor.kind, False, accounts, None, done, cover)


def _hottest(rng: Rng, stage: Stage, at: float, n: int) -> I64:
    """Choose `n` of the notes that are hot at this second, as an editor would."""
    published = stage.notes.published
    fresh = np.flatnonzero((published < at - 600) & (published > at - 3 * DAY))
    heat = stage.notes.quality[fresh] / ((at - published[fresh]) / 3600 + 4)
    return rng.permutation(fresh[np.argsort(-heat, kind="stable")[: 2 * n]])[:n]


def _joined(parts: list[Place]) -> Place:
    none, early = np.zeros(0, dtype=np.int64), np.zeros(0)
    who, note, t = (np.concatenate(column) for column in zip((none, none, early), *parts, strict=True))
    return who, note, t


_MAKERS: dict[type, Callable[..., Group]] = {
    Superfans: _superfans,
    Lottery: _lottery,
    Friends: _friends,
    Niche: _niche,
    Viral: _viral,
    Push: _push,
    Frontpage: _frontpage,
    Binge: _binge,
    CreatorTesting: _creator_testing,
    Collaborators: _collaborators,
    Newcomers: _newcomers,
}
