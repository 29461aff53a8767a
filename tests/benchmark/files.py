"""The files that are measured: made once, kept, and found again by what they hold."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.process import measure

_VERSION = 4  # of tests.benchmark.made: what it writes


@dataclass(frozen=True, slots=True)
class Likes:
    """Which likes a file holds.

    Attributes
    ----------
    n
        How many, about.
    ids
        ``int`` or ``hex``.
    crowd
        Whether a quarter of them are given to one note within an hour.
    """

    n: int
    ids: str = "int"
    crowd: bool = False

    @property
    def without_crowd(self) -> Likes:
        """The same likes less those of the crowd."""
        return Likes(self.n - self.n // 4, self.ids) if self.crowd else self

    def file(self) -> Path:
        """Return the file, made if it is not there."""
        folder = Path(tempfile.gettempdir(), "graphkit-bench")
        folder.mkdir(exist_ok=True)
        path = folder / f"likes-{self.n}-{self.ids}{'-crowd' * self.crowd}-v{_VERSION}.parquet"
        if not path.exists():
            print(f"  making {path.name}", file=sys.stderr, flush=True)
            options = ("--ids", self.ids, *(["--crowd"] if self.crowd else []))
            measure(sys.executable, "-m", "tests.benchmark.made", str(self.n), str(path), *options)
        return path

    def __str__(self) -> str:
        return f"{self.n / 1e6:g} M{', a crowd on one note' if self.crowd else ''}"


#: Enough to compile every kernel, and for everything to be held equal.
SMALL = 50_000
