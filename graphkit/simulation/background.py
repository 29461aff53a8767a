"""Honest life: sessions by the daily rhythm, lists shown to many at once, searches, and authors followed.

Two honest readers who open the same feed within the same minutes see the same list in the same order. That,
and notes everyone is shown, is what makes honest people coincide; camouflage is drawn from the same process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graphkit.simulation.population import DAY, SLOTS, Accounts, NoteBook, hours, people, topic_count, write_notes
from graphkit.simulation.randomness import F64, I64, Bools, generator
from graphkit.simulation.world import World

#: Where a note was met.
SOURCES = ("feed", "search", "profile", "link")
FEED, SEARCH, PROFILE, LINK = range(4)
#: Ordinary notes leave the feeds after so many days; later they are found by search.
FEED_DAYS = 5.0
_STEP_S = 1800.0

Lists = np.ndarray[tuple[int, int, int], np.dtype[np.int32]]


@dataclass
class Events:
    """Like events, one row each, in no order.

    Attributes
    ----------
    user, note
        Codes.
    t
        Seconds since the start of the period.
    dwell
        Seconds on the note.
    source
        Index into `SOURCES`.
    """

    user: I64
    note: I64
    t: F64
    dwell: F64
    source: I64

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: I64 | Bools) -> Events:
        """Return these rows."""
        return Events(self.user[rows], self.note[rows], self.t[rows], self.dwell[rows], self.source[rows])

    @staticmethod
    def none() -> Events:
        """Return no events."""
        whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Events(whole, whole, real, real, whole)

    @staticmethod
    def concat(parts: list[Events]) -> Events:
        """Return all rows of `parts`, in order."""
        names = ("user", "note", "t", "dwell", "source")
        return Events(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


@dataclass
class Shelf:
    """Notes by topic, within a topic by publication: `key` ascends, `total` sums up the odds of being found."""

    order: I64
    key: F64
    total: F64
    span: float


@dataclass
class Stage:
    """The honest world on which actors act.

    Attributes
    ----------
    world, seed
        What it was made from.
    users, notes
        Honest accounts, and all notes.
    lists
        Notes shown by topic (the last is the front page), time slot and place, int32; -1 for none.
    likes
        Honest likes met while reading.
    popularity
        Such likes by note.
    """

    world: World
    seed: int
    users: Accounts
    notes: NoteBook
    lists: Lists
    likes: Events
    popularity: I64

    @cached_property
    def shelf(self) -> Shelf:
        """The notes as search finds them."""
        order = np.argsort(self.notes.topic, kind="stable")
        span = self.end + 100 * DAY
        key = self.notes.topic[order] * span + self.notes.published[order] + 50 * DAY
        total = np.zeros(len(order) + 1)
        total[1:] = np.cumsum(self.notes.quality[order] ** 0.5)
        return Shelf(order, key, total, span)

    @property
    def end(self) -> float:
        """End of the period in seconds; events lie before it."""
        return self.world.days * DAY


def build_stage(world: World, seed: int) -> Stage:
    """Return the honest world of these parameters."""
    users = people(generator(seed, "users"), world, world.users, "users", seed)
    notes = write_notes(generator(seed, "notes"), world, users, seed)
    lists = _lists(generator(seed, "feed"), world, notes)
    stage = Stage(world, seed, users, notes, lists, Events.none(), np.zeros(len(notes), dtype=np.int64))
    likes, sessions = browse(generator(seed, "browse"), stage, users)
    stage.likes = Events.concat([likes, _follow(generator(seed, "follow"), stage, sessions)])
    stage.popularity = np.bincount(stage.likes.note, minlength=len(notes))
    return stage


def _lists(rng: np.random.Generator, world: World, notes: NoteBook) -> Lists:
    """Draw what every feed shows in every slot: by appeal and freshness, hot notes again and again."""
    bg = world.background
    n_topics = topic_count(world)
    per_step = max(1, round(_STEP_S / bg.refresh_s))
    steps = int(np.ceil(world.days * DAY / _STEP_S))
    lists = np.full((n_topics + 1, steps * per_step, bg.feed_length), -1, dtype=np.int32)
    for step in range(steps):
        now = step * _STEP_S
        first, last = np.searchsorted(notes.published, [now - FEED_DAYS * DAY, now], side="right")
        if last == first:
            continue
        order = np.argsort(notes.topic[first:last], kind="stable") + first
        age_h = (now - notes.published[order]) / 3600
        heat = notes.quality[order] * (age_h + 2.0) ** -1.1
        slots = slice(step * per_step, (step + 1) * per_step)
        total = np.concatenate([[0.0], np.cumsum(heat)])
        bounds = np.searchsorted(notes.topic[order], np.arange(n_topics + 1))
        low, high = total[bounds[:-1]], total[bounds[1:]]
        draw = low[:, None, None] + rng.random((n_topics, per_step, bg.feed_length)) * (high - low)[:, None, None]
        shown = order[np.minimum(np.searchsorted(total[1:], draw, side="right"), len(order) - 1)]
        lists[:-1, slots] = np.where((high > low)[:, None, None], shown, -1)
        # The front page shows the hottest of everything.
        hottest = np.cumsum(heat**1.6)
        draw = rng.random((per_step, bg.feed_length)) * hottest[-1]
        lists[-1, slots] = order[np.minimum(np.searchsorted(hottest, draw, side="right"), len(order) - 1)]
    return lists


@dataclass
class Sessions:
    """Reading sessions, ordered by user and start; `length_s` from the first like to the last."""

    user: I64
    start: F64
    length_s: F64


def browse(
    rng: np.random.Generator, stage: Stage, accounts: Accounts, *, likes: float | None = None, since: float = 0.0
) -> tuple[Events, Sessions]:
    """Let accounts read.

    Parameters
    ----------
    rng
        The stream to draw from.
    stage
        Where they read; its `likes` are not used.
    accounts
        Who reads; ``Events.user`` are row numbers of these.
    likes
        Expected likes in all; by default what the accounts' rates give.
    since
        Second at which they begin, a local midnight.
    """
    bg = stage.world.background
    days = max(1.0, np.floor((stage.end - since) / DAY))
    rate = accounts.rate * days
    if likes is not None:
        rate = rate * (likes / max(rate.sum() * bg.likes_per_session, 1e-9))
    visits = rng.poisson(rate)
    user = np.repeat(np.arange(len(accounts)), visits)
    # More leisure at the weekend.
    weekend = (np.arange(int(days)) + int(since / DAY) + stage.world.start.weekday()) % 7 >= 5
    busy = np.where(weekend, 1.25, 1.0)
    start = since + rng.choice(int(days), len(user), p=busy / busy.sum()).astype(np.float64) * DAY
    start += (hours(rng, len(user), bg.night_share) + accounts.hour[user]) % 24 * 3600
    order = np.lexsort((start, user))
    user, start = user[order], start[order]
    # A few long sessions among many short ones.
    extra = rng.exponential(rng.gamma(1.2, (bg.likes_per_session - 1) / 1.2, len(user)))
    count = 1 + np.floor(extra + rng.random(len(user))).astype(np.int64)
    count = np.minimum(count, 80)
    session = np.repeat(np.arange(len(user)), count)
    who = user[session]
    dwell = accounts.pace[who] * rng.lognormal(0, 0.6, len(who))
    gap = dwell + rng.lognormal(np.log(14), 1.0, len(who))  # notes passed without a like
    passed = np.cumsum(gap)
    ends = np.zeros(len(user) + 1)
    ends[1:] = passed[np.cumsum(count) - 1]
    base, length_s = ends[:-1], ends[1:] - ends[:-1]
    t = start[session] + passed - base[session]
    note, source = _meet(rng, stage, accounts, who, session, t)
    keep = (note >= 0) & (t < stage.end)
    events = Events(who[keep], note[keep], t[keep], dwell[keep], source[keep])
    return events, Sessions(user, start, length_s)


def glance(rng: np.random.Generator, stage: Stage, accounts: Accounts, beside: Events, n: float) -> Events:
    """Return `n` expected likes that accounts give in passing, seconds or minutes around the events `beside`."""
    if len(beside) == 0:
        return Events.none()
    row = rng.integers(0, len(beside), rng.poisson(n))
    t = beside.t[row] + rng.choice([-1.0, 1.0], len(row)) * rng.lognormal(np.log(45), 0.9, len(row))
    row, t = row[t > 0], t[t > 0]
    who = beside.user[row]
    note, source = _meet(rng, stage, accounts, who, np.arange(len(who)), t)
    dwell = accounts.pace[who] * rng.lognormal(0, 0.6, len(who))
    return Events(who, note, t, dwell, source).take((note >= 0) & (t < stage.end))


def _meet(
    rng: np.random.Generator, stage: Stage, accounts: Accounts, who: I64, session: I64, t: F64
) -> tuple[I64, I64]:
    """Return which note is liked at each moment, -1 for none, and where it was met."""
    bg = stage.world.background
    n = len(who)
    topic = interest(rng, accounts, who)
    # A session mostly keeps to the topic it began with.
    first = np.concatenate([[True], session[1:] != session[:-1]]) if n else np.zeros(0, dtype=bool)
    begun = np.maximum.accumulate(np.where(first, np.arange(n), 0))
    topic = np.where(rng.random(n) < 0.6, topic[begun], topic)
    way = rng.random(n)
    front, search = way < bg.front_share, way > 1 - bg.search_share
    feed = np.where(front, len(stage.lists) - 1, topic)
    # Lists are read from the top; within a session downwards.
    place = np.floor(bg.feed_length * rng.random(n) ** 2)
    place = place[np.lexsort((place, session))].astype(np.int64)
    slot = np.clip((t / bg.refresh_s).astype(np.int64), 0, stage.lists.shape[1] - 1)
    note = stage.lists[feed, slot, place].astype(np.int64)
    note[search] = find(rng, stage, topic[search], t[search])
    return note, np.where(search, SEARCH, FEED)


def interest(rng: np.random.Generator, accounts: Accounts, who: I64) -> I64:
    """Return a topic each of these accounts is interested in."""
    slot = (rng.random(len(who))[:, None] > accounts.taste[who]).sum(axis=1)
    return np.asarray(accounts.topic[who, np.minimum(slot, SLOTS - 1)], dtype=np.int64)


def find(rng: np.random.Generator, stage: Stage, topic: I64, t: F64) -> I64:
    """Return notes of these topics published before these seconds, -1 for none: the long tail, of any age."""
    shelf = stage.shelf
    low = shelf.total[np.searchsorted(shelf.key, topic * shelf.span)]
    high = shelf.total[np.searchsorted(shelf.key, topic * shelf.span + t + 50 * DAY, side="right")]
    at = np.searchsorted(shelf.total, low + rng.random(len(topic)) * (high - low), side="right") - 1
    return np.where(high > low, shelf.order[np.clip(at, 0, len(shelf.order) - 1)], -1)


def _follow(rng: np.random.Generator, stage: Stage, sessions: Sessions) -> Events:
    """Likes of followers: at once where the telephone rings, else when they next read."""
    users, notes, bg = stage.users, stage.notes, stage.world.background
    fresh = np.flatnonzero(notes.published > -2 * DAY)
    # An author's followers: users interested in his topic, the more the better his notes.
    authors, index = np.unique(notes.author[fresh], return_inverse=True)
    fame = np.bincount(index, weights=notes.quality[fresh]) / np.bincount(index)
    topic = users.topic[authors, 0]
    by_topic = np.argsort(users.topic[:, 0], kind="stable")
    bounds = np.searchsorted(users.topic[by_topic, 0], np.arange(users.topic.max() + 2))
    room = bounds[topic + 1] - bounds[topic]
    wanted = fame / fame.sum() * len(users) * 8
    n_followers = np.minimum(rng.poisson(wanted) + rng.integers(0, 6, len(authors)), np.maximum(room // 2, 1))
    base = np.concatenate([[0], np.cumsum(n_followers)])
    owner = np.repeat(np.arange(len(authors)), n_followers)
    follower = by_topic[bounds[topic[owner]] + np.floor(rng.random(len(owner)) * room[owner]).astype(np.int64)]
    # Likes per fresh note.
    expected = 0.2 * bg.likes_per_user_day * stage.world.days * len(users)
    reach = n_followers[index] * notes.quality[fresh] ** 0.3
    n_likes = np.minimum(rng.poisson(reach * expected / max(reach.sum(), 1e-9)), n_followers[index])
    row = np.repeat(np.arange(len(fresh)), n_likes)
    pick = base[index[row]] + np.floor(rng.random(len(row)) ** 1.4 * n_followers[index[row]]).astype(np.int64)
    user, note = follower[pick], fresh[row]
    published = notes.published[note]
    # The next session after the publication, somewhere within it.
    span = stage.end * 2
    at = np.searchsorted(sessions.user * span + sessions.start, user * span + np.maximum(published, 0.0))
    at_ = np.minimum(at, len(sessions.user) - 1)
    later = sessions.start[at_] + rng.random(len(row)) * np.maximum(sessions.length_s[at_], 30.0)
    missed = (at >= len(sessions.user)) | (sessions.user[at_] != user)
    rings = rng.random(len(row)) < 0.3
    at_once = published + rng.lognormal(np.log(900), 1.2, len(row))
    t = np.where(rings, at_once, np.where(missed, np.inf, later))
    keep = (t >= 0) & (t < stage.end)
    dwell = users.pace[user] * rng.lognormal(0.1, 0.6, len(row))
    source = np.where(rng.random(len(row)) < 0.5, PROFILE, FEED)
    return Events(user[keep], note[keep], t[keep], dwell[keep], source[keep])


def rhythm(t: F64) -> F64:
    """Return how awake people are at these seconds of the period, 0.1 to 1."""
    hour = t / 3600 % 24
    return np.asarray(0.55 - 0.45 * np.cos((hour - 3.5) / 24 * 2 * np.pi), dtype=np.float64)
