"""What a run would take, told before it runs: co-likes by window, memory, and the time of counting."""

from __future__ import annotations

from dataclasses import dataclass

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ProjectionConfig
from graphkit.engines import Engine
from graphkit.engines.room import BASE_BYTES, LASTING_BYTES, LEAST_BYTES
from graphkit.projection.traffic import Census

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
        Memory that a run takes, about; what is beyond `allowed_bytes` stands in files instead.
    allowed_bytes
        Memory that a run may take.
    counting_s
        Seconds that counting takes with the engine's threads, about.
    """

    windows_s: tuple[int, ...]
    co_likes: tuple[int, ...]
    memory_bytes: int
    allowed_bytes: int
    counting_s: float

    @classmethod
    def reckoned(cls, windows_s: tuple[int, ...], n_cool: tuple[int, ...], n_likes: int, engine: Engine) -> Cost:
        """Reckon the cost from the number of likes, and by window from those that meet away from hot moments."""
        walked = sum(n_cool) + len(windows_s) * n_likes
        memory = BASE_BYTES + (LEAST_BYTES + LASTING_BYTES) * n_likes
        counting_s = walked / (WALKED_A_SECOND * engine.threads)
        return cls(windows_s, tuple(n // 2 for n in n_cool), memory, engine.room.memory, counting_s)

    def __str__(self) -> str:
        by_window = ", ".join(f"{n:,} within {w} s" for w, n in zip(self.windows_s, self.co_likes, strict=True))
        took, memory = f"{max(self.counting_s, 1):,.0f} s", f"{self.memory_bytes / 1e9:.1f} GB"
        return f"co-likes at most: {by_window}; about {took} to count them, and {memory} of memory"

    @property
    def warnings(self) -> list[str]:
        """What should be known before such a run is begun."""
        told = []
        if self.memory_bytes > self.allowed_bytes:
            need, there = self.memory_bytes / 1e9, self.allowed_bytes / 1e9
            told.append(
                f"a run takes {need:.1f} GB, and {there:.1f} GB are allowed: the rest goes to files and takes longer; "
                "raise --memory, or narrow --since and --until"
            )
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
    n_cool = tuple(census.n_cool(window_s) for window_s in windows_s)
    return Cost.reckoned(windows_s, n_cool, len(graph), engine)
