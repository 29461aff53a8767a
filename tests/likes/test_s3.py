"""Reading from a store that speaks S3, as moto's server does."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from graphkit.errors import InputError
from graphkit.likes import read_likes
from tests.likes.naive import SECOND, as_table, same
from tests.s3 import serving

#: Each waits for a server.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("way")]

TABLE = as_table([{"user_id": f"u{i}", "note_id": i % 3, "ts": (1_795_305_600 + i) * SECOND} for i in range(60)])


@pytest.fixture(scope="module")
def options() -> Iterator[str]:
    """A running server with a dump in the bucket ``dumps``; yields the options of its URLs."""
    with serving() as (store, how):
        store.create_dir("dumps")
        for day, part in (("2026-11-22", TABLE.slice(0, 20)), ("2026-11-23", TABLE.slice(20))):
            pq.write_table(part, f"dumps/likes/dt={day}/a.parquet", filesystem=store, row_group_size=7)
        with store.open_output_stream("dumps/foreign/a.parquet") as file:
            file.write(b"a,b\n1,2\n")
        yield how


@pytest.mark.parametrize("path", ["likes", "likes/", "likes/dt=*", "likes/**", "li*/*/*.parquet"])
def test_directories_and_globs(options: str, path: str) -> None:
    same(read_likes(TABLE), read_likes(f"s3://k:s@dumps/{path}?{options}"), files=False)


def test_a_file(options: str) -> None:
    likes = read_likes(f"s3://k:s@dumps/likes/dt=2026-11-22/a.parquet?{options}")
    same(read_likes(TABLE.slice(0, 20)), likes)


def test_nothing_there_and_nothing_good(options: str) -> None:
    with pytest.raises(InputError, match=r"likes s3://dumps/no.parquet: does not exist; wanted a Parquet file"):
        read_likes(f"s3://k:s@dumps/no.parquet?{options}")
    with pytest.raises(InputError, match=r"s3://dumps/foreign/a.parquet: not Parquet but CSV text"):
        read_likes(f"s3://k:s@dumps/foreign?{options}")
