"""The rings that people judged, as a sample to learn from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit.cases.decisions import Subject, Verdict
from graphkit.cases.standing import key_of, last_words, standings
from graphkit.cases.store import CaseStore
from graphkit.likes.model import F64


@dataclass(frozen=True)
class Samples:
    """Judged rings, each once, by name.

    Attributes
    ----------
    names
        Names of the rings, ascending.
    score
        Score of each when it was last judged, float64[n].
    bought
        Whether it is confirmed rather than cleared, bool[n].
    weight
        What each stands for, float64[n], with mean 1: the rings of its tier in the runs that were reviewed over those
        of it that were judged.
    tiers
        By tier, `rings` in the reviewed runs, `judged` among them and the `weight` of each.
    runs
        The runs reviewed.
    first, last
        First and last time of the verdicts.
    """

    names: tuple[str, ...]
    score: F64
    bought: npt.NDArray[np.bool_]
    weight: F64
    tiers: dict[str, dict[str, float]]
    runs: tuple[str, ...]
    first: dt.datetime | None
    last: dt.datetime | None

    @property
    def digest(self) -> str:
        """16 hex digits over everything that a fit depends on."""
        rows = [self.names, self.score.tolist(), self.bought.tolist(), self.weight.tolist()]
        return hashlib.blake2b(json.dumps(rows).encode(), digest_size=8).hexdigest()


def judged_rings(store: CaseStore, at: dt.datetime) -> Samples:
    """Return the rings on which the verdict stands confirmed or cleared at a moment, clearances for ever.

    People look at what is doubtful first, so the judged rings are not those of the runs: a tier that was looked at
    rarely weighs more, so that bought and honest are in the balance in which the runs hold them.

    Parameters
    ----------
    store
        The case store.
    at
        The moment.

    Returns
    -------
    Samples
    """
    rows = [row for row in store.decisions() if row["time"] <= at and key_of(row)[0] is Subject.RING]
    held = standings(rows, at, period_d=None)
    chosen = {}
    for key, words in last_words(rows).items():
        if held[key].verdict in {Verdict.CONFIRMED, Verdict.CLEARED}:
            newest = max(words.values(), key=lambda row: row["time"])
            chosen[key[1]] = (newest["evidence"]["rings"][0], held[key].verdict == Verdict.CONFIRMED)
    names = tuple(sorted(chosen))
    runs = {row["run_id"] for row in rows}
    tiers = _tiers({row["name"]: row for row in store.lineage.rows if row["run_id"] in runs}, chosen)
    weight = np.array([tiers[chosen[name][0]["tier"]]["weight"] for name in names], np.float64)
    return Samples(
        names,
        np.array([chosen[name][0]["score"] for name in names], np.float64),
        np.array([chosen[name][1] for name in names], np.bool_),
        weight / weight.mean() if len(weight) else weight,
        tiers,
        tuple(sorted(runs)),
        min((row["time"] for row in rows), default=None),
        max((row["time"] for row in rows), default=None),
    )


def _tiers(last: dict[str, Any], chosen: dict[str, tuple[Any, bool]]) -> dict[str, dict[str, float]]:
    """Count rings by tier: a judged ring by the tier it was judged in, any other by its last."""
    tier_of = {name: row["tier"] for name, row in last.items()} | {n: ring["tier"] for n, (ring, _) in chosen.items()}
    rings, judged = Counter(tier_of.values()), Counter(tier_of[name] for name in chosen)
    return {
        tier: {
            "rings": rings[tier],
            "judged": judged[tier],
            "weight": rings[tier] / judged[tier] if judged[tier] else 0,
        }
        for tier in ("purge", "review", "watch")
        if rings[tier]
    }
