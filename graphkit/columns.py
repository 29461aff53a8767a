"""What a table and a column are, and the Arrow types that columns have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Kind(StrEnum):
    """What a column holds, before its Arrow type is known."""

    USER_ID = "user id"
    NOTE_ID = "note id"
    AUTHOR_ID = "author id"
    ID = "identifier"
    TIME = "time"
    INT = "integer"
    FLOAT = "number"
    BOOL = "boolean"
    TEXT = "text"
    TEXTS = "list of texts"
    USER_IDS = "list of user ids"
    NOTE_IDS = "list of note ids"
    STRUCT = "struct of doubles"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table.

    Attributes
    ----------
    name
        Column name, as in the file.
    kind
        What it holds.
    meaning
        One sentence for the data-model page, with the unit where there is one.
    required
        Whether an input table without it is refused. Output columns are always present.
    fields
        Names of the doubles inside a ``STRUCT`` column.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, what a row is, and the key that orders it.

    Attributes
    ----------
    name
        Table name; output tables are written to ``<name>.parquet``.
    row
        What one row stands for.
    columns
        The columns in file order.
    sort_by
        The columns that order the rows, ascending, and identify them.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    sort_by: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(c.name for c in self.columns if c.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> Column:
        """Return the column called `name`; ``KeyError`` when there is none."""
        for c in self.columns:
            if c.name == name:
                return c
        raise KeyError(name)

    def arrow(self, ids: Mapping[Kind, pa.DataType]) -> pa.Schema:
        """Return the Arrow schema, given the types of the identifier kinds.

        Parameters
        ----------
        ids
            Arrow types for ``USER_ID``, ``NOTE_ID`` and ``AUTHOR_ID``.

        Returns
        -------
        pyarrow.Schema
        """
        return pa.schema([pa.field(c.name, arrow_type(c, ids)) for c in self.columns])


TIMESTAMP = pa.timestamp("us", tz="UTC")


def arrow_type(column: Column, ids: Mapping[Kind, pa.DataType]) -> pa.DataType:
    """Return the Arrow type that `column` has in an output table."""
    match column.kind:
        case Kind.USER_ID | Kind.NOTE_ID | Kind.AUTHOR_ID:
            return ids[column.kind]
        case Kind.TIME:
            return TIMESTAMP
        case Kind.INT:
            return pa.int64()
        case Kind.FLOAT:
            return pa.float64()
        case Kind.BOOL:
            return pa.bool_()
        case Kind.TEXTS:
            return pa.list_(pa.string())
        case Kind.USER_IDS:
            return pa.list_(ids[Kind.USER_ID])
        case Kind.NOTE_IDS:
            return pa.list_(ids[Kind.NOTE_ID])
        case Kind.STRUCT:
            return pa.struct([pa.field(f, pa.float64()) for f in column.fields])
        case Kind.TEXT | Kind.ID:
            return pa.string()
