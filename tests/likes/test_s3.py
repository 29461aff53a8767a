"""Reading from a store that speaks S3, as moto's server does."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from graphkit.errors import InputError
from graphkit.likes import read_likes
from tests.likes.naive import SECOND, as_table, same

#: Each waits for a server.
pytestmark = pytest.mark.slow

TABLE = as_table([{"user_id": f"u{i}", "note_id": i % 3, "ts": (1_795_305_600 + i) * SECOND} for i in range(60)])


@pytest.fixture(scope="module")
def options() -> Iterator[str]:
    """A running server with a dump in the bucket ``dumps``; yields the options of its URLs."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("moto_server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            store = fs.S3FileSystem(
                access_key="k", secret_key="s", region="us-east-1", scheme="http",
                endpoint_override=f"127.0.0.1:{port}", allow_bucket_creation=True, allow_delayed_open=True,
            )  # fmt: skip
            store.create_dir("dumps")
            for day, part in (("2026-11-22", TABLE.slice(0, 20)), ("2026-11-23", TABLE.slice(20))):
                pq.write_table(part, f"dumps/likes/dt={day}/a.parquet", filesystem=store, row_group_size=7)
            with store.open_output_stream("dumps/foreign/a.parquet") as file:
                file.write(b"a,b\n1,2\n")
            yield f"endpoint_override=http%3A%2F%2F127.0.0.1%3A{port}&region=us-east-1"
        finally:
            server.terminate()


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
