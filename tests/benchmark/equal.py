"""Whether graphkit and DuckDB count the same pairs."""

from __future__ import annotations

import math
from pathlib import Path

from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.likes import read_likes
from graphkit.projection.project import project
from tests.benchmark.rivals import BUCKET_JOIN, SELF_JOIN, Pair, join


def graphkit_pairs(path: Path, window_s: int, threads: int) -> dict[Pair, int]:
    """Return every pair that graphkit tests when no moment is hot and nothing is too likely to be looked at."""
    likes = read_likes(path)
    # Beyond what the settings allow: infinite, so that no p-value and no heat leaves a pair out.
    config = ProjectionConfig.model_construct(fdr=math.inf, hot_rate=math.inf, hot_max=2**31 - 1)
    (view,) = project(likes.bipartite(), likes.breadth_keys(0), (window_s,), config, LocalEngine(threads)).views
    ids = likes.users.ids.to_pylist()
    edges = zip(view.edges.u.tolist(), view.edges.v.tolist(), view.edges.weight.tolist(), strict=True)
    return {(ids[u], ids[v]): weight for u, v, weight in edges}


def check(path: str | Path, window_s: int, threads: int) -> int:
    """Return the number of pairs with three co-likes, the same for all three ways to count."""
    ours = graphkit_pairs(Path(path), window_s, threads)
    for query in (BUCKET_JOIN, SELF_JOIN):
        theirs = join(query, Path(path), window_s, threads)
        if ours != theirs:
            raise AssertionError(
                f"{len(ours)} pairs here, {len(theirs)} there, {len(ours.items() ^ theirs.items())} differ"
            )
    return len(ours)
