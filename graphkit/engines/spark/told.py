"""What stopped a Spark job, as one line."""

from __future__ import annotations

from graphkit.errors import CapacityError, EngineError, GraphkitError


def explained(error: Exception, what: str, todo: str) -> GraphkitError:
    """Return what stopped a job as one line.

    Parameters
    ----------
    error
        What Spark raised.
    what
        What the job was about.
    todo
        What helps, beside more memory, where the driver was sent too much.
    """
    told = str(error)
    if "spark.driver.maxResultSize" in told:
        size = told.partition("Total size of serialized results ")[2].partition(" is bigger than")[0]
        limit = told.partition("spark.driver.maxResultSize (")[2].partition(")")[0]
        return CapacityError(
            f"{what}, sent to the driver: {size}",
            wanted=f"at most {limit}, which the driver takes",
            todo=f"raise spark.driver.maxResultSize and the driver's memory, or {todo}",
        )
    causes = [line.strip() for line in told.splitlines() if "Error: " in line or "Exception: " in line]
    return EngineError(
        f"{what}: Spark gave up: {(causes or told.splitlines() or [type(error).__name__])[-1][:200]}",
        wanted="executors that live, with graphkit and numba in their Python",
        todo="look into the logs of the executors",
    )
