"""What is ordinary around a like: how much anybody liked then, and the rate at which its note was liked."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from graphkit._kernels.grouping import even_blocks
from graphkit._kernels.neighbours import cool_rates, counts_around, counts_within, heat_at, rates_at
from graphkit.bipartite import BipartiteGraph, time_order
from graphkit.config import ProjectionConfig
from graphkit.engines import Engine
from graphkit.likes.model import I32, I64

U32 = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]

_US = 1_000_000
#: Likes whose surroundings one task looks at.
_TASK_LIKES = 1_000_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """The times of all likes, from which the baseline rate of any like follows.

    Rates at hot moments, and at windows that were not counted, are found for the likes that are asked for.

    Attributes
    ----------
    graph
        The bipartite graph.
    config
        Horizon, hot moments, and up to which window the burst is left out.
    sorted_ts
        The times, ascending, int64[m].
    """

    graph: BipartiteGraph
    config: ProjectionConfig
    sorted_ts: I64
    _known: dict[int, U32] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, graph: BipartiteGraph, config: ProjectionConfig) -> Traffic:
        """Return the traffic of all likes. O(m log m)."""
        return cls(graph, config, graph.room.keep(np.sort(graph.ts)))

    def know(self, window_s: int, rate: U32) -> None:
        """Remember the rates of all likes at one window, 0 where not known, as `Census.cool_rates` has them."""
        self._known[window_s] = rate

    def rates(self, like: npt.NDArray[np.integer], window_s: int) -> U32:
        """Return the baseline rates of some likes, whatever the moment.

        Parameters
        ----------
        like
            Positions of likes, int[k].
        window_s
            The window, seconds.

        Returns
        -------
        uint32[k]
            In fixed point (`RATE_BITS`). O(k log m) for those that are not known yet; they are from then on.
        """
        if window_s not in self._known:
            self._known[window_s] = self.graph.room.empty(len(self.graph), np.uint32)
            self._known[window_s].fill(0)
        known = self._known[window_s]
        missing = like[known[like] == 0]  # no rate is 0
        if len(missing):
            known[missing] = self._find(missing, window_s, window_s > self.config.burst_s)
        rate: U32 = known[like]
        return rate

    def flank_rates(self, like: npt.NDArray[np.integer], window_s: int) -> U32:
        """Return the rates of some likes with the burst left out whatever the window, else as `rates` does."""
        if window_s <= self.config.burst_s:
            return self.rates(like, window_s)
        return self._find(like, window_s, False)

    def _find(self, like: npt.NDArray[np.integer], window_s: int, with_burst: bool) -> U32:
        graph, (window, horizon) = self.graph, self.widths(window_s)
        inner, outer = self._counts(graph.ts[like], (window, horizon))
        within_all = inner if with_burst else inner[:0]
        at = like.astype(np.int64, copy=False)
        return rates_at(at, graph.note, graph.ts, graph.note_ptr, outer - inner, within_all, window, horizon)

    def _counts(self, moments: I64, widths: tuple[int, ...]) -> list[I64]:
        """Return how many likes lie at most so many microseconds from each moment, for each width."""
        order = time_order(moments, self.graph.room)
        ordered = moments[order]
        out = [np.empty(len(moments), np.int64) for _ in widths]
        for counts, width in zip(out, widths, strict=True):
            counts[order] = counts_around(self.sorted_ts, ordered, width)
        return out

    def hot(self, like: npt.NDArray[np.integer], window_s: int) -> Bools:
        """Tell which of some likes stand at hot moments, bool[k]. O(k log m)."""
        graph, config = self.graph, self.config
        return heat_at(
            like.astype(np.int64, copy=False),
            graph.note,
            graph.ts,
            graph.note_ptr,
            *self.widths(window_s),
            float(config.hot_rate),
            config.hot_max,
        )

    def widths(self, window_s: int) -> tuple[int, int]:
        """Return the window and the horizon, half-widths in microseconds."""
        return window_s * _US, max(self.config.horizon_s, 4 * window_s) * _US


@dataclass(frozen=True, slots=True)
class Census:
    """The traffic with what it takes to find the rates of all likes at once.

    Attributes
    ----------
    traffic
        The traffic.
    by_time
        Positions of likes by time, int32[m].
    engine
        Where blocks of notes are looked at.
    """

    traffic: Traffic
    by_time: I32
    engine: Engine

    @classmethod
    def of(cls, graph: BipartiteGraph, config: ProjectionConfig, engine: Engine) -> Census:
        """Put the likes in order of time. O(m log m)."""
        by_time = time_order(graph.ts, graph.room)
        return cls(Traffic(graph, config, graph.room.take(graph.ts, by_time)), by_time, engine)

    def cool_rates(self, window_s: int) -> tuple[U32, int]:
        """Return the baseline rate of every like at one window, 0 at hot moments, and how many likes meet elsewhere.

        Parameters
        ----------
        window_s
            The window, seconds.

        Returns
        -------
        rate : uint32[m]
            In fixed point (`RATE_BITS`).
        n_cool : int
            At least twice the number of co-likes away from hot moments. O(m).
        """
        window, horizon = self.traffic.widths(window_s)
        sorted_ts, by_time = self.traffic.sorted_ts, self.by_time
        room = self.traffic.graph.room

        def within(width: int) -> I32:
            out = room.empty(len(by_time), np.int32)
            counts_within(sorted_ts, width, out)
            return out

        inner, outer = self.engine.map(within, (window, horizon))
        within_all = room.empty(len(by_time) if window_s > self.traffic.config.burst_s else 0, np.int32)
        if len(within_all):
            within_all[by_time] = inner
        outer -= inner
        del inner
        flank_all = room.empty(len(by_time), np.int32)
        flank_all[by_time] = outer
        del outer
        rate = room.empty(len(by_time), np.uint32)
        return rate, self._look(window_s, flank_all, within_all, rate)

    def n_cool(self, window_s: int) -> int:
        """Return the number that `cool_rates` returns, without the rates. O(m)."""
        none = np.empty(0, np.int32)
        return self._look(window_s, none, none, np.empty(0, np.uint32))

    def _look(self, window_s: int, flank_all: I32, within_all: I32, rate: U32) -> int:
        graph, config = self.traffic.graph, self.traffic.config

        def look(block: tuple[int, int]) -> int:
            return cool_rates(
                *block,
                graph.ts,
                graph.note_ptr,
                flank_all,
                within_all,
                *self.traffic.widths(window_s),
                float(config.hot_rate),
                config.hot_max,
                rate,
            )

        return sum(self.engine.map(look, even_blocks(graph.note_ptr, 1 + len(graph) // _TASK_LIKES)))
