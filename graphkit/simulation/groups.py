"""What rings and look-alikes share: the group they make, and how orders and attendance are drawn."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit.simulation.background import Events, Stage, rhythm
from graphkit.simulation.population import DAY, Accounts
from graphkit.simulation.randomness import F64, I64, Bools


@dataclass
class Group:
    """One ring or look-alike.

    Attributes
    ----------
    group_id, kind, is_ring
        As in the truth.
    accounts
        Accounts the group brings along; ``None`` when its members are honest users of the background.
    members
        Codes of honest members, or ``None`` when the group brings accounts along.
    events
        What makes it a group; ``user`` is the position of a member.
    cover
        Further likes of members that are not the group's business: camouflage of accounts a ring brought along,
        and ordinary likes of honest people.
    """

    group_id: str
    kind: str
    is_ring: bool
    accounts: Accounts | None
    members: I64 | None
    events: Events
    cover: Events | None = None


def attend(
    rng: np.random.Generator, jobs: int, size: int, participation: tuple[float, float] | float
) -> tuple[I64, I64]:
    """Draw who does which job: jobs differ within the bounds, members differ in diligence.

    Returns
    -------
    job, member
        Positions, int64, of equal length.
    """
    bounds = (participation, participation) if isinstance(participation, float) else participation
    share = rng.uniform(*bounds, jobs)[:, None] * rng.uniform(0.6, 1.4, size)[None, :]
    job, member = np.nonzero(rng.random((jobs, size)) < np.minimum(share, 0.98))
    return job.astype(np.int64), member.astype(np.int64)


def events(
    rng: np.random.Generator, stage: Stage, user: I64, note: I64, t: F64, dwell_s: F64 | float, mix: tuple[float, ...]
) -> Events:
    """Return events with dwell around `dwell_s` and sources after the shares in `mix`; late and early ones fall out."""
    dwell = np.broadcast_to(np.asarray(dwell_s, dtype=np.float64), t.shape) * rng.lognormal(0, 0.6, len(t))
    source = rng.choice(len(mix), len(t), p=mix)
    keep = (t >= np.maximum(stage.notes.published[note] + 1, 0)) & (t < stage.end)
    return Events(user[keep], note[keep], t[keep], dwell[keep], source[keep])


#: Shares of feed, search, profile, link for likes that were ordered, and for links among friends.
ORDERED = (0.35, 0.3, 0.2, 0.15)
LINKED = (0.15, 0.05, 0.1, 0.7)
SHOWN = (0.85, 0.03, 0.07, 0.05)


def customers(rng: np.random.Generator, stage: Stage, jobs: int, likes: float, capture: tuple[float, float]) -> I64:
    """Choose the notes of `jobs` orders.

    A customer is an ordinary author. Notes are chosen by the organic likes they get, so that a job of `likes`
    likes ends up as a share within `capture` of the note's likes, as far as such notes exist.
    """
    notes = stage.notes
    eligible = np.flatnonzero((notes.published > -25 * DAY) & (notes.published < stage.end - 6 * 3600))
    eligible = rng.permutation(eligible)
    eligible = eligible[np.argsort(stage.popularity[eligible], kind="stable")]
    count = stage.popularity[eligible]
    share = rng.uniform(max(capture[0], 0.01), min(capture[1], 0.99), jobs)
    wanted = likes * (1 - share) / share
    low = np.searchsorted(count, wanted * 0.7, side="left")
    high = np.searchsorted(count, wanted * 1.4, side="right")
    low = np.minimum(low, len(eligible) - min(10, len(eligible)))
    note = eligible[
        np.minimum(low + np.floor(rng.random(jobs) * np.maximum(high - low, 10)).astype(np.int64), len(eligible) - 1)
    ]
    # Some come back with another note.
    for job in np.flatnonzero(rng.random(jobs) < 0.15)[1:]:
        author = notes.author[note[rng.integers(0, job)]]
        again = eligible[notes.author[eligible] == author]
        note[job] = rng.choice(again)
    return np.unique(note)


def order_times(rng: np.random.Generator, stage: Stage, note: I64, *, slack_s: float = 0.0) -> F64:
    """Draw when each note is ordered: some right at publication, most within days, by day rather than by night."""
    published = stage.notes.published[note]
    n = len(note)
    latest = max(stage.end - slack_s, stage.end * 0.5)
    way = rng.random(n)
    age = np.where(
        way < 0.2, rng.exponential(1200, n), np.where(way < 0.65, rng.exponential(DAY, n), rng.exponential(6 * DAY, n))
    )
    t = published + age
    anywhen = rng.uniform(np.maximum(published, 0), np.maximum(latest, published + 3600))
    t = np.where((t < 0) | (t > latest), anywhen, t)
    asleep = rng.random(n) > rhythm(t) * 1.3
    t = np.where(asleep, t + rng.uniform(5, 9, n) * 3600, t)
    # Orders are worked off in shifts, one shortly after the other.
    order = np.argsort(t)
    for before, this in itertools.pairwise(order):
        if rng.random() < 0.45 and t[before] > published[this] + 60:
            t[this] = min(t[this], t[before] + rng.exponential(420) + 20)
    return np.minimum(t, stage.end - 600)


def awake(rng: np.random.Generator, t: F64) -> Bools:
    """Tell at which of these seconds somebody is awake."""
    return np.asarray(rng.random(len(t)) < rhythm(t), dtype=np.bool_)


def pick(rng: np.random.Generator, pool: I64, n: int, weight: npt.NDArray[np.floating[Any]] | None = None) -> I64:
    """Choose `n` of `pool`, none twice; all of them where there are fewer."""
    odds = None if weight is None else weight / weight.sum()
    return rng.choice(pool, min(n, len(pool)), replace=False, p=odds).astype(np.int64)


def draw_people(rng: np.random.Generator, stage: Stage, size: int, *, topic: int | None = None) -> I64:
    """Choose `size` honest users, the active more often, and rather those interested in `topic`."""
    users = stage.users
    weight = users.rate + 0.05
    if topic is not None:
        weight = weight * np.where((users.topic == topic).any(axis=1), 12.0, 1.0)
    return pick(rng, np.arange(len(users)), min(size, len(users) // 2), weight)
