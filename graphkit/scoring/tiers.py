"""What a ring's evidence allows: its score, its tier, and which of its likes timing may condemn alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit.config import ScoringConfig
from graphkit.likes.model import F64
from graphkit.scoring.evidence import Numbers

Bools = npt.NDArray[np.bool_]

#: Tiers, weakest first, so that they compare as integers.
TIERS = ("watch", "review", "purge")
WATCH, REVIEW, PURGE = range(3)

#: Channels that read more than who liked what when, by the witness they stand for: what is one act is one witness.
WITNESSES: tuple[tuple[str, ...], ...] = (
    ("dwell", "completion"),
    ("taste",),
    ("registration", "devices"),
    ("addresses",),
    ("views",),
    ("engagement",),
    ("reciprocity",),
)
#: The channels of all witnesses.
WITNESS_CHANNELS = frozenset(name for names in WITNESSES for name in names)
#: Share of members that must have a tie within `timing_window_s` for timing alone to suffice.
QUICK = 0.5
#: Share of its likes that came with another by the same member from which a ring looks like people with a list.
BUNDLED = 0.5
#: Up to this window haste, not a list, brings likes together, seconds.
HASTE_S = 600
#: Share of the likes of its bursts that must be a ring's own.
OWN_BURST = 2 / 3
#: Honest explanations that timing alone may leave open, as ``schemas.EVIDENCE`` names them.
EXPLANATIONS = ("may_be_taste", "may_be_circle", "may_be_crowd", "may_be_fans")


def open_explanations(numbers: Numbers, weights: Numbers, config: ScoringConfig) -> Numbers:
    """Tell which honest explanations of each ring are left open, 1 or 0.

    All are closed by two independent witnesses beyond timing, a circle of fewer than `circle_size` by three, since
    among few people what accounts show is often chance. Else:

    - `may_be_taste`: a taste in common brings people together within hours, and so does looking for give-aways. Closed
      when the ring is not `slow`, or nobody's taste explains the targets (`no_taste`).
    - `may_be_circle`: friends pass on a few links, and like what each other publishes. Closed by occasions enough
      (`episodes_needed`), unless fewer than `circle_size` members like one another's notes; or by bursts that are too
      large for a circle.
    - `may_be_crowd`: a push or an event brings many at once. Closed when two thirds of the likes of the bursts are the
      ring's own and there is more than one target; at a single one by three witnesses.
    - `may_be_fans`: followers come when their author publishes. Closed when authors are known, since breadth
      counts them, or when arrival does not speak against the ring by `early_nats` or more.

    Parameters
    ----------
    numbers
        Every number of ``schemas.EVIDENCE`` but the weights and these.
    weights
        Nats by channel.
    config
        Settings.

    Returns
    -------
    dict of str to float64[n_rings]
    """
    heard = n_witnesses(weights, config)
    taste = slow(numbers, weights, config) & ~no_taste(weights, config)
    seldom = (numbers["episodes"] < episodes_needed(weights, config)) | small_and_mutual(numbers, weights, config)
    circle = seldom & (numbers["job_size"] < config.circle_size)
    crowd = ~(numbers["burst_capture"] >= OWN_BURST) | once(numbers)
    fans = np.isnan(numbers["authors_effective"]) & (weights["arrival"] <= -config.early_nats)
    enough = witnesses_needed(numbers, config)
    return {
        name: (open_ & (heard < enough[name])).astype(np.float64)
        for name, open_ in zip(EXPLANATIONS, (taste, circle, crowd, fans), strict=True)
    }


def episodes_needed(weights: Numbers, config: ScoringConfig) -> npt.NDArray[np.int64]:
    """Return on how many occasions more than a circle of friends acts: more where not two witnesses speak, int64[n]."""
    return np.where(n_witnesses(weights, config) >= 2, config.min_episodes, config.timing_episodes)


def once(numbers: Numbers) -> Bools:
    """Tell which rings pushed a single note: people brought by what is talked about do so, too."""
    return np.asarray(numbers["notes_effective"] < 1 + 1e-9, np.bool_)


def small_and_mutual(numbers: Numbers, weights: Numbers, config: ScoringConfig) -> Bools:
    """Tell in which rings fewer than `circle_size` members like one another's notes, as friends do again and again."""
    mutual = weights["reciprocity"] >= config.channel_nats
    return np.asarray(mutual & (numbers["n_users"] < config.circle_size), np.bool_)


def witnesses_needed(numbers: Numbers, config: ScoringConfig) -> dict[str, npt.NDArray[np.int64]]:
    """Return how many independent witnesses close each explanation, by ring.

    Two; three a small circle, or a crowd that came to one note.
    """
    two = np.full(len(numbers["n_users"]), 2)
    three = {
        "may_be_circle": np.where(numbers["n_users"] < config.circle_size, 3, two),
        "may_be_crowd": np.where(once(numbers), 3, two),
    }
    return {name: three.get(name, two) for name in EXPLANATIONS}


