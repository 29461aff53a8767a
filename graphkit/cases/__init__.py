"""What people decide about runs, kept: verdicts, batches, appeals, and the names of rings that live on."""

from graphkit.cases.compare import Comparison, compare
from graphkit.cases.review import review
from graphkit.cases.store import CaseStore

__all__ = ["CaseStore", "Comparison", "compare", "review"]
