"""From the bipartite graph to significant edges between users, window by window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import pack
from graphkit._kernels.neighbours import RATE_BITS
from graphkit._kernels.prune import prune
from graphkit.bipartite import BipartiteGraph
from graphkit.config import ProjectionConfig
from graphkit.engines import Engine
from graphkit.engines.pairs import PairWork
from graphkit.likes.model import F64, I32, I64
from graphkit.progress import SILENT, Progress
from graphkit.projection.cost import Cost
from graphkit.projection.null import (
    EXPECTED_SCALE,
    benjamini_hochberg,
    largest_significant_p,
    most_expected,
    pair_p_values,
)
from graphkit.projection.traffic import U32, Census, Traffic

S = TypeVar("S")
T = TypeVar("T")

_US = 1_000_000


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
    def none(cls) -> Edges:
        """Return no edges."""
        i32, i64, f64 = np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0)
        return cls(i32, i32, i32, i32, i64, f64, f64)

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
    traffic
        For baseline rates.
    n_surviving
        Likes left by pruning.
    n_hot
        Likes at hot moments.
    n_walked
        Likes walked over while counting: twice the co-likes, plus one a surviving like.
    """

    window_s: int
    edges: Edges
    traffic: Traffic
    n_surviving: int
    n_hot: int
    n_walked: int

    def rates(self, like: npt.NDArray[np.integer]) -> F64:
        """Return the baseline rates of some likes at this window, float64[k]; `Traffic.rates`."""
        return np.multiply(self.traffic.rates(like, self.window_s), 2.0**-RATE_BITS, dtype=np.float64)


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

    @property
    def moments(self) -> I64:
        """Times of all likes, ascending, which the traffic of every window holds; int64[m]."""
        return self.views[0].traffic.sorted_ts


def project(
    graph: BipartiteGraph,
    key: I32,
    windows_s: tuple[int, ...],
    config: ProjectionConfig,
    engine: Engine,
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
    _, census = _both(engine, lambda: graph.user_ts, lambda: Census.of(graph, config, engine))
    rate, first = census.cool_rates(windows_s[0])
    n_cool = (first, *(census.n_cool(window_s) for window_s in windows_s[1:]))
    cost = Cost.reckoned(windows_s, n_cool, len(graph), engine)
    for line in (cost, *cost.warnings):
        progress.say(str(line))
    max_p = largest_significant_p(sum(n_cool), n_tests, config.min_weight, config.fdr)
    found = []
    for window_s in windows_s:
        if window_s != windows_s[0]:
            rate, _ = census.cool_rates(window_s)
        found.append(_count_window(graph, key, census.traffic, rate, window_s, max_p, engine, progress))
    q = benjamini_hochberg(np.concatenate([v.edges.p_value for v in found]), n_tests)
    views = []
    start = 0
    for view in found:
        part = q[start : start + len(view.edges)]
        start += len(view.edges)
        edges = replace(view.edges, q_value=part).where(part <= config.fdr)
        views.append(replace(view, edges=edges))
    return Projection(tuple(views), eligible, n_tests)


def _count_window(
    graph: BipartiteGraph,
    key: I32,
    traffic: Traffic,
    rate: U32,
    window_s: int,
    max_p: float,
    engine: Engine,
    progress: Progress,
) -> WindowView:
    config, window = traffic.config, window_s * _US
    hot = rate == 0
    traffic.know(window_s, rate)
    alive, user_rate = _both(
        engine,
        lambda: prune(graph.user, graph.ts, graph.note_ptr, hot, graph.n_users, window, config.min_weight),
        lambda: graph.room.take(rate, graph.by_user_time),
    )
    work = PairWork(
        graph.user,
        graph.ts,
        key,
        graph.note_ptr,
        alive,
        graph.user_ptr,
        graph.user_ts,
        user_rate,
        window,
        config.min_weight,
        config.min_breadth,
        most_expected(max_p),
    )
    count = engine.count_pairs(work)
    parts = [Edges.none()]
    with progress.stage(f"pairs {window_s} s", count.n_walked, "likes") as advance:
        for pairs, done in count.blocks:
            p = pair_p_values(pairs.breadth, pairs.expected2)
            edges, low = Edges(*pairs, p, np.ones(len(p))), p <= max_p
            parts.append(edges if low.all() else edges.where(low))
            advance(done)
    edges = Edges.joined(parts)
    edges = edges.where(np.argsort(pack(edges.u, edges.v)))
    n_surviving, n_hot = int(np.count_nonzero(alive)), int(np.count_nonzero(hot))
    return WindowView(window_s, edges, traffic, n_surviving, n_hot, count.n_walked)


def _both(engine: Engine, one: Callable[[], S], other: Callable[[], T]) -> tuple[S, T]:
    """Call two functions at once, where the engine has threads for it."""
    calls: tuple[Callable[[], Any], ...] = (one, other)
    first, second = engine.map(lambda call: call(), calls)
    return first, second
