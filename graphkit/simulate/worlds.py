"""The registered worlds, by name."""

from __future__ import annotations

from collections.abc import Callable

from graphkit.errors import ConfigError
from graphkit.simulate.world import (
    AnyActor,
    Drip,
    Farm,
    Friends,
    Lottery,
    Micro,
    Niche,
    PartTime,
    Rotating,
    Superfans,
    Viral,
    World,
)

_LOOKALIKES: tuple[AnyActor, ...] = (
    Superfans(count=6),
    Lottery(count=2),
    Friends(count=25),
    Niche(count=4),
    Viral(count=4),
)
_RINGS: tuple[AnyActor, ...] = (
    Farm(count=4),
    Rotating(count=2),
    Micro(count=6),
    Drip(count=3),
    PartTime(count=4),
)


def _standard(seed: int) -> World:
    return World(name="standard", actors=(*_RINGS, *_LOOKALIKES))


def _ringfree(seed: int) -> World:
    return World(name="ringfree", actors=_LOOKALIKES)


def _small(seed: int) -> World:
    return World(
        name="small",
        users=1500,
        days=7,
        actors=(
            Farm(size=(40, 70), jobs=(10, 20)),
            Rotating(size=(200, 300), jobs=(25, 40)),
            Micro(count=2, jobs=(8, 14)),
            Drip(size=(40, 60), jobs=(10, 15), spread_s=(43200, 86400)),
            PartTime(size=(40, 60), jobs=(12, 20)),
            Superfans(count=2, size=(25, 50)),
            Lottery(size=(60, 100), rounds=(2, 3)),
            Friends(count=3),
            Niche(size=(30, 50)),
            Viral(),
        ),
    )


WORLDS: dict[str, Callable[[int], World]] = {
    "standard": _standard,
    "small": _small,
    "ringfree": _ringfree,
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
