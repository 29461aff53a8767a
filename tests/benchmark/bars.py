"""What is measured beside the bars of the design (DESIGN, section 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tests.benchmark.files import Likes
from tests.benchmark.process import Cost

#: At 100 M likes: bare reads by windows, and bytes.
LARGE, LARGE_READS, LARGE_BYTES = 100_000_000, {"60s": 8.0, "ladder": 25.0}, 6e9
#: At 5 M likes, one window: seconds and bytes.
SMALL, SMALL_S, SMALL_BYTES = 5_000_000, 10.0, 1e9
#: Ten times the likes, texts instead of integers, a crowd on one note: so many times the time.
GROWTH, TEXTS, CROWD = 11.0, 1.6, 2.0


class Run(NamedTuple):
    """What a run of graphkit took, and how many likes it kept."""

    cost: Cost
    kept: int


#: Runs by likes and windows.
Runs = Mapping[tuple[Likes, str], Run]
#: Seconds of the bare read by likes.
Reads = Mapping[Likes, float]


class Beside(NamedTuple):
    """A figure and its bar, in its unit: ``×``, ``s`` or ``GB``."""

    what: str
    value: float
    bar: float
    unit: str

    def cells(self) -> Sequence[str]:
        """Return the cells of a line."""
        met = "met" if self.value <= self.bar else "missed"
        return self.what, f"{self.value:.2f} {self.unit}", f"{self.bar:.3g} {self.unit}", met


def beside(runs: Runs, reads: Reads) -> Iterator[Beside]:
    """Yield every figure that has a bar and was measured."""
    for (likes, windows), (cost, kept) in runs.items():
        name = f"{likes}, {likes.ids}, {windows}"
        if likes.n == LARGE and windows in LARGE_READS:
            yield Beside(f"{name}: bare reads", cost.wall_s / reads[likes], LARGE_READS[windows], "×")
            yield Beside(f"{name}: peak memory", cost.peak / 1e9, LARGE_BYTES / 1e9, "GB")
        if likes.n == SMALL and windows == "60s" and not likes.crowd:
            yield Beside(f"{name}: time", cost.wall_s, SMALL_S, "s")
            yield Beside(f"{name}: peak memory", cost.peak / 1e9, SMALL_BYTES / 1e9, "GB")
        fewer = runs.get((replace(likes, n=likes.n // 10), windows))
        if fewer:  # files hold about as many likes as they should
            times = kept / fewer.kept
            what = f"{name}: time for {times:.1f} × the likes"
            yield Beside(what, cost.wall_s / fewer.cost.wall_s, GROWTH * times / 10, "×")
        for other, words, bar in (
            (replace(likes, ids="int"), "int", TEXTS),
            (likes.without_crowd, "the same less the crowd", CROWD),
        ):
            if other != likes and (other, windows) in runs:
                yield Beside(
                    f"{name}: time ÷ that of {words}", cost.wall_s / runs[other, windows].cost.wall_s, bar, "×"
                )
