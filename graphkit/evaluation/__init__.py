"""A run laid beside the truth: what it proposes rightly, what it misses, whom it would hurt, what its numbers mean."""

from graphkit.evaluation.batches import BatchFigures, evaluate_batch, pool_batches
from graphkit.evaluation.calibration import Bin, Calibration, Level
from graphkit.evaluation.evaluate import evaluate, pool
from graphkit.evaluation.figures import Evaluation, GroupFigures, KindFigures, LookalikeFigures
from graphkit.evaluation.shares import Loss, Share, Total
from graphkit.evaluation.truth import Truth, read_truth

__all__ = [
    "BatchFigures", "Bin", "Calibration", "Evaluation", "GroupFigures", "KindFigures", "Level", "LookalikeFigures",
    "Loss", "Share", "Total", "Truth", "evaluate", "evaluate_batch", "pool", "pool_batches", "read_truth",
]  # fmt: skip
