"""What a batch is worth, by truth: how much of tier purge it takes, what holds the rest, and whether it says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from graphkit.errors import InputError
from graphkit.evaluation.laid import PURGE, lay, rows_of
from graphkit.evaluation.shares import Share, Total, join
from graphkit.evaluation.truth import Truth
from graphkit.likes.model import I64
from graphkit.purge.rails import RAILS

if TYPE_CHECKING:
    from graphkit.purge import Batch
    from graphkit.simulation import Simulation

#: Rails that a person's word on the ring opens.
_FOR_A_PERSON = ("note_share", "author_share")


@dataclass(frozen=True)
class BatchFigures:
    """What one or several batches are worth, by truth; an empty batch is one that takes nothing.

    Attributes
    ----------
    honest
        Of the likes that go, those nobody bought.
    taken
        Of the candidate likes of tier purge, those that go.
    found
        Of the bought likes, those that go.
    held
        Of the candidate likes of tier purge, those that each guard rail holds, by its name.
    expected, low, high
        Honest likes that each batch says are to be expected, and the ends of its interval.
    covered
        Of the batches that take anything, those whose interval holds the number of honest likes that they take.
    exceeded
        Of the same, those that take more than their interval says.
    waiting
        Of the rings with likes in tier purge, those of which some wait for a person because of what a note or an author
        would lose.
    """

    honest: Share
    taken: Share
    found: Share
    held: Mapping[str, Share]
    expected: Total
    low: Total
    high: Total
    covered: Share
    exceeded: Share
    waiting: Share

    @property
    def n_batches(self) -> int:
        """Batches these figures are of, empty ones included."""
        return len(self.taken.counts)


def evaluate_batch(batch: Batch, truth: Truth | Simulation | str | Path) -> BatchFigures:
    """Lay the truth beside a batch.

    Parameters
    ----------
    batch
        The batch, as ``graphkit.purge.purge`` made it, with its run.
    truth
        What the run was made from: a made world, or the directory that ``graphkit simulate`` wrote.

    Returns
    -------
    BatchFigures

    Raises
    ------
    InputError
        When the batch was read from a directory and so has no run, or the truth is about another log.
    """
    if batch.run is None:
        raise InputError(
            f"batch {batch.batch_id} does not hold its run", wanted="one just made", todo="make it again from its run"
        )
    told = truth if isinstance(truth, Truth) else Truth.of(truth)
    laid = lay(batch.run, told, batch.run.run_id)
    in_purge = laid.tier_of_like == PURGE
    gone = rows_of(batch.purge, told, batch.batch_id, "likes")
    stays = rows_of(batch.held, told, batch.batch_id, "likes held")
    rail = np.asarray(batch.held["held_by"])
    n_purge, n_honest = int(in_purge.sum()), int((~told.bought[gone]).sum())
    expected = batch.info["expected_honest"]
    some = bool(len(gone))
    return BatchFigures(
        honest=Share.one(n_honest, len(gone)),
        taken=Share.one(int(in_purge[gone].sum()), n_purge),
        found=Share.one(int(told.bought[gone].sum()), int(told.bought.sum())),
        held={name: Share.one(int((in_purge[stays] & (rail == name)).sum()), n_purge) for name in RAILS},
        expected=Total((float(expected["likes"]),)),
        low=Total((float(expected["low"]),)),
        high=Total((float(expected["high"]),)),
        covered=Share.one(some and expected["low"] <= n_honest <= expected["high"], some),
        exceeded=Share.one(some and n_honest > expected["high"], some),
        waiting=_waiting(batch, laid.like_ring[laid.like_tier == PURGE]),
    )


def _waiting(batch: Batch, rings: I64) -> Share:
    held = batch.held
    for_a_person = np.isin(np.asarray(held["held_by"]), _FOR_A_PERSON)
    return Share.one(len(held["ring_id"].filter(pa.array(for_a_person)).unique()), len(np.unique(rings)))


def pool_batches(parts: Iterable[BatchFigures]) -> BatchFigures:
    """Return the figures of several batches as those of all, in the order given."""
    parts = list(parts)
    pooled = join(parts, [part.n_batches for part in parts])
    assert isinstance(pooled, BatchFigures)
    return pooled
