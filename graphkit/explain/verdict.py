"""A ring's verdict, to be asked again: as if a channel were silent, or a member away.

Nothing is decided here: every answer comes from the functions that set scores and tiers in the first place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from graphkit.config import Config, ScoringConfig
from graphkit.errors import OutputError
from graphkit.explain.words import Said, channel_name, tier_name
from graphkit.likes.model import F64
from graphkit.schemas import CHANNELS, EVIDENCE
from graphkit.scoring.evidence import Numbers
from graphkit.scoring.tiers import (
    EXPLANATIONS,
    PURGE,
    REVIEW,
    TIERS,
    WATCH,
    WITNESSES,
    assign_tiers,
    log_odds,
    open_explanations,
    witnesses_needed,
)

#: Channels whose silence is tried in every combination.
_TOGETHER = 4
_NUMBERS = tuple(name for name, _ in EVIDENCE if not name.startswith("weight_"))


def run_config(info: Mapping[str, Any]) -> Config:
    """Return the settings that a run was made with, from its ``run.json``.

    Raises
    ------
    OutputError
        When this version does not know them.
    """
    from pydantic import ValidationError

    try:
        return Config.model_validate(info["config"])
    except ValidationError:
        raise OutputError(
            f"a run of graphkit {info.get('graphkit', '?')}, whose settings this version does not know",
            wanted="a run of this version",
            todo="detect again",
        ) from None


@dataclass(frozen=True)
class Verdict:
    """What decides the tier of one ring, or of several versions of it.

    Attributes
    ----------
    numbers
        Numbers of ``schemas.EVIDENCE``, ``window_s`` and ``n_users``, NaN where unknown, float64[k].
    weights
        Nats by channel, float64[k].
    decoys
        Share of non-rings that decoys estimate, as far as it can be read off the run: 0 where ``q_value`` is what the
        score itself says; float64[k].
    config
        Settings of the run.
    """

    numbers: Numbers
    weights: Numbers
    decoys: F64
    config: ScoringConfig

    @classmethod
    def of(cls, row: Mapping[str, Any], config: ScoringConfig) -> Verdict:
        """Read the verdict off a row of ``rings``."""
        evidence = row["evidence"] or {}
        numbers = {name: _array(evidence.get(name)) for name in _NUMBERS}
        numbers |= {name: _array(row[name]) for name in ("window_s", "n_users")}
        weights = {name: np.nan_to_num(_array(evidence.get(f"weight_{name}"))) for name, _ in CHANNELS}
        q, own = row["q_value"], 1 - row["score"]
        return cls(numbers, weights, _array(q if q > own + 1e-12 else 0.0), config)

    @cached_property
    def open(self) -> Numbers:
        """Which honest explanations are open, 1 or 0, by name."""
        return open_explanations(self.numbers, self.weights, self.config)

    @cached_property
    def nats(self) -> F64:
        """The weights and the prior added up, whatever is open."""
        return np.asarray(self.config.prior_log_odds + sum(self.weights.values()), np.float64)

    @cached_property
    def score(self) -> F64:
        """The score that these numbers and weights give."""
        nats = log_odds(self.numbers | self.open, self.weights, self.config)
        return np.asarray(1 / (1 + np.exp(-nats)), np.float64)

    @cached_property
    def q_value(self) -> F64:
        """The q-value, what decoys say held as it stands."""
        return np.maximum(self.decoys, 1 - self.score)

    @cached_property
    def tier(self) -> npt.NDArray[np.int8]:
        """The tier, as the run would set it."""
        return assign_tiers(self.score, self.weights, self.q_value, self.config)

    @cached_property
    def witnesses(self) -> tuple[str, ...]:
        """Of each witness that speaks for a single ring, the channel that says most."""
        loudest = (max(names, key=lambda name: float(self.weights[name][0])) for names in WITNESSES)
        return tuple(name for name in loudest if self.weights[name][0] >= self.config.witness_nats)

    def without(self, channels: Iterable[str]) -> Verdict:
        """Return the verdict were these channels silent; what they said against the ring is silent too."""
        silent = {name: np.zeros_like(self.weights[name]) for name in channels}
        return Verdict(self.numbers, self.weights | silent, self.decoys, self.config)


def _array(value: float | None) -> F64:
    return np.array([math.nan if value is None else value], np.float64)


def what_lowers(verdict: Verdict) -> tuple[Said, ...]:
    """Say which channels the tier of a ring rests on: each that does alone, else the fewest that do together.

    Up to `_TOGETHER` channels every choice is tried, and of those that lower the tier the one that says least is named;
    beyond, the strongest channels are silenced one after the other.
    """
    tier = int(verdict.tier[0])
    if tier == WATCH:
        return (Said("FALLS_NEVER"),)
    speaking = sorted(
        (name for name, nats in verdict.weights.items() if nats[0] > 0), key=lambda name: -verdict.weights[name][0]
    )
    for size in range(1, min(_TOGETHER, len(speaking)) + 1):
        chosen, silent = _choices(len(speaking), size)
        lowered = np.flatnonzero(_silenced(verdict, speaking, silent).tier < tier)
        if size == 1 and len(lowered):
            return tuple(_falls("FALLS_WITHOUT", verdict, (speaking[i],)) for i in lowered)
        if len(lowered):
            said = silent[lowered] @ np.array([verdict.weights[name][0] for name in speaking])
            least = chosen[lowered[int(np.argmin(said))]]
            return (_falls("FALLS_TOGETHER", verdict, tuple(speaking[i] for i in least)),)
    for size in range(_TOGETHER + 1, len(speaking) + 1):
        if verdict.without(speaking[:size]).tier[0] < tier:
            return (_falls("FALLS_TOGETHER", verdict, tuple(speaking[:size])),)
    return ()


@cache
def _choices(n: int, size: int) -> tuple[list[tuple[int, ...]], npt.NDArray[np.bool_]]:
    """Return every choice of so many of n, as positions and as bool[choices, n]."""
    chosen = [*combinations(range(n), size)]
    mask = np.zeros((len(chosen), n), np.bool_)
    mask[np.arange(len(chosen))[:, None], np.array(chosen)] = True
    return chosen, mask


def _silenced(verdict: Verdict, channels: list[str], silent: npt.NDArray[np.bool_]) -> Verdict:
    """Return one version of a ring's verdict for each row of `silent`, bool[k, channels]."""
    k = len(silent)
    weights = {name: np.repeat(nats, k) for name, nats in verdict.weights.items()}
    for name, away in zip(channels, silent.T, strict=True):
        weights[name][away] = 0
    numbers = {name: np.repeat(value, k) for name, value in verdict.numbers.items()}
    return Verdict(numbers, weights, np.repeat(verdict.decoys, k), verdict.config)


