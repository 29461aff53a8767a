"""The Spark session: found or made, with what graphkit relies on, or one line that says what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    from pyspark import SparkContext, StorageLevel
    from pyspark.rdd import RDD
    from pyspark.sql import SparkSession

__all__ = ["RDD", "SparkContext", "SparkSession", "check_installed", "on_disk", "spark_session"]

_OLDEST_JAVA = 17
#: What a session of our own is given, unless it is asked for otherwise.
_DEFAULTS = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}


@contextmanager
def spark_session(master: str | None = None, conf: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """Yield a session for a run; it is stopped at the end if it was made here.

    Parameters
    ----------
    master
        Master URL such as ``spark://host:7077`` or ``local[4]``. Where absent, what ``spark-submit`` or the
        installation's defaults say, and all processors of this machine where they say nothing.
    conf
        Further properties of Spark.

    Raises
    ------
    MissingDependencyError
        When pyspark or Java is missing, or Java is too old.
    ConfigError
        When a session is running already where another master is asked for, or when none can be started.
    """
    check_installed()
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        if master is not None and running.sparkContext.master != master:
            raise ConfigError(
                f"a Spark session at {running.sparkContext.master} is running in this process",
                wanted=f"none, or one at {master}",
                todo="stop it, or leave --master out",
            )
        yield running
        return
    # Executors run this interpreter, where nothing else is said: it is the one that has graphkit.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("graphkit")
    for name, value in (_DEFAULTS | dict(conf or {})).items():
        builder = builder.config(name, value)
    if master is not None:
        builder = builder.master(master)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # noqa: BLE001  Py4J, Java and Python each have errors of their own
        raise ConfigError(
            f"no Spark session at {master or 'the configured master'}: {_first_line(error)}",
            wanted="a master that can be reached, and properties that Spark knows",
            todo="check --master and --conf",
        ) from None
    session.sparkContext.setLogLevel("ERROR")  # what goes wrong is told by exceptions
    try:
        yield session
    finally:
        session.stop()


def on_disk() -> StorageLevel:
    """Return how records are held that executors keep on disk alone."""
    from pyspark import StorageLevel

    return StorageLevel.DISK_ONLY


def check_installed() -> None:
    """Raise `MissingDependencyError` where pyspark, or a Java that it runs on, is missing."""
    if importlib.util.find_spec("pyspark") is None:
        raise MissingDependencyError(
            "--engine spark without pyspark", wanted="pyspark 3.5 or newer", todo="pip install 'graphkit[spark]'"
        )
    version = _java_version()
    if version is None or version < _OLDEST_JAVA:
        found = "no Java" if version is None else f"Java {version}"
        raise MissingDependencyError(
            f"--engine spark with {found}",
            wanted=f"Java {_OLDEST_JAVA} or newer",
            todo="install it (Debian: default-jre-headless), or set JAVA_HOME",
        )


def _java_version() -> int | None:
    """Return the major version of the Java that Spark would start, ``None`` where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        return None
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=60).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    digits = told.partition('"')[2].split(".")
    major = digits[1] if digits[0] == "1" and len(digits) > 1 else digits[0]
    major = major.partition("-")[0].partition('"')[0]
    return int(major) if major.isdigit() else None


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    cause = next((line for line in lines if "Exception: " in line or "Error: " in line), lines[0] if lines else "")
    return cause.rpartition("Exception: ")[2][:200] or type(error).__name__
