"""Groups that are paid: who does which job when."""

from __future__ import annotations

import numpy as np

from graphkit.simulation.actors import Disposable, Drip, Exchange, Farm, Micro, OneShot, PartTime, Rotating
from graphkit.simulation.background import Events, Stage, browse, glance, rhythm
from graphkit.simulation.groups import ORDERED, Group, attend, awake, customers, draw_people, events, order_times, pick
from graphkit.simulation.population import DAY, Accounts, bots
from graphkit.simulation.randomness import F64, I64, between, generator, whole

AnyRing = Farm | Rotating | Micro | Drip | PartTime | Disposable | Exchange | OneShot


def ring(actor: AnyRing, stage: Stage, group_id: str) -> Group:
    """Return one ring of this kind."""
    rng = generator(stage.seed, group_id)
    size = whole(rng, actor.size, 3)
    if isinstance(actor, Exchange):
        return _exchange(rng, actor, stage, group_id, size)
    jobs = whole(rng, actor.jobs)
    share = between(rng, actor.participation)
    if isinstance(actor, Disposable):
        return _disposable(rng, actor, stage, group_id, size, jobs, share)
    note = (
        _shops(rng, actor, stage, jobs)
        if isinstance(actor, Micro)
        else customers(rng, stage, jobs, size * share, actor.capture)
    )
    spread_s = between(rng, actor.spread_s)
    ordered = order_times(rng, stage, note, slack_s=min(spread_s, stage.end / 4))
    job, member = attend(rng, len(note), size, (0.8 * share, min(1.2 * share, 1.0)))
    t = ordered[job] + _delay(rng, actor, ordered[job], spread_s)
    if isinstance(actor, PartTime):
        members = draw_people(rng, stage, size)
        keep = (member < len(members)) & awake(rng, t)  # some are asleep
        job, member, t = job[keep], member[keep], t[keep]
        dwell = 0.6 * stage.users.pace[members[member]] + 0.4 * between(rng, actor.dwell_s)
        done = events(rng, stage, member, note[job], t, dwell, ORDERED)
        return Group(group_id, actor.kind, True, None, members, done, _in_passing(rng, stage, members, done))
    accounts = bots(rng, stage.world, size, group_id, stage.seed)
    done = events(rng, stage, member, note[job], t, between(rng, actor.dwell_s), ORDERED)
    cover = _camouflage(rng, actor, stage, accounts, done)
    return Group(group_id, actor.kind, True, accounts, None, done, cover)


def _delay(rng: np.random.Generator, actor: AnyRing, ordered: F64, spread_s: float) -> F64:
    """Return the seconds from the order to each like."""
    n = len(ordered)
    if isinstance(actor, PartTime):
        # A few are at it at once, most when they see the message, some too late to be paid.
        return np.asarray(20 + rng.gamma(1.4, spread_s / 3.0, n), dtype=np.float64)
    if isinstance(actor, Drip):
        # Dripped to look organic, so by daylight.
        delay = rng.uniform(0, spread_s, n)
        night = rng.random(n) > rhythm(ordered + delay)
        return np.where(night, rng.uniform(0, spread_s, n), delay)
    shape = rng.uniform(1.0, 2.0)
    return np.asarray(spread_s * rng.beta(1.0, shape, n), dtype=np.float64)


