"""Ids to dense codes, whatever their type, without holding every id at once.

Each distinct id is stored once, at its first sight; codes are provisional until `Codebook.ranked` sorts them.
Adding n ids costs O(n) expected, whatever came before; sorting costs O(d log d) for d distinct ids.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit._kernels import encoding
from graphkit.errors import CapacityError, InputError
from graphkit.likes.model import I32, I64, UNKNOWN

U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)

#: Codes are int32, and ``~code`` must be one too.
MAX_CODES = 2**31 - 2
#: Ids added in one go; bounds the room set aside for ids that turn out to be known.
_STEP = 1 << 17
#: Bytes a table of ``string`` offsets can address.
MAX_TEXT = 2**31 - 1


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column of this type holds texts, dictionaries of texts included."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_int(kind: pa.DataType) -> bool:
    """Tell whether a column of this type holds integers, dictionaries of integers included."""
    return bool(pa.types.is_integer(kind.value_type if pa.types.is_dictionary(kind) else kind))


def plain(array: pa.Array) -> pa.Array:
    """Return an id or text column without dictionary or views: integers, ``string`` or ``large_string``."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array


def known(array: pa.Array) -> Bools:
    """Return which values of a plain id or text column are there: neither null nor empty text."""
    there = pc.is_valid(array)
    if is_text(array.type):
        there = pc.fill_null(pc.not_equal(pc.binary_length(array), 0), False)
    return np.asarray(there.to_numpy(zero_copy_only=False))


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of ids as plain arrays, with the hash of each.

    Attributes
    ----------
    hashes
        uint64; equal ids have equal hashes, whatever Arrow type they came in.
    values
        Integers as int64 (the bits of uint64), or offsets into `data`, one more than there are texts.
    data
        The bytes of the texts; ``None`` for integers.
    """

    hashes: U64
    values: I64
    data: npt.NDArray[np.uint8] | None

    def __len__(self) -> int:
        return len(self.hashes)

    @classmethod
    def of(cls, array: pa.Array) -> Block:
        """Return the block of a plain Arrow array of integers or texts that has no nulls."""
        with np.errstate(over="ignore"):  # heard only with the JIT off
            if not is_text(array.type):
                if pa.types.is_uint64(array.type):
                    values = array.to_numpy(zero_copy_only=False).view(np.int64)
                else:
                    values = array.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
                return cls(encoding.hash_ints(values), values, None)
            array = array.cast(pa.large_string())
            _, offsets, data = array.buffers()
            bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
            if len(bounds) == 0:
                bounds = np.zeros(1, np.int64)
            letters = np.frombuffer(data if data is not None else b"", np.uint8)
            return cls(encoding.hash_texts(bounds, letters), bounds, letters)


class Codebook:
    """The distinct ids of one kind.

    Parameters
    ----------
    name
        What it numbers, for messages: ``user_id``.
    kind
        Arrow type of the ids: an integer, ``string`` or ``large_string``.
    """

    def __init__(self, name: str, kind: pa.DataType) -> None:
        self.name = name
        self.kind = kind
        self.text = is_text(kind)
        self._size = 0
        self._table = np.zeros(2 * 4096, np.uint64)
        self._stored = np.zeros(4096, np.int64)
        self._arena = np.zeros(4096, np.uint8)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._size

    def add(self, block: Block) -> I32:
        """Return provisional codes, int32, giving new ids the next ones. Safe from several threads.

        Raises
        ------
        CapacityError
            When there are more than 2^31 - 2 distinct ids.
        """
        codes = np.empty(len(block), np.int32)
        with self._lock:
            for i in range(0, len(block), _STEP):
                self._encode(block, slice(i, min(i + _STEP, len(block))), codes, insert=True)
        return codes

    def find(self, block: Block) -> I32:
        """Return provisional codes, int32, `UNKNOWN` for ids never added."""
        codes = np.full(len(block), UNKNOWN, np.int32)
        if (block.data is not None) == self.text:
            self._encode(block, slice(0, len(block)), codes, insert=False)
        return codes

    def ranked(self) -> tuple[pa.Array, I32]:
        """Return the distinct ids in ascending order, and the rank of each provisional code, int32.

        Integers order as numbers, texts as their UTF-8 bytes.

        Raises
        ------
        InputError
            When a text is not UTF-8.
        """
        n = self._size
        if self.text:
            ids = pa.LargeStringArray.from_buffers(n, pa.py_buffer(self._stored[: n + 1]), pa.py_buffer(self._arena))
            try:
                ids.validate(full=True)
            except pa.ArrowInvalid:
                raise InputError(
                    f"column {self.name} holds text that is not UTF-8",
                    wanted="UTF-8",
                    todo="re-encode the column when dumping it",
                ) from None
            order = pc.array_sort_indices(ids).to_numpy()
            ids = ids.take(pa.array(order))
            if self.kind != pa.large_string() and ids.nbytes < MAX_TEXT:
                ids = ids.cast(pa.string())
        else:
            values = self._stored[:n]
            if pa.types.is_uint64(self.kind):
                values = values.view(np.uint64)
            order = np.argsort(values)
            ids = pa.array(values[order]).cast(self.kind)
        rank = np.empty(n, np.int32)
        rank[order] = np.arange(n, dtype=np.int32)
        return ids, rank

    def _encode(self, block: Block, part: slice, codes: I32, insert: bool) -> None:
        hashes, out = block.hashes[part], codes[part]
        with np.errstate(over="ignore"):
            if block.data is None:
                if insert:
                    self._reserve(len(hashes), 0)
                n = encoding.encode_ints(block.values[part], hashes, self._table, self._stored, self._size, insert, out)
            else:
                bounds = block.values[part.start : part.stop + 1]
                if insert:
                    self._reserve(len(hashes), int(bounds[-1] - bounds[0]))
                n = encoding.encode_texts(
                    bounds, block.data, hashes, self._table, self._stored, self._arena, self._size, insert, out
                )
        self._size = n

    def _reserve(self, ids: int, letters: int) -> None:
        """Make room for `ids` unseen ids of `letters` bytes in all."""
        need = self._size + ids
        if self._size > MAX_CODES - _STEP:
            raise CapacityError(
                f"column {self.name} has more than {MAX_CODES - _STEP:,} distinct values",
                wanted="fewer",
                todo="narrow the time span with --since and --until",
            )
        capacity = len(self._table) // 2
        if need * 10 > capacity * 7:
            while need * 10 > capacity * 7:
                capacity *= 2
            table = np.zeros(2 * capacity, np.uint64)
            encoding.rehash(self._table, table)
            self._table = table
        if need + 1 > len(self._stored):
            self._stored = _grown(self._stored, need + 1)
        used = int(self._stored[self._size]) if self.text else 0
        if used + letters > len(self._arena):
            self._arena = _grown(self._arena, used + letters)


def _grown(array: npt.NDArray[T], size: int) -> npt.NDArray[T]:
    bigger = np.zeros(max(size, len(array) + len(array) // 2), array.dtype)
    bigger[: len(array)] = array
    return bigger
