"""What each channel of evidence says about a ring, beside what is usual, and which likes that rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection import Ring
from graphkit.explain.verdict import Verdict
from graphkit.explain.words import Said, channel_name
from graphkit.likes.model import UNKNOWN, Likes
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
_POINTS, _ROUNDS = 101, 6


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


def claims(ring: Ring, verdict: Verdict) -> tuple[Claim, ...]:
    """Return what every channel says of a ring, in the order of ``schemas.CHANNELS``."""
    row = ring.row
    filled = {**row, **(row["evidence"] or {})}
    by_name = {channel.name: channel for channel in WEIGHED}
    return tuple(_claim(by_name[name], verdict, filled) for name, _ in CHANNELS)


def _claim(channel: Channel, verdict: Verdict, filled: dict[str, Any]) -> Claim:
    name = channel.name
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
    neutral = neutral_point(channel, number, verdict.numbers)
    return Claim(name, nats, speaks, said, number, value, usual, neutral, number not in _AMOUNTS)


def neutral_point(channel: Channel, number: str, numbers: Numbers) -> float:
    """Return where a channel turns from for to against (or the other way) as its number grows, NaN where it does not.

    Found by asking the channel itself, on grids ever finer, with every other number as the ring has it.
    """
    low, high = (0.0, _LARGEST) if number in _AMOUNTS else (0.0, 1.0)
    for turn in range(_ROUNDS):
        amounts = number in _AMOUNTS and turn == 0
        grid = (
            np.concatenate([[0.0], np.geomspace(1e-3, high, _POINTS)]) if amounts else np.linspace(low, high, _POINTS)
        )
        asked = {name: np.repeat(value, len(grid)) for name, value in numbers.items()} | {number: grid}
        speaks = channel.weigh(asked) > 0
        turns = np.flatnonzero(speaks[1:] != speaks[:-1])
        if len(turns) == 0:
            return math.nan
        low, high = float(grid[turns[0]]), float(grid[turns[0] + 1])
    return float(f"{(low + high) / 2:.4g}")


def likes_behind(ring: Ring, channel: str) -> Bools | None:
    """Tell which of ``ring.likes`` a channel's claim rests on.

    Parameters
    ----------
    ring
        The ring; with the likes of its run at hand more can be told.
    channel
        A channel of ``schemas.CHANNELS``.

    Returns
    -------
    bool[n_likes] or None
        For exclusivity the likes of bursts that were mostly the ring's, for dwell those after a short look, for
        reciprocity those on notes of members, for completion, devices and addresses those that were not seen to the
        end, or came from a shared device or address. For every other channel all of them. ``None`` where the likes
        would have to be at hand and are not.
    """
    table, likes = ring.likes, ring.run.likes
    match channel:
        case "exclusivity":
            return _has_reason(table, "BURST_OF_RING")
        case "dwell":
            return _has_reason(table, "UNREAD")
        case "reciprocity":
            targets = ring.targets
            at = pc.index_in(table["note_id"], value_set=targets["note_id"].combine_chunks())
            author = targets["author_id"].take(at)
            members = ring.members["user_id"].combine_chunks()
            if author.type != members.type:
                return np.zeros(table.num_rows, np.bool_)
            return np.asarray(pc.is_in(author, value_set=members), np.bool_)
        case "completion" | "devices" | "addresses":
            return None if likes is None else _by_likes(table, likes, channel)
        case _:
            return np.ones(table.num_rows, np.bool_)


def _has_reason(table: pa.Table, code: str) -> Bools:
    """Return which rows have a reason code."""
    lists = table["reasons"].combine_chunks()
    hit = np.zeros(table.num_rows, np.bool_)
    rows = np.asarray(pc.list_parent_indices(lists), np.int64)
    hit[rows[np.asarray(pc.equal(pc.list_flatten(lists), code), np.bool_)]] = True
    return hit


def _by_likes(table: pa.Table, likes: Likes, channel: str) -> Bools | None:
    at = positions(table, likes)
    if channel == "completion":
        return None if likes.completed is None else likes.completed[at] == 0
    code = likes.device if channel == "devices" else likes.ip
    if code is None:
        return None
    here, user = code[at], likes.user[at]
    pairs = np.unique(np.stack([here, user]), axis=1)
    codes, n_users = np.unique(pairs[0], return_counts=True)
    shared = codes[(n_users > 1) & (codes != UNKNOWN)]
    return np.isin(here, shared)


def positions(table: pa.Table, likes: Likes) -> npt.NDArray[np.int64]:
    """Return where the likes of a table (``user_id``, ``note_id``) stand among all likes, `UNKNOWN` where they do not.

    O(k log m).
    """
    user = pc.index_in(table["user_id"].combine_chunks(), value_set=likes.users.ids)
    note = pc.index_in(table["note_id"].combine_chunks(), value_set=likes.notes.ids)
    graph = likes.bipartite()
    out = np.full(table.num_rows, UNKNOWN, np.int64)
    for i, (u, n) in enumerate(zip(user.to_pylist(), note.to_pylist(), strict=True)):
        if u is not None and n is not None:
            mine = graph.by_user[graph.user_ptr[u] : graph.user_ptr[u + 1]]
            k = int(np.searchsorted(graph.note[mine], n))
            if k < len(mine) and graph.note[mine[k]] == n:
                out[i] = mine[k]
    return out
