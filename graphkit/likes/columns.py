"""Which column of which file is which column of the schema, and whether its type will do."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa

from graphkit.columns import Column, Kind, Table
from graphkit.errors import ConfigError, InputError
from graphkit.likes import values
from graphkit.likes.encode import is_int, is_text
from graphkit.likes.parts import Part
from graphkit.likes.source import Source
from graphkit.schemas import INPUTS
from graphkit.warning import warning

_SYNONYMS = {
    "user_id": "uid user userid actor actorid account accountid member memberid liker likerid customer visitorid",
    "note_id": "nid note noteid item itemid post postid photo photoid video videoid content contentid article "
    "articleid news newsid object objectid target targetid",
    "ts": "timestamp time datetime createdat createtime created eventtime liketime likedat actiontime date dt",
}
_IDS = (Kind.USER_ID, Kind.NOTE_ID, Kind.AUTHOR_ID, Kind.ID)


@dataclass(frozen=True)
class Bound:
    """The columns of one part.

    Attributes
    ----------
    part
        The part.
    names
        Column of the part by column of the schema.
    constants
        Hive partition values by column of the schema.
    """

    part: Part
    names: Mapping[str, str]
    constants: Mapping[str, pa.Scalar]

    @property
    def columns(self) -> list[str]:
        """The columns to read, each once, in the order of the schema."""
        return list(dict.fromkeys(self.names.values()))

    def column(self, batch: pa.RecordBatch, name: str) -> pa.Array:
        """Return the values of a column of the schema, all null where this part does not have it."""
        if name in self.names:
            return batch.column(self.columns.index(self.names[name]))
        if name in self.constants:
            return pa.repeat(self.constants[name], batch.num_rows)
        return pa.nulls(batch.num_rows)


@dataclass(frozen=True)
class Binding:
    """The columns of one input.

    Attributes
    ----------
    source
        The input.
    parts
        Its parts, each with its columns, in order.
    types
        For every column that is there in some part: the type that holds all parts; for times, the first of them.
    warnings
        One line each.
    """

    source: Source
    parts: tuple[Bound, ...]
    types: Mapping[str, pa.DataType]
    warnings: tuple[str, ...]

    def __contains__(self, name: str) -> bool:
        return name in self.types


def bind(table: Table, source: Source, columns: Mapping[str, str], ts_unit: str | None) -> Binding:
    """Find the columns of a table in every part of its source and check their types.

    Parameters
    ----------
    table
        What is wanted.
    source
        Where it is looked for.
    columns, ts_unit
        As in ``InputConfig``.

    Raises
    ------
    InputError
        When a required or mapped column is missing, or a type is wrong or differs from file to file.
    ConfigError
        When `columns` maps a column that no table has.
    """
    _check_mapping(columns)
    keys: dict[tuple[str, str], dict[str | None, pa.Scalar]] = {}
    bounds = tuple(_find(table, part, columns, source, keys) for part in source.parts)
    types: dict[str, pa.DataType] = {}
    warnings = []
    for column in table.columns:
        there = [(b, _type(b, column.name)) for b in bounds if column.name in b.names or column.name in b.constants]
        if there:
            types[column.name] = _common_type(column, there, ts_unit)
            if column.kind is Kind.TIME and any(values.is_naive(kind) for _, kind in there):
                warnings.append(warning("TIMES_WITHOUT_ZONE", table=table.name, column=column.name))
        else:
            _check_mapped(table, column, source, columns)
    return Binding(source, bounds, types, tuple(warnings))


def _find(
    table: Table,
    part: Part,
    columns: Mapping[str, str],
    source: Source,
    keys: dict[tuple[str, str], dict[str | None, pa.Scalar]],
) -> Bound:
    """Find the columns of one part, in the file or among its partition keys; `keys` remembers what these mean."""
    names, constants = {}, {}
    for column in table.columns:
        for candidate in _candidates(table, column, columns):
            count = part.schema.names.count(candidate)
            if count > 1:
                found = f"{part.label}: column {candidate} is there {count} times"
                raise InputError(found, wanted="each name once", todo="rename the others")
            if count:
                names[column.name] = candidate
                break
            if candidate in part.keys:
                key = (column.name, candidate)
                if key not in keys:
                    keys[key] = _partition_values(column, source, candidate)
                constants[column.name] = keys[key][part.keys[candidate]]
                break
        else:
            if column.required:
                raise _missing(table, part, column, columns)
    return Bound(part, names, constants)


def _check_mapped(table: Table, column: Column, source: Source, columns: Mapping[str, str]) -> None:
    """Raise `InputError` when the config names an optional column that no part has."""
    mapped = columns.get(f"{table.name}.{column.name}")
    if mapped is None and not _shared(column.name):
        mapped = columns.get(column.name)
    if mapped is not None:
        raise InputError(
            f"{source.label}: no column {mapped}, which [columns] gives for {column.name}; found "
            + ", ".join(source.parts[0].schema.names),
            wanted=mapped,
            todo="mend [columns] in the config",
        )


def _check_mapping(columns: Mapping[str, str]) -> None:
    names = {n for t in INPUTS for n in t.names} | {f"{t.name}.{n}" for t in INPUTS for n in t.names}
    for name in columns:
        if name not in names:
            close = difflib.get_close_matches(name, sorted(names), 1)
            todo = f"write {close[0]}" if close else "the file's own name stands on the right"
            wanted = "one of " + ", ".join(dict.fromkeys(n for t in INPUTS for n in t.names))
            raise ConfigError(f"[columns] maps {name}", wanted=wanted, todo=todo)


def _shared(name: str) -> bool:
    return sum(name in t.names for t in INPUTS) > 1


def _candidates(table: Table, column: Column, columns: Mapping[str, str]) -> list[str]:
    """Return the names a column may have, the most binding first."""
    prefixed = columns.get(f"{table.name}.{column.name}")
    if prefixed:
        return [prefixed]
    mapped = columns.get(column.name)
    if mapped is None:
        return [column.name]
    # A mapping meant for the likes need not hold for the other tables.
    return [mapped, column.name] if _shared(column.name) else [mapped]


def _missing(table: Table, part: Part, column: Column, columns: Mapping[str, str]) -> InputError:
    wanted = _candidates(table, column, columns)[0]
    there = [*part.schema.names, *(k for k in part.keys if k not in part.schema.names)]
    fit = _lookalike(column.name, [n for n in there if n not in table.names and n not in columns.values()])
    key = column.name if not _shared(column.name) or table.name == "likes" else f'"{table.name}.{column.name}"'
    if not there:
        todo = "dump the table with its columns"
    elif fit:
        todo = f'add to the config: [columns] {key} = "{fit}"'
    else:
        todo = f'name it in the config: [columns] {key} = "…"'
    return InputError(
        f"{part.label}: no column {wanted}; found {', '.join(there) or 'no columns'}", wanted=wanted, todo=todo
    )


def _lookalike(name: str, there: list[str]) -> str | None:
    def bare(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "", text.lower())

    by_bare = {bare(n): n for n in reversed(there)}
    for word in [bare(name), *_SYNONYMS.get(name, "").split()]:
        if word in by_bare:
            return by_bare[word]
    close = difflib.get_close_matches(bare(name), list(by_bare), 1, cutoff=0.7)
    return by_bare[close[0]] if close else None


def _partition_values(column: Column, source: Source, key: str) -> dict[str | None, pa.Scalar]:
    """Return what every text of a Hive partition key stands for: what the column wants, where all texts allow it."""
    texts = {part.keys[key] for part in source.parts if key in part.keys}
    for kind, convert in _READINGS.get(column.kind, _READINGS[Kind.ID]):
        try:
            return {t: pa.scalar(None if t is None else convert(t), kind) for t in texts}
        except (ValueError, KeyError, pa.ArrowInvalid):
            continue
    return {t: pa.scalar(t, pa.string()) for t in texts}


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"0|-?[1-9]\d*", text):  # leading zeros belong to a name
        raise ValueError(text)
    return int(text)


_NUMBERS = ((pa.int64(), _whole_number),)
_READINGS: dict[Kind, tuple[tuple[pa.DataType, Callable[[str], object]], ...]] = {
    Kind.TIME: ((pa.date32(), dt.date.fromisoformat), *_NUMBERS),
    Kind.BOOL: ((pa.bool_(), {"true": True, "false": False}.__getitem__),),
    Kind.TEXT: (),
    Kind.ID: _NUMBERS,
}


def _type(bound: Bound, name: str) -> pa.DataType:
    if name in bound.names:
        return bound.part.schema.field(bound.names[name]).type
    return bound.constants[name].type


def _common_type(column: Column, there: list[tuple[Bound, pa.DataType]], ts_unit: str | None) -> pa.DataType:
    """Return the type that holds a column of all parts, as the schema's `Kind` asks."""
    for bound, kind in there:
        _check_type(column, bound, kind, ts_unit)
    some = [(b, _plain_type(k)) for b, k in there if not pa.types.is_null(k)]
    if not some:
        if column.required:
            raise InputError(
                f"{there[0][0].part.label}: column {there[0][0].names[column.name]} has type null, no value at all",
                wanted=_wanted(column),
                todo="dump the column with its values",
            )
        return pa.null()

    def join(a: tuple[Bound, pa.DataType], b: tuple[Bound, pa.DataType]) -> tuple[Bound, pa.DataType]:
        kind = _promoted(column, a[1], b[1])
        if kind is None:
            raise InputError(
                f"column {column.name}: {a[0].part.label} has {a[1]} and {b[0].part.label} has {b[1]}",
                wanted="one type in all files",
                todo="cast the column when dumping it",
            )
        return a[0], kind

    return reduce(join, some)[1]


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.string() if pa.types.is_string_view(kind) else kind


