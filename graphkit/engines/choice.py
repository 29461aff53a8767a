"""An engine by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from graphkit.engines.engine import Engine
from graphkit.engines.local import LocalEngine
from graphkit.engines.room import Room
from graphkit.errors import ConfigError


@contextmanager
def open_engine(
    name: str = "local",
    *,
    threads: int | None = None,
    room: Room | None = None,
    master: str | None = None,
    conf: Mapping[str, str] | None = None,
) -> Iterator[Engine]:
    """Yield an engine for a run.

    Parameters
    ----------
    name
        ``local`` or ``spark``.
    threads
        Threads of this process; by default the processors it may run on.
    room
        What memory this process may take; by default half of what is free.
    master, conf
        Where Spark runs, and further properties of it; of ``spark`` only.

    Raises
    ------
    ConfigError
        When there is no such engine, when Spark cannot be reached, and when `master` or `conf` are given to another.
    MissingDependencyError
        When Spark is not installed.
    """
    if name == "spark":
        from graphkit.engines.spark.session import spark_session

        with spark_session(master, conf) as session:
            from graphkit.engines.spark import SparkEngine

            yield SparkEngine(session, threads=threads, room=room)
        return
    if name != "local":
        raise ConfigError(f"engine {name!r}", wanted="local or spark", todo="mend --engine")
    if master is not None or conf:
        raise ConfigError(
            f"{'--conf' if master is None else '--master'} without Spark",
            wanted="--engine spark beside it",
            todo="add it, or leave the option out",
        )
    yield LocalEngine(threads, room)
