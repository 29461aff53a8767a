"""The users and notes tables, joined to the likes by id.

Rows of users and notes that nobody liked are dropped batch by batch. Of several rows for one id the least is kept,
column by column in the order of the schema, unknown last: the rule depends on nothing but the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.columns import Column, Kind, Table
from graphkit.config import InputConfig
from graphkit.errors import InputError
from graphkit.likes import values
from graphkit.likes.columns import Binding
from graphkit.likes.encode import Block, Codebook, is_text, known, plain
from graphkit.likes.fingerprint import RowHash, Sums
from graphkit.likes.model import I32, I64, NO_TIME, UNKNOWN
from graphkit.warning import warning

_CODED = (Kind.AUTHOR_ID, Kind.ID)
_UNKNOWN: dict[Kind, Any] = {
    Kind.TIME: np.int64(NO_TIME),
    Kind.BOOL: np.int8(UNKNOWN),
    Kind.INT: np.float64(np.nan),
    Kind.AUTHOR_ID: np.int32(UNKNOWN),
    Kind.ID: np.int32(UNKNOWN),
}


@dataclass
class Joined:
    """The columns of a table, one value for each liked id.

    Attributes
    ----------
    columns
        By name: times int64, flags int8, numbers float64, authors and topics int32 codes, texts Arrow arrays.
    values
        For authors and topics: the ids by code, ascending.
    sums
        Fingerprint of the rows used.
    warnings
        One line each.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    values: dict[str, pa.Array] = field(default_factory=dict)
    sums: Sums = field(default_factory=Sums)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Liked:
    """The ids to join to.

    Attributes
    ----------
    ids
        The ids by code.
    kind
        What type they have in the likes.
    find
        Gives the code of each value of a block, int32; `UNKNOWN` for ids without a kept like.
    """

    ids: pa.Array
    kind: pa.DataType
    find: Callable[[Block], I32]


def join(table: Table, binding: Binding, liked: Liked, config: InputConfig, advance: Callable[[int], None]) -> Joined:
    """Read a table and look its rows up among the liked ids.

    Parameters
    ----------
    table, binding
        ``schemas.USERS`` or ``schemas.NOTES``, and where its columns are.
    liked
        The ids to join to.
    config
        Times and units.
    advance
        Told the rows done.

    Raises
    ------
    InputError
        When ids are texts on one side and integers on the other.
    """
    key = table.columns[0].name
    if is_text(binding.types[key]) != is_text(liked.kind):
        raise InputError(
            f"{binding.source.label}: column {key} has type {binding.types[key]} and the likes have {liked.kind}",
            wanted="the same kind of id in both tables",
            todo="cast one of them when dumping it",
        )
    optional = [c for c in table.columns[1:] if c.name in binding]
    out = Joined()
    codes, columns, n_null = _read(binding, key, optional, liked, config, advance, out.values)
    if n_null:
        out.warnings.append(warning("ROWS_WITHOUT_KEY", table=table.name, n=n_null, column=key))
    for c in optional:
        if c.kind is Kind.TIME:
            odd = _forget_impossible(columns[c.name], config)
            if odd:
                out.warnings.append(warning("IMPOSSIBLE_TIMES", table=table.name, n=odd, column=c.name))
    chosen, n_differ = _choose(codes, columns)
    if n_differ:
        out.warnings.append(warning("ROWS_DIFFER", table=table.name, n=n_differ, column=key))
    if len(chosen) * 2 < len(liked.ids):
        n, n_all = len(chosen), len(liked.ids)
        out.warnings.append(warning("FEW_KNOWN", table=table.name, n=n, all=n_all, column=key))
    rows = np.full(len(liked.ids), -1, np.int64)
    rows[codes[chosen]] = chosen
    for c in optional:
        column = out.columns[c.name] = _spread(c, columns[c.name], rows, out.values)
        if isinstance(column, np.ndarray):
            column.setflags(write=False)
    out.sums = _sums(out, optional, liked.ids, rows >= 0)
    return out


def _read(
    binding: Binding,
    key: str,
    optional: list[Column],
    liked: Liked,
    config: InputConfig,
    advance: Callable[[int], None],
    names: dict[str, pa.Array],
) -> tuple[I32, dict[str, Any], int]:
    """Return the final code and the columns of every row whose id is liked, and how many rows have no id.

    Authors and topics are coded by rank; what they stand for is added to `names`.
    """
    books = {c.name: Codebook(c.name, binding.types[c.name]) for c in optional if c.kind in _CODED}
    all_codes: list[I32] = [np.zeros(0, np.int32)]
    pieces: dict[str, list[Any]] = {c.name: [] for c in optional}
    n_null = 0
    for bound in binding.parts:
        for _, task in bound.part.tasks():
            for batch in bound.part.batches(bound.columns, task, True):
                ids = plain(bound.column(batch, key))
                n_null += len(ids) - int(known(ids).sum())
                codes = _look_up(ids, liked)
                where = np.flatnonzero(codes != UNKNOWN)
                all_codes.append(codes[where])
                for c in optional:
                    column = plain(bound.column(batch, c.name)).take(pa.array(where))
                    pieces[c.name].append(_values(c, column, books, config))
                advance(batch.num_rows)
    columns: dict[str, Any] = {}
    for c in optional:
        if c.kind is Kind.TEXT:
            columns[c.name] = pa.chunked_array(pieces[c.name], pa.large_string()).combine_chunks()
        else:
            columns[c.name] = np.concatenate([np.zeros(0, _UNKNOWN[c.kind].dtype), *pieces[c.name]])
        if c.name in books:
            names[c.name], rank = books[c.name].ranked()
            columns[c.name] = mapped(columns[c.name], rank)
    return np.concatenate(all_codes), columns, n_null


