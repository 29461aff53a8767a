from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphkit.engines import LocalEngine
from graphkit.likes import encode, parts
from tests.engines.apart import Apart


@pytest.fixture(scope="module", params=["here", pytest.param("apart", marks=pytest.mark.slow)])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of reading: in this process, and in parts that share nothing, a handful of rows to a task."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "apart":
            patch.setattr(LocalEngine, "do", lambda _, work: work.apart(Apart(3, task_rows=4)))
        yield


@pytest.fixture
def small_batches() -> Iterator[None]:
    """Batches of three rows and tasks of five, so that a handful of rows meets every seam."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "BATCH_ROWS", 3)
        patch.setattr(parts, "TASK_ROWS", 5)
        patch.setattr(encode, "_STEP", 2)
        yield


@pytest.fixture(scope="module")
def tiny() -> Iterator[None]:
    """The same for a whole module; hypothesis wants fixtures that outlive an example."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "BATCH_ROWS", 3)
        patch.setattr(parts, "TASK_ROWS", 5)
        patch.setattr(encode, "_STEP", 2)
        yield