def _falls(code: str, verdict: Verdict, channels: tuple[str, ...]) -> Said:
    less = verdict.without(channels)
    tier = tier_name(TIERS[int(less.tier[0])])
    return Said(code, {"channels": tuple(map(channel_name, channels)), "tier": tier, "score": float(less.score[0])})


def what_raises(verdict: Verdict, off: frozenset[str]) -> tuple[Said, ...]:
    """Say what is missing for the next tier, and which witnesses might supply it.

    Parameters
    ----------
    verdict
        Of one ring.
    off
        Channels that the input did not allow.

    Returns
    -------
    tuple of Said
        Nothing for a ring in tier ``purge``.
    """
    tier = int(verdict.tier[0])
    if tier == PURGE:
        return ()
    config = verdict.config
    wanted = tier + 1
    name = tier_name(TIERS[wanted])
    line = {REVIEW: config.review_score, PURGE: config.purge_score}[wanted]
    said = []
    nats = float(verdict.nats[0])
    if nats < math.log(line / (1 - line)):
        said.append(Said("RISES_NATS", {"tier": name, "line": math.log(line / (1 - line)), "nats": nats}))
    if wanted == PURGE:
        said.extend(_missing_for_purge(verdict, name))
    silent = [names for names in WITNESSES if not set(names) & set(verdict.witnesses)]
    able = tuple(channel_name(n) for names in silent for n in names if n not in off)
    unable = tuple(channel_name(n) for names in silent for n in names if n in off)
    said += [Said(code, {"witnesses": them}) for code, them in (("RISES_SILENT", able), ("RISES_OFF", unable)) if them]
    return tuple(said)


def _missing_for_purge(verdict: Verdict, name: Said) -> list[Said]:
    config = verdict.config
    said = []
    heard = len(verdict.witnesses)
    needed = witnesses_needed(verdict.numbers, config)
    for explanation in EXPLANATIONS:
        if verdict.open[explanation][0]:
            title = Said(explanation.removeprefix("may_be_").upper())
            said.append(Said("RISES_OPEN", {"explanation": title, "n_missing": int(needed[explanation][0]) - heard}))
    if verdict.decoys[0] > config.max_q:
        q = float(verdict.decoys[0])
        said.append(Said("RISES_Q", {"q_value": q, "tier": name, "max_q": config.max_q}))
    speaking = sum(w[0] >= config.channel_nats for n, w in verdict.weights.items() if n != "lockstep")
    if speaking < config.min_channels:
        numbers = {"n_channels": int(speaking), "tier": name, "min_channels": config.min_channels}
        said.append(Said("RISES_CHANNELS", numbers))
    return said
