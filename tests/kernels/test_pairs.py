"""The work of the pair kernel; its pairs are held against the reference where the projection is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from graphkit._kernels.grouping import group_members, group_pointers
from graphkit._kernels.neighbours import window_bounds
from graphkit._kernels.pairs import row_work
from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.projection.project import project
from tests import reference
from tests.worlds import SECOND, World, make_likes, worlds

pytestmark = pytest.mark.kernels


@given(worlds())
@settings(max_examples=50)
def test_work_of_a_row_is_the_likes_around_its_likes(world: World) -> None:
    likes = world.likes
    lo, hi = window_bounds(likes.ts, group_pointers(likes.note, likes.n_notes), SECOND)
    ptr = group_pointers(likes.user, likes.n_users)
    work = row_work(lo, hi, group_members(likes.user, np.arange(len(likes), dtype=np.int32), ptr), ptr)
    table = reference.rows(likes)
    around = reference.window_counts(table, SECOND)
    assert work.tolist() == [
        sum(count.note for like, count in zip(table, around, strict=True) if like.user == user)
        for user in range(likes.n_users)
    ]


def test_expectations_saturate_instead_of_wrapping() -> None:
    # Two users liked the same notes at one instant and nothing else lies around: every rate is one, so n
    # likes of each expect n * n co-likes, which wraps around 64 bits at this n unless the sum saturates.
    n = 46_341
    likes = make_likes([(user, note, 0) for user in (0, 1) for note in range(n)])
    config = ProjectionConfig(windows_s=(60,), hot_max=n, fdr=0.4)
    keys = likes.breadth_keys(config.fresh_s)
    found = project(likes.bipartite(), keys, config.windows_s, config, LocalEngine(1))
    assert len(found.views[0].edges) == 0
