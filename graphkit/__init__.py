"""graphkit finds groups that like together, and lists the likes they bought.

Names are imported when first used, so that ``import graphkit`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # from where each is defined: packages have modules named as the functions in them
    from graphkit.bipartite import BipartiteGraph
    from graphkit.cases.calibrate import Calibration, calibrate
    from graphkit.cases.compare import Comparison, compare
    from graphkit.cases.review import Review, review
    from graphkit.cases.store import CaseStore
    from graphkit.config import Config, load_config
    from graphkit.detection.detect import detect
    from graphkit.detection.run import Detection, Ring, load
    from graphkit.evaluation.evaluate import evaluate
    from graphkit.evaluation.figures import Evaluation
    from graphkit.likes import Likes, read_likes
    from graphkit.purge import Batch, Policy, load_batch, load_policy
    from graphkit.simulation import Simulation, World, simulate

_HOME = {
    "Batch": "graphkit.purge",
    "BipartiteGraph": "graphkit.bipartite",
    "Calibration": "graphkit.cases",
    "CaseStore": "graphkit.cases",
    "Comparison": "graphkit.cases",
    "Config": "graphkit.config",
    "Detection": "graphkit.detection",
    "Evaluation": "graphkit.evaluation",
    "Likes": "graphkit.likes",
    "Policy": "graphkit.purge",
    "Review": "graphkit.cases",
    "Ring": "graphkit.detection",
    "Simulation": "graphkit.simulation",
    "World": "graphkit.simulation",
    "calibrate": "graphkit.cases",
    "compare": "graphkit.cases",
    "detect": "graphkit.detection",
    "evaluate": "graphkit.evaluation",
    "load": "graphkit.detection",
    "load_batch": "graphkit.purge",
    "load_config": "graphkit.config",
    "load_policy": "graphkit.purge",
    "read_likes": "graphkit.likes",
    "review": "graphkit.cases",
    "simulate": "graphkit.simulation",
}

__all__ = [
    "Batch",
    "BipartiteGraph",
    "Calibration",
    "CaseStore",
    "Comparison",
    "Config",
    "Detection",
    "Evaluation",
    "Likes",
    "Policy",
    "Review",
    "Ring",
    "Simulation",
    "World",
    "calibrate",
    "compare",
    "detect",
    "evaluate",
    "load",
    "load_batch",
    "load_config",
    "load_policy",
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
