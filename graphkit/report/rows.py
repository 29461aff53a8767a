"""Rings as reports show them: strongest first, with their reasons as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphkit.scoring.reasons import REASONS, sentence

if TYPE_CHECKING:
    from graphkit.detection import Detection

#: Tiers, strongest first, as reports show them.
TIERS = ("purge", "review", "watch")
#: What the tiers mean.
TIER_MEANINGS = {
    "purge": "safe to remove without a person looking",
    "review": "a person should look",
    "watch": "kept for the next run",
}

Row = Mapping[str, Any]


def ring_rows(run: Detection) -> list[dict[str, Any]]:
    """Return the rings as dicts, by tier, then by falling score, then by name."""
    rows: list[dict[str, Any]] = run.rings.to_pylist()
    return sorted(rows, key=lambda row: (TIERS.index(row["tier"]), -row["score"], row["ring_id"]))


def reason(code: str, ring: Row, lang: str = "en") -> str:
    """Return the sentence of a reason code about a ring; the code itself where another version wrote it."""
    numbers = {**ring, **(ring["evidence"] or {})}
    return sentence(code, numbers, lang) if code in REASONS else code
