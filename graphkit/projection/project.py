"""From the bipartite graph to significant edges between users, window by window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import pack
from graphkit._kernels.grouping import even_blocks, group_by_time, group_pointers
from graphkit._kernels.neighbours import cool_rates, counts_within, rates_and_heat
from graphkit._kernels.pairs import count_pairs, row_work
from graphkit._kernels.prune import lay_out, prune
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.config import ProjectionConfig
from graphkit.engines import LocalEngine
from graphkit.likes.model import F64, I32, I64
from graphkit.progress import SILENT, Progress
from graphkit.projection.null import (
    EXPECTED_SCALE,
    benjamini_hochberg,
    largest_significant_p,
    most_expected,
    pair_p_values,
)

S = TypeVar("S")
T = TypeVar("T")

_US = 1_000_000
#: Likes walked by one task: long enough to drown its overhead, short enough to share the work and show progress.
_TASK_WORK = 5_000_000
#: A task clears as many counters as there are users, notes and keys: it walks at least so many times that.
_TASK_COUNTERS = 4
#: Likes whose surroundings one task looks at.
_TASK_LIKES = 1_000_000


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs of users, ``u < v``, ordered by (u, v), of one window.

    Attributes
    ----------
    u, v
        User codes, int32[k].
    weight, breadth
        Distinct notes co-liked away from hot moments; distinct keys among them (authors, or notes long after
        publication); int32[k].
    expected2
        Twice the expectation with 32 fractional bits, int64[k].
    p_value, q_value
        Poisson tail of the breadth, and the same adjusted over every pair and window that could have been
        tested; float64[k].
    """

    u: I32
    v: I32
    weight: I32
    breadth: I32
    expected2: I64
    p_value: F64
    q_value: F64

    def __len__(self) -> int:
        return len(self.u)

    @property
    def expected(self) -> F64:
        """Co-likes the null expects, float64[k]."""
        return np.multiply(self.expected2, EXPECTED_SCALE, dtype=np.float64)

    @classmethod
    def joined(cls, parts: Sequence[Edges]) -> Edges:
        """Return the edges of all parts, one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    def where(self, mask: npt.NDArray[np.bool_ | np.intp]) -> Edges:
        """Return the edges that `mask` selects, or those at its positions."""
        return Edges(*(getattr(self, name)[mask] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class WindowView:
    """What one window of the ladder showed.

    Attributes
    ----------
    window_s
        The window, seconds, ends included.
    edges
        Its significant edges.
    rate
        Baseline rate of every like, fixed point (`RATE_BITS`), int64[m].
    n_surviving
        Likes left by pruning.
    n_hot
        Likes at hot moments.
    n_walked
        Likes walked over while counting: twice the co-likes, plus one a surviving like.
    """

    window_s: int
    edges: Edges
    rate: I64
    n_surviving: int
    n_hot: int
    n_walked: int


@dataclass(frozen=True, slots=True)
class Projection:
    """The graph projected to users over the whole ladder.

    Attributes
    ----------
    views
        One per window, ascending.
    n_eligible
        Users with at least ``min_weight`` likes: the pairs among them could have been tested.
    n_tests
        Those pairs times the windows.
    """

    views: tuple[WindowView, ...]
    n_eligible: int
    n_tests: int


def project(
    graph: BipartiteGraph,
    key: I32,
    windows_s: tuple[int, ...],
    config: ProjectionConfig,
    engine: LocalEngine,
    progress: Progress = SILENT,
) -> Projection:
    """Project to users and keep the edges that the baseline-rate null does not explain.

    Parameters
    ----------
    graph
        The bipartite graph.
    key
        What breadth counts, by like (`Likes.breadth_keys`), int32[m].
    windows_s
        Windows in seconds, ascending, ends included; instead of ``config.windows_s``, which the times may not bear.
    config
        Minima, horizon, hot moments and the false discovery rate.
    engine
        Where blocks of users are counted.
    progress
        Told about the work.

    Returns
    -------
    Projection
        The same whatever the engine and its threads.

    Notes
    -----
    Null model and hot moments: ``docs/method.md``. Benjamini-Hochberg runs over all windows together.
    """
    eligible = int(np.count_nonzero(np.diff(graph.user_ptr) >= config.min_weight))
    n_tests = max(1, len(windows_s) * eligible * (eligible - 1) // 2)
    users = _Users.of(graph)
    activity, bases = _surroundings(graph, users, windows_s, config, engine)
    max_p = largest_significant_p(sum(b.n_cool for b in bases), n_tests, config.min_weight, config.fdr)
    found = [_count_window(graph, users, key, activity, base, max_p, config, engine, progress) for base in bases]
    q = benjamini_hochberg(np.concatenate([v.edges.p_value for v in found]), n_tests)
    views = []
    start = 0
    for view in found:
        part = q[start : start + len(view.edges)]
        start += len(view.edges)
        edges = users.named(replace(view.edges, q_value=part).where(part <= config.fdr))
        views.append(WindowView(view.window_s, edges, view.rate, view.n_surviving, view.n_hot, view.n_walked))
    return Projection(tuple(views), eligible, n_tests)


@dataclass(frozen=True, slots=True)
class _Users:
    """Users by number of likes, most first: a pair is weighed by a walk over the likes of the later one.

    Attributes
    ----------
    of_like
        Rank of the user of each like, int32[m].
    ptr
        Where the likes of each rank begin when grouped by it, int64[n_users + 1].
    code
        User code by rank, int32[n_users].
    """

    of_like: I32
    ptr: I64
    code: I32

    @classmethod
    def of(cls, graph: BipartiteGraph) -> _Users:
        """Rank the users; those with equally many likes by code."""
        code = np.argsort(-np.diff(graph.user_ptr), kind="stable").astype(np.int32)
        rank = np.empty(graph.n_users, np.int32)
        rank[code] = np.arange(graph.n_users, dtype=np.int32)
        of_like = rank[graph.user]
        return cls(of_like, group_pointers(of_like, graph.n_users), code)

    def named(self, edges: Edges) -> Edges:
        """Return the edges between ranks as edges between codes, in their order."""
        one, other = self.code[edges.u], self.code[edges.v]
        edges = replace(edges, u=np.minimum(one, other), v=np.maximum(one, other))
        return edges.where(np.argsort(pack(edges.u, edges.v)))


@dataclass(frozen=True, slots=True)
class _Activity:
    """All likes of each user by time.

    Attributes
    ----------
    like
        Positions of likes by (rank of user, ts), int32[m].
    ts
        Their times, int64[m].
    """

    like: I32
    ts: I64

    @classmethod
    def of(cls, graph: BipartiteGraph, users: _Users) -> _Activity:
        """Group the likes by user."""
        return cls(*group_by_time(users.of_like, graph.ts, users.ptr))

    def rates(self, base: Baseline) -> I64:
        """Return the likes' baseline rates, 0 at hot moments, int64[m]."""
        return cool_rates(self.like, base.rate, base.hot)


