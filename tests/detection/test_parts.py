"""A run cut into its rings, against asking the whole run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from graphkit.detection import Detection
from graphkit.detection.parts import OF_RINGS, alone, apart, in_blocks
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


@pytest.mark.parametrize("run", [made_run(5), shuffled(made_run(5))], ids=["by ring", "in any order"])
@pytest.mark.parametrize("most", [1, 60, 10**9])
def test_in_blocks__has_the_rows_of_each_ring_in_the_order_asked_for(run: Detection, most: int) -> None:
    wanted = run.rings["ring_id"].to_pylist()[3::-1]
    blocks = [*in_blocks(run, wanted, most)]
    assert [ring_id for block in blocks for ring_id in block.rings["ring_id"].to_pylist()] == wanted
    for block in blocks:
        names = block.rings["ring_id"].to_pylist()
        assert len(names) == 1 or sum(block.tables[name].num_rows for name in OF_RINGS) <= most
        for name in OF_RINGS:
            rows = [row for ring_id in names for row in run.ring(ring_id)._rows(name).to_pylist()]
            assert block.tables[name].to_pylist() == rows
    assert len(blocks) == {1: 4, 10**9: 1}.get(most, len(blocks))


def test_in_blocks__of_no_rings_has_none() -> None:
    assert [*in_blocks(made_run(2), [], 10)] == []
