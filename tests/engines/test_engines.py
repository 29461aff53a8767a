"""Every engine gives the same tables, to the byte, whatever it shares out and however."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import graphkit as gk
from graphkit.config import Config
from graphkit.engines import Engine, LocalEngine
from graphkit.projection.project import project
from graphkit.simulation import simulate
from tests import reference
from tests.projection.test_project import assert_same, edges_of
from tests.worlds import DAY, SECOND, make_likes, seeded_world

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow

WORLDS = [("small", 7, False), ("small", 11, True), ("hotnote", 3, False)]
CONFIG = Config.model_validate({"projection": {"windows_s": [60, 3600]}})


@cache
def likes_of(name: str, seed: int, bare: bool) -> gk.Likes:
    world = simulate(name, seed=seed, users=1_500, days=6, bare=bare)
    return gk.read_likes(world.likes, users=world.users, notes=world.notes, engine=LocalEngine(2))


@cache
def tables_of(name: str, seed: int, bare: bool) -> dict[str, pa.Table]:
    return dict(gk.detect(likes_of(name, seed, bare), config=CONFIG, engine=LocalEngine(1)).tables)


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: f"{w[0]}-{w[1]}")
def test_detect__tables_are_the_same(engine: Engine, world: tuple[str, int, bool]) -> None:
    wanted = tables_of(*world)
    assert wanted["rings"].num_rows > 0
    found = gk.detect(likes_of(*world), config=CONFIG, engine=engine)
    for name, table in wanted.items():
        assert found.tables[name].equals(table), name
    assert found.info["engine"] == engine.name


def test_detect__tables_are_the_same_in_64_partitions(spark: SparkSession) -> None:
    from graphkit.engines.spark import SparkEngine

    config = Config.model_validate({"projection": {"windows_s": [600]}, "scoring": {"decoys": 0}})
    likes = likes_of(*WORLDS[1])
    wanted = gk.detect(likes, config=config, engine=LocalEngine(1)).tables
    assert wanted["rings"].num_rows > 0
    found = gk.detect(likes, config=config, engine=SparkEngine(spark, partitions=64)).tables
    assert all(found[name].equals(table) for name, table in wanted.items())


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
