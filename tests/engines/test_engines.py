"""Every engine gives the same tables, to the byte, whatever it shares out and however."""

from __future__ import annotations

from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import graphkit as gk
from graphkit.config import Config
from graphkit.engines import Engine, LocalEngine
from graphkit.projection.project import project
from graphkit.simulation import World, simulate
from tests import reference
from tests.engines.apart import Apart
from tests.likes.crowd import crowded
from tests.likes.naive import same
from tests.projection.test_project import assert_same, edges_of
from tests.worlds import DAY, SECOND, make_likes, seeded_world

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow

WORLDS = [("small", 7, False), ("small", 11, True), ("hotnote", 3, False)]
CONFIG = Config.model_validate({"projection": {"windows_s": [60, 3600]}})


#: One window and no decoys: what differs between engines is all in it.
SHORT = Config.model_validate({"projection": {"windows_s": [600]}, "scoring": {"decoys": 0}})


@cache
def world_of(name: str, seed: int, bare: bool) -> World:
    return simulate(name, seed=seed, users=1_500, days=6, bare=bare)


def read(world: World, engine: Engine) -> gk.Likes:
    return gk.read_likes(world.likes, users=world.users, notes=world.notes, engine=engine)


@cache
def wanted_of(name: str, seed: int, bare: bool) -> gk.Detection:
    engine = LocalEngine(1)
    return gk.detect(read(world_of(name, seed, bare), engine), config=CONFIG, engine=engine)


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: f"{w[0]}-{w[1]}")
def test_detect__tables_are_the_same(engine: Engine, world: tuple[str, int, bool]) -> None:
    wanted = wanted_of(*world)
    assert wanted.rings.num_rows > 0
    likes = read(world_of(*world), engine)
    same(wanted.likes, likes)
    found = gk.detect(likes, config=CONFIG, engine=engine)
    for name, table in wanted.tables.items():
        assert found.tables[name].equals(table), name
    for name in ("counts", "input", "period", "tiers", "windows", "gathered", "warnings", "config_digest"):
        assert found.info[name] == wanted.info[name], name
    assert found.info["engine"] == engine.name


def test_detect__tables_are_the_same_in_64_partitions(spark: SparkSession) -> None:
    from graphkit.engines.spark import SparkEngine

    world = world_of(*WORLDS[1])
    wanted = gk.detect(read(world, LocalEngine(1)), config=SHORT, engine=LocalEngine(1)).tables
    assert wanted["rings"].num_rows > 0
    engine = SparkEngine(spark, partitions=64)
    found = gk.detect(read(world, engine), config=SHORT, engine=engine).tables
    assert all(found[name].equals(table) for name, table in wanted.items())


def test_save__again_gives_the_same_bytes(spark: SparkSession, tmp_path: Path) -> None:
    from graphkit.engines.spark import SparkEngine

    world, out = world_of(*WORLDS[1]), tmp_path / "run"

    def files() -> dict[str, bytes]:
        engine = SparkEngine(spark, partitions=3)
        gk.detect(read(world, engine), config=SHORT, engine=engine).save(out, force=True)
        return {file.name: file.read_bytes() for file in out.glob("*.parquet")}

    once = files()
    assert once == files()
    assert once


def test_project__edges_are_the_references(engine: Engine) -> None:
    world = seeded_world(5)
    likes, config = world.likes, world.config
    found = project(likes.bipartite(), likes.breadth_keys(config.fresh_s), config.windows_s, config, engine)
    wanted = reference.project(likes, config)
    assert len(wanted) > 0
    assert_same(edges_of(found), wanted, config.fdr)


@pytest.mark.parametrize("rows", [[(1, 1, DAY)], [(1, 1, DAY), (2, 2, DAY)]])
def test_project__nobody_meets(engine: Engine, rows: list[Any]) -> None:
    likes, config = make_likes(rows), Config().projection
    found = project(likes.bipartite(), likes.breadth_keys(config.fresh_s), (60,), config, engine)
    assert [len(view.edges) for view in found.views] == [0]


@pytest.mark.parametrize("kind", ["lists", "spark"])
def test_spread__records_go_where_they_are_sent(kind: str, request: pytest.FixtureRequest) -> None:
    executors: Any = Apart(3)
    if kind == "spark":
        from graphkit.engines.spark.spread import SparkExecutors

        executors = SparkExecutors(request.getfixturevalue("spark").sparkContext, 3, 10, "a test")
    letters = executors.spread(["cab", "", "xy"]).map(chain.from_iterable).held()
    assert letters.collect() == list(letters) == ["c", "a", "b", "x", "y"]
    sent = letters.map(enumerate).sent(4).map(sorted)
    beside = sent.beside(executors.spread([10, 20, 30, 40]))
    assert list(beside) == [(["c", "x"], [10]), (["a", "y"], [20]), (["b"], [30]), ([], [40])]
    letters.drop()


def test_read_likes__a_hot_note_a_hot_user_and_a_hot_hour(engine: Engine) -> None:
    table = crowded(6_000, 4)
    same(gk.read_likes(table, engine=LocalEngine(1)), gk.read_likes(table, engine=engine))


def test_detect__a_hot_note_a_hot_user_and_a_hot_hour_in_small_tasks(spark: SparkSession) -> None:
    from graphkit.engines.spark import SparkEngine

    table = crowded(6_000, 5)
    engine = SparkEngine(spark, partitions=2, task_rows=1_500, task_co_likes=100)
    wanted = gk.detect(gk.read_likes(table, engine=LocalEngine(1)), config=SHORT, engine=LocalEngine(1))
    found = gk.detect(gk.read_likes(table, engine=engine), config=SHORT, engine=engine)
    assert wanted.info["windows"] == found.info["windows"]
    assert wanted.info["windows"][0]["walked"] > 20 * 100
    assert all(found.tables[name].equals(table) for name, table in wanted.tables.items())


def test_project__one_burst_is_cut_into_many_tasks(spark: SparkSession) -> None:
    from graphkit.engines.spark import SparkEngine

    engine = SparkEngine(spark, partitions=2, task_co_likes=5_000)
    rows = [(u, n, DAY + n * 7_000 * SECOND + (u % 50) * SECOND) for n in range(4) for u in range(150)]
    likes = make_likes(rows)
    config = Config.model_validate({"projection": {"hot_rate": 1e6, "hot_max": 10_000, "fdr": 0.999}}).projection
    key = likes.breadth_keys(config.fresh_s)
    found = project(likes.bipartite(), key, (60,), config, engine)
    wanted = project(likes.bipartite(), key, (60,), config, LocalEngine(1))
    assert len(wanted.views[0].edges) == 150 * 149 // 2
    assert edges_of(found) == edges_of(wanted)
    assert found.views[0].n_walked == wanted.views[0].n_walked == 4 * 150 * 150