def _promoted(column: Column, a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """Return the type that holds both without loss, or none."""
    if a == b:
        return a
    if column.kind is Kind.TIME:
        return a if values.is_time(a) == values.is_time(b) else None
    if column.kind in (Kind.INT, Kind.FLOAT):
        return pa.float64()
    if is_text(a) and is_text(b):
        return pa.large_string()
    if is_int(a) and is_int(b):
        joined = np.promote_types(a.to_pandas_dtype(), b.to_pandas_dtype())
        return pa.from_numpy_dtype(joined) if np.issubdtype(joined, np.integer) else None
    return None


def _wanted(column: Column) -> str:
    if column.kind in _IDS:
        return "an integer or a string"
    return {
        Kind.TIME: "a timestamp, a date, or an integer with --ts-unit",
        Kind.BOOL: "a boolean",
        Kind.INT: "a number",
        Kind.FLOAT: "a number",
    }.get(column.kind, "a string")


def _check_type(column: Column, bound: Bound, kind: pa.DataType, ts_unit: str | None) -> None:
    if pa.types.is_null(kind):
        return
    todo = "cast the column when dumping it"
    if column.kind in _IDS:
        fits = is_int(kind) or is_text(kind)
        if pa.types.is_floating(kind):
            todo = "write whole numbers as integers (pandas turns integers with gaps into floats; use Int64)"
    elif column.kind is Kind.TIME:
        fits = values.is_time(kind) or bool(pa.types.is_integer(kind))
        if fits and not values.is_time(kind) and ts_unit is None:
            raise _unit_error(column, bound, kind)
        if is_text(kind):
            todo = "cast the text to a timestamp when dumping it, as in CAST(… AS TIMESTAMP)"
    elif column.kind is Kind.BOOL:
        fits = bool(pa.types.is_boolean(kind))
    elif column.kind in (Kind.INT, Kind.FLOAT):
        fits = bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
    else:
        fits = is_text(kind)
    if not fits:
        name = bound.names.get(column.name, column.name)
        raise InputError(f"{bound.part.label}: column {name} has type {kind}", wanted=_wanted(column), todo=todo)


def _unit_error(column: Column, bound: Bound, kind: pa.DataType) -> InputError:
    """Look at the first values and say which unit they look like."""
    name = bound.names.get(column.name, column.name)
    sample = pa.array([], kind)
    tasks = bound.part.tasks()
    if name in bound.part.schema.names and tasks:
        batch = next(bound.part.batches([name], tasks[0][1], False), None)
        if batch is not None:
            sample = batch.column(0)
    size, unit = values.guess_unit(sample)
    words = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
    look = f"{size} look like {words[unit]}" if unit else f"{size}, which fit no unit"
    return InputError(
        f"{bound.part.label}: column {name} holds {kind} without a unit ({look})",
        wanted="a timestamp, or an integer with a unit",
        todo=f"pass --ts-unit {unit}" if unit else "pass --ts-unit s, ms, us or ns, or cast it to a timestamp",
    )
