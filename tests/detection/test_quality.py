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
import pyarrow.compute as pc
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
    believed, mistaken
        Rings with a q-value of at most 0.05, and those of them most of whose members belong to no ring.
    bought
        Likes bought by kind.
    members, proposed
        Shares of ring members with a like in tier purge, and in purge or review, by kind.
    kinds_of_rings
        Kinds that are rings.
    """

    purge: dict[str, int]
    review: dict[str, int]
    honest_rings: int
    believed: int
    mistaken: int
    bought: dict[str, int]
    members: dict[str, float]
    proposed: dict[str, float]
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
    purged = set(run.rings.filter(pc.equal(run.rings["tier"], "purge"))["ring_id"].to_pylist())
    tiers = dict(zip(run.members["user_id"].to_pylist(), run.members["tier"].to_pylist(), strict=True))
    users = made.truth_users.filter(pc.equal(made.truth_users["role"], "ring"))
    found: dict[str, list[str]] = {}
    for user, of_kind in zip(users["user_id"].to_pylist(), users["kind"].to_pylist(), strict=True):
        found.setdefault(of_kind, []).append(tiers.get(user, "none"))
    paid = pc.is_in(run.members["user_id"], users["user_id"].combine_chunks())
    low_q = run.rings.filter(pc.less_equal(run.rings["q_value"], 0.05))["ring_id"].to_pylist()
    share_paid = {r: np.mean(np.asarray(paid.filter(pc.equal(run.members["ring_id"], r)))) for r in low_q}
    truth = made.truth_likes.filter(made.truth_likes["bought"])
    rings = made.truth_groups.filter(made.truth_groups["is_ring"])
    return Verdict(
        purge=_count(kind[tier == "purge"]),
        review=_count(kind[tier == "review"]),
        honest_rings=sum(bool(np.mean(bought[ring == r]) < 0.5) for r in sorted(purged) if np.any(ring == r)),
        believed=len(low_q),
        mistaken=sum(bool(share < 0.5) for share in share_paid.values()),
        bought=_count(np.array(truth["kind"].to_pylist())),
        members={k: v.count("purge") / len(v) for k, v in sorted(found.items())},
        proposed={k: (v.count("purge") + v.count("review")) / len(v) for k, v in sorted(found.items())},
        kinds_of_rings=frozenset(rings["kind"].to_pylist()),
    )


def _count(kinds: np.ndarray) -> dict[str, int]:
    return dict(sorted(Counter(kinds.tolist()).items()))


@cache
def verdict(world: str, seed: int, bare: bool = False) -> Verdict:
    """Make a world, run over it, judge the run."""
    made = simulate(world, seed=seed, bare=bare)
    return judge(made, gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes)))


RICH = [("standard", seed, False) for seed in SEEDS]
BARE = [("standard", seed, True) for seed in SEEDS[:2]]
RINGFREE = [("ringfree", SEEDS[0], False), ("ringfree", SEEDS[1], True)]

#: Least share of ring members with a like in tier purge. The design asks 0.8 of every kind; `disposable` hovers
#: about it, `exchange` and `part_time` vary from ring to ring, and `one_shot`, around one note, cannot be told.
MEMBERS = {"farm": 0.95, "rotating": 0.87, "micro": 0.93, "drip": 0.88, "disposable": 0.72}
#: Bare likes: what is slower than an hour has timing alone to show, and that is left to a person.
MEMBERS_BARE = {"farm": 0.95, "rotating": 0.87, "micro": 0.8, "disposable": 0.72}
PROPOSED_BARE = {"drip": 0.9}


@pytest.mark.parametrize("seed", SEEDS)
def test_of_likes_in_tier_purge_few_are_honest(seed: int) -> None:
    found = verdict("standard", seed)
    assert found.honest_share <= 0.01
    assert found.honest_rings == 0
    # Single likes that members of look-alike groups gave in a ring's burst; no group of them.
    assert sum(found.lookalikes.values()) <= 8


def test_of_likes_in_tier_purge_few_are_honest_on_the_whole() -> None:
    found = [verdict(*world) for world in RICH]
    assert np.mean([v.honest_share for v in found]) <= 0.005
    # The design asks 0.90 and 0.97.
    assert np.mean([v.recall[0] for v in found]) >= 0.82
    assert np.mean([v.recall[1] for v in found]) >= 0.90


@pytest.mark.parametrize("seed", SEEDS)
def test_members_are_found(seed: int) -> None:
    found = verdict("standard", seed)
    assert {kind: found.members[kind] for kind, floor in MEMBERS.items() if found.members[kind] < floor} == {}
    assert found.recall[0] >= 0.76
    assert found.recall[1] >= 0.81


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_bare_likes(seed: int) -> None:
    found = verdict("standard", seed, bare=True)
    assert found.honest_share <= 0.01
    assert found.honest_rings == 0
    assert sum(found.lookalikes.values()) <= 8
    assert {kind: found.members[kind] for kind, floor in MEMBERS_BARE.items() if found.members[kind] < floor} == {}
    assert {kind: found.proposed[kind] for kind, floor in PROPOSED_BARE.items() if found.proposed[kind] < floor} == {}
    # The design asks 0.75 in tier purge.
    assert found.recall[0] >= 0.5
    assert found.recall[1] >= 0.78


def test_of_rings_believed_few_are_none() -> None:
    found = [verdict(*world) for world in (*RICH, *BARE)]
    assert sum(v.believed for v in found) > 100
    assert sum(v.mistaken for v in found) <= 0.05 * sum(v.believed for v in found)


@pytest.mark.parametrize(("world", "seed", "bare"), RINGFREE)
def test_without_rings_nothing_is_purged(world: str, seed: int, bare: bool) -> None:
    found = verdict(world, seed, bare)
    assert found.bought == {}
    assert found.purge == {}
    assert found.believed == 0


def report() -> Iterator[str]:
    """Yield one line a world, then the means: what the floors above were set by."""
    for world, seed, bare in (*RICH, *BARE, *RINGFREE):
        v = verdict(world, seed, bare)
        members = " ".join(f"{kind} {share:.2f}/{v.proposed[kind]:.2f}" for kind, share in v.members.items())
        yield (
            f"{world} {seed}{' bare' if bare else ''}: purge {sum(v.purge.values()):,}, honest {v.honest_share:.3%}, "
            f"honest rings {v.honest_rings}, look-alikes {v.lookalikes}, "
            f"rings with q <= 0.05 {v.believed} ({v.mistaken} mistaken), "
            f"recall {v.recall[0]:.3f} / {v.recall[1]:.3f}; members in purge / purge or review: {members}"
        )
    for name, worlds in (("rich", RICH), ("bare", BARE)):
        honest = [verdict(*world).honest_share for world in worlds]
        recall = np.mean([verdict(*world).recall for world in worlds], axis=0)
        yield (
            f"{name}: honest {np.mean(honest):.3%} (worst {max(honest):.3%}), recall {recall[0]:.3f} / {recall[1]:.3f}"
        )


if __name__ == "__main__":
    for line in report():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