@dataclass(frozen=True, slots=True)
class _Survivors:
    """The likes that pruning left at one window, laid out for counting.

    Attributes
    ----------
    user
        Rank of the user of each by (note, ts), int32[k].
    row_ptr
        Those of rank u are entries ``row_ptr[u]:row_ptr[u + 1]`` of the following, by note; int64[n_users + 1].
    lo, hi
        Positions in `user` of the likes of the note within the window, int32[k].
    note, ts, key
        Note, time and breadth key, int32[k], int64[k], int32[k].
    """

    user: I32
    row_ptr: I64
    lo: I32
    hi: I32
    note: I32
    ts: I64
    key: I32

    @classmethod
    def of(cls, graph: BipartiteGraph, users: _Users, key: I32, base: Baseline, min_weight: int) -> _Survivors:
        """Prune the likes away from hot moments."""
        window = base.window_s * _US
        alive = prune(users.of_like, graph.ts, graph.note_ptr, base.hot, graph.n_users, window, min_weight)
        return cls(*lay_out(users.of_like, graph.ts, key, graph.note_ptr, alive, graph.n_users, window))


def _count_window(
    graph: BipartiteGraph,
    users: _Users,
    key: I32,
    activity: _Activity,
    base: Baseline,
    max_p: float,
    config: ProjectionConfig,
    engine: LocalEngine,
    progress: Progress,
) -> WindowView:
    alive, by_time_rate = _both(
        engine,
        lambda: _Survivors.of(graph, users, key, base, config.min_weight),
        lambda: activity.rates(base),
    )
    n_keys = int(key.max(initial=-1)) + 1
    limits = most_expected(max_p)
    work = row_work(alive.lo, alive.hi, alive.row_ptr)
    total = int(work.sum())
    task = max(_TASK_WORK, _TASK_COUNTERS * (graph.n_users + graph.n_notes + n_keys))
    cuts = np.searchsorted(np.cumsum(work), np.arange(task, total, task))
    bounds = np.unique(np.concatenate([[0], cuts, [graph.n_users]])).astype(np.int64)

    def count(block: tuple[int, int]) -> tuple[Edges, int]:
        first, last = block
        u, v, weight, breadth, expected2 = count_pairs(
            first,
            last,
            alive.user,
            alive.row_ptr,
            alive.lo,
            alive.hi,
            alive.note,
            alive.ts,
            alive.key,
            graph.n_notes,
            n_keys,
            users.ptr,
            activity.ts,
            by_time_rate,
            base.window_s * _US,
            config.min_weight,
            config.min_breadth,
            limits,
        )
        p = pair_p_values(breadth, expected2)
        edges = Edges(u, v, weight, breadth, expected2, p, np.ones(len(p)))
        return edges.where(p <= max_p), int(work[first:last].sum())

    parts = []
    with progress.stage(f"pairs {base.window_s} s", total, "likes") as advance:
        for edges, done in engine.map(count, pairwise(bounds.tolist())):
            parts.append(edges)
            advance(done)
    n_hot = int(np.count_nonzero(base.hot))
    return WindowView(base.window_s, Edges.joined(parts), base.rate, len(alive.user), n_hot, total)


