"""The dataset cards say what they do: a table of the shape described is read through the mapping beside it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphkit import schemas
from graphkit.columns import Kind
from graphkit.config import InputConfig, load_config
from graphkit.likes import read_likes

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
CARDS = sorted(path.stem for path in DATASETS.glob("*.toml"))
TABLES = {table.name: table for table in schemas.INPUTS}
TYPES = {
    "bool": pa.bool_(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "string": pa.string(),
    "timestamp[us, UTC]": pa.timestamp("us", tz="UTC"),
}
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000, None: 1}
START = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
N = 3


def card(name: str) -> str:
    return (DATASETS / f"{name}.md").read_text(encoding="utf-8")


def shapes(name: str) -> dict[str, dict[str, pa.DataType]]:
    """Columns and types of every table that the card describes."""
    found: dict[str, dict[str, pa.DataType]] = {}
    for section, body in re.findall(r"^### (\w+)\n(.*?)(?=^#)", card(name), re.MULTILINE | re.DOTALL):
        rows = re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", body, re.MULTILINE)
        found[section] = {column: TYPES[kind] for column, kind in rows}
    return found


def file_column(table: str, column: str, columns: dict[str, str]) -> str:
    return columns.get(f"{table}.{column}", columns.get(column, column))


def write(folder: Path, table: str, shape: dict[str, pa.DataType], config: InputConfig) -> Path:
    """Write `N` rows of the shape; ids run from 0, times go up by a second."""
    ours = {file_column(table, c.name, config.columns): c for c in TABLES[table].columns}
    data: dict[str, pa.Array] = {}
    for column, kind in shape.items():
        times = [START + dt.timedelta(seconds=i) for i in range(N)]
        values: list[object]
        if column in ours and ours[column].name == "action":
            values = ["like"] * N
        elif pa.types.is_timestamp(kind):
            values = list(times)
        elif column in ours and ours[column].kind is Kind.TIME:
            values = [int(t.timestamp()) * PER_SECOND[config.ts_unit] for t in times]
        elif pa.types.is_boolean(kind):
            values = [True] * N
        elif pa.types.is_string(kind):
            values = [f"{column}-{i}" for i in range(N)]
        else:
            values = list(range(N))
        data[column] = pa.array(values, kind)
    path = folder / f"{table}.parquet"
    pq.write_table(pa.table(data), path)
    return path


def test_cards__are_there() -> None:
    assert {"likes", "stars", "reviews", "retweets", "votes"} <= set(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_card__shows_its_mapping(name: str) -> None:
    (shown,) = re.findall(r"^```toml\n(.*?)^```", card(name), re.MULTILINE | re.DOTALL)
    assert shown == (DATASETS / f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CARDS)
def test_card__every_mapped_column_is_described(name: str) -> None:
    config = load_config(DATASETS / f"{name}.toml").input
    described = {column for shape in shapes(name).values() for column in shape}
    assert set(config.columns.values()) - described == set()


@pytest.mark.parametrize("name", CARDS)
def test_card__its_dump_is_read_through_its_mapping(name: str, tmp_path: Path) -> None:
    config = load_config(DATASETS / f"{name}.toml").input
    described = shapes(name)
    paths = {table: write(tmp_path, table, shape, config) for table, shape in described.items()}
    likes = read_likes(paths["likes"], users=paths.get("users"), notes=paths.get("notes"), config=config)

    assert (likes.accounting.read, likes.accounting.kept) == (N, N)
    user_column = described["likes"][file_column("likes", "user_id", config.columns)]
    assert likes.users.ids.type.equals(user_column)
    assert likes.ts.min() == int(START.timestamp()) * 1_000_000
    for table, holder in (("users", likes.users), ("notes", likes.notes)):
        for column in TABLES[table].columns:
            if file_column(table, column.name, config.columns) in described.get(table, {}):
                attribute = {"user_id": "ids", "note_id": "ids", "author_id": "author"}.get(column.name, column.name)
                assert getattr(holder, attribute) is not None, f"{table}.{column.name} was not read"
