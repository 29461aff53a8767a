"""Small tables that people or their tools hand in as CSV or Parquet, read with the faults of all rows told at once."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from graphkit.columns import TIMESTAMP, Column, Kind, Table
from graphkit.errors import InputError

_PARQUET = b"PAR1"
_SHOWN = 3
_IDS = (Kind.USER_ID, Kind.NOTE_ID, Kind.AUTHOR_ID)
_ZONED = "a time with its zone, such as 2026-11-22T08:00:00+08:00"


@dataclass
class Listing:
    """The rows of a file, and what is wrong with them.

    Attributes
    ----------
    label
        The file, as it was named.
    n_rows
        Its rows.
    columns
        Values by name for every column of the table, ``None`` where a cell is empty or its column absent.
    faults
        What is wrong, by row from 1; the first fault of a row.
    """

    label: str
    n_rows: int
    columns: dict[str, list[Any]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)

    def blame(self, row: int, what: str) -> None:
        """Note a fault of a row, unless it has one."""
        self.faults.setdefault(row, what)

    def check(self, wanted: str) -> None:
        """Raise when any row is wrong.

        Raises
        ------
        InputError
            With the number of wrong rows and the first of them; nothing of the file may be used then.
        """
        if not self.faults:
            return
        first = sorted(self.faults.items())[:_SHOWN]
        rest = len(self.faults) - len(first)
        named = "; ".join(f"row {row}: {what}" for row, what in first) + (f"; and {rest} more" if rest else "")
        raise InputError(
            f"{self.label}: {len(self.faults)} of {self.n_rows} rows are wrong: {named}",
            wanted=wanted,
            todo="mend them all; nothing of the file was used",
        )


def read_listing(path: str | Path, table: Table, ids: Mapping[Kind, pa.DataType]) -> Listing:
    """Read a file that holds the columns of `table`; which of CSV and Parquet it is, its first bytes tell.

    An unknown column is refused: a misspelt ``note_id`` would make a verdict on a like one on its user.

    Parameters
    ----------
    path
        The file.
    table
        Its declaration.
    ids
        Types that ids take.

    Returns
    -------
    Listing
        With the faults of single cells noted and not yet raised.

    Raises
    ------
    InputError
        When the file cannot be read, or has a column too few, too many, or of a type that cannot be used.
    """
    label = str(path)
    try:
        with Path(path).open("rb") as file:
            parquet = file.read(len(_PARQUET)) == _PARQUET
        ragged: dict[int, str] = {}
        columns = _read_parquet(Path(path), table, ids) if parquet else _read_csv(Path(path), ragged)
    except OSError as e:
        raise InputError(
            f"{label}: {e.strerror or e}", wanted=f"a CSV or Parquet file of {table.name}", todo="check the path"
        ) from None
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as e:
        raise InputError(
            f"{label}: {' '.join(str(e).split())[:200]}",
            wanted=f"{table.name} as CSV in UTF-8 or as Parquet",
            todo="write the file again",
        ) from None
    _check_names(label, list(columns), table)
    n_rows = len(next(iter(columns.values())))
    listing = Listing(label, n_rows, faults=ragged)
    for column in table.columns:
        values = columns.get(column.name, [None] * n_rows)
        listing.columns[column.name] = _parse(column, values, ids, listing)
    return listing


def _check_names(label: str, found: list[str], table: Table) -> None:
    unknown = [name for name in found if name not in table.names]
    missing = [name for name in table.required if name not in found]
    if unknown or missing or not found:
        what = [f"no column {', '.join(missing)}"] if missing else []
        what += [f"unknown column {', '.join(map(repr, unknown))}"] if unknown else []
        raise InputError(
            f"{label}: {' and '.join(what) or 'no column at all'}",
            wanted=f"columns among {', '.join(table.names)}",
            todo="mend the header",
        )


def _read_csv(path: Path, ragged: dict[int, str]) -> dict[str, list[Any]]:
    """Return the cells by column, and note which rows have too many or too few; an empty cell is ``None``."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, strict=True) if row]
    header = rows[0] if rows else []
    if len(set(header)) < len(header):
        raise csv.Error("a column stands twice in the header")
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(header):
            ragged[number] = f"{len(row)} cells under {len(header)} names"
            row[:] = [*row, *[""] * len(header)][: len(header)]
    return {name: [row[i] or None for row in rows[1:]] for i, name in enumerate(header)}


def _read_parquet(path: Path, table: Table, ids: Mapping[Kind, pa.DataType]) -> dict[str, list[Any]]:
    """Return the values by column, after a check that their types are what `table` declares."""
    import pyarrow.parquet as pq

    data = pq.ParquetFile(path).read()
    out = {}
    for name in data.column_names:
        array = data[name]
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if name in table.names and not pa.types.is_null(array.type):
            array = _fitting(path, table.column(name), array, ids)
        out[name] = array.to_pylist()
    return out


def _fitting(path: Path, column: Column, array: pa.ChunkedArray, ids: Mapping[Kind, pa.DataType]) -> pa.ChunkedArray:
    kind = array.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if column.kind is Kind.TIME and pa.types.is_timestamp(kind):
        # As in a dump of likes, a timestamp without a zone is UTC.
        return array.cast(TIMESTAMP, safe=False)
    whole = column.kind in _IDS and pa.types.is_integer(ids[column.kind])
    if not text and not (whole and pa.types.is_integer(kind)):
        wanted = "integers" if whole else "timestamps or text" if column.kind is Kind.TIME else "text"
        raise InputError(
            f"{path}: column {column.name} has type {kind}", wanted=wanted, todo="cast it when writing the file"
        )
    return array


def _parse(column: Column, values: list[Any], ids: Mapping[Kind, pa.DataType], listing: Listing) -> list[Any]:
    match column.kind:
        case Kind.TIME:
            read: Callable[[Any], Any] = _time
        case Kind.USER_ID | Kind.NOTE_ID | Kind.AUTHOR_ID if pa.types.is_integer(ids[column.kind]):
            read = _whole(ids[column.kind])
        case _:
            return [value or None for value in values]
    out = []
    for row, value in enumerate(values, 1):
        try:
            out.append(None if value is None else read(value))
        except ValueError as e:
            listing.blame(row, f"{column.name} {value!r} is not {e}")
            out.append(None)
    return out


def _time(value: str | dt.datetime) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    return _refuse(_ZONED)


def _whole(kind: pa.DataType) -> Callable[[str | int], int]:
    unsigned = pa.types.is_unsigned_integer(kind)
    low, high = (
        (0, 2**kind.bit_width - 1) if unsigned else (-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
    )

    def read(value: str | int) -> int:
        if isinstance(value, str) and not re.fullmatch(r"-?\d+", value, re.ASCII):
            _refuse(f"an integer, as the ids of the run are ({kind})")
        if not low <= int(value) <= high:
            _refuse(f"within {kind}, the type of the run's ids")
        return int(value)

    return read


def _refuse(wanted: str) -> NoReturn:
    raise ValueError(wanted)
