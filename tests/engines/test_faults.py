"""A real cluster, and what goes wrong on it: tasks done twice, files that vanish, workers that die."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.engines import LocalEngine
from graphkit.simulation import simulate
from tests.engines.cluster import cluster, kill
from tests.engines.test_engines import SHORT

pytestmark = pytest.mark.slow

_SESSION = """
import glob, os, sys, threading, time
import graphkit as gk
from graphkit.engines.choice import open_engine
from tests.engines.test_engines import SHORT
master, source, out, *more = sys.argv[1:]
conf = {"spark.executor.memory": "1g", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
conf |= {"spark.default.parallelism": "6", "spark.shuffle.io.retryWait": "1s"}  # lost files are given up sooner
"""

#: A run whose slowest task is done twice, and which loses what was shuffled; says how often a stage was begun at most.
FAULTY = (
    _SESSION
    + """
from graphkit.engines.spark import engine as counting
from graphkit.likes import cells
marks, files = more
conf |= {"spark.speculation": "true", "spark.speculation.quantile": "0.5", "spark.speculation.multiplier": "1.1"}
conf |= {"spark.speculation.interval": "200ms", "spark.speculation.minTaskRuntime": "1s"}
settle, weigh = cells.settle, counting.weigh

def first(mark):
    try:
        os.close(os.open(os.path.join(marks, mark), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True

def slow(placed):
    its = list(placed)
    if its and its[0].cell == 0:
        if first("slow"):
            time.sleep(600)
        first("twice")
    return settle(iter(its))

def losing(shares, limits, activity):
    if first("lost"):
        for path in glob.glob(files + "/**/shuffle_*.data", recursive=True):
            os.remove(path)
    return weigh(shares, limits, activity)

cells.settle, counting.weigh = slow, losing
with open_engine("spark", master=master, conf=conf) as engine:
    gk.detect(gk.read_likes(source, engine=engine), config=SHORT, engine=engine).save(out)
    from pyspark.sql import SparkSession
    status = SparkSession.getActiveSession().sparkContext.statusTracker()
    jobs = [status.getJobInfo(job) for job in status.getJobIdsForGroup(None)]
    stages = [status.getStageInfo(stage) for job in jobs for stage in job.stageIds]
    print(max(stage.currentAttemptId for stage in stages if stage is not None))
"""
)

#: A run that says when its fourth job has begun: rows are on their way to where they are settled.
KILLED = (
    _SESSION
    + """
with open_engine("spark", master=master, conf=conf) as engine:
    from pyspark.sql import SparkSession
    status = SparkSession.getActiveSession().sparkContext.statusTracker()
    def tell():
        while len(status.getJobIdsForGroup(None)) < 4:
            time.sleep(0.05)
        print("half-way", flush=True)
    threading.Thread(target=tell, daemon=True).start()
    gk.detect(gk.read_likes(source, engine=engine), config=SHORT, engine=engine).save(out)
"""
)


@pytest.fixture(scope="module")
def running(
    require: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]], Path]]:
    """A cluster of two workers: the master's URL, the workers, and where executors keep files."""
    require("pyspark")
    require("java")
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder, 2) as (url, workers):
        yield url, workers, folder / "local"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("likes") / "likes.parquet"
    pq.write_table(simulate("small", seed=5, users=1_500, days=6, bare=True).likes, path)
    return path


@pytest.fixture(scope="module")
def wanted(source: Path) -> gk.Detection:
    found = gk.detect(gk.read_likes(source), config=SHORT, engine=LocalEngine(1))
    assert found.rings.num_rows > 0
    return found


def assert_same(out: Path, wanted: gk.Detection) -> None:
    """Assert that a run has the same tables, to the byte, and the same counts."""
    found = gk.load(out)
    for name, table in wanted.tables.items():
        assert found.tables[name].equals(table), name
    assert found.info["counts"] == wanted.info["counts"]
    assert found.info["input"]["fingerprint"] == wanted.info["input"]["fingerprint"]


def test_cluster__a_task_done_twice_and_lost_files_change_nothing(
    running: tuple[str, list[subprocess.Popen[bytes]], Path],
    source: Path,
    wanted: gk.Detection,
    root: Path,
    tmp_path: Path,
) -> None:
    url, _, files = running
    marks, out = tmp_path / "marks", tmp_path / "run"
    marks.mkdir()
    command = [sys.executable, "-c", FAULTY, url, str(source), str(out), str(marks), str(files)]
    done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    assert {mark.name for mark in marks.iterdir()} == {"slow", "twice", "lost"}
    assert int(done.stdout) > 0  # a stage was done again for what it had lost
    assert_same(out, wanted)


def test_cluster__a_worker_is_killed_and_nothing_changes(
    running: tuple[str, list[subprocess.Popen[bytes]], Path],
    source: Path,
    wanted: gk.Detection,
    root: Path,
    tmp_path: Path,
) -> None:
    url, workers, _ = running
    command = [sys.executable, "-c", KILLED, url, str(source), str(tmp_path / "run")]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == b"half-way\n"
        kill(workers[0])
        _, told = job.communicate(timeout=500)
    assert job.returncode == 0, told.decode()[-3000:]
    assert workers[0].poll() is not None
    assert_same(tmp_path / "run", wanted)
