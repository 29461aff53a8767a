"""Whether graphkit and the others count the same pairs.

``python -m tests.benchmark.equal FILE WINDOW_S THREADS`` prints their number, as JSON, and fails where they differ.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.likes import read_likes
from graphkit.projection.project import project
from tests.benchmark.rivals import RIVALS, Rival

#: Longer than any period: within it, likes are co-likes whenever they were given.
EVER_S = 10 * 365 * 86_400


def graphkit_pairs(path: Path, window_s: int, threads: int) -> pa.Table:
    """Return every pair that graphkit tests when no moment is hot and nothing is too likely to be looked at."""
    likes = read_likes(path)
    # Beyond what the settings allow: infinite, so that no p-value and no heat leaves a pair out.
    config = ProjectionConfig.model_construct(fdr=math.inf, hot_rate=math.inf, hot_max=2**31 - 1)
    (view,) = project(likes.bipartite(), likes.breadth_keys(0), (window_s,), config, LocalEngine(threads)).views
    ids = likes.users.ids
    u, v = (ids.take(pa.array(codes)) for codes in (view.edges.u, view.edges.v))
    return pa.table({"u": u, "v": v, "weight": view.edges.weight})


def canonical(pairs: pa.Table) -> pa.Table:
    """Return pairs in order of their ids, in types of which each contender has its own."""
    text = not pa.types.is_integer(pairs["u"].type)
    kind = pa.large_string() if text else pa.int64()
    schema = pa.schema([("u", kind), ("v", kind), ("weight", pa.int64())])
    return pairs.select(schema.names).cast(schema).sort_by([("u", "ascending"), ("v", "ascending")]).combine_chunks()


def check(path: Path, window_s: int, threads: int, rivals: Mapping[str, Rival] = RIVALS) -> dict[str, int]:
    """Return how many pairs have three co-likes, by contender; each equals graphkit's to the row.

    Those that know no window are held to what graphkit counts without one. Those that are not installed are left out.
    """
    counts = {}
    for within in (True, False):
        ours = canonical(graphkit_pairs(path, window_s if within else EVER_S, threads))
        for name, rival in rivals.items():
            if rival.within == within and rival.there:
                theirs = canonical(rival.count(path, window_s, threads))
                if not ours.equals(theirs):
                    raise SystemExit(f"{name} counts other pairs: {theirs.num_rows:,}, graphkit {ours.num_rows:,}")
                counts[name] = theirs.num_rows
    return counts


if __name__ == "__main__":
    print(json.dumps(check(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
