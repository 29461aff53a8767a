"""What a run would take, told before it runs: co-likes by window, memory, and the time of counting."""

from __future__ import annotations

from dataclasses import dataclass

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ProjectionConfig
from graphkit.engines import Engine
from graphkit.engines.memory import free_bytes
from graphkit.errors import CapacityError
from graphkit.projection.traffic import Census

#: Bytes a like that counting pairs holds at the least, and that a run of one window with its decoy takes at its peak;
#: and what Python and its libraries take. Measured: docs/performance.md.
LEAST_BYTES, PEAK_BYTES, BASE_BYTES = 60, 150, 250_000_000
#: Likes that a thread walks over in a second while counting pairs, about.
WALKED_A_SECOND = 40_000_000
#: From so many co-likes on, and so many times those of the window before, a window is said to dominate.
DOMINANT_CO_LIKES, DOMINANT_TIMES = 1_000_000_000, 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run would take.

    Attributes
    ----------
    windows_s
        The windows, seconds.
    co_likes
        By window, co-likes away from hot moments: pruning leaves fewer to be counted.
    memory_bytes
        Peak of a run with one window, about: the least that a run takes, and with the whole ladder twice as much.
    counting_s
        Seconds that counting takes with the engine's threads, about.
    """

    windows_s: tuple[int, ...]
    co_likes: tuple[int, ...]
    memory_bytes: int
    counting_s: float

    @property
    def warnings(self) -> list[str]:
        """What should be known before such a run is begun."""
        told = []
        free = free_bytes()
        if self.memory_bytes > free:
            need, there = self.memory_bytes / 1e9, free / 1e9
            told.append(f"a run takes {need:.1f} GB or more, and {there:.1f} GB are free: narrow --since and --until")
        for i, window_s in enumerate(self.windows_s):
            before = self.co_likes[i - 1] if i else 0
            if self.co_likes[i] >= max(DOMINANT_CO_LIKES, DOMINANT_TIMES * before):
                told.append(
                    f"the window of {window_s} s has {self.co_likes[i]:,} co-likes and will take most of the time: "
                    "leave it out with --window, or narrow --since and --until"
                )
        return told


def expected_cost(graph: BipartiteGraph, windows_s: tuple[int, ...], config: ProjectionConfig, engine: Engine) -> Cost:
    """Tell what a run over these likes would take.

    Parameters
    ----------
    graph
        The bipartite graph.
    windows_s
        Windows in seconds, ends included.
    config
        Hot moments.
    engine
        Where likes are looked at, and on whose threads the time is reckoned.

    Returns
    -------
    Cost
        O(m) a window.
    """
    census = Census.of(graph, config, engine)
    co_likes = tuple(census.n_cool(window_s) // 2 for window_s in windows_s)
    walked = sum(2 * n + len(graph) for n in co_likes)
    memory = BASE_BYTES + PEAK_BYTES * len(graph)
    return Cost(windows_s, co_likes, memory, walked / (WALKED_A_SECOND * engine.threads))


def check_memory(n_likes: int) -> None:
    """Refuse what cannot end well, before it is begun.

    Raises
    ------
    CapacityError
        When less memory is free than counting the pairs of so many likes takes at the least.
    """
    need, free = LEAST_BYTES * n_likes, free_bytes()
    if need > free:
        raise CapacityError(
            f"counting the pairs of {n_likes:,} likes takes {need / 1e9:.1f} GB at the least",
            wanted=f"no more than is free, {free / 1e9:.1f} GB",
            todo="narrow --since and --until, or take a larger machine",
        )
