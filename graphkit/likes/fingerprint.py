"""A digest of what was read, whatever the order, the split into files, and their names.

Every row is hashed from its values; the hashes are added up, so order cannot matter. Unknown values add
nothing, so a column that is absent and one that is all null are the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit._kernels import encoding
from graphkit.likes.model import F64, I64

U64 = npt.NDArray[np.uint64]
_ALL = np.zeros(0, bool)


def hash_of(text: str) -> int:
    """Return a 64-bit hash of a text that is the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Sums:
    """Number of rows and two sums of their hashes, modulo 2^64."""

    rows: int = 0
    first: int = 0
    second: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.rows + other.rows, (self.first + other.first) % 2**64, (self.second + other.second) % 2**64)


class RowHash:
    """Hashes rows column by column.

    Parameters
    ----------
    rows
        Number of rows.
    """

    def __init__(self, rows: int) -> None:
        self._rows = np.zeros(rows, np.uint64)

    def add(self, column: str, hashes: U64, known: npt.NDArray[np.bool_] = _ALL) -> None:
        """Add a column, given the hashes of the known values only; `known` is empty when all are."""
        if len(known):
            spread = np.zeros(len(self._rows), np.uint64)
            spread[known] = hashes
            hashes = spread
        with np.errstate(over="ignore"):
            encoding.add_column(self._rows, hashes, known, np.uint64(hash_of(column)))

    def add_ints(self, column: str, values: I64, known: npt.NDArray[np.bool_] = _ALL) -> None:
        """Add a column of integers of all rows."""
        with np.errstate(over="ignore"):
            encoding.add_column(self._rows, values.view(np.uint64), known, np.uint64(hash_of(column)))

    def add_floats(self, column: str, values: F64) -> None:
        """Add a column of numbers of all rows, NaN where unknown."""
        self.add_ints(column, values.view(np.int64), ~np.isnan(values))

    def sums(self) -> Sums:
        """Return the sums over the rows."""
        with np.errstate(over="ignore"):
            first, second = encoding.sum_rows(self._rows)
        return Sums(len(self._rows), int(first), int(second))


def digest(parts: dict[str, Sums]) -> str:
    """Return 32 hex digits over the sums of every table; tables without rows count like absent ones."""
    text = ";".join(f"{n}:{s.rows}:{s.first}:{s.second}" for n, s in sorted(parts.items()) if s.rows)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
