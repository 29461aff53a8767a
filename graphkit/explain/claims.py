"""What each channel of evidence says about a ring, beside what is usual, and which likes that rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit._kernels.distinct import dense, distinct_pairs, pack
from graphkit.detection import Detection
from graphkit.explain.places import NOWHERE, Places, codes
from graphkit.explain.verdict import Verdict
from graphkit.explain.words import Said, channel_name
from graphkit.likes.model import F64, UNKNOWN
from graphkit.schemas import CHANNELS
from graphkit.scoring.channels import CHANNELS as WEIGHED
from graphkit.scoring.channels import Channel
from graphkit.scoring.evidence import Numbers
from graphkit.scoring.reasons import RING_REASON

Bools = npt.NDArray[np.bool_]

#: The number that each channel reads, and the same among everybody else where a run measures it.
READS: dict[str, tuple[str, str | None]] = {
    "lockstep": ("co_likes", "co_likes_expected"),
    "exclusivity": ("burst_capture", None),
    "capture": ("capture", None),
    "devotion": ("devotion", None),
    "authors": ("authors_effective", None),
    "recurrence": ("episodes", None),
    "arrival": ("arrival_early", "arrival_early_expected"),
    "audience": ("audience_pairs", "audience_pairs_expected"),
    "tightness": ("window_s", None),
    "dwell": ("dwell_short", "dwell_short_expected"),
    "completion": ("completed", "completed_expected"),
    "taste": ("own_topics", "own_topics_expected"),
    "registration": ("registration_span_d", "registration_span_expected_d"),
    "devices": ("device_sharing", "device_sharing_expected"),
    "addresses": ("ip_sharing", "ip_sharing_expected"),
    "views": ("views_per_like", "views_per_like_expected"),
    "engagement": ("engagement", None),
    "reciprocity": ("reciprocity", None),
}
#: Numbers that are no shares of 1.
_AMOUNTS = {
    "co_likes", "authors_effective", "episodes", "audience_pairs", "window_s", "registration_span_d", "views_per_like",
    "engagement",
}  # fmt: skip
#: Larger than any amount looked at when the neutral point is sought.
_LARGEST = 1e7
#: Points of one round of that search, and rounds: each narrows the bracket a hundredfold.
_POINTS, _ROUNDS = 101, 4


@dataclass(frozen=True, slots=True)
class Claim:
    """What one channel says of a ring.

    Attributes
    ----------
    channel
        As in ``schemas.CHANNELS``.
    nats
        What it adds to the log-odds.
    speaks
        ``for`` (by ``channel_nats`` or more), ``weakly``, ``not`` (adds nothing), ``against``, or ``unknown``.
    said
        The sentence; for ``not`` and ``unknown`` the channel's name alone.
    number, value
        The number it reads, as ``schemas.EVIDENCE`` or ``rings`` name it, and what the ring shows; NaN where unknown.
    usual
        The same number among everybody else; NaN where the run does not measure it.
    neutral
        Where the channel would turn, all other numbers as the ring has them; NaN where it does not.
    is_share
        Whether the number is a share of 1.
    """

    channel: str
    nats: float
    speaks: str
    said: Said
    number: str
    value: float
    usual: float
    neutral: float
    is_share: bool

    def to_dict(self, lang: str) -> dict[str, Any]:
        """Return it as plain values, unknown numbers as ``None``."""
        return {
            "channel": self.channel,
            "speaks": self.speaks,
            "nats": self.nats,
            "text": self.said.text(lang),
            "number": self.number,
            **{
                name: None if math.isnan(value) else value
                for name, value in (("value", self.value), ("usual", self.usual), ("neutral", self.neutral))
            },
        }


def claims(row: Mapping[str, Any], verdict: Verdict, neutral: Mapping[str, float]) -> tuple[Claim, ...]:
    """Return what every channel says of a ring, in the order of ``schemas.CHANNELS``.

    Parameters
    ----------
    row
        The ring's row of ``rings``.
    verdict
        Its verdict.
    neutral
        Where each channel turns (`neutral_points`).
    """
    filled = {**row, **(row["evidence"] or {})}
    return tuple(_claim(name, verdict, filled, neutral[name]) for name, _ in CHANNELS)


def _claim(name: str, verdict: Verdict, filled: dict[str, Any], neutral: float) -> Claim:
    number, expected = READS[name]
    value = float(verdict.numbers[number][0])
    usual = math.nan if expected is None else float(verdict.numbers[expected][0])
    nats = float(verdict.weights[name][0])
    if nats > 0:
        speaks, said = "for" if nats >= verdict.config.channel_nats else "weakly", Said(RING_REASON[name], filled)
    elif nats < 0:
        speaks, said = "against", Said(f"AGAINST_{name.upper()}", filled)
    else:
        speaks, said = "unknown" if math.isnan(value) else "not", channel_name(name)
    return Claim(name, nats, speaks, said, number, value, usual, neutral, number not in _AMOUNTS)


def neutral_points(numbers: Numbers) -> dict[str, F64]:
    """Return where each channel turns from for to against (or the other way) as its number grows.

    Found by asking the channel itself, on grids ever finer, with every other number as the ring has it.

    Parameters
    ----------
    numbers
        What decides the verdicts of k rings (`Verdict.numbers`), float64[k].

    Returns
    -------
    dict of str to float64[k]
        By channel, to four significant digits; NaN where it does not turn.
    """
    column = {name: values[:, None] for name, values in numbers.items()}
    return {channel.name: _turns(channel, READS[channel.name][0], column) for channel in WEIGHED}


def _turns(channel: Channel, number: str, column: Numbers) -> F64:
    """Return where one channel turns; `column` holds numbers as float64[k, 1]."""
    if number in _AMOUNTS:
        points = np.concatenate([[0.0], np.geomspace(1e-3, _LARGEST, _POINTS)])
    else:
        points = np.linspace(0.0, 1.0, _POINTS)
    ring = np.arange(len(column[number]))
    grid = np.broadcast_to(points, (len(ring), len(points)))
    some = np.ones(len(ring), np.bool_)
    for _ in range(_ROUNDS):
        speaks = np.broadcast_to(channel.weigh({**column, number: grid}) > 0, grid.shape)
        turns = speaks[:, 1:] != speaks[:, :-1]
        some &= turns.any(axis=1)
        at = turns.argmax(axis=1)
        grid = np.linspace(grid[ring, at], grid[ring, at + 1], _POINTS, axis=1)
    middle = [float(f"{value:.4g}") for value in ((grid[:, 0] + grid[:, -1]) / 2).tolist()]
    return np.where(some, middle, np.nan)


def likes_behind(run: Detection, channel: str, raw: pa.Table) -> Bools | None:
    """Tell which likes a channel's claims on their rings rest on.

    Parameters
    ----------
    run
        The run.
    channel
        A channel of ``schemas.CHANNELS``.
    raw
        Its :func:`graphkit.explain.raw.raw_likes`.

    Returns
    -------
    bool[n_likes] or None
        For exclusivity the likes of bursts that were mostly the ring's, for dwell those after a short look, for
        reciprocity those on notes of members, for completion, devices and addresses those that were not seen to the
        end, or came from a shared device or address. For every other channel all that are proposed. ``None`` where
        the likes would have to be at hand and are not.
    """
    proposed = np.asarray(pc.is_valid(raw["tier"]), np.bool_)
    match channel:
        case "exclusivity":
            return _has_reason(raw, "BURST_OF_RING")
        case "dwell":
            return _has_reason(raw, "UNREAD")
        case "reciprocity":
            return proposed & _on_members(run, raw)
        case "completion":
            return proposed & _is_false(raw["completed"]) if "completed" in raw.column_names else None
        case "devices" | "addresses":
            column = "device" if channel == "devices" else "ip"
            return proposed & _shared(raw, column) if column in raw.column_names else None
        case _:
            return proposed


def _has_reason(table: pa.Table, code: str) -> Bools:
    """Return which rows have a reason code."""
    lists = table["reasons"].combine_chunks()
    hit = np.zeros(table.num_rows, np.bool_)
    rows = np.asarray(pc.list_parent_indices(lists), np.int64)
    hit[rows[np.asarray(pc.equal(pc.list_flatten(lists), code), np.bool_)]] = True
    return hit


def _on_members(run: Detection, raw: pa.Table) -> Bools:
    """Return which likes fell on notes of members of their ring."""
    targets, members, rings = run.targets, run.members, run.rings["ring_id"]
    author = targets["author_id"].take(pc.index_in(raw["note_id"], value_set=targets["note_id"].combine_chunks()))
    if author.type != members["user_id"].type:
        return np.zeros(raw.num_rows, np.bool_)
    inside = Places(codes(members["ring_id"], rings), members["user_id"])
    return np.asarray(inside.find(codes(raw["ring_id"], rings), author) != NOWHERE, np.bool_)


def _is_false(column: pa.ChunkedArray) -> Bools:
    return np.asarray(pc.fill_null(pc.equal(column, 0), False), np.bool_)


def _shared(raw: pa.Table, column: str) -> Bools:
    """Return which likes came from a device or address that another member's of their ring came from too."""
    here = np.asarray(pc.fill_null(raw[column], UNKNOWN), np.int64)
    ring, who = (
        np.asarray(raw[name].combine_chunks().dictionary_encode().indices, np.int64) for name in ("ring_id", "user_id")
    )
    place = dense(pack(ring, here - UNKNOWN))
    n_users = np.bincount(distinct_pairs(place, who)[0], minlength=int(place.max(initial=-1)) + 1)
    return np.asarray((n_users[place] > 1) & (here != UNKNOWN), np.bool_)
