"""One measurement: a world is made, a run over it and batches from that, and the truth is laid beside them."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphkit as gk
from graphkit.config import Config
from graphkit.evaluation import BatchFigures, Truth, evaluate_batch
from graphkit.purge.batch import plan_batch
from graphkit.scoring import channels
from graphkit.simulation.worlds import find_world

ROOT = Path(__file__).resolve().parents[2]
#: Policies that batches are made by. Without a canary a batch is what canary and rest are together; the others each
#: differ from that in one field.
DEFAULTS, CANARY = "defaults", "canary"
_OTHERS: tuple[dict[str, float], ...] = ({"max_note_share": 0.5}, {"max_note_share": 1}, {"min_score": 0.9})
POLICIES: dict[str, gk.Policy] = {
    DEFAULTS: gk.Policy(canary_share=0),
    CANARY: gk.Policy(),
    **{f"{name} = {x:g}": gk.Policy(canary_share=0, **{name: x}) for change in _OTHERS for name, x in change.items()},
}
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


@dataclass(frozen=True)
class Measured:
    """One measurement.

    Attributes
    ----------
    found
        The evaluation of the run.
    batches
        The figures of its batches, by the names of `POLICIES`.
    how
        Seconds by step, rows read, rings reported.
    """

    found: gk.Evaluation
    batches: Mapping[str, BatchFigures]
    how: dict[str, Any]


def batches_of(run: gk.Detection, truth: Truth) -> dict[str, BatchFigures]:
    """Return the figures of the batches of a run, at the moment it was made."""
    now = dt.datetime.fromisoformat(run.info["made_at"])
    return {name: evaluate_batch(plan_batch(run, policy=policy, now=now), truth) for name, policy in POLICIES.items()}


def run_case(case: Case, threads: int | None = None) -> Measured:
    """Make the world, the run and its batches, and measure them."""
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
    truth = Truth.of(world)
    found = gk.evaluate(run, truth)
    evaluated = time.perf_counter()
    batches = batches_of(run, truth)
    seconds = {
        "world": round(made - start, 2),
        "run": round(detected - made, 2),
        "evaluate": round(evaluated - detected, 2),
        "batches": round(time.perf_counter() - evaluated, 2),
    }
    return Measured(found, batches, {"seconds": seconds, "rows": world.likes.num_rows, "rings": run.rings.num_rows})
