"""Reason codes: every channel has one, and what fills its sentences exists."""

from __future__ import annotations

from string import Formatter

import pytest

from graphkit.schemas import CANDIDATES, CHANNELS, EVIDENCE, MEMBERS, RINGS, TARGETS
from graphkit.scoring.reasons import REASONS, RING_REASON, sentence

NUMBERS = {name for name, _ in EVIDENCE} | {
    column.name for table in (RINGS, MEMBERS, TARGETS, CANDIDATES) for column in table.columns
}


def fields(template: str) -> set[str]:
    """Return the names that a template is filled with."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_ring_reasons__one_of_each_channel() -> None:
    assert sorted(RING_REASON) == sorted(name for name, _ in CHANNELS)
    assert len(RING_REASON) == sum(reason.level == "ring" for reason in REASONS.values())


@pytest.mark.parametrize("code", REASONS)
def test_sentences__are_filled_with_numbers_that_exist(code: str) -> None:
    assert fields(REASONS[code].en) <= NUMBERS


@pytest.mark.parametrize("code", REASONS)
def test_sentences__tell_the_same_numbers_in_both_languages(code: str) -> None:
    assert fields(REASONS[code].en) == fields(REASONS[code].zh)


def test_sentence__of_unrelated_targets() -> None:
    text = sentence("UNRELATED_TARGETS", {"audience_pairs": 3.0, "audience_pairs_expected": 12.67})
    assert text.startswith("Others who liked one target liked another 3 times, where 13 times were expected:")