def _shops(rng: np.random.Generator, actor: Micro, stage: Stage, jobs: int) -> I64:
    """Return notes of a few small authors: the operator's own shops."""
    notes = stage.notes
    recent = np.flatnonzero((notes.published > -8 * DAY) & (notes.published < stage.end - 6 * 3600))
    wanted = whole(rng, actor.shops)
    per_shop = max(2, jobs // wanted)
    count = np.bincount(notes.author[recent], minlength=len(stage.users))
    able = np.flatnonzero(count >= min(per_shop, np.sort(count)[-min(3 * wanted, len(count))]))
    shops = pick(rng, able, wanted)
    own = recent[np.isin(notes.author[recent], shops)]
    return np.unique(pick(rng, own, jobs))


def _disposable(
    rng: np.random.Generator, actor: Disposable, stage: Stage, group_id: str, size: int, jobs: int, share: float
) -> Group:
    """Return a farm whose seats are filled with new accounts every few jobs."""
    note = customers(rng, stage, jobs, size * share, actor.capture)
    ordered = order_times(rng, stage, note)
    order = np.argsort(ordered)
    note, ordered = note[order], ordered[order]
    life = np.maximum(1, np.round(rng.uniform(*actor.life_jobs, size))).astype(np.int64)
    job, seat = attend(rng, len(note), size, (0.8 * share, min(1.2 * share, 1.0)))
    # A seat changes hands after so many jobs done, seats at their own pace and not all at once.
    order = np.lexsort((job, seat))
    job, seat = job[order], seat[order]
    done_before = np.arange(len(seat)) - np.searchsorted(seat, seat) + rng.integers(0, life)[seat]
    holder, member = np.unique(seat * 10_000 + done_before // life[seat], return_inverse=True)
    accounts: Accounts = bots(rng, stage.world, len(holder), group_id, stage.seed)
    t = ordered[job] + between(rng, actor.spread_s) * rng.beta(1, 1.5, len(job))
    done = events(rng, stage, member.astype(np.int64), note[job], t, between(rng, actor.dwell_s), ORDERED)
    # New accounts: opened shortly before their first job, some kept in stock for long.
    first = np.full(len(holder), stage.end)
    np.minimum.at(first, done.user, done.t)
    days = np.where(rng.random(len(holder)) < 0.6, 12, 150)
    stock = rng.exponential(days * DAY)
    accounts.registered = first - 3600 - stock
    cover = _camouflage(rng, actor, stage, accounts, done)
    last = np.zeros(len(holder))
    np.maximum.at(last, done.user, done.t)
    alive = (cover.t > first[cover.user] - DAY) & (cover.t < last[cover.user] + DAY)
    alive &= cover.t > accounts.registered[cover.user]
    return Group(group_id, actor.kind, True, accounts, None, done, cover.take(alive))


def _exchange(rng: np.random.Generator, actor: Exchange, stage: Stage, group_id: str, size: int) -> Group:
    """Return authors who like each other's notes."""
    notes = stage.notes
    posted = np.flatnonzero((notes.published > -2 * DAY) & (notes.published < stage.end - 6 * 3600))
    authors = np.unique(notes.author[posted])
    weight = np.bincount(notes.author[posted], minlength=len(stage.users))[authors] ** 0.5
    members = pick(rng, authors, min(size, len(authors) // 2), weight)
    own = posted[np.isin(notes.author[posted], members)]
    note = np.unique(pick(rng, own, whole(rng, actor.jobs)))
    job, member = attend(rng, len(note), len(members), (actor.participation[0], actor.participation[1]))
    keep = members[member] != notes.author[note[job]]
    job, member = job[keep], member[keep]
    asked = np.maximum(notes.published[note], 0) + rng.exponential(1800, len(note))
    t = asked[job] + rng.gamma(1.3, between(rng, actor.spread_s) / 2.5, len(job))
    keep = awake(rng, t)
    job, member, t = job[keep], member[keep], t[keep]
    dwell = 0.5 * stage.users.pace[members[member]] + 0.5 * between(rng, actor.dwell_s)
    done = events(rng, stage, member, note[job], t, dwell, ORDERED)
    return Group(group_id, actor.kind, True, None, members, done, _in_passing(rng, stage, members, done))


def _in_passing(rng: np.random.Generator, stage: Stage, members: I64, done: Events) -> Events:
    """Return the honest likes of people who have opened the application to do a job."""
    return glance(rng, stage, stage.users.take(members), done, 0.5 * len(done))


def _camouflage(rng: np.random.Generator, actor: AnyRing, stage: Stage, accounts: Accounts, done: Events) -> Events:
    """Return likes that make bots look like readers: sessions of their own, and others around their jobs."""
    likes = len(done) * between(rng, actor.camouflage)
    around = rng.uniform(0.2, 0.8)
    apart, _ = browse(rng, stage, accounts, likes=likes * (1 - around))
    return Events.concat([apart, glance(rng, stage, accounts, done, likes * around)])
