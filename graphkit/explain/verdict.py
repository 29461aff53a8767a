"""A ring's verdict, to be asked again: as if a channel were silent, or a member away.

Nothing is decided here: every answer comes from the functions that set scores and tiers in the first place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
    """What decides the tiers of rings, or of several versions of them.

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
    def of(cls, rings: pa.Table, config: ScoringConfig) -> Verdict:
        """Read the verdicts off rows of ``rings``."""
        evidence = rings["evidence"].combine_chunks()
        known = {evidence.type.field(i).name for i in range(evidence.type.num_fields)}

        def number(name: str) -> F64:
            if name not in known:
                return np.full(len(evidence), np.nan)
            return _floats(pc.struct_field(evidence, name))

        numbers = {name: number(name) for name in _NUMBERS}
        numbers |= {name: _floats(rings[name]) for name in ("window_s", "n_users")}
        weights = {name: np.nan_to_num(number(f"weight_{name}")) for name, _ in CHANNELS}
        q, own = _floats(rings["q_value"]), 1 - _floats(rings["score"])
        return cls(numbers, weights, np.where(q > own + 1e-12, q, 0.0), config)

    def each(self) -> Iterator[Verdict]:
        """Yield the verdicts one by one."""
        for i in range(len(self.decoys)):
            yield self.at(slice(i, i + 1))

    def at(self, of: npt.NDArray[np.int64] | slice) -> Verdict:
        """Return versions of the verdicts, the one of ring ``of[i]`` in place i."""
        numbers = {name: values[of] for name, values in self.numbers.items()}
        return Verdict(numbers, {name: nats[of] for name, nats in self.weights.items()}, self.decoys[of], self.config)

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
    def witnesses(self) -> tuple[tuple[str, ...], ...]:
        """By ring, of each witness that speaks for it, the channel that says most."""
        heard = []
        for names in WITNESSES:
            nats = np.stack([self.weights[name] for name in names])
            loudest, most = nats.argmax(axis=0).tolist(), nats.max(axis=0)
            heard.append(
                [
                    names[k] if speaks else ""
                    for k, speaks in zip(loudest, most >= self.config.witness_nats, strict=True)
                ]
            )
        return tuple(tuple(filter(None, names)) for names in zip(*heard, strict=True))

    @cached_property
    def plain(self) -> list[dict[str, float]]:
        """By ring, its numbers and weights by name, as ``schemas.EVIDENCE`` calls them."""
        columns = self.numbers | {f"weight_{channel}": nats for channel, nats in self.weights.items()}
        return [dict(zip(columns, row, strict=True)) for row in np.stack([*columns.values()], axis=1).tolist()]

    def without(self, channels: Iterable[str]) -> Verdict:
        """Return the verdict were these channels silent; what they said against the ring is silent too."""
        silent = {name: np.zeros_like(self.weights[name]) for name in channels}
        return Verdict(self.numbers, self.weights | silent, self.decoys, self.config)

    def silenced(self, of: npt.NDArray[np.int64], silent: npt.NDArray[np.bool_]) -> Verdict:
        """Return a version of ring ``of[i]`` for each row of `silent`, bool[k, channels]: which channels of it are."""
        versions = self.at(of)
        for nats, away in zip(versions.weights.values(), silent.T, strict=True):
            nats[away] = 0
        return versions


