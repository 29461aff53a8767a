"""What Spark's tasks do, on arrays: co-likes of slabs, combined, sent to the task of their pair, and weighed there.

Records are few and large, arrays of a whole slab or share; Spark sees to where they go and to what is lost on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from graphkit.engines.pairs import I32, I64, U32, Pairs

#: Multiplier that spreads pairs over tasks (Knuth, "The Art of Computer Programming" 3, sec. 6.4).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Slab(NamedTuple):
    """A slab and its ghost strip, as `graphkit._kernels.slabs.co_likes` takes them."""

    user: I32
    key: I32
    stop: I32


class Share(NamedTuple):
    """Distinct (pair, key) of some co-likes, ordered, and how many there are of each."""

    pair: I64
    key: I32
    n: I32


class Limits(NamedTuple):
    """Which pairs are tested: see `PairWork`."""

    window: int
    min_weight: int
    min_breadth: int
    most_expected: I64


class Activity(NamedTuple):
    """All likes of each user by time, with their rates: see `PairWork`."""

    user_ptr: I64
    user_ts: I64
    user_rate: U32


class Held(Protocol):
    """What an executor holds once for all tasks: a broadcast variable."""

    @property
    def value(self) -> Activity:
        """What is held."""
        ...


def emit(slabs: Iterable[Slab], n_tasks: int) -> Iterator[tuple[int, Share]]:
    """Yield the co-likes of slabs, combined, a share for each task that is to meet their pairs again."""
    from graphkit._kernels.slabs import co_likes

    for slab in slabs:
        pair, key = co_likes(*slab)
        share = combined(pair, key, np.ones(len(pair), np.int32))
        with np.errstate(over="ignore"):
            task = ((share.pair.view(np.uint64) * _SPREAD) >> np.uint64(33)) % np.uint64(n_tasks)
        order = np.argsort(task, kind="stable")
        bounds = np.searchsorted(task[order], np.arange(n_tasks + 1, dtype=np.uint64))
        for t in np.flatnonzero(np.diff(bounds)).tolist():
            mine = order[bounds[t] : bounds[t + 1]]
            yield t, Share(share.pair[mine], share.key[mine], share.n[mine])


def weigh(shares: Iterable[tuple[int, Share]], limits: Limits, activity: Held) -> Iterator[Pairs]:
    """Yield the pairs that are tested and may turn out significant, of all shares of a task."""
    from graphkit._kernels.slabs import weigh_pairs

    columns = [*zip(*(share for _, share in shares), strict=True)]
    if not columns:
        return
    share = combined(*(np.concatenate(column) for column in columns))
    starts = np.flatnonzero(np.diff(share.pair, prepend=-1))
    weight = np.add.reduceat(share.n, starts)
    breadth = np.diff(np.append(starts, len(share.pair))).astype(np.int32)
    tested = (weight >= limits.min_weight) & (breadth >= limits.min_breadth)
    pair, weight, breadth = share.pair[starts[tested]], weight[tested], breadth[tested]
    u, v = (pair >> 32).astype(np.int32), (pair & 0xFFFFFFFF).astype(np.int32)
    enough = limits.most_expected[np.minimum(breadth, len(limits.most_expected) - 1)]
    known = activity.value
    size = np.diff(known.user_ptr)
    heavy, light = np.where(size[u] >= size[v], u, v), np.where(size[u] >= size[v], v, u)
    order = np.argsort(heavy, kind="stable")
    expected2 = np.empty(len(pair), np.int64)
    expected2[order] = weigh_pairs(heavy[order], light[order], enough[order], *known, limits.window)
    kept = expected2 <= enough
    if kept.any():
        yield Pairs(u[kept], v[kept], weight[kept], breadth[kept], expected2[kept])


def combined(pair: I64, key: I32, n: I32) -> Share:
    """Return the distinct (pair, key), ordered, and the sum of `n` for each. O(c log c)."""
    order = np.lexsort((key, pair))
    pair, key = pair[order], key[order]
    starts = np.flatnonzero((np.diff(pair, prepend=-1) != 0) | (np.diff(key, prepend=-1) != 0))
    return Share(pair[starts], key[starts], np.add.reduceat(n[order], starts))
