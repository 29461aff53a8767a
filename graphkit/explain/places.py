"""Where the rows of one table of a run stand in another."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
        self._ids = pc.unique(ids)
        key = ring * len(self._ids) + codes(ids, self._ids)
        self._order = np.argsort(key, kind="stable")
        self._key = key[self._order]

    def find(self, ring: I64, ids: pa.ChunkedArray) -> I64:
        """Return the first row of each ring and id, `NOWHERE` where there is none, int64[k]. O(k log n)."""
        id_code = codes(ids, self._ids)
        if len(self._key) == 0:
            return np.full(len(ring), NOWHERE, np.int64)
        key = np.where(id_code == NOWHERE, NOWHERE, ring * len(self._ids) + id_code)
        at = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        return np.where(self._key[at] == key, self._order[at], NOWHERE)
