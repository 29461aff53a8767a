"""A run cut into its rings, each as a run of its own rows: what is asked of one need not be sought among all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def in_blocks(run: Detection, ring_ids: Sequence[str], most: int) -> Iterator[Detection]:
    """Yield the run block by block: each of some rings, in the order asked for, as a run that has no others.

    Parameters
    ----------
    run
        The run.
    ring_ids
        Its rings, or some of them, in the order wanted.
    most
        Rows of a block, all its tables together, at most (or one ring).

    Yields
    ------
    Detection
        Rows stand ring by ring, those of a ring as in the run. O(rows) for all blocks.
    """
    names = pa.array(ring_ids, pa.string())
    tables = {name: run.tables[name] for name in OF_RINGS}
    orders, ends = {}, {}
    for name, table in tables.items():
        code = np.asarray(pc.fill_null(pc.index_in(table["ring_id"].combine_chunks(), names), len(names)), np.int32)
        orders[name] = np.argsort(code, kind="stable").astype(np.int32)
        ends[name] = np.cumsum(np.bincount(code, minlength=len(names) + 1))
    total = np.sum([*ends.values()], axis=0)
    first = 0
    while first < len(names):
        before = total[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(total[:-1], before + most, "right")))
        rows = {name: orders[name][(end[first - 1] if first else 0) : end[last - 1]] for name, end in ends.items()}
        own = {name: table.take(pa.array(rows[name])) for name, table in tables.items()}
        yield Detection({**run.tables, **own}, run.info, run.likes)
        first = last


def alone(ring: Ring) -> Detection:
    """Return the run of a ring without the rows of any other ring."""
    tables = ring.run.tables
    own = {name: tables[name].filter(pc.equal(tables[name]["ring_id"], ring.ring_id)) for name in OF_RINGS}
    return Detection({**tables, **own}, ring.run.info, ring.run.likes)
