"""CSV beside Parquet, safe to open in a spreadsheet and still exact.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a formula. Such texts
get an apostrophe in front (OWASP, "CSV Injection"), and so do texts that begin with an apostrophe themselves: whoever
reads such a file drops one leading apostrophe of a text, and has what was written. Numbers are written as they are.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

_RISKY = tuple("=+-@\t\r\n'＝＋－＠")
#: Stands between the texts of a list; reason codes hold none.
SEPARATOR = " "


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV in UTF-8: times in ISO 8601, lists with spaces between, nulls empty.

    Parameters
    ----------
    table
        The table; texts, numbers, times and lists of texts.
    path
        Where to.
    """
    columns = [map(_writer(field.type), table[field.name].to_pylist()) for field in table.schema]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)  # CRLF, as RFC 4180 has it, so that single ones inside texts are quoted
        out.writerow(table.column_names)
        out.writerows(zip(*columns, strict=True))


def write_table(table: pa.Table, path: Path, *, as_csv: bool) -> None:
    """Write a table as CSV, as :func:`write_csv` does, or as Parquet."""
    import pyarrow.parquet as pq

    if as_csv:
        write_csv(table, path)
    else:
        pq.write_table(table, path, compression="zstd")


def escape(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text


def unescape(text: str) -> str:
    """Return what `escape` was given."""
    return text.removeprefix("'")


def _writer(kind: pa.DataType) -> Callable[[Any], str]:
    if pa.types.is_list(kind):
        return lambda values: escape(SEPARATOR.join(values or ()))
    if pa.types.is_timestamp(kind):
        return lambda value: "" if value is None else _iso(value)
    if pa.types.is_floating(kind):
        return lambda value: "" if value is None else repr(value)
    if pa.types.is_boolean(kind):
        return lambda value: "" if value is None else "true" if value else "false"
    if pa.types.is_integer(kind):
        return lambda value: "" if value is None else str(value)
    return lambda value: "" if value is None else escape(value)


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
