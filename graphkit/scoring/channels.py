"""What each channel of evidence adds to the log-odds of a ring, for or against.

Each channel compares one number of the ring with what innocent groups show and adds nats, within limits that say
how much that channel alone may ever decide. An unknown number adds nothing. The reference points are what made
the innocent explanations (followers, a shared feed, friends, a niche, a prize) and rings part ways on worlds with
both; see ``docs/method.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from graphkit.likes.model import F64
from graphkit.scoring.evidence import Numbers

_HOUR_S = 3600
#: Share of a ring's likes on notes of its own members from which they are what the ring is about.
_MUTUAL = 0.3
#: Nats of taste from which what members exchange is not what they like.
_OFF_TASTE = 0.6


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel.

    Attributes
    ----------
    name
        As in ``schemas.CHANNELS``.
    weigh
        Numbers by ring to unclipped nats by ring.
    least, most
        Limits of what the channel may add.
    """

    name: str
    weigh: Callable[[Numbers], F64]
    least: float
    most: float


def logit(share: F64) -> F64:
    """Return ``log(x / (1 - x))`` of shares kept one percent away from 0 and 1."""
    x = np.clip(share, 0.01, 0.99)
    return np.log(x / (1 - x))


def _above(name: str, usual: float, slope: float = 1.0) -> Callable[[Numbers], F64]:
    """Weigh a share by how far its logit lies above that of a usual one."""
    return lambda n: slope * (logit(n[name]) - logit(np.array(usual)))


def _beyond(name: str, slope: float = 1.0, handicap: float = 0.0) -> Callable[[Numbers], F64]:
    """Weigh a share against the same share among everybody else."""
    return lambda n: slope * (logit(n[name]) - logit(n[f"{name}_expected"])) - handicap


def _below(name: str, expected: str, handicap: float) -> Callable[[Numbers], F64]:
    """Weigh a number by how far it lies below the same number among everybody else, as the log of their ratio."""
    return lambda n: _log_ratio(n[expected], n[name]) - handicap


def _log_ratio(top: F64, bottom: F64) -> F64:
    return np.log(np.maximum(top, 1e-3)) - np.log(np.maximum(bottom, 1e-3))


def _arrival(n: Numbers) -> F64:
    """Weigh jobs that began right after publication, as followers come.

    Where authors are unknown nothing else can tell a fan club from a ring, so the channel decides more. It decides less
    where the authors are members and the topics not theirs: whoever exchanges likes waits for publication, too.
    """
    nats = -1.5 * (logit(n["arrival_early"]) - logit(np.array(0.4)))
    least = np.where((n["reciprocity"] >= _MUTUAL) & (_taste(n) >= _OFF_TASTE), -1.5, -3.0)
    return np.where(np.isnan(n["authors_effective"]), 1.5 * nats, np.maximum(nats, least))


def _audience(n: Numbers) -> F64:
    """Weigh what outsiders have in common with the targets, as far as there are outsiders to tell.

    Followers, readers of a topic and of a front page like one target because they like another; customers of a
    farm share nobody.
    """
    found, expected = n["audience_pairs"], n["audience_pairs_expected"]
    most = np.maximum(found, expected)
    nats: F64 = 1.5 * most / (most + 20) * (np.log(1.6) - _log_ratio(found + 1, expected + 1))
    return nats


def _taste(n: Numbers) -> F64:
    """Weigh how far the ring's likes are from the members' own taste, on the way from an ordinary like to chance.

    As far as taste tells anything at all: where people like whatever comes, an ordinary like is one of chance, too. It
    does not speak for a ring that works over hours on others' notes: whoever hunts for prizes takes any topic, too.
    """
    own, ordinary, told = n["own_topics"], n["own_topics_expected"], n["own_topics_likes"]
    way = np.maximum(_log_ratio(ordinary, n["own_topics_chance"]), 0)
    nats: F64 = told / (told + 20) * 2 * (np.clip(_log_ratio(ordinary, own), -way, way) - 0.6 * way)
    hunts = (n["window_s"] > _HOUR_S) & ~(n["reciprocity"] >= _MUTUAL)
    return np.where(hunts, np.minimum(nats, 0), nats)


def _tightness(n: Numbers) -> F64:
    """Weigh the window: one up to ten minutes, none up to an hour, less one beyond."""
    return np.select([n["window_s"] <= 600, n["window_s"] <= _HOUR_S], [1.0, 0.0], -1.0).astype(np.float64)


CHANNELS: tuple[Channel, ...] = (
    Channel("lockstep", lambda n: _log_ratio(n["co_likes"] + 1, 30 * (n["co_likes_expected"] + 0.1)), -2, 2),
    Channel("exclusivity", _above("burst_capture", 0.70, 1.5), -4, 3),
    Channel("capture", _above("capture", 0.15), -2, 2),
    Channel("devotion", _above("devotion", 0.30, 1.2), -1.5, 3),
    Channel("authors", lambda n: _log_ratio(n["authors_effective"], np.array(3.0)), -2, 0.5),
    Channel("recurrence", lambda n: _log_ratio(n["episodes"], np.array(5.0)), -2, 1.5),
    Channel("arrival", _arrival, -7, 0.5),
    Channel("audience", _audience, -3, 0.7),
    Channel("tightness", _tightness, -1, 1),
    Channel("dwell", _beyond("dwell_short", 1.0, 0.25), -0.4, 2),
    Channel("completion", lambda n: -_beyond("completed", 1.0, 0.25)(n) - 0.5, -0.2, 2),
    Channel("taste", _taste, -0.5, 1.5),
    Channel("registration", _below("registration_span_d", "registration_span_expected_d", 0.7), -0.1, 2),
    Channel("devices", _beyond("device_sharing", 0.7, 0.7), -0.1, 2),
    Channel("addresses", _beyond("ip_sharing", 0.4, 0.4), -0.1, 1),
    Channel("views", _below("views_per_like", "views_per_like_expected", 0.3), -0.1, 1.5),
    Channel("engagement", lambda n: -_log_ratio(n["engagement"], np.array(1.0)) - 0.3, -1, 1.5),
    Channel("reciprocity", _above("reciprocity", 0.1), 0, 2.5),
)  # fmt: skip


def weigh(numbers: Numbers, names: Collection[str] | None = None) -> Numbers:
    """Return by channel the nats it adds to each ring; 0 where its numbers are unknown.

    Parameters
    ----------
    numbers
        The numbers of the channels asked for.
    names
        Which channels; all where absent.

    Returns
    -------
    dict of str to float64[n_rings]
    """
    out = {}
    for channel in CHANNELS:
        if names is None or channel.name in names:
            nats = np.clip(channel.weigh(numbers), channel.least, channel.most)
            out[channel.name] = np.where(np.isnan(nats), 0.0, nats)
    return out
