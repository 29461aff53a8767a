"""A run cut into its rings, each as a run of its own rows: what is asked of one need not be sought among all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection.run import Detection, Ring

#: Tables whose rows belong to a ring.
OF_RINGS = ("rings", "members", "ties", "targets", "candidates")


def by_ring(table: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each ring that a table names, in the order in which they stand.

    Parameters
    ----------
    table
        With a column `ring_id`.

    Returns
    -------
    dict of str to pyarrow.Table
        Nothing for rings without a row. O(rows), and the sorting where rings do not stand together.
    """
    names = table["ring_id"].combine_chunks().dictionary_encode()
    code = np.asarray(names.indices, np.int64)
    if np.any(code[1:] < code[:-1]):  # most tables stand by ring already
        table = table.take(pa.array(np.argsort(code, kind="stable")))
    ends = np.cumsum(np.bincount(code, minlength=len(names.dictionary))).tolist()
    of_ring = zip(names.dictionary.to_pylist(), pairwise([0, *ends]), strict=True)
    return {name: table.slice(start, end - start) for name, (start, end) in of_ring}


def apart(run: Detection) -> list[Ring]:
    """Return every ring, in the order of ``run.rings``, as the ring of a run that has no other."""
    parts = {name: by_ring(run.tables[name]) for name in OF_RINGS}

    def one(ring_id: str) -> Ring:
        own = {name: rows.get(ring_id, run.tables[name].slice(0, 0)) for name, rows in parts.items()}
        return Ring(ring_id, Detection({**run.tables, **own}, run.info, run.likes))

    return [one(ring_id) for ring_id in run.rings["ring_id"].to_pylist()]


def alone(ring: Ring) -> Detection:
    """Return the run of a ring without the rows of any other ring."""
    tables = ring.run.tables
    own = {name: tables[name].filter(pc.equal(tables[name]["ring_id"], ring.ring_id)) for name in OF_RINGS}
    return Detection({**tables, **own}, ring.run.info, ring.run.likes)
