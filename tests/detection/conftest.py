from __future__ import annotations

import pytest

import graphkit as gk
from graphkit.simulation import Simulation, simulate
from tests.detection.runs import Tables, dense, detect


@pytest.fixture(scope="session")
def made() -> Simulation:
    """A small made world, with its truth."""
    return simulate("small", seed=11)


@pytest.fixture(scope="session")
def small(made: Simulation) -> Tables:
    """The tables of the small made world: string ids, every optional column, a little dirt."""
    return Tables(made.likes, made.users, made.notes)


@pytest.fixture(scope="session", params=["small", "dense"])
def world(request: pytest.FixtureRequest, small: Tables) -> Tables:
    """The small made world, or bare likes full of rings with integer ids."""
    return small if request.param == "small" else dense()


@pytest.fixture(scope="session")
def run(world: Tables) -> gk.Detection:
    """The run over it."""
    return detect(world)
