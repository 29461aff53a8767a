"""A run cut into its rings, against asking the whole run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from graphkit.detection import Detection
from graphkit.detection.parts import OF_RINGS, alone, apart
from tests.report.made import made_run


def shuffled(run: Detection) -> Detection:
    rng = np.random.default_rng(1)
    tables = {name: run.tables[name] for name in OF_RINGS}
    return Detection(
        {**run.tables, **{n: t.take(pa.array(rng.permutation(t.num_rows))) for n, t in tables.items()}}, run.info
    )


@pytest.mark.parametrize("run", [made_run(4), shuffled(made_run(4))], ids=["by ring", "in any order"])
def test_apart_and_alone__have_the_rows_of_their_ring_in_order(run: Detection) -> None:
    rings = apart(run)
    assert [ring.ring_id for ring in rings] == run.rings["ring_id"].to_pylist()
    for ring in rings:
        whole = run.ring(ring.ring_id)
        for name in OF_RINGS:
            rows = whole._rows(name).to_pylist()
            assert ring._rows(name).to_pylist() == rows
            assert alone(whole).tables[name].to_pylist() == rows
