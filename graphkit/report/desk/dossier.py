"""What the page knows of one ring: its story in both languages, and its members, targets, ties and likes by column."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.explain import RingStory
from graphkit.explain.claims import Claim
from graphkit.explain.words import LANGUAGES, Said
from graphkit.likes.model import F64, I64
from graphkit.plots.layout import Ties, lay_out, ring_ties, strongest
from graphkit.report import text
from graphkit.report.desk.overview import milliseconds, text_or_none
from graphkit.schemas import EVIDENCE

#: Members, targets and likes of a ring that the page holds; the page says what it left out.
MAX_MEMBERS = 2_000
MAX_TARGETS = 2_000
MAX_LIKES = 20_000
#: A title longer than this is cut; `notes` has it whole.
MAX_TITLE = 200
#: Bins of the traffic on a ring's targets.
_BINS = 240
#: How exactly shares and scores are written.
_DIGITS = 4

Said2 = tuple[str, str]


def dossier(story: RingStory, raw: pa.Table, others: pa.Table | None, titles: Mapping[Any, str]) -> dict[str, Any]:
    """Return the details of one ring as plain values, columns as lists.

    Parameters
    ----------
    story
        The ring's story. Its ``ring.targets`` have a further column `burst_share`.
    raw
        The ring's rows of :func:`graphkit.explain.raw.raw_likes`.
    others
        The ring's rows of :func:`graphkit.explain.raw.outside_likes`.
    titles
        Known titles by note id.
    """
    from graphkit.explain.claims import likes_behind

    ring = story.ring
    members = _first(ring.members, [("score", "descending"), ("n_ring_likes", "descending"), ("user_id", "ascending")])
    targets = _first(ring.targets, [("n_ring_likes", "descending"), ("note_id", "ascending")])
    members, targets = members.slice(0, MAX_MEMBERS), targets.slice(0, MAX_TARGETS)
    member, target = _codes(raw["user_id"], members["user_id"]), _codes(raw["note_id"], targets["note_id"])
    shown = np.flatnonzero((member >= 0) & (target >= 0))[:MAX_LIKES]
    proposed = np.asarray(pc.is_valid(raw["tier"]), np.bool_)
    told = {claim.channel: likes_behind(ring, claim.channel, raw) for claim in story.claims}
    codes = _Codes()
    first = milliseconds(raw["ts"][0].as_py() if raw.num_rows else ring.row["first_ts"])
    return {
        "id": ring.ring_id,
        "headline": both(story.headline),
        "reasons": [
            _claim(claim, _behind(told[claim.channel], shown, proposed))
            for claim in (*story.reasons, *story.counter_evidence)
        ],
        "unknown": [both(said) for said in story.not_known],
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
        "evidence": _evidence(ring.row["evidence"] or {}),
        "t0": first,
        "members": _members(story, members, codes),
        "targets": _targets(targets, titles),
        "likes": _likes(
            raw if len(shown) == len(raw) else raw.take(pa.array(shown)),
            member[shown],
            target[shown],
            first or 0,
            codes,
        ),
        "traffic": _traffic(raw, others, first or 0),
        "codes": codes.lists,
        "all": {
            "members": ring.members.num_rows,
            "targets": ring.targets.num_rows,
            "likes": raw.num_rows,
            "ties": ring.ties.num_rows,
        },
        **_network(ring.ties, members["user_id"]),
    }


def both(said: Said) -> Said2:
    """Return a sentence in English and in Chinese, as the page wants its sentences."""
    english, chinese = (said.text(lang) for lang in LANGUAGES)
    return english, chinese


class _Codes:
    """Lists of reason codes, each held once."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = []
        self._at: dict[tuple[str, ...], int] = {}

    def add(self, codes: list[str] | None) -> int:
        key = tuple(codes or ())
        if key not in self._at:
            self._at[key] = len(self.lists)
            self.lists.append([*key])
        return self._at[key]


def _first(table: pa.Table, order: list[tuple[str, str]]) -> pa.Table:
    return table.sort_by(order)


def _codes(column: pa.ChunkedArray, of: pa.ChunkedArray) -> I64:
    """Return the position of each value, -1 where it is not there."""
    at = pc.index_in(column.combine_chunks(), value_set=of.combine_chunks())
    return np.asarray(pc.fill_null(at, -1), np.int64)


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    return [text_or_none(value) for value in column.to_pylist()]


def _shares(values: F64) -> list[float | None]:
    """Return shares and scores to four digits; what is less than 1 stays so."""
    return [
        None if math.isnan(value) else 1.0 if value == 1 else min(round(value, _DIGITS), 0.9999)
        for value in values.tolist()
    ]


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


