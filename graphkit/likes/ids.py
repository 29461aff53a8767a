"""Sorted ids as one Arrow array: looked up by halving, and put together where a room has it that they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit.engines import Room
from graphkit.likes.encode import MAX_TEXT, Block, is_text
from graphkit.likes.model import I32, I64, UNKNOWN


def texts(ids: pa.Array) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """Return the offsets and the bytes of an array of texts; the former count from the start of the latter."""
    _, offsets, data = ids.buffers()
    kind = np.int64 if pa.types.is_large_string(ids.type) else np.int32
    bounds = np.frombuffer(offsets, kind)[ids.offset : ids.offset + len(ids) + 1] if len(ids) else np.zeros(1, kind)
    return bounds, np.frombuffer(data if data is not None else b"", np.uint8)


def numbers(ids: pa.Array) -> npt.NDArray[Any]:
    """Return an array of integer ids as numpy has it, without a copy."""
    return np.asarray(ids.to_numpy())


def stretch(ids: pa.Array, first: int, last: int) -> pa.Array:
    """Return ids `first` (included) to `last` (excluded) with nothing of the others, so that they can be sent."""
    return ids.take(pa.array(np.arange(first, last)))


def places(ids: pa.Array, wanted: pa.Array) -> I64:
    """Return for each of `wanted`, of the same kind, the first place among sorted `ids` that is not before it."""
    if not is_text(ids.type):
        return np.searchsorted(numbers(ids), numbers(wanted)).astype(np.int64)
    from graphkit._kernels.lookup import text_places

    offsets, data = texts(wanted)
    return text_places(*texts(ids), offsets.astype(np.int64), data, False)


def finder(ids: pa.Array) -> Callable[[Block], I32]:
    """Return a function that gives the place of each value of a block among sorted `ids`, `UNKNOWN` where it is not."""
    if is_text(ids.type):

        def of_texts(block: Block) -> I32:
            from graphkit._kernels.lookup import text_places

            if block.data is None:
                return np.full(len(block), UNKNOWN, np.int32)
            return text_places(*texts(ids), block.values, block.data, True).astype(np.int32)

        return of_texts
    there = numbers(ids)

    def of_numbers(block: Block) -> I32:
        if block.data is not None or not len(there):
            return np.full(len(block), UNKNOWN, np.int32)
        wanted: npt.NDArray[Any] = block.values.view(np.uint64) if there.dtype == np.uint64 else block.values
        limits = np.iinfo(there.dtype)
        at = np.searchsorted(there, np.clip(wanted, limits.min, limits.max).astype(there.dtype))
        at = np.minimum(at, len(there) - 1)
        return np.where(there[at] == wanted, at, UNKNOWN).astype(np.int32)

    return of_numbers


class Joiner:
    """Puts sorted ids together from stretches of them, in arrays of a room.

    Parameters
    ----------
    kind
        Type of the ids: an integer, ``string`` or ``large_string``.
    n, n_bytes
        How many there will be, and the bytes of texts at most.
    all_bytes
        Bytes that the texts take of which these are a part, with 8 for each and 8 more: ``string`` becomes
        ``large_string`` where it could not hold them.
    room
        Where they stand.
    """

    def __init__(self, kind: pa.DataType, n: int, n_bytes: int, all_bytes: int, room: Room) -> None:
        self._n = 0
        self._size = n
        self._used = 0
        self.kind = kind
        if is_text(kind):
            if all_bytes >= MAX_TEXT:
                self.kind = pa.large_string()
            self._offsets = room.empty(n + 1, np.int64 if pa.types.is_large_string(self.kind) else np.int32)
            self._offsets[0] = 0
            self._data = room.empty(n_bytes, np.uint8)
        else:
            self._data = room.empty(n, kind.to_pandas_dtype())

    def add(self, ids: pa.Array) -> None:
        """Put ids after those that are there already."""
        last = self._n + len(ids)
        if is_text(self.kind):
            offsets, data = texts(ids)
            size = int(offsets[-1] - offsets[0])
            self._data[self._used : self._used + size] = data[int(offsets[0]) : int(offsets[-1])]
            self._offsets[self._n + 1 : last + 1] = offsets[1:] - offsets[0] + self._used
            self._used += size
        else:
            self._data[self._n : last] = numbers(ids)
        self._n = last

    def joined(self) -> pa.Array:
        """Return all of them."""
        assert self._n == self._size
        if is_text(self.kind):
            buffers = [None, pa.py_buffer(self._offsets), pa.py_buffer(self._data)]
        else:
            buffers = [None, pa.py_buffer(self._data)]
        return pa.Array.from_buffers(self.kind, self._n, buffers)
