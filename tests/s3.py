"""A server that speaks S3, as moto has one."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyarrow import fs


@contextmanager
def serving() -> Iterator[tuple[fs.S3FileSystem, str]]:
    """Run a server on loopback; yield its filesystem, and the options of its URLs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
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
            yield store, f"endpoint_override=http%3A%2F%2F127.0.0.1%3A{port}&region=us-east-1&allow_delayed_open=true"
        finally:
            server.terminate()