def _behind(told: Any, shown: I64, proposed: Any) -> list[int] | str:
    """Return which of the shown likes a claim rests on: positions, ``all`` that are proposed, or ``unknown``."""
    if told is None:
        return "unknown"
    if np.array_equal(told, proposed):
        return "all"
    return list(np.flatnonzero(told[shown]).tolist())


def _evidence(evidence: Mapping[str, float | None]) -> list[tuple[str, str, str | None]]:
    """Return the known numbers of the ring, each beside what is usual."""
    names = {name for name, _ in EVIDENCE}
    out = []
    for name in (n for n, _ in EVIDENCE if not n.startswith("weight_") and "_expected" not in n):
        if evidence.get(name) is None:
            continue
        usual = {f"{name}_expected", re.sub(r"_d$", "_expected_d", name)} & (names - {name})
        out.append(
            (name, text.amount(evidence[name]), text.amount(evidence.get(usual.pop())) if usual else None),
        )
    return out


def _members(story: RingStory, members: pa.Table, codes: _Codes) -> dict[str, list[Any]]:
    rests = story.members.take(pc.index_in(members["user_id"], value_set=story.members["user_id"].combine_chunks()))
    return {
        "id": _texts(members["user_id"]),
        "tier": members["tier"].to_pylist(),
        "score": _shares(_floats(members["score"])),
        "n": members["n_ring_likes"].to_pylist(),
        "likes": members["n_likes"].to_pylist(),
        "partners": members["n_partners"].to_pylist(),
        "why": [codes.add(reasons) for reasons in members["reasons"].to_pylist()],
        "ties": _shares(_floats(rests["tie_share"])),
        "rests": _shares(_floats(rests["like_share"])),
        "without": _shares(_floats(rests["score_without"])),
        "without_tier": rests["tier_without"].to_pylist(),
    }


def _floats(column: pa.ChunkedArray) -> F64:
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), np.float64)


def _targets(targets: pa.Table, titles: Mapping[Any, str]) -> dict[str, list[Any]]:
    known = [titles.get(note) for note in targets["note_id"].to_pylist()]
    return {
        "id": _texts(targets["note_id"]),
        "author": _texts(targets["author_id"]),
        "title": [None if title is None else title[:MAX_TITLE] for title in known],
        "n": targets["n_ring_likes"].to_pylist(),
        "all": targets["n_likes"].to_pylist(),
        "burst": _shares(_floats(targets["burst_share"])),
    }


def _likes(raw: pa.Table, member: I64, target: I64, first_ms: int, codes: _Codes) -> dict[str, list[Any]]:
    ms = np.asarray(raw["ts"].combine_chunks().cast(pa.int64()), np.int64) // 1000
    columns: dict[str, list[Any]] = {
        "member": member.tolist(),
        "target": target.tolist(),
        "at": (ms - first_ms).tolist(),
        "tier": ["none" if tier is None else tier for tier in raw["tier"].to_pylist()],
        "score": _shares(_floats(raw["score"])),
        "why": [codes.add(reasons) for reasons in raw["reasons"].to_pylist()],
    }
    if "dwell_ms" in raw.column_names:
        dwell = raw["dwell_ms"].to_pylist()
        columns["dwell"] = [None if ms is None else round(ms) for ms in dwell]
    if "completed" in raw.column_names:
        columns["completed"] = raw["completed"].to_pylist()
    for name in ("device", "ip"):
        if name in raw.column_names:
            columns[name] = raw[name].combine_chunks().dictionary_encode().indices.to_pylist()
    return columns


def _traffic(raw: pa.Table, others: pa.Table | None, first_ms: int) -> dict[str, Any] | None:
    """Return likes on the targets by time, of members and of everybody else, in `_BINS` equal bins."""
    if others is None or raw.num_rows == 0:
        return None
    own, rest = (
        np.asarray(t["ts"].combine_chunks().cast(pa.int64()), np.int64) // 1000 - first_ms for t in (raw, others)
    )
    room = max(int(own.max()) // 30, 60_000)
    low, high = int(own.min()) - room, int(own.max()) + room
    counts = [np.histogram(ms, _BINS, (low, high))[0].tolist() for ms in (own, rest)]
    return {"low": low, "high": high, "own": counts[0], "others": counts[1]}


def _network(ties: pa.Table, users: pa.ChunkedArray) -> dict[str, Any]:
    """Return the strongest ties between shown members, and where these stand, in thousandths of the drawing."""
    mine = ring_ties(ties, users)
    best = strongest(mine)
    kept = Ties(*(column[best] for column in mine))
    place = np.rint(lay_out(len(users), kept.a, kept.b) * 1000).astype(np.int64)
    return {
        "ties": {name: column.tolist() for name, column in kept._asdict().items()},
        "x": place[:, 0].tolist(),
        "y": place[:, 1].tolist(),
    }
