"""Made worlds with known truth: honest people, what makes them coincide, and paid rings among them.

``simulate`` draws a :class:`World` into tables of likes, users and notes, and the truth about every like. The
worlds serve the judgement of detectors, so no single column gives the truth away.
"""

from __future__ import annotations

from graphkit.simulation.make import Simulation, simulate
from graphkit.simulation.world import World
from graphkit.simulation.worlds import WORLDS

__all__ = ["WORLDS", "Simulation", "World", "simulate"]
