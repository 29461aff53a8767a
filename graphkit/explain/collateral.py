"""What a purge of everything in tier ``purge`` would cost: likes that may be honest, notes and authors touched."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow.compute as pc

from graphkit.detection import Detection
from graphkit.purge.expectation import honest_of_tier


@dataclass(frozen=True, slots=True)
class Collateral:
    """What would be lost, and what of it may be honest.

    Attributes
    ----------
    likes
        Likes in tier ``purge``.
    honest
        Honest ones to be expected among them, as a batch of all of them would say.
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
    touched = run.impact.filter(pc.greater(run.impact["likes_purge"], 0))
    authors = pc.count_distinct(touched["author_id"], mode="only_valid").as_py()
    return Collateral(purged.num_rows, honest_of_tier(run, "purge"), touched.num_rows, int(authors))
