"""What one batch would do that another did not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.purge.batch import Batch, load_batch
from graphkit.purge.batchdir import INFO

if TYPE_CHECKING:
    from graphkit.cases.store import CaseStore

#: Stands for likes of the other batch that the run no longer proposes.
NO_CANDIDATE = "no_candidate"


def difference(batch: Batch, previous: Batch | None) -> dict[str, Any]:
    """Compare a batch with the one before it.

    Parameters
    ----------
    batch
        The batch.
    previous
        The one before; ``None`` where there is none, which is like one that took nothing.

    Returns
    -------
    dict
        ``previous`` (its id), the number of likes ``new``, ``same`` and ``gone``; ``gone_by``, how many of the gone
        each rail holds now or are no candidates any more; and ``rings``, with the likes ``before`` and ``now`` of each
        ring that differs, by name.
    """
    now = _by_key(batch, "purge", "ring_id")
    before = {} if previous is None else _by_key(previous, "purge", "ring_id")
    held = _by_key(batch, "held", "held_by")
    gone = sorted(before.keys() - now.keys())
    was, is_ = Counter(before.values()), Counter(now.values())
    changed = {ring for key, ring in before.items() if now.get(key) != ring}
    changed |= {ring for key, ring in now.items() if before.get(key) != ring}
    return {
        "previous": None if previous is None else previous.batch_id,
        "new": len(now.keys() - before.keys()),
        "same": len(now.keys() & before.keys()),
        "gone": len(gone),
        "gone_by": dict(sorted(Counter(held.get(key, NO_CANDIDATE) for key in gone).items())),
        "rings": [{"ring_id": ring, "before": was[ring], "now": is_[ring]} for ring in sorted(changed)],
    }


def _by_key(batch: Batch, table: str, column: str) -> dict[str, str]:
    rows = batch.tables[table]
    return dict(zip(rows["key"].to_pylist(), rows[column].to_pylist(), strict=True))


def last_batch(store: CaseStore, batch: Batch) -> Batch | None:
    """Return the batch made last, other than `batch` itself, of those in the store that still stand where they were."""
    for row in reversed(store.batches()):
        if row["batch_id"] != batch.batch_id and (Path(row["path"]) / INFO).is_file():
            return load_batch(row["path"])
    return None