def _both(engine: LocalEngine, one: Callable[[], S], other: Callable[[], T]) -> tuple[S, T]:
    """Call two functions at once, where the engine has threads for it."""
    calls: tuple[Callable[[], Any], ...] = (one, other)
    first, second = engine.map(lambda call: call(), calls)
    return first, second


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is ordinary around each like, at one window.

    Attributes
    ----------
    window_s
        The window, seconds, ends included.
    rate
        Baseline rate of the like's note, fixed point (`RATE_BITS`), int64[m].
    hot
        Whether the like stands at a hot moment, bool[m].
    n_cool
        At least twice the number of co-likes away from hot moments.
    """

    window_s: int
    rate: I64
    hot: npt.NDArray[np.bool_]
    n_cool: int


def _surroundings(
    graph: BipartiteGraph, users: _Users, windows_s: tuple[int, ...], config: ProjectionConfig, engine: LocalEngine
) -> tuple[_Activity, list[Baseline]]:
    """Return the users' activity, and what is ordinary around each like at each window."""
    return _both(
        engine,
        lambda: _Activity.of(graph, users),
        lambda: baselines(graph, windows_s, config, engine),
    )


def baselines(
    graph: BipartiteGraph, windows_s: tuple[int, ...], config: ProjectionConfig, engine: LocalEngine
) -> list[Baseline]:
    """Return what is ordinary around each like at each window."""
    by_time = time_order(graph.ts)
    sorted_ts = graph.ts[by_time]
    return [_baseline(graph, by_time, sorted_ts, window_s, config, engine) for window_s in windows_s]


def _baseline(
    graph: BipartiteGraph, by_time: I32, sorted_ts: I64, window_s: int, config: ProjectionConfig, engine: LocalEngine
) -> Baseline:
    """Return the baseline rate of each like, and whether it stands at a hot moment."""
    window = window_s * _US
    horizon = max(config.horizon_s, 4 * window_s) * _US
    inner, outer = engine.map(lambda width: counts_within(sorted_ts, width), (window, horizon))
    flank_all = np.empty(len(graph), np.int32)
    flank_all[by_time] = outer - inner
    within_all = np.empty(len(graph) if window_s > config.burst_s else 0, np.int32)
    if len(within_all):
        within_all[by_time] = inner

    rate, hot = np.empty(len(graph), np.int64), np.empty(len(graph), np.bool_)

    def look(block: tuple[int, int]) -> int:
        return rates_and_heat(
            *block,
            graph.ts,
            graph.note_ptr,
            flank_all,
            within_all,
            window,
            horizon,
            float(config.hot_rate),
            config.hot_max,
            rate,
            hot,
        )

    n_cool = sum(engine.map(look, even_blocks(graph.note_ptr, 1 + len(graph) // _TASK_LIKES)))
    return Baseline(window_s, rate, hot, n_cool)
