"""A run in the codes of the truth: which like, user and group each of its rows is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit.detection import Detection
from graphkit.errors import InputError
from graphkit.evaluation.truth import Bools, Truth, codes
from graphkit.likes.model import F64, I64

#: Tiers, strongest first; the code of a tier is its position. Only the first two propose likes.
TIERS = ("purge", "review", "watch")
PURGE, REVIEW, WATCH = range(3)
NONE = len(TIERS)
#: From this share on a ring is mostly what it is called.
MOSTLY = 0.5

Tier = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Laid:
    """A run laid on the truth.

    Attributes
    ----------
    run_name, truth
        Where they came from.
    ring_ids, ring_tier, ring_score, ring_q
        The rings, by code.
    member_user, member_ring, member_tier
        The members, in the order of the run.
    like, like_ring, like_tier, like_score
        The candidates: the row of the truth each is, its ring, its tier and its score.
    warnings
        What the reader of the figures must know.
    """

    run_name: str
    truth: Truth
    ring_ids: tuple[str, ...]
    ring_tier: Tier
    ring_score: F64
    ring_q: F64
    member_user: I64
    member_ring: I64
    member_tier: Tier
    like: I64
    like_ring: I64
    like_tier: Tier
    like_score: F64
    warnings: tuple[str, ...]

    @property
    def n_rings(self) -> int:
        """Rings that the run reports."""
        return len(self.ring_ids)

    @cached_property
    def user_tier(self) -> Tier:
        """The best tier of each user of the truth, `NONE` for who is in no ring of the run."""
        out = np.full(len(self.truth.user_ids), NONE, np.int8)
        np.minimum.at(out, self.member_user, self.member_tier)
        return out

    @cached_property
    def tier_of_like(self) -> Tier:
        """The tier of each like of the truth, `NONE` where it is not proposed."""
        out = np.full(len(self.truth.bought), NONE, np.int8)
        out[self.like] = self.like_tier
        return out

    @cached_property
    def members_by_group(self) -> I64:
        """Members of each ring who belong to each group, int64[n_rings, n_groups]."""
        truth = self.truth
        first = np.searchsorted(truth.member, self.member_user)
        n = np.searchsorted(truth.member, self.member_user, "right") - first
        row = np.repeat(np.arange(len(n)), n)
        place = np.repeat(first, n) + np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        return _table(self.member_ring[row], truth.group[place], self.n_rings, len(truth.group_ids))

    def likes_by_group(self, tier: int) -> I64:
        """Return the likes of each group that each ring proposes in a tier."""
        group = self.truth.like_group[self.like]
        own = (group >= 0) & (self.like_tier == tier)
        return _table(self.like_ring[own], group[own], self.n_rings, len(self.truth.group_ids))

    @cached_property
    def ring_size(self) -> I64:
        """Members of each ring."""
        return np.bincount(self.member_ring, minlength=self.n_rings)

    @cached_property
    def proposed_by_ring(self) -> I64:
        """Likes that each ring proposes."""
        return np.bincount(self.like_ring, minlength=self.n_rings)

    @cached_property
    def honest_by_ring(self) -> Bools:
        """Whether most of the likes that a ring proposes were honest; false where it proposes none."""
        bought = np.bincount(self.like_ring[self.truth.bought[self.like]], minlength=self.n_rings)
        return np.asarray(bought < MOSTLY * self.proposed_by_ring)

    @cached_property
    def mistaken(self) -> Bools:
        """Whether a ring of the run is none: most of its members belong to no ring, or most of its likes are honest."""
        paid = np.bincount(self.member_ring[self.truth.in_ring[self.member_user]], minlength=self.n_rings)
        return np.asarray((paid < MOSTLY * self.ring_size) | self.honest_by_ring)

    @cached_property
    def group_of_ring(self) -> I64:
        """The true ring with the most members of each ring of the run, the first of equals; -1 for mistaken ones."""
        rings = np.flatnonzero(self.truth.is_ring)
        if not len(rings) or not self.n_rings:
            return np.full(self.n_rings, -1)
        best = rings[np.argmax(self.members_by_group[:, rings], axis=1)]
        return np.where(self.mistaken, -1, best)


def _table(row: I64, column: I64, n_rows: int, n_columns: int) -> I64:
    return np.bincount(row * n_columns + column, minlength=n_rows * n_columns).reshape(n_rows, n_columns)


def lay(run: Detection, truth: Truth, name: str) -> Laid:
    """Return a run in the codes of the truth.

    Raises
    ------
    InputError
        When the run is about another log than the truth.
    """
    candidates, members, rings = run.candidates, run.members, run.rings
    warnings = _check_counts(run, truth, name)
    ring_ids = rings["ring_id"].combine_chunks()
    member = _codes(members["user_id"], truth.user_ids)
    like = rows_of(candidates, truth, name, "candidates")
    if (member < 0).any():
        raise _another_log(f"{name}: {int((member < 0).sum()):,} of {len(member):,} members are not in {truth.name}")
    return Laid(
        run_name=name,
        truth=truth,
        ring_ids=tuple(ring_ids.to_pylist()),
        ring_tier=_tiers(rings["tier"]),
        ring_score=_numbers(rings["score"]),
        ring_q=_numbers(rings["q_value"]),
        member_user=member,
        member_ring=codes(members["ring_id"], ring_ids),
        member_tier=_tiers(members["tier"]),
        like=like,
        like_ring=codes(candidates["ring_id"], ring_ids),
        like_tier=_tiers(candidates["tier"]),
        like_score=_numbers(candidates["score"]),
        warnings=warnings,
    )


def rows_of(likes: pa.Table, truth: Truth, name: str, what: str) -> I64:
    """Return the row of the truth that each like is, int64[n].

    Raises
    ------
    InputError
        When the truth does not tell of one of them; `name` and `what` say whose likes they are.
    """
    n_notes = len(truth.note_ids)
    user = _codes(likes["user_id"], truth.user_ids)
    note = _codes(likes["note_id"], truth.note_ids)
    keys = truth.like_user * n_notes + truth.like_note
    order = np.argsort(keys, kind="stable")
    key = user * n_notes + note
    row = order[np.minimum(np.searchsorted(keys[order], key), max(len(keys) - 1, 0))]
    strange = (user < 0) | (note < 0) | (keys[row] != key) if len(keys) else np.ones(len(key), np.bool_)
    if strange.any():
        raise _another_log(f"{name}: {int(strange.sum()):,} of {len(strange):,} {what} are not in {truth.name}")
    return row


def _another_log(found: str) -> InputError:
    return InputError(found, wanted="the truth of the log that the run read", todo="check which TRUTH belongs to RUN")


def _check_counts(run: Detection, truth: Truth, name: str) -> tuple[str, ...]:
    """Hold what the run says it read against the truth; return what is to be told the reader."""
    counts = run.info.get("counts", {})
    kept, outside, there = counts.get("kept"), counts.get("outside", 0), len(truth.bought)
    if kept is None or kept == there:
        return ()
    if kept > there or not outside:
        raise _another_log(f"{name} kept {kept:,} likes and {truth.name} tells of {there:,}")
    seen = f"{name} read {kept:,} of the {there:,} likes that {truth.name} tells of (--since, --until)"
    return (f"{seen}: what it did not see counts as not found",)


def _codes(values: pa.ChunkedArray, ids: pa.Array) -> I64:
    """Return codes of ids that may have come in a wider or narrower type than those of the truth."""
    try:
        return codes(values.cast(ids.type), ids)
    except pa.ArrowException:
        return np.full(len(values), -1)


def _tiers(values: pa.ChunkedArray) -> Tier:
    found = codes(values, pa.array(TIERS))
    return np.where(found < 0, WATCH, found).astype(np.int8)


def _numbers(values: pa.ChunkedArray) -> F64:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
