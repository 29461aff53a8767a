"""What scores and q-values promise, beside what comes true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphkit.evaluation.laid import Laid
from graphkit.evaluation.shares import Share, Total
from graphkit.evaluation.truth import Bools
from graphkit.likes.model import F64

#: Bounds of the bins of scores, narrower towards 1, where tiers are decided; a bin holds its upper end.
BOUNDS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
#: q-values up to which rings are believed.
LEVELS = (0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Bin:
    """What had a score within a bin.

    Attributes
    ----------
    low, high
        The bin: ``low < score <= high``, and 0 itself in the first.
    total
        Sum of the scores, by run.
    true
        Of what had such a score, what it was said to be.
    """

    low: float
    high: float
    total: Total
    true: Share

    @property
    def score(self) -> float:
        """Mean score: the share that was promised; NaN in an empty bin."""
        return self.total.sum / self.true.of if self.true.of else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the bin for machines."""
        return {"low": self.low, "high": self.high, "score": self.score, "true": self.true.to_dict()}


@dataclass(frozen=True, slots=True)
class Level:
    """Rings believed at a q-value.

    Attributes
    ----------
    q
        The q-value: at most this share of them should be mistaken.
    mistaken
        Of the rings with at most this q-value, those that are none.
    """

    q: float
    mistaken: Share

    def to_dict(self) -> dict[str, Any]:
        """Return the level for machines."""
        return {"q": self.q, "mistaken": self.mistaken.to_dict()}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores and q-values beside what came true.

    Attributes
    ----------
    likes
        Candidates by score, and the share that was bought.
    rings
        Rings by score, and the share that are rings.
    levels
        Rings by q-value, and the share that are none.
    """

    likes: tuple[Bin, ...]
    rings: tuple[Bin, ...]
    levels: tuple[Level, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration for machines."""
        return {
            "likes": [b.to_dict() for b in self.likes],
            "likes_error": calibration_error(self.likes),
            "rings": [b.to_dict() for b in self.rings],
            "rings_error": calibration_error(self.rings),
            "levels": [level.to_dict() for level in self.levels],
        }


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Return the mean distance of share promised and share come true, weighted by what is in each bin.

    References
    ----------
    Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    """
    of = sum(b.true.of for b in bins)
    return math.fsum(abs(b.total.sum - b.true.n) for b in bins) / of if of else math.nan


def calibrate(laid: Laid) -> Calibration:
    """Return what the scores and q-values of a run promised, and what came true."""
    return Calibration(
        likes=_bins(laid.like_score, laid.truth.bought[laid.like]),
        rings=_bins(laid.ring_score, ~laid.mistaken),
        levels=tuple(
            Level(q, Share.one(int(laid.mistaken[laid.ring_q <= q].sum()), int((laid.ring_q <= q).sum())))
            for q in LEVELS
        ),
    )


def _bins(score: F64, true: Bools) -> tuple[Bin, ...]:
    n = len(BOUNDS) - 1
    which = np.clip(np.searchsorted(BOUNDS, score, "left") - 1, 0, n - 1)
    of, hits = np.bincount(which, minlength=n), np.bincount(which[true], minlength=n)
    total = np.bincount(which, weights=score, minlength=n)
    return tuple(
        Bin(BOUNDS[i], BOUNDS[i + 1], Total((float(total[i]),)), Share.one(int(hits[i]), int(of[i]))) for i in range(n)
    )
