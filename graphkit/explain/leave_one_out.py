"""What of a ring rests on each member: its ties, co-likes, likes and targets, and its tier without the member.

Everything is computed from the tables of the run. What they allow is counted anew without the member (`recomputed`);
every other number is held as it stands, and the words that explain the result say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit._kernels.grouping import group_pointers
from graphkit._kernels.without import medians_without_each, shares_without_each
from graphkit.detection import Detection, Ring
from graphkit.explain.places import Places, codes
from graphkit.explain.verdict import Verdict
from graphkit.likes.model import F64, I64
from graphkit.scoring.channels import weigh
from graphkit.scoring.company import MIN_COMPANY
from graphkit.scoring.tiers import TIERS

Bools = npt.NDArray[np.bool_]

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
    return tuple(name for name, anew in _counted_anew(np.array([ring.likes.num_rows]), verdict).items() if anew[0])


def _counted_anew(n_likes: I64, verdict: Verdict) -> dict[str, Bools]:
    """Tell by channel for which rings its number can be counted anew; see `recomputed`."""
    there = n_likes > 0
    known = ~np.isnan(verdict.numbers["authors_effective"])
    return {"devotion": np.ones(len(there), np.bool_), "capture": there, "authors": there & known}


def leave_one_out(run: Detection, verdict: Verdict, min_users: int) -> pa.Table:
    """Return what of each ring of a run rests on each of its members.

    Parameters
    ----------
    run
        The run.
    verdict
        The verdicts of ``run.rings``.
    min_users
        Least members of a ring.

    Returns
    -------
    pyarrow.Table
        One row a member, in the order of ``run.members``: `ring_id`, `user_id`; `ties` and `tie_share`, the member's
        significant ties and their share of the ring's; `co_like_share`, the share of the weight of these; `likes`,
        `like_share`, the member's likes for the ring; `targets`, the notes among them; `targets_lost`, those on which
        fewer likes of the ring would be left than can stand out (three); `left_alone`, members with no other partner;
        `bridge`, whether the ring's ties would fall apart; `score_without` and `tier_without`, null where fewer than
        `min_users` members would be left. O(members × targets) at most.
    """
    rows = _Rows.of(run)
    ring = rows.ring
    ties, co_likes, left_alone, bridge = _ties(run, rows)
    without = _without(run, rows, verdict)
    short = (rows.n_members - 1 < min_users)[ring]
    likes = _ints(run.members["n_ring_likes"])
    of_ring = np.bincount(ring, co_likes, minlength=rows.n_rings).astype(np.int64) // 2
    columns: dict[str, object] = {
        "ties": ties,
        "tie_share": ties / np.maximum(rows.n_ties[ring], 1),
        "co_like_share": co_likes / np.maximum(of_ring[ring], 1),
        "likes": likes,
        "like_share": likes / np.maximum(np.bincount(ring, likes, rows.n_rings)[ring], 1),
        "targets": likes,  # of a note everybody has one
        "targets_lost": _lost(rows),
        "left_alone": left_alone,
        "bridge": bridge,
        "score_without": pa.array(without.score, mask=short),
        "tier_without": pa.array(np.array(TIERS)[without.tier], mask=short),
    }
    arrays = [pa.array(columns[name], kind) for name, kind in SCHEMA]
    names = [name for name, _ in SCHEMA]
    return pa.table([run.members["ring_id"], run.members["user_id"], *arrays], names=["ring_id", "user_id", *names])


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a run's tables by number.

    Attributes
    ----------
    n_rings
        Number of rings.
    members
        Where the members of each ring stand.
    ring, done
        Ring of each member, and its likes for the ring, stragglers left out, int64[members].
    target_ring, given
        Ring of each target, and the ring's likes on it, stragglers left out, int64[targets].
    tie_ring
        Ring of each tie, int64[ties].
    like_member, like_target
        Member and target of each candidate like in company, int64[likes]; none of rings in tier ``watch``.
    """

    n_rings: int
    members: Places
    ring: I64
    done: I64
    target_ring: I64
    given: I64
    tie_ring: I64
    like_member: I64
    like_target: I64

    @classmethod
    def of(cls, run: Detection) -> _Rows:
        """Give the rows of a run their numbers."""
        rings, likes, apart = run.rings["ring_id"], run.in_company, run.stragglers
        ring, target_ring = codes(run.members["ring_id"], rings), codes(run.targets["ring_id"], rings)
        like_ring, apart_ring = codes(likes["ring_id"], rings), codes(apart["ring_id"], rings)
        members, targets = Places(ring, run.members["user_id"]), Places(target_ring, run.targets["note_id"])
        return cls(
            len(rings),
            members,
            ring,
            _less(run.members["n_ring_likes"], members.find(apart_ring, apart["user_id"])),
            target_ring,
            _less(run.targets["n_ring_likes"], targets.find(apart_ring, apart["note_id"])),
            codes(run.ties["ring_id"], rings),
            members.find(like_ring, likes["user_id"]),
            targets.find(like_ring, likes["note_id"]),
        )

    @property
    def n_members(self) -> I64:
        """Members of each ring."""
        return np.bincount(self.ring, minlength=self.n_rings)

    @property
    def n_ties(self) -> I64:
        """Ties of each ring."""
        return np.bincount(self.tie_ring, minlength=self.n_rings)

    @property
    def n_likes(self) -> I64:
        """Candidate likes of each ring, stragglers left out."""
        return np.bincount(self.ring[self.like_member], minlength=self.n_rings)


