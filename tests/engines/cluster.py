"""A real standalone cluster of the pip package, on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_S = 60


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a master and workers of the pip package on loopback; yield the master's URL and the workers.

    A worker has one core and 1 GB; what executors keep on disk is in ``local`` of the folder.
    """
    import pyspark

    home = Path(pyspark.__file__).parent
    env = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    env |= {"SPARK_LOCAL_DIRS": str(folder / "local")}
    env |= {"SPARK_NO_DAEMONIZE": "1", "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_LOG_DIR": str(folder / "logs")}
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> Path:
        log = folder / f"{name}-{len(started)}.log"
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
        with log.open("wb") as out:
            # A group of its own, so that the executors of a worker can be killed with it.
            started.append(subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True))
        return log

    def told(log: Path, words: str) -> str:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            line = next((line for line in log.read_text(errors="replace").splitlines() if words in line), None)
            if line is not None:
                return line
            time.sleep(0.1)
        raise AssertionError(log.read_text(errors="replace")[-2000:])

    try:
        line = told(start("master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"), "spark://")
        url = "spark://" + line.partition("spark://")[2].split()[0].rstrip(",.")
        logs = []
        for number in range(workers):
            # Each on an address of its own: no task is done twice on one host.
            host = ("--host", f"127.0.0.{number + 1}")
            logs.append(start("worker.Worker", *host, "-c", "1", "-m", "1g", "--webui-port", "0", url))
        for log in logs:
            told(log, "Successfully registered")
        yield url, started[1:]
    finally:
        for process in started:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(WAIT_S)
