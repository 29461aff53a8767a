"""A run laid beside the truth: what it proposes rightly, what it misses, whom it would hurt, what its numbers mean."""

from graphkit.evaluation.calibration import Bin, Calibration, Level
from graphkit.evaluation.evaluate import evaluate, pool
from graphkit.evaluation.figures import Evaluation, GroupFigures, KindFigures, LookalikeFigures
from graphkit.evaluation.shares import Loss, Share, Total
from graphkit.evaluation.truth import Truth, read_truth

__all__ = [
    "Bin", "Calibration", "Evaluation", "GroupFigures", "KindFigures", "Level", "LookalikeFigures", "Loss", "Share",
    "Total", "Truth", "evaluate", "pool", "read_truth",
]  # fmt: skip
