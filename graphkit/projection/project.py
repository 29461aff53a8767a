"""From the bipartite graph to significant edges between users, window by window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graphkit._kernels.grouping import group_members, group_pointers
from graphkit._kernels.neighbours import counts_within, rates_and_heat, window_bounds
from graphkit._kernels.pairs import count_pairs, row_work
from graphkit._kernels.prune import prune
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

    def where(self, mask: npt.NDArray[np.bool_]) -> Edges:
        """Return the edges that `mask` selects."""
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
    activity, bases = _surroundings(graph, windows_s, config, engine)
    max_p = largest_significant_p(sum(b.n_cool for b in bases), n_tests, config.min_weight, config.fdr)
    found = [_count_window(graph, key, activity, base, max_p, config, engine, progress) for base in bases]
    q = benjamini_hochberg(np.concatenate([v.edges.p_value for v in found]), n_tests)
    views = []
    start = 0
    for view in found:
        part = q[start : start + len(view.edges)]
        start += len(view.edges)
        edges = replace(view.edges, q_value=part).where(part <= config.fdr)
        views.append(WindowView(view.window_s, edges, view.rate, view.n_surviving, view.n_hot, view.n_walked))
    return Projection(tuple(views), eligible, n_tests)


@dataclass(frozen=True, slots=True)
class _Activity:
    """All likes of each user by time; here rather than in the graph, which would keep them beyond the projection.

    Attributes
    ----------
    like
        Positions of likes by (user, ts), int32[m].
    ts
        Their times, int64[m].
    """

    like: I32
    ts: I64

    @classmethod
    def of(cls, graph: BipartiteGraph, by_time: I32) -> _Activity:
        """Group the likes, given in the order of time, by user."""
        like = group_members(graph.user, by_time, graph.user_ptr)
        return cls(like, graph.ts[like])

    def rates(self, base: Baseline) -> I64:
        """Return the likes' baseline rates, 0 at hot moments, int64[m]."""
        rates = base.rate[self.like]
        rates[base.hot[self.like]] = 0
        return rates


@dataclass(frozen=True, slots=True)
class _Survivors:
    """The likes that pruning left at one window, laid out for counting.

    Attributes
    ----------
    user
        User of each by (note, ts), int32[k].
    row_ptr
        Those of user u are entries ``row_ptr[u]:row_ptr[u + 1]`` of the following, by note; int64[n_users + 1].
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
    def of(cls, graph: BipartiteGraph, key: I32, base: Baseline, min_weight: int) -> _Survivors:
        """Prune the likes away from hot moments."""
        window = base.window_s * _US
        cool = np.flatnonzero(~base.hot).astype(np.int32)
        cool_ptr = group_pointers(graph.note[cool], graph.n_notes)
        alive = cool[prune(graph.user[cool], graph.ts[cool], cool_ptr, graph.n_users, window, min_weight)]
        user, note, ts = graph.user[alive], graph.note[alive], graph.ts[alive]
        lo, hi = window_bounds(ts, group_pointers(note, graph.n_notes), window)
        row_ptr = group_pointers(user, graph.n_users)
        rows = group_members(user, np.arange(len(user), dtype=np.int32), row_ptr)
        return cls(user, row_ptr, lo[rows], hi[rows], note[rows], ts[rows], key[alive[rows]])


def _count_window(
    graph: BipartiteGraph,
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
        lambda: _Survivors.of(graph, key, base, config.min_weight),
        lambda: activity.rates(base),
    )
    n_keys = int(key.max(initial=-1)) + 1
    limits = most_expected(max_p)
    work = row_work(alive.lo, alive.hi, alive.row_ptr)
    total = int(work.sum())
    cuts = np.searchsorted(np.cumsum(work), np.arange(_TASK_WORK, total, _TASK_WORK))
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
            graph.user_ptr,
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
    graph: BipartiteGraph, windows_s: tuple[int, ...], config: ProjectionConfig, engine: LocalEngine
) -> tuple[_Activity, list[Baseline]]:
    """Return the users' activity, and what is ordinary around each like at each window."""
    by_time = time_order(graph.ts)
    return _both(
        engine,
        lambda: _Activity.of(graph, by_time),
        lambda: baselines(graph, by_time, windows_s, config, engine),
    )


def baselines(
    graph: BipartiteGraph, by_time: I32, windows_s: tuple[int, ...], config: ProjectionConfig, engine: LocalEngine
) -> list[Baseline]:
    """Return what is ordinary around each like at each window; `by_time` holds the likes in the order of time."""
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

    def look(block: tuple[int, int]) -> tuple[I64, npt.NDArray[np.bool_], int]:
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
        )

    cuts = np.searchsorted(graph.note_ptr, np.arange(0, len(graph), _TASK_LIKES)[1:])
    bounds = sorted({0, *cuts.tolist(), graph.n_notes})
    rates, hots, n_cool = zip(*engine.map(look, pairwise(bounds)), strict=True)
    return Baseline(window_s, np.concatenate(rates), np.concatenate(hots), sum(n_cool))