def log_odds(numbers: Numbers, weights: Numbers, config: ScoringConfig) -> F64:
    """Return the nats of each ring added up, no more than those of `open_score` while an explanation is open."""
    total = np.asarray(config.prior_log_odds + sum(weights.values()), np.float64)
    doubt = np.any([numbers[name] > 0 for name in EXPLANATIONS], axis=0)
    most = float(np.log(config.open_score / (1 - config.open_score)))
    return np.where(doubt, np.minimum(total, most), total)


def assign_tiers(score: F64, weights: Numbers, q_value: F64, config: ScoringConfig) -> npt.NDArray[np.int8]:
    """Return the tier of each ring.

    `PURGE` asks for a score of `purge_score`, a q-value of at most `max_q`, and `min_channels` channels besides
    lockstep that speak for the ring; `REVIEW` for a score of `review_score`.
    """
    speaking = sum((w >= config.channel_nats).astype(np.int64) for name, w in weights.items() if name != "lockstep")
    tier = np.full(len(score), WATCH, np.int8)
    tier[score >= config.review_score] = REVIEW
    tier[(score >= config.purge_score) & (q_value <= config.max_q) & (speaking >= config.min_channels)] = PURGE
    return tier


def n_witnesses(weights: Numbers, config: ScoringConfig) -> npt.NDArray[np.int64]:
    """Count the witnesses beyond timing that speak for each ring: reading, accounts, addresses, views and so on."""
    heard = [np.max([weights[name] for name in names], axis=0) >= config.witness_nats for names in WITNESSES]
    return np.asarray(np.sum(heard, axis=0), np.int64)


def n_independent(weights: Numbers, channel_nats: float) -> npt.NDArray[np.int64]:
    """Count the channels that speak for each ring with `channel_nats` or more, channels of one act once.

    Lockstep does not count: it made the community.
    """
    alone = tuple((name,) for name in weights if name != "lockstep" and name not in WITNESS_CHANNELS)
    heard = [np.max([weights[name] for name in names], axis=0) >= channel_nats for names in (*WITNESSES, *alone)]
    return np.asarray(np.sum(heard, axis=0), np.int64)


def unrelated(weights: Numbers, config: ScoringConfig) -> Bools:
    """Tell which rings' targets have no audience in common, and were known to be no news or are the members' own.

    No taste explains these: what is news brings together people who have nothing else in common, and what members
    publish themselves is what an exchange waits for.
    """
    settled = (weights["arrival"] > 0) | (weights["reciprocity"] >= config.channel_nats)
    return np.asarray((weights["audience"] >= config.channel_nats) & settled, np.bool_)


def asked(weights: Numbers) -> Bools:
    """Tell for which rings a witness beyond timing could be asked: some channel's numbers are known."""
    return np.asarray(np.any([weights[name] != 0 for name in sorted(WITNESS_CHANNELS)], axis=0), np.bool_)


def slow(numbers: Numbers, weights: Numbers, config: ScoringConfig) -> Bools:
    """Tell which rings come together over hours.

    Fewer than half of the members are tied within `timing_window_s`; or a wider window shows the ring best, and there
    is somebody to ask about it: give-aways bring so many so often that most of those who look for them are tied; or
    members go `down_a_list`.
    """
    wide = (numbers["window_s"] > config.timing_window_s) & asked(weights)
    return np.asarray((numbers["quick"] < QUICK) | wide | down_a_list(numbers), np.bool_)


def down_a_list(numbers: Numbers) -> Bools:
    """Tell in which rings that show best over more than `HASTE_S` members like several targets at a sitting.

    Whoever looks for give-aways goes down a list of them. Accounts that a job is spread over come for that job.
    """
    return np.asarray((numbers["bundled"] >= BUNDLED) & (numbers["window_s"] > HASTE_S), np.bool_)


def no_taste(weights: Numbers, config: ScoringConfig) -> Bools:
    """Tell for which rings' targets no taste accounts: they are `unrelated`, and a witness beyond timing speaks.

    People who look for give-aways come to unrelated notes within hours, as slow farms do; on their accounts and on how
    they read nothing shows.
    """
    return unrelated(weights, config) & (n_witnesses(weights, config) > 0)


def slow_may_purge(weights: Numbers, config: ScoringConfig) -> Bools:
    """Tell in which rings likes may be purged whose company came over more than `timing_window_s`.

    Where two witnesses speak, or one, or nobody can be asked, and the targets are `unrelated`.
    """
    heard = n_witnesses(weights, config)
    return np.asarray((heard >= 2) | (unrelated(weights, config) & ((heard > 0) | ~asked(weights))), np.bool_)


def like_followers(weights: Numbers, config: ScoringConfig) -> Bools:
    """Tell which rings come as followers do, with nothing to say that they are none.

    Customers of several authors have no followers in common, and followers read before they like.
    """
    early = weights["arrival"] <= -config.early_nats
    return np.asarray(
        early & (weights["authors"] < config.channel_nats) & (n_witnesses(weights, config) == 0), np.bool_
    )
