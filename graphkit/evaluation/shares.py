"""Shares counted in one or several runs, with intervals, and losses with their distribution."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from graphkit.likes.model import I64

#: Of the standard normal distribution, two-sided 95 %.
_Z = 1.959963984540054
#: Upper ends of the classes in which losses are told: 1, 2, 3 to 5, 6 to 10, 11 to 20, and more.
LOSS_CLASSES = (1, 2, 5, 10, 20)


def wilson(n: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of independent events.

    References
    ----------
    Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if of == 0:
        return (math.nan, math.nan)
    share, z2 = n / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    # At the ends the formula gives 0 and 1 but for the last bits.
    return (0.0 if n == 0 else max(middle - half, 0.0), 1.0 if n == of else min(middle + half, 1.0))


@dataclass(frozen=True, slots=True)
class Share:
    """So many out of so many, by run.

    Attributes
    ----------
    counts
        Events counted, by run.
    totals
        Events that could have been counted, by run.
    """

    counts: tuple[int, ...]
    totals: tuple[int, ...]

    @classmethod
    def one(cls, n: int, of: int) -> Share:
        """Return the share of a single run."""
        return cls((int(n),), (int(of),))

    @classmethod
    def none(cls, runs: int) -> Share:
        """Return the share of runs in which there was nothing to count."""
        return cls((0,) * runs, (0,) * runs)

    @classmethod
    def chain(cls, parts: Sequence[Share]) -> Share:
        """Return shares of several runs as one."""
        return cls(_chain(p.counts for p in parts), _chain(p.totals for p in parts))

    @property
    def n(self) -> int:
        """Events counted in all runs."""
        return sum(self.counts)

    @property
    def of(self) -> int:
        """Events that could have been counted in all runs."""
        return sum(self.totals)

    @property
    def share(self) -> float:
        """`n` out of `of`; NaN where there was nothing to count."""
        return self.n / self.of if self.of else math.nan

    @property
    def by_run(self) -> tuple[float, ...]:
        """The share in every run, NaN where a run had nothing to count."""
        return tuple(n / of if of else math.nan for n, of in zip(self.counts, self.totals, strict=True))

    @property
    def mean(self) -> float:
        """Mean over the runs that had something to count; NaN where none had."""
        known = self._known()
        return sum(known) / len(known) if known else math.nan

    @property
    def least(self) -> float:
        """The smallest share of a run; NaN where none had something to count."""
        return min(self._known(), default=math.nan)

    @property
    def most(self) -> float:
        """The largest share of a run; NaN where none had something to count."""
        return max(self._known(), default=math.nan)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `share`.

        Within a run likes of one ring stand or fall together, so over several runs the runs are the sample: the
        linearised variance of a ratio and Student's t. It is never taken narrower than Wilson's of the sums, which
        stands alone where there is a single run.

        References
        ----------
        Cochran 1977, "Sampling Techniques", sec. 6.3 (variance of a ratio).
        """
        low, high = wilson(self.n, self.of)
        pairs = [(n, of) for n, of in zip(self.counts, self.totals, strict=True) if of]
        k = len(pairs)
        if k < 2:
            return (low, high)
        from scipy.special import stdtrit

        ratio = self.share
        squares = sum((n - ratio * of) ** 2 for n, of in pairs)
        half = float(stdtrit(k - 1, 0.975)) * math.sqrt(k / (k - 1) * squares) / self.of
        return (min(low, max(ratio - half, 0.0)), max(high, min(ratio + half, 1.0)))

    def _known(self) -> list[float]:
        return [share for share in self.by_run if not math.isnan(share)]

    def to_dict(self) -> dict[str, Any]:
        """Return counts, share, interval and extremes for machines."""
        low, high = self.interval
        out: dict[str, Any] = {"n": self.n, "of": self.of, "share": self.share, "low": low, "high": high}
        if len(self.counts) > 1:
            out |= {"mean": self.mean, "least": self.least, "most": self.most, "by_run": list(self.by_run)}
        return out


@dataclass(frozen=True, slots=True)
class Total:
    """A sum by run."""

    by_run: tuple[float, ...]

    @classmethod
    def none(cls, runs: int) -> Total:
        """Return the sum of runs in which there was nothing to add."""
        return cls((0.0,) * runs)

    @classmethod
    def chain(cls, parts: Sequence[Total]) -> Total:
        """Return sums of several runs as one."""
        return cls(_chain(p.by_run for p in parts))

    @property
    def sum(self) -> float:
        """The sum over all runs."""
        return math.fsum(self.by_run)


