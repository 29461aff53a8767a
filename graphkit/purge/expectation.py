"""How many honest likes a batch is to be expected to take, as far as the run itself can say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit.likes.model import F64
from graphkit.purge.proposal import Proposal

Bools = npt.NDArray[np.bool_]
#: Probability that intervals are to hold.
LEVEL = 0.95
_DRAWS = 10_000
_SEED = 1
_AT_ONCE = 1 << 20  # cells of a block of draws


def honest_likes(proposal: Proposal, confirmed: Bools) -> F64:
    """Return the probability that each like is honest, float64[m].

    A ring is none with the larger of its q-value and one less its score, or less what a model makes of that: as
    q-values are never less than one less the score, a model can add doubt and not take any. A like of a ring is an
    ordinary one as `Proposal.ordinary` says. Where a person confirmed, the ring is taken for one, and only the second
    is left.
    """
    real = np.where(confirmed, 1.0, _real(proposal)[proposal.ring])
    honest: F64 = 1 - real * (1 - proposal.ordinary)
    return honest


def _real(proposal: Proposal) -> F64:
    """Return the probability that each ring is one, float64[r]; 0 where nothing is known of it."""
    real: F64 = np.clip(np.nan_to_num(np.minimum(proposal.ring_real, 1 - proposal.ring_q)), 0, 1)
    return real


def expect(proposal: Proposal, taken: Bools, confirmed: Bools, decoys: int) -> dict[str, Any]:
    """Say how many honest likes are to be expected among those taken.

    The mean and its interval take scores and q-values at their word: each ring is none with some probability, and then
    all its likes are honest at once; else some of its likes are ordinary ones. How many is estimated ring by ring from
    what its members do otherwise, and known as to its size only: of a rate of which nothing but its mean is known, the
    exponential distribution supposes least (Jaynes 1957). So the interval is wide where few rings are large.
    ``by_decoys`` asks what decoys alone bear out, without any score: at most D decoys count against rings as
    strong as the weakest taken, and a false find wins against its decoy with equal chance, so that of the rings taken
    no more than the quantile of a negative binomial are none; in the worst case the largest. Likes a person vouches
    for are left out.

    Parameters
    ----------
    proposal
        The candidate likes.
    taken
        Which of them go, bool[m].
    confirmed
        For which of them a person vouches, bool[m].
    decoys
        Sets of decoys of the run.

    Returns
    -------
    dict
        ``likes``, ``share``, ``low``, ``high``, ``level``, ``confirmed`` (likes a person vouches for), ``by_decoys``
        (``None`` without decoys).

    References
    ----------
    Jaynes 1957, "Information theory and statistical mechanics", Phys. Rev. 106: of all distributions with a given mean
    on the positive numbers the exponential has most entropy.

    Barber and Candes 2015, "Controlling the false discovery rate via knockoffs", sec. 4: finds and their decoys as coin
    tosses; Levitsky et al. 2017, "Unbiased false discovery rate estimation", J. Proteome Res. 16, for the binomial.
    """
    honest = honest_likes(proposal, confirmed)
    n = int(taken.sum())
    low, high = _interval(proposal, taken, confirmed)
    mean = math.fsum(honest[taken].tolist())
    return {
        "likes": round(mean, 6),
        "share": round(mean / n, 9) if n else None,
        "low": low,
        "high": high,
        "level": LEVEL,
        "confirmed": int((taken & confirmed).sum()),
        "by_decoys": _by_decoys(proposal, taken & ~confirmed, decoys) if decoys else None,
    }


def _interval(proposal: Proposal, taken: Bools, confirmed: Bools) -> tuple[int, int]:
    """Return the interval of the number of honest likes, from draws with a seed of their own."""
    n_rings = len(proposal.ring_ids)
    ring = proposal.ring
    doubtful = taken & ~confirmed
    size = np.bincount(ring[doubtful], minlength=n_rings)
    ordinary, sure = (
        np.bincount(ring, weights=proposal.ordinary * chosen, minlength=n_rings)
        for chosen in (doubtful, taken & confirmed)
    )
    used = np.flatnonzero(np.bincount(ring[taken], minlength=n_rings))
    none = 1 - _real(proposal)[used]
    size, ordinary, sure = size[used], ordinary[used], sure[used]
    random = np.random.default_rng(_SEED)
    drawn = []
    block = max(_AT_ONCE // max(len(used), 1), 1)
    for start in range(0, _DRAWS, block):
        shape = min(block, _DRAWS - start), len(used)
        false = random.random(shape) < none
        # The rate of each ring; at a given one its ordinary likes are rare and independent, and so Poisson (Le Cam).
        rate = random.standard_exponential(shape)
        mean = (rate * ~false) @ ordinary + rate @ sure
        drawn.append(false @ size + random.poisson(mean))
    total = np.minimum(np.concatenate(drawn), int(taken.sum()))
    low, high = np.quantile(total, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return int(low), int(high)


def _by_decoys(proposal: Proposal, taken: Bools, decoys: int) -> dict[str, int]:
    from scipy.special import betainc

    size = np.bincount(proposal.ring[taken], minlength=len(proposal.ring_ids))
    used = size > 0
    worst = float(np.max(np.nan_to_num(proposal.ring_q[used], nan=1.0), initial=0.0))
    # A q-value is at least decoys over rings at or below some score, per set: no more decoys can have counted.
    counted = math.floor(worst * len(proposal.ring_ids) * decoys + 1e-9)
    # The distribution function of the negative binomial; scipy.stats takes a second longer to import.
    cumulated = betainc(counted + 1, np.arange(int(used.sum())) + 1, decoys / (decoys + 1))
    false = int(np.count_nonzero(cumulated < (1 + LEVEL) / 2))
    return {
        "sets": decoys,
        "decoys_at_most": counted,
        "false_rings_at_most": false,
        "likes_at_most": int(np.sort(size)[::-1][:false].sum()),
    }
