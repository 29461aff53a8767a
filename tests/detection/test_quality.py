"""What tiers and batches are worth on made worlds with known truth: shares of honest likes, floors of what is found.

The floors lie a little below what was measured; ``python -m tests.quality suite`` and ``batches`` measure anew. A floor
that lies below a bar of the design says so.
"""

from __future__ import annotations

from functools import cache

import pytest

import graphkit as gk
from graphkit.evaluation import BatchFigures, Truth, evaluate_batch, pool, pool_batches
from graphkit.purge import purge

pytestmark = pytest.mark.slow

SEEDS = (11, 12, 13, 14, 15)


@cache
def measured(world: str, seed: int, bare: bool) -> tuple[gk.Evaluation, BatchFigures]:
    """Make a world, a run over it and the whole of a purge from that; lay the truth beside both."""
    made = gk.simulate(world, seed=seed, bare=bare)
    run = gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes))
    truth = Truth.of(made)
    return gk.evaluate(run, truth), evaluate_batch(purge(run, policy=gk.Policy(canary_share=0)), truth)


def evaluated(world: str, seed: int, bare: bool = False) -> gk.Evaluation:
    return measured(world, seed, bare)[0]


def batch(world: str, seed: int, bare: bool = False) -> BatchFigures:
    return measured(world, seed, bare)[1]


def short(found: gk.Evaluation, tier: str, floors: dict[str, float]) -> dict[str, float]:
    """Return the kinds of which a smaller share of members than its floor has a like in the tier."""
    shares = {kind: found.kinds[kind].members[tier].share for kind in floors}
    return {kind: share for kind, share in shares.items() if share < floors[kind]}


def touched(found: gk.Evaluation) -> int:
    """Return the likes of look-alikes in tier purge."""
    return sum(figures.likes["purge"].n for figures in found.lookalikes.values())


RICH = [("standard", seed, False) for seed in SEEDS]
BARE = [("standard", seed, True) for seed in SEEDS[:2]]
RINGFREE = [("ringfree", SEEDS[0], False), ("ringfree", SEEDS[1], True)]

#: Least share of ring members with a like in tier purge. The design asks 0.8 of every kind; `drip` misses it on one
#: seed, `disposable` by little on another, `micro` rings of few occasions and slow rings without a witness are for
#: review, `exchange` and `part_time` vary from ring to ring, and `one_shot` is not looked for.
MEMBERS = {"farm": 0.9, "rotating": 0.85, "micro": 0.6, "drip": 0.55, "disposable": 0.74}
#: Bare likes: what comes with publication is left to a person, since authors are unknown.
MEMBERS_BARE = {"farm": 0.9, "rotating": 0.85, "micro": 0.6, "disposable": 0.6}
PROPOSED_BARE = {"drip": 0.9}


@pytest.mark.parametrize("seed", SEEDS)
def test_of_likes_in_tier_purge_few_are_honest(seed: int) -> None:
    found = evaluated("standard", seed)
    assert found.likes_honest["purge"].share <= 0.01
    assert found.rings_honest["purge"].n == 0
    # Single likes that members of look-alike groups gave in a ring's burst; no group of them.
    assert touched(found) <= 8
    assert not any(figures.taken["purge"].n for figures in found.lookalikes.values())


@pytest.mark.parametrize(
    ("seed", "bare"),
    [(558, False), (534, False), (503, True), (710, True), (725, True)],
    ids=[
        *("people who look for give-aways", "a push where part-timers were", "followers of authors who pay"),
        *("a list of give-aways", "a list of give-aways and the audience of two authors"),
    ],
)
def test_honest_crowds_that_look_like_rings_are_not_purged(seed: int, bare: bool) -> None:
    # Each of these was, between 2 and 53 % of the tier, before they were kept apart from rings (decisions 48, 49).
    found = evaluated("random", seed, bare)
    assert found.likes_honest["purge"].share <= 0.01
    assert not any(figures.taken["purge"].n for figures in found.lookalikes.values())


def test_of_likes_in_tier_purge_few_are_honest_on_the_whole() -> None:
    found = pool(evaluated(*world) for world in RICH)
    assert found.likes_honest["purge"].mean <= 0.005
    # The bars of the design.
    assert found.likes_found["purge"].mean >= 0.9
    assert found.likes_found["proposed"].mean >= 0.97


@pytest.mark.parametrize("seed", SEEDS)
def test_members_are_found(seed: int) -> None:
    found = evaluated("standard", seed)
    assert short(found, "purge", MEMBERS) == {}
    assert found.likes_found["purge"].share >= 0.88
    assert found.likes_found["proposed"].share >= 0.96


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_bare_likes(seed: int) -> None:
    found = evaluated("standard", seed, bare=True)
    assert found.likes_honest["purge"].share <= 0.01
    assert found.rings_honest["purge"].n == 0
    assert touched(found) <= 8
    assert short(found, "purge", MEMBERS_BARE) == {}
    assert short(found, "proposed", PROPOSED_BARE) == {}
    # The design asks 0.75 in tier purge.
    assert found.likes_found["purge"].share >= 0.75
    assert found.likes_found["proposed"].share >= 0.8


def test_of_rings_believed_few_are_none() -> None:
    found = pool(evaluated(*world) for world in (*RICH, *BARE))
    (believed,) = [level.mistaken for level in found.calibration.levels if level.q == 0.05]
    assert believed.of > 100
    assert believed.n <= 0.05 * believed.of


@pytest.mark.parametrize(("world", "seed", "bare"), RINGFREE)
def test_without_rings_nothing_is_purged(world: str, seed: int, bare: bool) -> None:
    found = evaluated(world, seed, bare)
    assert found.n_bought == (0,)
    assert found.likes_honest["purge"].of == 0
    assert [level.mistaken.of for level in found.calibration.levels if level.q <= 0.05] == [0, 0]


@pytest.mark.parametrize("seed", SEEDS)
def test_of_likes_in_a_batch_few_are_honest(seed: int) -> None:
    """The bar is issue 6's; the tier as a whole may hold more."""
    found = batch("standard", seed)
    assert found.honest.of > 10_000
    assert found.honest.share <= 0.005
    assert found.exceeded.n == 0


def test_batches_take_much_of_the_tier_and_are_better_than_it() -> None:
    found = pool_batches(batch(*world) for world in RICH)
    tier = pool(evaluated(*world) for world in RICH).likes_honest["purge"]
    assert found.honest.mean <= 0.002
    assert found.honest.share <= tier.share
    assert found.taken.mean >= 0.42
    # A batch takes no more than a twentieth of all likes, and a tenth of these were bought.
    assert found.held["max_like_share"].n > 0


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_batches_of_bare_likes(seed: int) -> None:
    found = batch("standard", seed, bare=True)
    assert found.honest.share <= 0.005
    assert found.taken.share >= 0.4
    assert found.exceeded.n == 0


@pytest.mark.parametrize(("world", "seed", "bare"), RINGFREE)
def test_without_rings_batches_are_empty(world: str, seed: int, bare: bool) -> None:
    assert batch(world, seed, bare).honest.of == 0
