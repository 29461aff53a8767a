"""The q-value of each ring: how many decoys do as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from graphkit._kernels.distinct import distinct_pairs
from graphkit.config import ScoringConfig
from graphkit.likes.model import F64, I64
from graphkit.scoring.membership import NO_RING, Membership
from graphkit.scoring.rings import Rings
from graphkit.scoring.tiers import assign_tiers

#: A decoy is the echo of a ring that holds this share of its members.
_ECHO = 0.5
#: A ring loses to an echo that keeps this share of its ties.
_KEPT = 0.5


def compete(rings: Rings, decoys: Sequence[Rings], per_window: int, config: ScoringConfig) -> Rings:
    """Give each ring the q-value that decoys leave it, and the tier that follows.

    A ring that shows again where sessions were moved, within its own window and with half of its ties or more, owes
    them to something other than timing and loses to its echo. An echo with fewer ties, or in a wider window, is what a
    ring leaves of itself, and does not count. Every other decoy, echoes that won among them, counts against all rings
    that score no more. The false discovery rate among rings of at least a score is estimated by the decoys of at least
    that score over the rings of it, and the q-value of a ring is the least such rate at its score or below. It is never
    said to be less than the chance that this ring is none, ``1 - score``.

    Parameters
    ----------
    rings
        The rings.
    decoys
        What was found in the decoys of all windows.
    per_window
        Decoys made of each window.
    config
        Settings of the tiers.

    Returns
    -------
    Rings

    References
    ----------
    Elias and Gygi 2007, "Target-decoy search strategy", Nature Methods 4; Barber and Candes 2015, "Controlling the
    false discovery rate via knockoffs", sec. 1.2, for competition between a finding and its own decoy.
    """
    lost = np.zeros(len(rings), np.bool_)
    against = [np.empty(0)]
    for decoy in decoys:
        echo = _echo_of(rings.members, decoy.members)
        of_ring = np.flatnonzero(echo != NO_RING)
        its = echo[of_ring]
        kept = decoy.numbers["edges"][of_ring] >= _KEPT * rings.numbers["edges"][its]
        kept &= decoy.members.window_s[of_ring] <= rings.members.window_s[its]
        lost[its[kept]] = True
        counts = np.ones(len(decoy), np.bool_)
        counts[of_ring] = kept
        against.append(decoy.nats[counts])
    rate = false_discovery_rates(rings.nats, lost, np.concatenate(against), per_window)
    q_value = np.maximum(rate, 1 - rings.score)
    return replace(rings, q_value=q_value, tier=assign_tiers(rings.score, rings.weights, q_value, config))


def _echo_of(members: Membership, decoy: Membership) -> I64:
    """Return for each decoy the ring that holds at least half of its members, `NO_RING` where none does."""
    inside = (decoy.ring_of != NO_RING) & (members.ring_of != NO_RING)
    which, ring, shared = distinct_pairs(decoy.ring_of[inside], members.ring_of[inside])
    size = np.bincount(decoy.ring_of[decoy.ring_of != NO_RING], minlength=decoy.n_rings)
    enough = shared >= _ECHO * size[which]
    echo = np.full(decoy.n_rings, NO_RING, np.int64)
    # Two rings may hold half each: the first is written last.
    echo[which[enough][::-1]] = ring[enough][::-1]
    return echo


def false_discovery_rates(score: F64, lost: np.ndarray[tuple[int], np.dtype[np.bool_]], against: F64, k: int) -> F64:
    """Return for each ring the least rate of decoys to rings at its score or below, at most 1; 1 where it lost.

    Parameters
    ----------
    score
        Of the rings, float64[n].
    lost
        Which rings lost to their own echo, bool[n].
    against
        Scores of decoys that count, float64[d].
    k
        How many sets of decoys they come from.

    Returns
    -------
    float64[n]
    """
    winners = np.sort(score[~lost])
    against = np.sort(against)
    at_least = len(winners) - np.searchsorted(winners, winners, "left")
    decoys = len(against) - np.searchsorted(against, winners, "left")
    rate = np.minimum(decoys / np.maximum(at_least * max(k, 1), 1), 1.0)
    least = np.minimum.accumulate(rate) if len(rate) else rate
    out = np.ones(len(score))
    out[~lost] = least[np.searchsorted(winners, score[~lost], "left")] if len(winners) else out[~lost]
    return out
