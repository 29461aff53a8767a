"""The list of whom and what no purge touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.cases.listing import read_listing
from graphkit.columns import Kind
from graphkit.schemas import PROTECTED

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Protected:
    """Ids that no purge touches.

    Attributes
    ----------
    users, notes, authors
        Distinct ids, ascending.
    """

    users: tuple[Any, ...] = ()
    notes: tuple[Any, ...] = ()
    authors: tuple[Any, ...] = ()

    @property
    def digest(self) -> str:
        """16 hex digits over all ids."""
        text = json.dumps([self.users, self.notes, self.authors])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_protected(path: str | Path, ids: Mapping[Kind, pa.DataType]) -> Protected:
    """Read a list of the protected: each id that stands in it is protected, whatever stands beside it in its row.

    Parameters
    ----------
    path
        CSV or Parquet with some of the columns of ``schemas.PROTECTED``.
    ids
        Types that ids take, as in ``Detection.id_types``.

    Returns
    -------
    Protected

    Raises
    ------
    InputError
        When the file cannot be read, has another column, or an id is not of the run's type.
    """
    listing = read_listing(path, PROTECTED, ids)
    listing.check("ids of the types that the run's ids have")
    users, notes, authors = (
        tuple(sorted({value for value in listing.columns[name] if value is not None})) for name in PROTECTED.names
    )
    return Protected(users, notes, authors)


def among(values: pa.ChunkedArray | pa.Array, ids: tuple[Any, ...]) -> Bools:
    """Tell which values are among `ids`, bool[len(values)]."""
    return np.asarray(pc.is_in(values, pa.array(ids, values.type)), np.bool_)