def _floats(column: pa.Array | pa.ChunkedArray) -> F64:
    """Return a column as floats, NaN where it has none."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(whole.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def what_lowers(verdict: Verdict) -> list[tuple[Said, ...]]:
    """Say which channels the tier of each ring rests on: each that does alone, else the fewest that do together.

    Up to `_TOGETHER` channels every choice is tried, and of those that lower the tier the one that says least is named;
    beyond, the strongest channels are silenced one after the other.
    """
    said, tiers = _rests_on_one(verdict), verdict.tier.tolist()
    left = [i for i, tier in enumerate(tiers) if tier != WATCH and not said[i]]
    together = _rest_on_several(verdict, left)
    return [(Said("FALLS_NEVER"),) if tier == WATCH else said[i] or together.get(i, ()) for i, tier in enumerate(tiers)]


def _rests_on_one(verdict: Verdict) -> list[tuple[Said, ...]]:
    """Say which channels lower the tier of each ring by their silence alone, the strongest first."""
    names = [*verdict.weights]
    nats = np.stack([*verdict.weights.values()], axis=1)
    of, channel = np.nonzero(nats > 0)
    strongest = np.lexsort((channel, -nats[of, channel], of))
    of, channel = of[strongest], channel[strongest]
    less = verdict.silenced(of, channel[:, None] == np.arange(len(names)))
    said: list[list[Said]] = [[] for _ in verdict.decoys]
    for k in np.flatnonzero(less.tier < verdict.tier[of]).tolist():
        said[of[k]].append(_falls("FALLS_WITHOUT", less, k, [names[channel[k]]]))
    return [*map(tuple, said)]


def _rest_on_several(verdict: Verdict, left: list[int]) -> dict[int, tuple[Said, ...]]:
    """Say for some rings the fewest channels, two or more, that together lower the tier of each, where any do."""
    names = [*verdict.weights]
    nats = np.stack([*verdict.weights.values()], axis=1)
    speaking = {i: np.argsort(-nats[i], kind="stable")[: np.count_nonzero(nats[i] > 0)] for i in left}
    said: dict[int, tuple[Said, ...]] = {}
    for size in range(2, max(map(len, speaking.values()), default=0) + 1):
        left = [i for i in left if i not in said and len(speaking[i]) >= size]
        tried = {i: _choices(len(speaking[i]), size) if size <= _TOGETHER else np.arange(size)[None] for i in left}
        of = np.repeat(np.array(left, np.int64), [len(chosen) for chosen in tried.values()])
        silent = np.zeros((len(of), len(names)), np.bool_)
        channels = [speaking[i][chosen] for i, chosen in tried.items()]
        np.put_along_axis(silent, np.concatenate([np.empty((0, size), np.int64), *channels]), True, axis=1)
        less = verdict.silenced(of, silent)
        lowered = np.flatnonzero(less.tier < verdict.tier[of])
        for i in np.unique(of[lowered]).tolist():
            its = lowered[of[lowered] == i]
            least = int(its[np.argmin(silent[its] @ nats[i])])
            quiet = [c for c in speaking[i].tolist() if silent[least, c]]
            said[i] = (_falls("FALLS_TOGETHER", less, least, [names[c] for c in quiet]),)
    return said


@cache
def _choices(n: int, size: int) -> npt.NDArray[np.int64]:
    """Return every choice of so many of n, int64[choices, size]."""
    return np.array([*combinations(range(n), size)], np.int64).reshape(-1, size)


def _falls(code: str, less: Verdict, version: int, channels: Iterable[str]) -> Said:
    """Say what one version of a verdict, in which these channels are silent, would be."""
    tier, score = tier_name(TIERS[int(less.tier[version])]), float(less.score[version])
    return Said(code, {"channels": tuple(map(channel_name, channels)), "tier": tier, "score": score})


def what_raises(verdict: Verdict, off: frozenset[str]) -> list[tuple[Said, ...]]:
    """Say what is missing for the next tier of each ring, and which witnesses might supply it.

    Parameters
    ----------
    verdict
        The verdicts.
    off
        Channels that the input did not allow.

    Returns
    -------
    list of tuple of Said
        Nothing for a ring in tier ``purge``.
    """
    config = verdict.config
    lines = {REVIEW: config.review_score, PURGE: config.purge_score}
    missing = _missing_for_purge(verdict)
    out: list[tuple[Said, ...]] = []
    for i, (tier, nats) in enumerate(zip(verdict.tier.tolist(), verdict.nats.tolist(), strict=True)):
        if tier == PURGE:
            out.append(())
            continue
        line = math.log(lines[tier + 1] / (1 - lines[tier + 1]))
        short = nats < line
        said = [Said("RISES_NATS", {"tier": tier_name(TIERS[tier + 1]), "line": line, "nats": nats})] if short else []
        if tier + 1 == PURGE:
            said += missing[i]
        silent = [names for names in WITNESSES if not set(names) & set(verdict.witnesses[i])]
        able = tuple(channel_name(n) for names in silent for n in names if n not in off)
        unable = tuple(channel_name(n) for names in silent for n in names if n in off)
        asked = (("RISES_SILENT", able), ("RISES_OFF", unable))
        out.append((*said, *(Said(code, {"witnesses": them}) for code, them in asked if them)))
    return out


def _missing_for_purge(verdict: Verdict) -> list[list[Said]]:
    """Say by ring what keeps it from tier ``purge``, besides its score and whoever did not speak."""
    config, name = verdict.config, tier_name(TIERS[PURGE])
    needed = {key: count.tolist() for key, count in witnesses_needed(verdict.numbers, config).items()}
    is_open = {key: flags.tolist() for key, flags in verdict.open.items()}
    spoke = sum((w >= config.channel_nats).astype(np.int64) for n, w in verdict.weights.items() if n != "lockstep")
    out: list[list[Said]] = []
    for i, (decoys, speaking) in enumerate(zip(verdict.decoys.tolist(), np.asarray(spoke).tolist(), strict=True)):
        said = []
        for explanation in EXPLANATIONS:
            if is_open[explanation][i]:
                title = Said(explanation.removeprefix("may_be_").upper())
                n_missing = needed[explanation][i] - len(verdict.witnesses[i])
                said.append(Said("RISES_OPEN", {"explanation": title, "n_missing": n_missing}))
        if decoys > config.max_q:
            said.append(Said("RISES_Q", {"q_value": decoys, "tier": name, "max_q": config.max_q}))
        if speaking < config.min_channels:
            numbers = {"n_channels": speaking, "tier": name, "min_channels": config.min_channels}
            said.append(Said("RISES_CHANNELS", numbers))
        out.append(said)
    return out
