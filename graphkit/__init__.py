"""graphkit finds groups that like together, and lists the likes they bought.

Names are imported when first used, so that ``import graphkit`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphkit.bipartite import BipartiteGraph
    from graphkit.cases import CaseStore, Comparison, compare, review
    from graphkit.config import Config, load_config
    from graphkit.detection import Detection, Ring, detect, load
    from graphkit.evaluation import Evaluation, evaluate
    from graphkit.likes import Likes, read_likes
    from graphkit.simulation import Simulation, World, simulate

_HOME = {
    "BipartiteGraph": "graphkit.bipartite",
    "CaseStore": "graphkit.cases",
    "Comparison": "graphkit.cases",
    "Config": "graphkit.config",
    "Detection": "graphkit.detection",
    "Evaluation": "graphkit.evaluation",
    "Likes": "graphkit.likes",
    "Ring": "graphkit.detection",
    "Simulation": "graphkit.simulation",
    "World": "graphkit.simulation",
    "compare": "graphkit.cases",
    "detect": "graphkit.detection",
    "evaluate": "graphkit.evaluation",
    "load": "graphkit.detection",
    "load_config": "graphkit.config",
    "read_likes": "graphkit.likes",
    "review": "graphkit.cases",
    "simulate": "graphkit.simulation",
}

__all__ = [
    "BipartiteGraph",
    "CaseStore",
    "Comparison",
    "Config",
    "Detection",
    "Evaluation",
    "Likes",
    "Ring",
    "Simulation",
    "World",
    "compare",
    "detect",
    "evaluate",
    "load",
    "load_config",
    "read_likes",
    "review",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("graphkit")
    if name not in _HOME:
        raise AttributeError(f"module 'graphkit' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
