"""Progress of long work: stage, rows, rate and time left, on a terminal or in Jupyter and nowhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]


def interactive() -> bool:
    """Tell whether somebody is watching standard error: a terminal, or a Jupyter kernel."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Progress:
    """Shows stages as they go and remembers how long each took.

    Parameters
    ----------
    show
        Whether to draw bars; by default only when somebody is watching.

    Attributes
    ----------
    seconds : dict of str to float
        Wall time by stage, in the order the stages ended; repeated stages add up.
    """

    def __init__(self, show: bool | None = None) -> None:
        self.show = interactive() if show is None else show
        self.seconds: dict[str, float] = {}

    def say(self, line: str) -> None:
        """Write a line, where somebody is watching."""
        if self.show:
            from tqdm.auto import tqdm

            tqdm.write(line, file=sys.stderr)

    @contextmanager
    def stage(self, name: str, total: int | None = None, unit: str = "rows") -> Iterator[Advance]:
        """Run a stage; yields a function to be called with the number of further units done.

        Safe to advance from several threads. Stages may be nested.
        """
        start = time.perf_counter()
        try:
            if not self.show:
                yield lambda n: None
            else:
                from tqdm.auto import tqdm

                with tqdm(
                    total=total, desc=name, unit=f" {unit}", unit_scale=True, leave=False, file=sys.stderr
                ) as bar:
                    yield lambda n: (bar.update(n), None)[1]
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


#: For callers that do not care.
SILENT = Progress(show=False)
