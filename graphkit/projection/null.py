"""The null model's numbers: tail probabilities and the control of false discoveries.

See ``docs/method.md`` for the derivation. The expectation itself is summed in fixed point by the kernels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

#: The kernels return twice the expectation with 32 fractional bits.
EXPECTED_SCALE = 2.0**-33


def poisson_tail(observed: npt.ArrayLike, expected: npt.ArrayLike) -> F64:
    """Return P(Poisson(expected) >= observed), elementwise.

    The regularised lower incomplete gamma function P(observed, expected); 1 where `observed` is 0.
    """
    from scipy.special import gammainc

    k = np.asarray(observed, np.float64)
    return np.where(k > 0, gammainc(np.maximum(k, 1e-300), np.asarray(expected, np.float64)), 1.0)


def binomial_tail(observed: npt.ArrayLike, trials: npt.ArrayLike, share: float) -> F64:
    """Return P(Binomial(trials, share) >= observed), elementwise, for ``1 <= observed <= trials``.

    An incomplete beta function (Abramowitz and Stegun 26.5.24).
    """
    from scipy.special import betainc  # scipy.stats takes a second to import

    k, n = np.asarray(observed, np.float64), np.asarray(trials, np.float64)
    return np.asarray(betainc(k, n - k + 1, share), np.float64)


def pair_p_values(breadth: I32, expected2: I64) -> F64:
    """Return P(Poisson(E) >= breadth) for each pair, E = ``expected2 * 2**-33``; float64[k]."""
    return poisson_tail(breadth, expected2 * EXPECTED_SCALE)


#: Breadths up to here have a limit of their own in `most_expected`; beyond it there is none, which is beyond whatever
#: the kernels return.
_TABLED = 1024
NO_LIMIT = 2**62


def most_expected(max_p: float) -> I64:
    """Return by breadth the largest expectation whose Poisson tail may be at most `max_p`, int64.

    Twice the expectation with 32 fractional bits, rounded up, so that no pair with a smaller p-value lies beyond;
    the last entry, for every larger breadth, is beyond any expectation.
    """
    from scipy.special import gammaincinv

    breadth = np.arange(1, _TABLED + 1, dtype=np.float64)
    limit = np.ceil(gammaincinv(breadth, min(max_p, 1.0)) * (1 + 1e-9) / EXPECTED_SCALE) + 1
    return np.concatenate([[0], np.minimum(limit, NO_LIMIT), [NO_LIMIT]]).astype(np.int64)


def largest_significant_p(n_cool: int, n_tests: int, min_weight: int, fdr: float) -> float:
    """Return a p-value that no edge can exceed, before any is known.

    Benjamini-Hochberg accepts p-values up to ``fdr R / n_tests``, R the number accepted. Each accepted pair has
    `min_weight` co-likes to itself, so R is at most ``n_cool / (2 min_weight)``.

    Parameters
    ----------
    n_cool
        At least twice the number of co-likes, over all windows.
    n_tests, min_weight, fdr
        Number of tests, least co-likes of a tested pair, false discovery rate.

    Returns
    -------
    float
    """
    return min(fdr, fdr * (n_cool // (2 * min_weight)) / n_tests)


def benjamini_hochberg(p: F64, n_tests: int) -> F64:
    """Return the adjusted p-values ``q_(i) = min over j >= i of p_(j) n_tests / j``, at most 1.

    Parameters
    ----------
    p
        The smallest p-values found, float64[k]; every other test counts as 1.
    n_tests
        Number of hypotheses that could have been tested, ``>= k``.

    Returns
    -------
    float64[k]

    References
    ----------
    Benjamini and Hochberg 1995, "Controlling the false discovery rate", sec. 3.
    """
    if len(p) == 0:
        return np.empty(0)
    order = np.argsort(p)  # in whatever order equal ones come, they end up with one value
    ranked = p[order] * (float(n_tests) / np.arange(1, len(p) + 1))
    adjusted = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    q = np.empty(len(p))
    q[order] = adjusted
    return q
