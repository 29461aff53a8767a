"""Engines, each under one name: a test that asks for `engine` runs on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.engines import Engine, LocalEngine
from tests.engines.apart import Apart

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark(require: Callable[[str], None]) -> Iterator[SparkSession]:
    """A session in this process, two tasks at a time; skipped where pyspark or Java is missing."""
    require("pyspark")
    require("java")
    from graphkit.engines.spark.session import spark_session

    with spark_session("local[2]", {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}) as it:
        yield it


@pytest.fixture(params=["local-1", "local-2", "apart-3", "spark-1", "spark-8"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine with so many threads or partitions; `apart` does apart what can be done so, without Spark."""
    name, _, size = request.param.partition("-")
    if name == "local":
        return LocalEngine(int(size))
    if name == "apart":
        return Apart(int(size), task_rows=2_000)
    from graphkit.engines.spark import SparkEngine

    session: Any = request.getfixturevalue("spark")
    return SparkEngine(session, partitions=int(size), task_co_likes=100_000)
