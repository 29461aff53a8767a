"""Where the rows of one table of a run stand in another."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit._kernels.grouping import group_pointers
from graphkit.likes.model import I64

#: Stands for a row that is not there.
NOWHERE = -1


def codes(column: pa.ChunkedArray, of: pa.Array | pa.ChunkedArray) -> I64:
    """Return the first position of each value among others, `NOWHERE` where it is not; int64[k]. O(values)."""
    values = of.combine_chunks() if isinstance(of, pa.ChunkedArray) else of
    return np.asarray(pc.fill_null(pc.index_in(column.combine_chunks(), value_set=values), NOWHERE), np.int64)


class Places:
    """The rows of a table that a ring and an id name together, such as those of ``members`` or ``targets``.

    Parameters
    ----------
    ring
        Number of the ring of each row, int64[n].
    ids
        The id in each row.
    """

    def __init__(self, ring: I64, ids: pa.ChunkedArray) -> None:
        self._ring, self._ids = ring, pc.unique(ids)
        code = codes(ids, self._ids)
        # Most ids stand in one row: those of an id are looked at one by one.
        self._rows = np.argsort(code, kind="stable")
        self._ptr = group_pointers(code, len(self._ids))

    def find(self, ring: I64, ids: pa.ChunkedArray) -> I64:
        """Return the first row of each ring and id, `NOWHERE` where there is none, int64[k]. O(k × rows of an id)."""
        out = np.full(len(ring), NOWHERE, np.int64)
        code = codes(ids, self._ids)
        left = np.flatnonzero(code != NOWHERE)
        at, end = self._ptr[code[left]], self._ptr[code[left] + 1]
        while len(left):
            row = self._rows[at]
            found = self._ring[row] == ring[left]
            out[left[found]] = row[found]
            more = ~found & (at + 1 < end)
            left, at, end = left[more], at[more] + 1, end[more]
        return out