def _less(count: pa.ChunkedArray, row: I64) -> I64:
    """Return the counts less one for each time that a row is named."""
    return _ints(count) - np.bincount(row, minlength=len(count))


def _ints(column: pa.ChunkedArray) -> I64:
    return np.asarray(column.combine_chunks(), np.int64)


def _ties(run: Detection, rows: _Rows) -> tuple[I64, I64, I64, Bools]:
    """Return by member its ties, their weight, the partners it would leave alone, and whether ties would fall apart."""
    import igraph

    n = len(rows.ring)
    a, b = (rows.members.find(rows.tie_ring, run.ties[end]) for end in ("user_a", "user_b"))
    weight = _ints(run.ties["weight"])
    degree = np.bincount(np.concatenate([a, b]), minlength=n)
    met = np.bincount(a, weight, minlength=n) + np.bincount(b, weight, minlength=n)
    alone = np.bincount(a[degree[b] == 1], minlength=n) + np.bincount(b[degree[a] == 1], minlength=n)
    bridge = np.zeros(n, np.bool_)
    # igraph reads pairs three times as fast as arrays or lists of lists.
    pairs = zip(a.tolist(), b.tolist(), strict=True)
    bridge[igraph.Graph(n=n, edges=pairs).articulation_points()] = True
    return degree, met.astype(np.int64), alone, bridge


def _lost(rows: _Rows) -> I64:
    """Return by member the targets on which too few of the ring would be left: a like needs company."""
    fragile = rows.given[rows.like_target] == MIN_COMPANY + 1
    return np.bincount(rows.like_member[fragile], minlength=len(rows.ring))


def _without(run: Detection, rows: _Rows, verdict: Verdict) -> Verdict:
    """Return by member the verdict on its ring without it."""
    held = verdict.at(rows.ring)
    numbers = {
        **held.numbers,
        "devotion": _devotion(run, rows),
        "n_users": held.numbers["n_users"] - 1,
        "capture": _capture(run, rows),
        "authors_effective": _effective_authors(run.targets["author_id"], rows),
    }
    anew = {name: where[rows.ring] for name, where in _counted_anew(rows.n_likes, verdict).items()}
    for channel, number in (("capture", "capture"), ("authors", "authors_effective")):
        numbers[number] = np.where(anew[channel], numbers[number], held.numbers[number])
    weights = {name: np.where(anew[name], nats, held.weights[name]) for name, nats in weigh(numbers, [*anew]).items()}
    return Verdict(numbers, held.weights | weights, held.decoys, held.config)


def _devotion(run: Detection, rows: _Rows) -> F64:
    """Return by member the median share of the ring in the likes of the others."""
    devoted = rows.done / np.maximum(_ints(run.members["n_likes"]), 1)
    order, ptr = _grouped(rows.ring, rows.n_rings)
    out = np.empty(len(devoted))
    out[order] = medians_without_each(devoted[order], ptr)
    return out


def _capture(run: Detection, rows: _Rows) -> F64:
    """Return by member the median share of the others in all likes of the targets that they would have."""
    by_ring, target_ptr = _grouped(rows.target_ring, rows.n_rings)
    place = np.empty(len(by_ring), np.int64)
    place[by_ring] = np.arange(len(by_ring))
    by_member, like_ptr = _grouped(rows.like_member, len(rows.ring))
    like_target = place[rows.like_target[by_member]]
    everybody = _ints(run.targets["n_likes"])[by_ring]
    return shares_without_each(rows.ring, like_ptr, like_target, target_ptr, rows.given[by_ring], everybody)


def _grouped(group: I64, n: int) -> tuple[I64, I64]:
    """Return the elements group by group, and where each group begins."""
    return np.argsort(group, kind="stable"), group_pointers(group, n)


def _effective_authors(author: pa.ChunkedArray, rows: _Rows) -> F64:
    """Return by member the exponential of the entropy of the others' likes over authors.

    An unknown author is one by itself. With c likes of author a, of C in all, the entropy is
    ``log C - sum over a of c log c / C``: only the authors whom the member liked change a term of the sum.
    """
    names = author.combine_chunks().dictionary_encode()
    code = np.asarray(names.indices.fill_null(-1), np.int64)
    code = np.where(code < 0, len(names.dictionary) + np.arange(len(code)), code)
    key = np.unique(rows.target_ring * (len(names.dictionary) + len(code)) + code, return_inverse=True)[1]
    likes = np.bincount(key, rows.given)
    ring_of = np.zeros(len(likes), np.int64)
    ring_of[key] = rows.target_ring
    pair, taken = np.unique(rows.like_member * len(likes) + key[rows.like_target], return_counts=True)
    member, which = pair // max(len(likes), 1), pair % max(len(likes), 1)
    change = _c_log_c(likes[which] - taken) - _c_log_c(likes[which])
    terms = np.bincount(ring_of, _c_log_c(likes), minlength=rows.n_rings)[rows.ring]
    terms = terms + np.bincount(member, change, minlength=len(rows.ring))
    total = np.bincount(ring_of, likes, minlength=rows.n_rings)[rows.ring]
    total = np.maximum(total - np.bincount(rows.like_member, minlength=len(rows.ring)), 1)
    return np.asarray(np.exp(np.log(total) - terms / total), np.float64)


def _c_log_c(count: npt.NDArray[np.number]) -> F64:
    return np.asarray(count * np.log(np.maximum(count, 1)), np.float64)
