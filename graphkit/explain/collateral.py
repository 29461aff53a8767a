"""What a purge of everything in tier ``purge`` would cost: likes that may be honest, notes and authors touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from graphkit.detection import Detection


@dataclass(frozen=True, slots=True)
class Collateral:
    """What would be lost, and what of it may be honest.

    Attributes
    ----------
    likes
        Likes in tier ``purge``.
    honest
        Honest ones to be expected among them were scores probabilities: one less the score, added up.
    notes
        Notes that would lose at least one like.
    authors
        Distinct known authors of these.
    """

    likes: int
    honest: float
    notes: int
    authors: int


def collateral(run: Detection) -> Collateral:
    """Return what a purge of the tier ``purge`` of a run would cost."""
    purged = run.candidates.filter(pc.equal(run.candidates["tier"], "purge"))
    doubt = 1 - np.asarray(purged["score"].combine_chunks(), np.float64)
    touched = run.impact.filter(pc.greater(run.impact["likes_purge"], 0))
    authors = pc.count_distinct(touched["author_id"], mode="only_valid").as_py()
    # Sorted first: a sum of floats in the order of rows would depend on it.
    return Collateral(purged.num_rows, float(np.sort(doubt).sum()), touched.num_rows, int(authors))
