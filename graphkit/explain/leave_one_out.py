"""What of a ring rests on each member: its ties, co-likes, likes and targets, and its tier without the member.

Everything is computed from the tables of the run. What they allow is counted anew without the member (`recomputed`);
every other number is held as it stands, and the words that explain the result say so.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection import Ring
from graphkit.explain.verdict import Verdict
from graphkit.likes.model import F64, I64
from graphkit.scoring.channels import weigh
from graphkit.scoring.coordination import MIN_COMPANY
from graphkit.scoring.tiers import TIERS

#: Columns of `leave_one_out`.
SCHEMA = (
    ("ties", pa.int64()),
    ("tie_share", pa.float64()),
    ("co_like_share", pa.float64()),
    ("likes", pa.int64()),
    ("like_share", pa.float64()),
    ("targets", pa.int64()),
    ("targets_lost", pa.int64()),
    ("left_alone", pa.int64()),
    ("bridge", pa.bool_()),
    ("score_without", pa.float64()),
    ("tier_without", pa.string()),
)


def recomputed(ring: Ring, verdict: Verdict) -> tuple[str, ...]:
    """Return the channels whose numbers can be counted anew without a member.

    Devotion always; capture and authors, where these are known, only where the ring's likes are in the tables, which
    those of a ring in tier ``watch`` are not.
    """
    if ring.likes.num_rows == 0:
        return ("devotion",)
    known = not np.isnan(verdict.numbers["authors_effective"][0])
    return ("devotion", "capture", "authors") if known else ("devotion", "capture")


def leave_one_out(ring: Ring, verdict: Verdict, min_users: int) -> pa.Table:
    """Return what of a ring rests on each of its members.

    Parameters
    ----------
    ring
        The ring.
    verdict
        Its verdict.
    min_users
        Least members of a ring.

    Returns
    -------
    pyarrow.Table
        One row a member, in the order of ``ring.members``: `user_id`; `ties` and `tie_share`, the member's significant
        ties and their share of the ring's; `co_like_share`, the share of the weight of these; `likes`, `like_share`,
        the member's candidate likes; `targets`, the notes among them; `targets_lost`, those on which fewer likes of
        the ring would be left than can stand out (three); `left_alone`, members with no other partner; `bridge`,
        whether the ring's ties would fall apart; `score_without` and `tier_without`, null where fewer than `min_users`
        members would be left. O(members × likes) at most.
    """
    members = ring.members
    n = members.num_rows
    ties, co_likes, left_alone, bridge = _ties(ring)
    done = _ints(members["n_ring_likes"])
    ring_likes = int(done.sum())
    at = _Likes.of(ring)
    score, tier = _verdicts(ring, verdict, at)
    short = n - 1 < min_users
    columns: dict[str, object] = {
        "ties": ties,
        "tie_share": _share(ties, ring.ties.num_rows),
        "co_like_share": _share(co_likes, int(co_likes.sum()) // 2),
        "likes": done,
        "like_share": _share(done, ring_likes),
        "targets": done if len(at.user) == 0 else np.bincount(at.user, minlength=n),
        "targets_lost": at.lost(n),
        "left_alone": left_alone,
        "bridge": bridge,
        "score_without": [None] * n if short else score,
        "tier_without": [None] * n if short else [TIERS[t] for t in tier],
    }
    arrays = [pa.array(columns[name], kind) for name, kind in SCHEMA]
    return pa.table([members["user_id"], *arrays], names=["user_id", *(name for name, _ in SCHEMA)])


def _ints(column: pa.ChunkedArray) -> I64:
    return np.asarray(column.combine_chunks(), np.int64)


def _floats(column: pa.ChunkedArray) -> F64:
    return np.asarray(column.combine_chunks(), np.float64)


def _code(column: pa.ChunkedArray, of: pa.ChunkedArray) -> I64:
    """Return the position of each id among the ids `of`, all of which are there."""
    return np.asarray(pc.index_in(column.combine_chunks(), value_set=of.combine_chunks()), np.int64)


def _share(part: I64, whole: int) -> F64:
    return part / max(whole, 1)


def _ties(ring: Ring) -> tuple[I64, I64, I64, npt.NDArray[np.bool_]]:
    """Return by member its ties, their weight, the partners it would leave alone, and whether ties would fall apart."""
    import igraph

    users, ties = ring.members["user_id"], ring.ties
    n = len(users)
    a, b = _code(ties["user_a"], users), _code(ties["user_b"], users)
    weight = _ints(ties["weight"])
    degree = np.bincount(np.concatenate([a, b]), minlength=n)
    met = np.bincount(a, weight, minlength=n) + np.bincount(b, weight, minlength=n)
    alone = np.bincount(a[degree[b] == 1], minlength=n) + np.bincount(b[degree[a] == 1], minlength=n)
    bridge = np.zeros(n, np.bool_)
    bridge[igraph.Graph(n=n, edges=zip(a.tolist(), b.tolist(), strict=True)).articulation_points()] = True
    return degree, met.astype(np.int64), alone, bridge


class _Likes:
    """The candidate likes of a ring by member and target; none for a ring in tier ``watch``."""

    def __init__(self, user: I64, target: I64, left: I64) -> None:
        self.user, self.target = user, target
        self.of_ring = left

    @classmethod
    def of(cls, ring: Ring) -> _Likes:
        likes, targets = ring.likes, ring.targets
        user = _code(likes["user_id"], ring.members["user_id"])
        target = _code(likes["note_id"], targets["note_id"])
        return cls(user, target, _ints(targets["n_ring_likes"]))

    def lost(self, n_members: int) -> I64:
        """Return by member the targets on which too few of the ring would be left: a like needs company."""
        fragile = self.of_ring[self.target] == MIN_COMPANY + 1
        return np.bincount(self.user[fragile], minlength=n_members)


def _verdicts(ring: Ring, verdict: Verdict, likes: _Likes) -> tuple[F64, npt.NDArray[np.int8]]:
    """Return by member the score and tier of the ring without it."""
    members, targets = ring.members, ring.targets
    n = members.num_rows
    numbers = {name: np.repeat(value, n) for name, value in verdict.numbers.items()}
    devoted = _floats(members["n_ring_likes"]) / np.maximum(_floats(members["n_likes"]), 1)
    numbers["devotion"] = _medians_without(devoted)
    numbers["n_users"] = numbers["n_users"] - 1
    anew = recomputed(ring, verdict)
    if "capture" in anew:
        left = np.tile(likes.of_ring, (n, 1))
        np.subtract.at(left, (likes.user, likes.target), 1)
        there = left > 0
        share = np.where(there, left / np.maximum(_ints(targets["n_likes"]), 1), np.nan)
        numbers["capture"] = _row_medians(share)
        if "authors" in anew:
            numbers["authors_effective"] = _effective_authors(targets["author_id"], left)
    weights = {name: np.repeat(value, n) for name, value in verdict.weights.items()} | weigh(numbers, anew)
    without = Verdict(numbers, weights, np.repeat(verdict.decoys, n), verdict.config)
    return without.score, without.tier


def _medians_without(values: F64) -> F64:
    """Return for each value the median of all others; NaN where there are none. O(n log n)."""
    n = len(values)
    if n < 2:
        return np.full(n, np.nan)
    order = np.argsort(values, kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    ascending = values[order]

    def nth(k: int) -> F64:
        return ascending[np.where(k < rank, k, k + 1)]

    m = n - 1
    return (nth((m - 1) // 2) + nth(m // 2)) / 2


def _row_medians(values: F64) -> F64:
    """Return the median of each row, NaN left out; NaN for rows of nothing else."""
    some = ~np.isnan(values).all(axis=1)
    out = np.full(len(values), np.nan)
    out[some] = np.nanmedian(values[some], axis=1)
    return out


def _effective_authors(author: pa.ChunkedArray, left: I64) -> F64:
    """Return by row the exponential of the entropy of likes over authors; an unknown author is one by itself."""
    code = np.asarray(author.combine_chunks().dictionary_encode().indices.fill_null(-1), np.int64)
    unknown = code < 0
    code[unknown] = code.max(initial=-1) + 1 + np.arange(int(unknown.sum()))
    of_author = np.zeros((len(left), int(code.max(initial=-1)) + 1))
    np.add.at(of_author.T, code, left.T.astype(np.float64))
    share = of_author / np.maximum(of_author.sum(axis=1, keepdims=True), 1)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    entropy: F64 = -(share * logs).sum(axis=1)
    return np.exp(entropy)
