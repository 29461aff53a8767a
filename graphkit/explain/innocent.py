"""The honest explanations of a ring, what would exclude each, and which of them comes closest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from graphkit.config import ScoringConfig
from graphkit.explain.verdict import Verdict
from graphkit.explain.words import Said, channel_name
from graphkit.scoring.tiers import (
    EXPLANATIONS,
    OWN_BURST,
    QUICK,
    down_a_list,
    episodes_needed,
    no_taste,
    once,
    slow,
    small_and_mutual,
    witnesses_needed,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One finding that would exclude an explanation by itself.

    Attributes
    ----------
    finding
        What was found, beside what would do.
    holds
        Whether it excludes the explanation.
    """

    finding: Said
    holds: bool


@dataclass(frozen=True, slots=True)
class Innocent:
    """One honest explanation of a ring.

    Attributes
    ----------
    name
        As ``schemas.EVIDENCE`` names it, such as ``may_be_circle``.
    story
        Which honest people look like this.
    checks
        What would exclude it; one that holds is enough.
    verdict
        Whether it was excluded, in words.
    """

    name: str
    story: Said
    checks: tuple[Check, ...]
    verdict: Said

    @property
    def is_open(self) -> bool:
        """Whether nothing excludes it."""
        return not any(check.holds for check in self.checks)


def innocents(verdict: Verdict) -> list[tuple[Innocent, ...]]:
    """Return every honest explanation of each ring, the closest first: open ones, then whatever least excludes."""
    told = _Told.of(verdict)
    return [
        tuple(
            sorted(
                (_one(name, told, ring) for name in EXPLANATIONS),
                key=lambda one: sum(check.holds for check in one.checks) / len(one.checks),
            )
        )
        for ring in range(len(verdict.decoys))
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the tiers say of rings, as plain values by ring.

    Attributes
    ----------
    config
        Settings of the run.
    numbers
        Numbers and weights by name.
    slow, listed, no_taste, mutual, once, few
        As the functions of `graphkit.scoring.tiers` have it; `few` are the occasions needed.
    heard, needed
        Channels of the witnesses that speak, and by explanation how many close it.
    """

    config: ScoringConfig
    numbers: list[dict[str, float]]
    slow: list[bool]
    listed: list[bool]
    no_taste: list[bool]
    mutual: list[bool]
    once: list[bool]
    few: list[int]
    heard: tuple[tuple[str, ...], ...]
    needed: dict[str, list[int]]

    @classmethod
    def of(cls, verdict: Verdict) -> _Told:
        """Ask the tiers about all rings."""
        numbers, weights, config = verdict.numbers, verdict.weights, verdict.config
        return cls(
            config,
            verdict.plain,
            slow(numbers, weights, config).tolist(),
            down_a_list(numbers).tolist(),
            no_taste(weights, config).tolist(),
            small_and_mutual(numbers, weights, config).tolist(),
            once(numbers).tolist(),
            episodes_needed(weights, config).tolist(),
            verdict.witnesses,
            {name: count.tolist() for name, count in witnesses_needed(numbers, config).items()},
        )


def _one(name: str, told: _Told, ring: int) -> Innocent:
    checks = (*_own_checks(name, told, ring), _witnesses(name, told, ring))
    held = sum(check.holds for check in checks)
    said = (
        Said("INNOCENT_CLOSED", {"n_closed": held, "n_checks": len(checks)})
        if held
        else Said("INNOCENT_OPEN", {"open_score": told.config.open_score})
    )
    return Innocent(name, Said(name.removeprefix("may_be_").upper()), checks, said)


def _own_checks(name: str, told: _Told, ring: int) -> tuple[Check, ...]:
    """Return what excludes an explanation besides witnesses; each as `tiers.open_explanations` asks it."""
    config, numbers = told.config, told.numbers[ring]

    def check(code: str, holds: bool, **lines: float) -> Check:
        return Check(Said(code, numbers | lines), holds)

    # Where a number is unknown the first two ask nothing, and the third is not excluded: as the tiers have it.
    match name:
        case "may_be_taste":
            window_s = config.timing_window_s
            code = "CHECK_QUICK"
            if told.slow[ring] and not numbers["quick"] < QUICK:
                code = "CHECK_LIST" if told.listed[ring] else "CHECK_WIDE"
            return (
                check(code, not told.slow[ring], line=QUICK, timing_window_s=window_s),
                check(
                    "CHECK_UNRELATED",
                    told.no_taste[ring],
                    line=config.channel_nats,
                    n_witnesses=len(told.heard[ring]),
                ),
            )
        case "may_be_circle":
            few, small = told.few[ring], config.circle_size
            own, often = told.mutual[ring], not numbers["episodes"] < few
            return (
                check("CHECK_EPISODES_OWN" if own and often else "CHECK_EPISODES", often and not own, line=few),
                check("CHECK_JOB_SIZE", not numbers["job_size"] < small, line=small),
            )
        case "may_be_crowd":
            owns, alone = numbers["burst_capture"] >= OWN_BURST, told.once[ring]
            code = "CHECK_OWN_BURST_ONCE" if owns and alone else "CHECK_OWN_BURST"
            return (check(code, owns and not alone, line=OWN_BURST),)
        case _:
            authors = numbers["authors_effective"]
            return (
                check("CHECK_AUTHORS_KNOWN", not math.isnan(authors)),
                check("CHECK_NOT_EARLY", numbers["weight_arrival"] > -config.early_nats, line=-config.early_nats),
            )


def _witnesses(name: str, told: _Told, ring: int) -> Check:
    heard, needed = told.heard[ring], told.needed[name][ring]
    finding = Said(
        "CHECK_WITNESSES",
        {"n_witnesses": len(heard), "line": needed, "witnesses": tuple(map(channel_name, heard))},
    )
    return Check(finding, len(heard) >= needed)
