"""Where the work is executed. Stages are given an engine and never ask which one it is."""

from graphkit.engines.engine import Engine
from graphkit.engines.local import LocalEngine
from graphkit.engines.room import Room

__all__ = ["Engine", "LocalEngine", "Room"]
