"""What the tiers are worth on made worlds with known truth: shares of honest likes, and floors of what is found.

The floors lie a little below what was measured; ``python -m tests.detection.test_quality`` prints the measurements.
A floor that lies below a bar of the design says so.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

import graphkit as gk
from graphkit.simulation import Simulation, simulate

pytestmark = pytest.mark.slow

SEEDS = (11, 12, 13, 14, 15)


@dataclass(frozen=True)
class Verdict:
    """What a run proposed, beside the truth.

    Attributes
    ----------
    purge, review
        Likes proposed by kind: a ring's, a look-alike's, ``camouflage`` or ``organic``; only rings' were bought.
    honest_rings
        Rings in tier purge most of whose proposed likes were not bought.
    bought
        Likes bought by kind.
    members
        Share of ring members with a like in tier purge, by kind.
    kinds_of_rings
        Kinds that are rings.
    """

    purge: dict[str, int]
    review: dict[str, int]
    honest_rings: int
    bought: dict[str, int]
    members: dict[str, float]
    kinds_of_rings: frozenset[str]

    @property
    def honest_share(self) -> float:
        """Share of the likes in tier purge that nobody bought; 0 where nothing is proposed."""
        return 1 - self._bought(self.purge) / max(sum(self.purge.values()), 1) if self.purge else 0.0

    @property
    def recall(self) -> tuple[float, float]:
        """Shares of all bought likes in tier purge, and in purge or review."""
        total = max(sum(self.bought.values()), 1)
        purged, reviewed = self._bought(self.purge), self._bought(self.review)
        return purged / total, (purged + reviewed) / total

    @property
    def lookalikes(self) -> dict[str, int]:
        """Likes of look-alike groups in tier purge, by kind."""
        return {k: n for k, n in self.purge.items() if k not in self.kinds_of_rings | {"organic", "camouflage"}}

    def _bought(self, likes: dict[str, int]) -> int:
        return sum(n for kind, n in likes.items() if kind in self.kinds_of_rings)


def judge(made: Simulation, run: gk.Detection) -> Verdict:
    """Lay the truth beside a run."""
    joined = run.candidates.select(["user_id", "note_id", "ring_id", "tier"]).join(
        made.truth_likes.select(["user_id", "note_id", "kind", "bought"]), ["user_id", "note_id"], join_type="inner"
    )
    assert joined.num_rows == run.candidates.num_rows, "a candidate is a like that stands"
    tier, kind, bought = (np.array(joined[c].to_pylist()) for c in ("tier", "kind", "bought"))
    ring = np.array(joined["ring_id"].to_pylist())
    purged = set(run.rings.filter(pa.compute.equal(run.rings["tier"], "purge"))["ring_id"].to_pylist())
    tiers = dict(zip(run.members["user_id"].to_pylist(), run.members["tier"].to_pylist(), strict=True))
    users = made.truth_users.filter(pa.compute.equal(made.truth_users["role"], "ring"))
    found: dict[str, list[bool]] = {}
    for user, of_kind in zip(users["user_id"].to_pylist(), users["kind"].to_pylist(), strict=True):
        found.setdefault(of_kind, []).append(tiers.get(user) == "purge")
    truth = made.truth_likes.filter(made.truth_likes["bought"])
    rings = made.truth_groups.filter(made.truth_groups["is_ring"])
    return Verdict(
        purge=_count(kind[tier == "purge"]),
        review=_count(kind[tier == "review"]),
        honest_rings=sum(bool(np.mean(bought[ring == r]) < 0.5) for r in sorted(purged) if np.any(ring == r)),
        bought=_count(np.array(truth["kind"].to_pylist())),
        members={k: float(np.mean(v)) for k, v in sorted(found.items())},
        kinds_of_rings=frozenset(rings["kind"].to_pylist()),
    )


def _count(kinds: np.ndarray) -> dict[str, int]:
    return dict(sorted(Counter(kinds.tolist()).items()))


@cache
def verdict(world: str, seed: int, bare: bool = False) -> Verdict:
    """Make a world, run over it, judge the run."""
    made = simulate(world, seed=seed, bare=bare)
    return judge(made, gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes)))


def report() -> Iterator[str]:
    """Yield one line a world: what the floors below were set by."""
    worlds = [("standard", s, False) for s in SEEDS] + [("standard", s, True) for s in SEEDS[:2]]
    worlds += [("ringfree", SEEDS[0], False), ("ringfree", SEEDS[1], True)]
    for world, seed, bare in worlds:
        v = verdict(world, seed, bare)
        members = " ".join(f"{kind} {share:.2f}" for kind, share in v.members.items())
        yield (
            f"{world} {seed}{' bare' if bare else ''}: purge {sum(v.purge.values()):,}, honest {v.honest_share:.3%}, "
            f"honest rings {v.honest_rings}, look-alikes {v.lookalikes}, "
            f"recall {v.recall[0]:.3f} / {v.recall[1]:.3f}; members: {members}"
        )


if __name__ == "__main__":
    for line in report():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
