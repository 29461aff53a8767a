"""Who lives in a world and what they write: accounts, notes, and who follows whom."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from graphkit.simulation.randomness import F64, I64, U64, Bools, hashed, keys, mix
from graphkit.simulation.world import World

DAY = 86400.0
#: Interests of a user.
SLOTS = 4


@dataclass
class Accounts:
    """Accounts, one row each.

    Attributes
    ----------
    key
        Grows into the id, uint64.
    topic, taste
        Up to `SLOTS` topics and the cumulative shares of interest in them, shape (n, SLOTS).
    hour
        How much later than others the day begins, in hours.
    rate
        Sessions a day.
    pace
        Median seconds on a note.
    registered, verified, followers
        As in the users table; seconds since the start of the period.
    device, second
        Keys of the main and the second device.
    fresh_s
        Seconds after which the device shows a new fingerprint; 0 for never.
    home, p_home, region
        Address at home, the share of likes from there, and the carrier's network otherwise.
    curiosity
        Notes opened per like.
    """

    key: U64
    topic: I64
    taste: F64
    hour: F64
    rate: F64
    pace: F64
    registered: F64
    verified: Bools
    followers: I64
    device: U64
    second: U64
    fresh_s: F64
    home: U64
    p_home: F64
    region: U64
    curiosity: F64

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: I64 | Bools) -> Accounts:
        """Return these rows."""
        return Accounts(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def concat(parts: list[Accounts]) -> Accounts:
        """Return all rows of `parts`, in order."""
        return Accounts(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Accounts)})


@dataclass
class NoteBook:
    """Notes, one row each, by time of publication.

    Attributes
    ----------
    key
        Grows into the id, uint64.
    author
        Code of the honest user that wrote it.
    topic
        Topic code.
    published
        Seconds since the start of the period; negative for older notes.
    quality
        Appeal, heavy-tailed.
    length_s
        Seconds it takes to see it to the end.
    """

    key: U64
    author: I64
    topic: I64
    published: F64
    quality: F64
    length_s: F64

    def __len__(self) -> int:
        return len(self.key)


def topic_count(world: World) -> int:
    """Return how many topics a world of this size has."""
    return max(6, round(world.background.topics * math.sqrt(world.users / 20_000)))


def topic_weights(n: int) -> F64:
    """Return how popular each of `n` topics is; shares that sum to one."""
    weights = (np.arange(n) + 3.0) ** -0.8
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def people(rng: np.random.Generator, world: World, n: int, name: str, seed: int) -> Accounts:
    """Return `n` honest accounts."""
    n_topics = topic_count(world)
    bg = world.background
    shares = rng.dirichlet(np.full(SLOTS, 0.6), n)
    key = keys(seed, name, n)
    device = hashed("device", key)
    family = rng.random(n) < 0.08  # shares a tablet with the account before
    home = hashed("home", key)
    housemate = rng.random(n) < 0.15
    activity = rng.lognormal(-(bg.activity_sigma**2) / 2, bg.activity_sigma, n)
    # Platforms grow: more accounts are young than old, some opened yesterday.
    registered = np.where(
        rng.random(n) < 0.15, rng.uniform(-60 * DAY, 0, n), -np.minimum(rng.exponential(500 * DAY, n), 2900 * DAY)
    )
    return Accounts(
        key=key,
        topic=rng.choice(n_topics, (n, SLOTS), p=topic_weights(n_topics)),
        taste=np.cumsum(shares, axis=1),
        hour=rng.normal(0, 1.6, n),
        rate=activity * bg.likes_per_user_day / bg.likes_per_session,
        # Most read; some only scroll, and like what they scroll past.
        pace=np.where(rng.random(n) < 0.12, rng.lognormal(np.log(5), 0.4, n), rng.lognormal(np.log(17), 0.55, n)),
        registered=registered,
        verified=rng.random(n) < 0.04,
        followers=np.floor(rng.lognormal(3.2, 1.6, n)).astype(np.int64),
        device=np.where(family, np.roll(device, 1), device),
        second=np.where(rng.random(n) < 0.3, mix(device), device),
        # Browsers that forget, applications installed anew.
        fresh_s=np.where(rng.random(n) < 0.1, rng.uniform(0.5, 6, n) * DAY, 0.0),
        home=np.where(housemate, np.roll(home, 1), home),
        p_home=rng.beta(2, 2, n),
        region=rng.choice(40, n, p=topic_weights(40)).astype(np.uint64),
        curiosity=rng.lognormal(np.log(11), 0.7, n),
    )


def bots(rng: np.random.Generator, world: World, n: int, name: str, seed: int) -> Accounts:
    """Return `n` accounts of one operator: bought or opened in batches, on shared machinery, otherwise like people."""
    a = people(rng, world, n, name, seed)
    # A few batches, some of them years old; aged accounts bought singly are in between.
    batch_age = np.minimum(rng.exponential(260 * DAY, 5) + DAY, 2500 * DAY)
    batch = rng.integers(0, rng.integers(1, 6), n)
    opened = -batch_age[batch] - rng.exponential(rng.uniform(1, 12) * DAY, n)
    bought = rng.random(n) < rng.uniform(0.15, 0.6)
    a.registered = np.where(bought, a.registered, np.minimum(opened, -3600.0))
    a.verified = rng.random(n) < 0.01
    a.followers = np.floor(rng.lognormal(2.6, 1.5, n)).astype(np.int64)
    pool = max(1, round(n * rng.uniform(0.3, 1.2)))
    machine = keys(seed, f"{name}/machines", pool)
    a.device = rng.choice(machine, n)
    a.second = np.where(rng.random(n) < 0.4, rng.choice(machine, n), a.device)
    a.fresh_s = np.zeros(n)
    if rng.random() < 0.4:  # the operator's tools give a new fingerprint now and then
        a.device = a.second = hashed("device", a.key)
        a.fresh_s = np.full(n, rng.uniform(2, 10) * DAY)
    lines = keys(seed, f"{name}/lines", max(1, round(n * rng.uniform(0.1, 1.0))))
    a.home, a.p_home = rng.choice(lines, n), rng.beta(2, 2, n)
    a.rate = a.rate.mean() * rng.lognormal(-0.3, 0.8, n)
    a.curiosity = rng.lognormal(np.log(rng.uniform(2, 9)), 0.8, n)
    return a


def write_notes(rng: np.random.Generator, world: World, users: Accounts, seed: int) -> NoteBook:
    """Return the notes honest authors published from 40 days before the period to its end."""
    bg = world.background
    n_users = len(users)
    n_authors = max(20, round(n_users * bg.authors_share))
    author = rng.choice(n_users, n_authors, replace=False)
    diligence = rng.pareto(1.6, n_authors) + 0.3
    old_days = 40
    n = max(400, round(n_users * bg.notes_per_user_day * (world.days + old_days * 0.5)))
    who = rng.choice(n_authors, n, p=diligence / diligence.sum())
    # Half of the older notes are forgotten and not in the dump.
    share_new = world.days / (world.days + old_days * 0.5)
    day = np.where(rng.random(n) < share_new, rng.integers(0, world.days, n), -rng.integers(1, old_days + 1, n)).astype(
        np.float64
    )
    published = day * DAY + (hours(rng, n, night_share=0.1) % 24) * 3600
    published = np.sort(np.floor(published * 1000) / 1000)
    fame = rng.lognormal(0, 0.9, n_authors)
    sigma = bg.quality_sigma
    main = users.topic[author, 0]
    elsewhere = rng.random(n) < 0.15
    return NoteBook(
        key=keys(seed, "notes", n),
        author=author[who].astype(np.int64),
        topic=np.where(elsewhere, users.topic[author[who], 1], main[who]).astype(np.int64),
        published=published,
        quality=fame[who] * rng.lognormal(0, sigma, n),
        length_s=rng.lognormal(np.log(22), 0.6, n),
    )


def hours(rng: np.random.Generator, n: int, night_share: float) -> F64:
    """Return `n` local hours of day in [0, 24) after the daily rhythm, `night_share` of them at any hour."""
    peak = rng.choice(4, n, p=[0.16, 0.22, 0.2, 0.42])
    hour = np.array([8.2, 12.5, 17.8, 21.3])[peak] + rng.normal(0, 1, n) * np.array([1.2, 1.0, 1.4, 1.5])[peak]
    return np.where(rng.random(n) < night_share, rng.uniform(0, 24, n), hour % 24)
