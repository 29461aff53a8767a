"""What people decide about runs, kept: verdicts, batches, appeals, and the names of rings that live on."""

from graphkit.cases.calibrate import Calibration, calibrate
from graphkit.cases.compare import Comparison, compare
from graphkit.cases.review import Review, review
from graphkit.cases.store import CaseStore

__all__ = ["Calibration", "CaseStore", "Comparison", "Review", "calibrate", "compare", "review"]
