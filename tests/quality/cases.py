"""One measurement: a world is made, a run is made over it, the truth is laid beside the run."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphkit as gk
from graphkit.config import Config
from graphkit.scoring import channels
from graphkit.simulation.worlds import find_world

ROOT = Path(__file__).resolve().parents[2]
#: What cannot change a figure.
_APART = {"cli", "report"}


@dataclass(frozen=True)
class Case:
    """What is measured.

    Attributes
    ----------
    world
        A registered world by its name, or the parameters of one.
    seed
        Its seed.
    bare
        Whether only users, notes and times are read.
    users, days
        Another size; the world's own where absent.
    channel
        A channel of evidence that is put to nought.
    settings
        Settings by section, laid over the defaults.
    """

    world: str | gk.World
    seed: int
    bare: bool = False
    users: int | None = None
    days: int | None = None
    channel: str = ""
    settings: tuple[tuple[str, str, Any], ...] = ()

    @property
    def name(self) -> str:
        """What it is called while it runs."""
        world = self.world if isinstance(self.world, str) else self.world.name
        off = [f"without {self.channel}"] if self.channel else []
        off += [f"{name}={value}" for _, name, value in self.settings]
        return " ".join([world, str(self.seed), *(["bare"] if self.bare else []), *off])

    @property
    def config(self) -> Config:
        """The settings."""
        data: dict[str, Any] = {}
        for section, name, value in self.settings:
            data.setdefault(section, {})[name] = value
        return Config.model_validate(data)

    @property
    def parameters(self) -> gk.World:
        """The world, at its size."""
        world = find_world(self.world, self.seed) if isinstance(self.world, str) else self.world
        return world.scaled(self.users, self.days)

    @property
    def key(self) -> str:
        """A digest of everything that says what is measured, the code apart."""
        facts = [self.parameters.to_toml(seed=self.seed), self.bare, self.channel, self.config.digest]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def code_digest() -> str:
    """Return a digest of the code that decides figures: the package without faces."""
    total = hashlib.sha256()
    for path in sorted((ROOT / "graphkit").rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.suffix in {".py", ".toml"} and parts[1] not in _APART:
            total.update("/".join(parts).encode() + path.read_bytes())
    return total.hexdigest()[:16]


@contextlib.contextmanager
def without_channel(name: str) -> Iterator[None]:
    """Put one channel of evidence to nought while the block runs; none where `name` is empty.

    Both limits become 0, so that the product weighs with what is left and no line of it is copied here.
    """
    if not name:
        yield
        return
    before = channels.CHANNELS
    known = [channel.name for channel in before]
    if name not in known:
        raise SystemExit(f"no channel {name!r}; there are {', '.join(known)}")
    channels.CHANNELS = tuple(
        dataclasses.replace(channel, least=0.0, most=0.0) if channel.name == name else channel for channel in before
    )
    try:
        yield
    finally:
        channels.CHANNELS = before


def run_case(case: Case, threads: int | None = None) -> tuple[gk.Evaluation, dict[str, Any]]:
    """Make the world and the run; return the evaluation, and how long things took."""
    from graphkit.engines import LocalEngine
    from graphkit.simulation import simulate

    start = time.perf_counter()
    world = simulate(case.parameters, seed=case.seed, bare=case.bare)
    made = time.perf_counter()
    engine, config = LocalEngine(threads), case.config
    with without_channel(case.channel):
        likes = gk.read_likes(world.likes, users=world.users, notes=world.notes, config=config.input, engine=engine)
        run = gk.detect(likes, config=config, engine=engine)
    detected = time.perf_counter()
    if case.channel:
        weights = [ring["evidence"][f"weight_{case.channel}"] for ring in run.rings.to_pylist()]
        assert not any(weights), f"{case.channel} still weighs: channels are no longer read from scoring.channels"
    found = gk.evaluate(run, world)
    seconds = {
        "world": round(made - start, 2),
        "run": round(detected - made, 2),
        "evaluate": round(time.perf_counter() - detected, 2),
    }
    return found, {"seconds": seconds, "rows": world.likes.num_rows, "rings": run.rings.num_rows}
