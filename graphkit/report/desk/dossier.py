"""What the page knows of one ring: its story in both languages, and its members, targets, ties and likes by column."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from graphkit.explain import RingStory
from graphkit.explain.claims import Claim
from graphkit.explain.words import LANGUAGES, Said
from graphkit.report import text
from graphkit.report.desk.columns import Columns, Rows
from graphkit.report.desk.overview import milliseconds
from graphkit.schemas import EVIDENCE

Said2 = tuple[str, str]


def _usual(name: str) -> str | None:
    """Return the number of ``schemas.EVIDENCE`` that says what is usual for another; ``None`` where none does."""
    usual = {f"{name}_expected", re.sub(r"_d$", "_expected_d", name)} & ({n for n, _ in EVIDENCE} - {name})
    return usual.pop() if usual else None


#: What is usual, by the numbers that the page shows.
USUAL = {n: _usual(n) for n, _ in EVIDENCE if not n.startswith("weight_") and "_expected" not in n}


def dossier(story: RingStory, columns: Columns, rests: Rows, ring: int, unknown: list[Said2]) -> dict[str, Any]:
    """Return the details of one ring as plain values, columns as lists.

    Parameters
    ----------
    story
        The ring's story.
    columns
        What the page lists of all rings.
    rests
        What rests on each member of all rings (`lay_rests_out`).
    ring
        The number of the ring there.
    unknown
        What could not be asked of any ring.
    """
    n_likes = int(columns.n_likes[ring])
    x, y = columns.place(ring)
    return {
        "id": story.ring.ring_id,
        "headline": both(story.headline),
        "reasons": [
            _claim(claim, columns.likes_behind(claim.channel, ring))
            for claim in (*story.reasons, *story.counter_evidence)
        ],
        "unknown": unknown,
        "innocents": [
            {
                "title": both(found.story),
                "open": found.is_open,
                "verdict": both(found.verdict),
                "checks": [{"say": both(check.finding), "holds": check.holds} for check in found.checks],
            }
            for found in story.innocents
        ],
        "falls": [both(said) for said in story.lowers],
        "rises": [both(said) for said in story.raises],
        "evidence": _evidence(story.row["evidence"] or {}),
        "t0": int(columns.first_ms[ring]) if n_likes else milliseconds(story.row["first_ts"]),
        "members": columns.members.of(ring) | rests.of(ring),
        "targets": columns.targets.of(ring),
        "likes": columns.likes.of(ring),
        "traffic": columns.traffic[ring],
        "codes": columns.reasons.of(ring)["codes"],
        "all": {
            "members": story.ring.members.num_rows,
            "targets": story.ring.targets.num_rows,
            "likes": n_likes,
            "ties": story.ring.ties.num_rows,
        },
        "ties": columns.ties.of(ring),
        "x": x,
        "y": y,
    }


def both(said: Said) -> Said2:
    """Return a sentence in English and in Chinese, as the page wants its sentences."""
    english, chinese = (said.text(lang) for lang in LANGUAGES)
    return english, chinese


def _claim(claim: Claim, likes: list[int] | str) -> dict[str, Any]:
    def shown(value: float) -> str | int | None:
        if math.isnan(value):
            return None
        if claim.number == "window_s":
            return int(value)  # the page names spans of time in its own language
        return text.percent(value) if claim.is_share else text.amount(value)

    return {
        "channel": claim.channel,
        "nats": round(claim.nats, 2),
        "say": both(claim.said),
        "found": shown(claim.value),
        "usual": shown(claim.usual),
        "neutral": shown(claim.neutral),
        "likes": likes,
    }


def _evidence(evidence: Mapping[str, float | None]) -> list[tuple[str, str, str | None]]:
    """Return the known numbers of the ring, each beside what is usual."""
    return [
        (name, text.amount(evidence[name]), text.amount(evidence.get(usual)) if usual else None)
        for name, usual in USUAL.items()
        if evidence.get(name) is not None
    ]