@dataclass(frozen=True, slots=True)
class Loss:
    """How many honest likes each user or note would lose, over those that would lose any.

    Attributes
    ----------
    lost
        Honest likes lost by each user or note that loses any, ascending within a run.
    largest_share
        Largest share that one of them loses of all its honest likes, by run; 0 where nobody loses any.
    touched
        Users or notes that lose any, of all with an honest like.
    """

    lost: tuple[int, ...]
    largest_share: tuple[float, ...]
    touched: Share

    @classmethod
    def one(cls, lost: I64, had: I64) -> Loss:
        """Return the loss in a single run, from honest likes lost and had by user or by note."""
        hit = lost > 0
        return cls(
            tuple(np.sort(lost[hit]).tolist()),
            (float((lost[hit] / had[hit]).max()) if hit.any() else 0.0,),
            Share.one(int(hit.sum()), int(np.count_nonzero(had))),
        )

    @classmethod
    def none(cls, runs: int) -> Loss:
        """Return the loss of runs in which nobody had anything to lose."""
        return cls((), (0.0,) * runs, Share.none(runs))

    @classmethod
    def chain(cls, parts: Sequence[Loss]) -> Loss:
        """Return losses of several runs as one."""
        touched = Share.chain([p.touched for p in parts])
        return cls(_chain(p.lost for p in parts), _chain(p.largest_share for p in parts), touched)

    @property
    def most(self) -> int:
        """The most that any of them loses."""
        return max(self.lost, default=0)

    @property
    def classes(self) -> dict[str, int]:
        """How many lose 1, 2, 3 to 5, 6 to 10, 11 to 20, and more."""
        names = loss_names()
        which = np.searchsorted(LOSS_CLASSES, np.array(self.lost, np.int64))
        return dict(zip(names, np.bincount(which, minlength=len(names)).tolist(), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return the distribution for machines."""
        return {
            "touched": self.touched.to_dict(),
            "likes": sum(self.lost),
            "most": self.most,
            "largest_share": max(self.largest_share, default=0.0),
            "classes": self.classes,
        }


def loss_names() -> list[str]:
    """Return the names of the classes of losses."""
    low = [1, *(bound + 1 for bound in LOSS_CLASSES)]
    return [f"{a}" if a == b else f"{a}-{b}" for a, b in zip(low, LOSS_CLASSES, strict=False)] + [f"{low[-1]}+"]


def join(parts: Sequence[Any], runs: Sequence[int]) -> Any:
    """Return the figures of several evaluations as one: counts run by run, losses together, dicts by key.

    Parameters
    ----------
    parts
        The same kind of figure of every evaluation in order; ``None`` where one has none of it.
    runs
        Runs of every evaluation.

    Returns
    -------
    object
        Of the type of the parts.
    """
    first = next(part for part in parts if part is not None)
    if isinstance(first, Share | Total | Loss):
        whole: list[Any] = [type(first).none(n) if part is None else part for part, n in zip(parts, runs, strict=True)]
        return first.chain(whole)
    if isinstance(first, dict):
        keys = sorted({key for part in parts if part is not None for key in part}, key=_order_of(parts))
        return {key: join([None if part is None else part.get(key) for part in parts], runs) for key in keys}
    if is_dataclass(first) and not isinstance(first, type):
        names = [field.name for field in fields(first)]
        values = {n: join([None if part is None else getattr(part, n) for part in parts], runs) for n in names}
        return type(first)(**values)
    if isinstance(first, tuple):
        places = range(len(first))
        return tuple(join([None if part is None else part[i] for part in parts], runs) for i in places)
    assert all(part is None or part == first for part in parts), "what is no count is the same in every run"
    return first


def _order_of(parts: Sequence[Any]) -> Any:
    """Return a key that keeps the order of a run that has everything, and sorts the others by name."""
    longest = max((list(part) for part in parts if part is not None), key=len)
    return lambda key: (longest.index(key) if key in longest else len(longest), str(key))


def _chain(parts: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    return tuple(item for part in parts for item in part)
