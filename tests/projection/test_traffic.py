"""Baseline rates on demand: whoever asks, however often, for whichever likes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.engines import LocalEngine
from graphkit.projection.project import project
from graphkit.projection.traffic import Traffic
from tests import reference
from tests.examples import examples
from tests.worlds import SECOND, World, worlds

pytestmark = pytest.mark.kernels


@examples(50)
@given(worlds(), st.data())
def test_rates__are_the_references_whatever_was_asked_before(world: World, data: st.DataObject) -> None:
    likes, config = world.likes, world.config
    traffic = Traffic.of(likes.bipartite(), config)
    table = reference.rows(likes)
    asked = st.lists(st.integers(0, len(likes) - 1), max_size=6) if len(likes) else st.just([])
    for _ in range(3):
        like = data.draw(asked)
        for window_s in config.windows_s:
            wanted = reference.rates(
                table, window_s * SECOND, config.horizon_s * SECOND, inclusive=window_s > config.burst_s
            )
            got = traffic.rates(np.array(like, np.int32), window_s)
            assert got.dtype == np.uint32
            assert got.tolist() == [wanted[i] for i in like]


@examples(50)
@given(worlds())
def test_rates__are_the_references_after_counting(world: World) -> None:
    likes, config = world.likes, world.config
    projection = project(
        likes.bipartite(), likes.breadth_keys(config.fresh_s), config.windows_s, config, LocalEngine(1)
    )
    table = reference.rows(likes)
    for view in projection.views:
        wanted = reference.rates(
            table, view.window_s * SECOND, config.horizon_s * SECOND, inclusive=view.window_s > config.burst_s
        )
        assert view.traffic.rates(np.arange(len(likes)), view.window_s).tolist() == wanted
