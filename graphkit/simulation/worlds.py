"""The registered worlds, by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from graphkit.errors import ConfigError
from graphkit.simulation.actors import (
    AnyActor,
    Binge,
    Collaborators,
    CreatorTesting,
    Disposable,
    Drip,
    Exchange,
    Farm,
    Friends,
    Frontpage,
    Lottery,
    Micro,
    Newcomers,
    Niche,
    OneShot,
    PartTime,
    Push,
    Ring,
    Rotating,
    Superfans,
    Viral,
)
from graphkit.simulation.randomness import generator
from graphkit.simulation.world import Background, World

RINGS: tuple[AnyActor, ...] = (
    Farm(count=4, size=(50, 300)),
    Rotating(count=2),
    Micro(count=6),
    Drip(count=3),
    PartTime(count=4),
    Disposable(count=3),
    Exchange(count=3),
    OneShot(count=4),
)
LOOKALIKES: tuple[AnyActor, ...] = (
    Superfans(count=6),
    Lottery(count=2),
    Friends(count=25),
    Niche(count=4),
    Binge(count=40),
    Viral(count=3),
    Push(count=1),
    CreatorTesting(count=15),
    Collaborators(count=3),
    Newcomers(count=2),
    Frontpage(count=2),
)


def _with(actors: tuple[AnyActor, ...], times: float = 1.0, **change: object) -> tuple[AnyActor, ...]:
    """Return the actors so many times as often, with these parameters where they have them."""
    return tuple(
        actor.model_copy(
            update={
                "count": max(1, round(actor.count * times)),
                **{name: value for name, value in change.items() if name in type(actor).model_fields},
            }
        )
        for actor in actors
    )


def _small(_: int) -> World:
    """Return a world that takes a second or two."""
    return World(
        name="small",
        users=2600,
        days=7,
        background=Background(authors_share=0.06, notes_per_user_day=0.025),  # few authors with several notes each
        actors=(
            Farm(size=(50, 70), jobs=(14, 20)),
            Rotating(size=(250, 300), jobs=(30, 40)),
            Micro(count=2, jobs=(10, 14)),
            Drip(size=(50, 60), jobs=(12, 15), spread_s=(43200, 86400)),
            PartTime(size=(50, 60), jobs=(18, 22), participation=(0.3, 0.6)),
            Disposable(size=(30, 40), jobs=(12, 16)),
            Exchange(size=(20, 25), jobs=(25, 30)),
            OneShot(size=(40, 50)),
            Superfans(count=2, size=(25, 50)),
            Lottery(size=(60, 100), rounds=(2, 3)),
            Friends(count=3),
            Niche(size=(30, 50)),
            Binge(count=3),
            Viral(),
            Push(pushes=(2, 3)),
            CreatorTesting(count=2),
            Collaborators(size=(30, 40)),
            Newcomers(size=(30, 40)),
            Frontpage(pages=(2, 4)),
        ),
    )


def _small_rings() -> tuple[AnyActor, ...]:
    """Return many rings of five to forty members."""
    return (
        Micro(count=12, size=(5, 15)),
        Farm(count=8, size=(5, 40), jobs=(8, 40)),
        Rotating(count=2, size=(60, 120), participation=(0.15, 0.3)),
        Drip(count=5, size=(10, 40)),
        PartTime(count=5, size=(10, 50)),
        Disposable(count=3, size=(8, 30)),
        Exchange(count=4, size=(6, 20), jobs=(15, 60)),
        OneShot(count=4, size=(8, 40)),
    )


def _random(seed: int) -> World:
    """Return a world drawn from wide ranges: which rings, how many, how hidden, on which background."""
    rng = generator(seed, "random world")

    def pair(low: float, high: float, least: float, most: float) -> tuple[float, float]:
        a, b = np.exp(rng.uniform(np.log(low / 2), np.log(high * 1.5), 2))
        return (round(float(np.clip(min(a, b), least, most)), 3), round(float(np.clip(max(a, b), least, most)), 3))

    actors: list[AnyActor] = []
    for actor in (*RINGS, *LOOKALIKES):
        if rng.random() < 0.2:
            continue
        change: dict[str, object] = {"count": int(rng.integers(1, 2 * actor.count + 1))}
        if isinstance(actor, Ring):
            hidden = float(rng.uniform(0, 3))
            change["camouflage"] = (round(hidden / 2, 3), round(hidden, 3))
            if not isinstance(actor, Exchange | OneShot):
                change["spread_s"] = pair(*actor.spread_s, 5, 172800)
                change["size"] = pair(*actor.size, 5, 1200)
                change["jobs"] = pair(*actor.jobs, 8, 120)
            if not isinstance(actor, Rotating):
                low = float(rng.uniform(0.3, 0.8))
                change["participation"] = (round(low, 3), round(min(low + 0.25, 0.95), 3))
        actors.append(actor.model_copy(update=change))
    return World(
        name="random",
        users=int(np.exp(rng.uniform(np.log(6_000), np.log(30_000)))),
        days=int(rng.integers(7, 22)),
        background=Background(
            likes_per_user_day=round(float(rng.uniform(0.7, 1.8)), 3),
            likes_per_session=round(float(rng.uniform(2.0, 6.0)), 3),
            activity_sigma=round(float(rng.uniform(0.8, 1.4)), 3),
            notes_per_user_day=round(float(rng.uniform(0.01, 0.04)), 4),
            quality_sigma=round(float(rng.uniform(1.0, 1.7)), 3),
            topics=int(rng.integers(10, 60)),
            front_share=round(float(rng.uniform(0.05, 0.4)), 3),
            search_share=round(float(rng.uniform(0.1, 0.4)), 3),
            refresh_s=int(rng.choice([300, 600, 900, 1800])),
        ),
        actors=tuple(actors),
    )


#: What makes each registered world; the argument is the seed.
WORLDS: dict[str, Callable[[int], World]] = {
    "standard": lambda _: World(name="standard", actors=(*RINGS, *LOOKALIKES)),
    "small": _small,
    "ringfree": lambda _: World(name="ringfree", actors=LOOKALIKES),
    "frontpage": lambda _: World(
        name="frontpage",
        background=Background(front_share=0.5, refresh_s=1800),
        actors=(*_with(RINGS, 0.5), *_with(LOOKALIKES, 0.3), Frontpage(name="morning_page", count=4)),
    ),
    "camouflage": lambda _: World(name="camouflage", actors=(*_with(RINGS, camouflage=(2.0, 5.0)), *LOOKALIKES)),
    "hotnote": lambda _: World(
        name="hotnote", actors=(*_with(RINGS, capture=(0.01, 0.1)), *LOOKALIKES, Viral(name="more_viral", count=8))
    ),
    "smallrings": lambda _: World(name="smallrings", actors=(*_small_rings(), *LOOKALIKES)),
    "lookalikes": lambda _: World(name="lookalikes", actors=(*_with(RINGS, 0.2), *_with(LOOKALIKES, 3))),
    "random": _random,
}


def find_world(name: str, seed: int = 0) -> World:
    """Return the registered world of this name; `seed` matters only where the parameters are drawn at random.

    Raises
    ------
    ConfigError
        When there is none.
    """
    if name not in WORLDS:
        raise ConfigError(f"world {name!r}", wanted=f"one of {', '.join(WORLDS)}", todo="or load one from a TOML file")
    return WORLDS[name](seed)