def _spread(c: Column, column: Any, rows: I64, names: dict[str, pa.Array]) -> Any:
    """Return a column by final code, given its row for each code (-1 for none); coded ones keep used names only."""
    if c.kind is Kind.TEXT:
        texts = column.take(pa.array(rows, mask=rows < 0))
        return texts.cast(pa.string()) if texts.nbytes < 2**31 - 1 else texts
    out = np.full(len(rows), _UNKNOWN[c.kind])
    out[rows >= 0] = column[rows[rows >= 0]]
    if c.kind in _CODED:
        used = np.unique(out[out != UNKNOWN])
        dense = np.full(len(names[c.name]), UNKNOWN, np.int32)
        dense[used] = np.arange(len(used), dtype=np.int32)
        out = mapped(out, dense)
        names[c.name] = names[c.name].take(pa.array(used))
    return out


def _look_up(ids: pa.Array, liked: Liked) -> I32:
    """Return the final code of every id, `UNKNOWN` where nobody liked or was liked."""
    codes = np.full(len(ids), UNKNOWN, np.int32)
    there = known(ids)
    if pa.types.is_integer(ids.type) and pa.types.is_uint64(ids.type) != pa.types.is_uint64(liked.kind):
        # The same bits mean different numbers where the highest is set.
        there &= np.asarray(ids.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)) >= 0
    if there.any():
        codes[there] = liked.find(Block.of(ids.filter(pa.array(there))))
    return codes


def mapped(codes: I32, to: I32) -> I32:
    """Return ``to[code]``, leaving `UNKNOWN` as it is."""
    out = np.full(len(codes), UNKNOWN, np.int32)
    out[codes >= 0] = to[codes[codes >= 0]]
    return out


def _values(column: Column, array: pa.Array, books: dict[str, Codebook], config: InputConfig) -> Any:
    match column.kind:
        case Kind.TIME:
            return values.times(array, config.ts_unit)
        case Kind.BOOL:
            return values.flags(array)
        case Kind.INT:
            return values.numbers(array)
        case Kind.TEXT:
            return array.cast(pa.large_string())
    codes = np.full(len(array), UNKNOWN, np.int32)
    there = known(array)
    if there.any():
        codes[there] = books[column.name].add(Block.of(array.filter(pa.array(there))))
    return codes


def _forget_impossible(ts: I64, config: InputConfig) -> int:
    """Make times that cannot be `NO_TIME`, in place; return how many there were."""
    odd = (ts != NO_TIME) & ((ts < values.to_us(config.earliest)) | (ts >= values.to_us(config.latest)))
    ts[odd] = NO_TIME
    return int(odd.sum())


def _choose(codes: I32, columns: dict[str, Any]) -> tuple[I64, int]:
    """Return the row to keep for each code, and the number of codes whose rows are not all alike."""
    counts = np.bincount(codes)
    several = counts[codes] > 1 if len(codes) else np.zeros(0, bool)
    if not several.any():
        return np.arange(len(codes)), 0
    rows = np.flatnonzero(several)
    keys = [_order_key(column, rows) for column in columns.values()]
    order = np.lexsort([*reversed(keys), codes[rows]])
    rows = rows[order]
    new = np.append(True, codes[rows][1:] != codes[rows][:-1])
    differs = np.zeros(len(rows), bool)
    for key in keys:
        differs[1:] |= key[order][1:] != key[order][:-1]
    n_differ = len(np.unique(codes[rows[differs & ~new]]))
    return np.concatenate([np.flatnonzero(~several), rows[new]]), n_differ


def _order_key(column: Any, rows: I64) -> npt.NDArray[Any]:
    """Return numbers that order some values of a column, unknown last."""
    if isinstance(column, pa.Array):
        texts = column.take(pa.array(rows))
        return np.asarray(pc.rank(texts, sort_keys="ascending", tiebreaker="min").to_numpy())
    some = column[rows]
    if some.dtype == np.float64:
        return np.where(np.isnan(some), np.inf, some)
    return np.where(some == (NO_TIME if some.dtype == np.int64 else UNKNOWN), np.iinfo(some.dtype).max, some)


def _sums(out: Joined, optional: list[Column], ids: pa.Array, found: npt.NDArray[np.bool_]) -> Sums:
    hashes = RowHash(int(found.sum()))
    hashes.add("id", Block.of(ids.filter(pa.array(found))).hashes)
    for c in optional:
        column = out.columns[c.name]
        if c.kind is Kind.TEXT:
            texts = column.filter(pa.array(found))
            hashes.add(c.name, Block.of(texts.drop_null()).hashes, values.valid(texts))
            continue
        column = column[found]
        if c.name in out.values:
            there = column != UNKNOWN
            if there.any():
                hashes.add(c.name, Block.of(out.values[c.name]).hashes[column[there]], there)
        elif column.dtype == np.float64:
            hashes.add_floats(c.name, column)
        else:
            hashes.add_ints(c.name, column.astype(np.int64), column != (NO_TIME if c.kind is Kind.TIME else UNKNOWN))
    return hashes.sums()
