"""The honest explanations of a ring, what would exclude each, and which of them comes closest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from graphkit.explain.verdict import Verdict
from graphkit.explain.words import Said, channel_name
from graphkit.scoring.tiers import (
    EXPLANATIONS,
    OWN_BURST,
    QUICK,
    RATHER_EARLY,
    often_late,
    small_and_mutual,
    unrelated,
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


def innocents(verdict: Verdict) -> tuple[Innocent, ...]:
    """Return every honest explanation of a ring, the closest first: open ones, then those that the least excludes."""
    found = [_one(name, verdict) for name in EXPLANATIONS]
    return tuple(sorted(found, key=lambda one: sum(check.holds for check in one.checks) / len(one.checks)))


def _one(name: str, verdict: Verdict) -> Innocent:
    checks = (*_own_checks(name, verdict), _witnesses(name, verdict))
    held = sum(check.holds for check in checks)
    said = (
        Said("INNOCENT_CLOSED", {"n_closed": held, "n_checks": len(checks)})
        if held
        else Said("INNOCENT_OPEN", {"open_score": verdict.config.open_score})
    )
    return Innocent(name, Said(name.removeprefix("may_be_").upper()), checks, said)


def _own_checks(name: str, verdict: Verdict) -> tuple[Check, ...]:
    """Return what excludes an explanation besides witnesses; each as `tiers.open_explanations` asks it."""
    config = verdict.config
    numbers = {key: float(value[0]) for key, value in verdict.numbers.items()}
    numbers |= {f"weight_{channel}": float(nats[0]) for channel, nats in verdict.weights.items()}

    def check(code: str, holds: bool, **lines: float) -> Check:
        return Check(Said(code, {**numbers, **lines}), holds)

    # Where a number is unknown the first two ask nothing, and the third is not excluded: as the tiers have it.
    match name:
        case "may_be_taste":
            window_s = config.timing_window_s
            return (
                check("CHECK_QUICK", not numbers["quick"] < QUICK, line=QUICK, timing_window_s=window_s),
                check("CHECK_UNRELATED", bool(unrelated(verdict.weights, config)[0]), line=config.channel_nats),
            )
        case "may_be_circle":
            few, small = config.min_episodes, config.circle_size
            own = bool(small_and_mutual(verdict.numbers, verdict.weights, config)[0])
            often = not numbers["episodes"] < few
            return (
                check("CHECK_EPISODES_OWN" if own and often else "CHECK_EPISODES", often and not own, line=few),
                check("CHECK_JOB_SIZE", not numbers["job_size"] < small, line=small),
            )
        case "may_be_crowd":
            return (check("CHECK_OWN_BURST", numbers["burst_capture"] >= OWN_BURST, line=OWN_BURST),)
        case _:
            authors = numbers["authors_effective"]
            often = bool(often_late(verdict.numbers, config)[0])
            return (
                check("CHECK_AUTHORS_KNOWN", not math.isnan(authors)),
                check("CHECK_NOT_EARLY", numbers["weight_arrival"] > -config.early_nats, line=-config.early_nats),
                check("CHECK_OFTEN_LATE", often, line=config.min_episodes, early_line=RATHER_EARLY),
            )


def _witnesses(name: str, verdict: Verdict) -> Check:
    heard = verdict.witnesses
    needed = int(witnesses_needed(verdict.numbers, verdict.config)[name][0])
    finding = Said(
        "CHECK_WITNESSES",
        {
            "n_witnesses": len(heard),
            "line": needed,
            "witnesses": tuple(channel_name(channel) for channel in heard),
        },
    )
    return Check(finding, len(heard) >= needed)
