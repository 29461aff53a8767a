"""Spark itself: sessions, what goes wrong, a real cluster, and workers that die."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphkit as gk
from graphkit.engines.choice import open_engine
from graphkit.engines.local import LocalEngine
from graphkit.engines.spark import session
from graphkit.errors import CapacityError, ConfigError, MissingDependencyError
from graphkit.simulation import simulate
from tests.engines.test_engines import CONFIG

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_missing__pyspark_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'graphkit\[spark\]'"), open_engine("spark"):
        pass


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "22-ea" 2024-03-19', 22),
        ("no such thing", None),
    ],
)
def test_missing__java_is_old_or_unknown(
    told: str, version: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{told}\nEND\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda name: object())
    if version is not None and version >= 17:
        session.check_installed()
        return
    found = "no Java" if version is None else f"Java {version}"
    with pytest.raises(MissingDependencyError, match=f"with {found}; wanted Java 17 or newer"):
        session.check_installed()


@pytest.mark.parametrize("given", [{"master": "local[2]"}, {"conf": {"spark.x": "1"}}])
def test_local__knows_no_master_and_no_properties(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="wanted --engine spark"), open_engine("local", **given):
        pass


def test_unknown_engine__is_refused() -> None:
    with pytest.raises(ConfigError, match="wanted local or spark"), open_engine("dask"):
        pass


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 20))
def test_cuts__bound_every_slab_and_leave_nothing_out(sizes: list[int], most: int) -> None:
    from graphkit.engines.cuts import cuts

    bounds = cuts(np.array(sizes, np.int64), most)
    assert (bounds[0], bounds[-1]) == (0, len(sizes))
    for first, last in pairwise(bounds):
        assert first < last
        assert sum(sizes[first:last]) <= most or last == first + 1  # what is too large stands alone
        assert last == len(sizes) or sum(sizes[first : last + 1]) > most  # no slab is smaller than it need be


@pytest.fixture(scope="module")
def likes() -> gk.Likes:
    world = simulate("small", seed=5, users=1_500, days=6, bare=True)
    return gk.read_likes(world.likes, engine=LocalEngine(2))


@pytest.mark.slow
def test_session__of_another_master_is_not_taken(spark: SparkSession) -> None:
    with (
        pytest.raises(ConfigError, match=r"a Spark session at local\[2\] is running"),
        open_engine("spark", master="local[3]"),
    ):
        pass
    with open_engine("spark") as engine:
        assert engine.name == "spark"
    assert spark.sparkContext.parallelize([1]).count() == 1  # not ours, not stopped


@pytest.mark.slow
def test_driver__takes_no_more_than_it_may(spark: SparkSession, likes: gk.Likes) -> None:
    from graphkit.engines.spark import SparkEngine

    conf = spark.sparkContext._jsc.sc().conf()
    conf.set("spark.driver.maxResultSize", "1k")
    try:
        with pytest.raises(CapacityError, match=r"KiB\); wanted at most 1024.0 B, .* raise spark.driver.maxResultSize"):
            gk.detect(likes, config=CONFIG, engine=SparkEngine(spark))
    finally:
        conf.set("spark.driver.maxResultSize", "1g")


#: A run whose executors have an interpreter with numba and without graphkit, unless it is shipped.
SHIPPING = """
import os, sys, sysconfig
import graphkit as gk
from graphkit.config import Config
from graphkit.engines.choice import open_engine
source, out, *shipped = sys.argv[1:]
os.environ["PYSPARK_PYTHON"] = sys._base_executable
conf = {"spark.executorEnv.PYTHONPATH": sysconfig.get_paths()["purelib"], "spark.driver.host": "127.0.0.1"}
conf |= {"spark.driver.bindAddress": "127.0.0.1"} | {"spark.submit.pyFiles": file for file in shipped}
config = Config.model_validate({"projection": {"windows_s": [600]}, "scoring": {"decoys": 0}})
with open_engine("spark", master="local[2]", conf=conf) as engine:
    gk.detect(gk.read_likes(source, engine=engine), config=config, engine=engine).save(out)
"""


@pytest.mark.slow
def test_executors__are_sent_graphkit_or_say_that_it_is_missing(
    require: Callable[[str], None], root: Path, tmp_path: Path
) -> None:
    require("pyspark")
    require("java")
    source, out = tmp_path / "likes.parquet", tmp_path / "run"
    pq.write_table(simulate("small", seed=5, users=1_500, days=6, bare=True).likes, source)
    (tmp_path / "elsewhere").mkdir()  # where nobody finds the checkout

    def run(*shipped: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", SHIPPING, str(source), str(out), *shipped]
        return subprocess.run(
            command, check=False, cwd=tmp_path / "elsewhere", capture_output=True, text=True, timeout=300
        )

    without = run()
    assert without.returncode != 0
    assert "EngineError: reading the likes: Spark gave up: ModuleNotFoundError: No module named 'graphkit'; wanted" in (
        without.stderr
    )
    assert not out.exists()
    sent = run(shutil.make_archive(str(tmp_path / "graphkit"), "zip", root, "graphkit"))
    assert sent.returncode == 0, sent.stderr[-2000:]
    assert gk.load(out).rings.num_rows > 0


@pytest.mark.slow
def test_spark_submit__says_where(require: Callable[[str], None], root: Path, tmp_path: Path) -> None:
    require("pyspark")
    require("java")
    import pyspark

    likes = simulate("small", seed=5, users=1_500, days=6, bare=True).likes
    (tmp_path / "lake" / "dt=2026-11-22").mkdir(parents=True)
    pq.write_table(likes, tmp_path / "lake" / "dt=2026-11-22" / "likes.parquet")
    (tmp_path / "config.toml").write_text("[projection]\nwindows_s = [600]\n[scoring]\ndecoys = 0\n")
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-submit"), "--master", "local[2]", str(root / "pipelines" / "detect_daily.py")]
    command += ["--lake", "lake", "--runs", "runs", "--date", "2026-11-22", "--config", "config.toml"]
    env = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(
        [*command, "--engine", "spark"], check=False, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = gk.load(tmp_path / "runs" / "dt=2026-11-22")
    assert found.info["engine"] == "spark"
    config = gk.Config.model_validate({"projection": {"windows_s": [600]}, "scoring": {"decoys": 0}})
    wanted = gk.detect(gk.read_likes(likes), config=config, engine=LocalEngine(1))
    assert wanted.rings.num_rows > 0
    assert found.rings.equals(wanted.rings)
