"""``python -m graphkit`` is ``graphkit``: the program in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from graphkit.cli import main


class WithoutPandas(MetaPathFinder):
    """Keeps pandas out of the process.

    pyarrow imports pandas, where it is installed, before its first array meets numpy, and does without where it is
    not. The program never needs it, and it would cost every run most of a second and 50 MB.
    """

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Refuse pandas; leave everything else to the other finders."""
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError(
                "the program graphkit runs without pandas, see graphkit/__main__.py", name=fullname
            )


def run() -> None:
    """Run the program; the process is its own."""
    sys.meta_path.insert(0, WithoutPandas())
    main(prog_name="graphkit")


if __name__ == "__main__":
    run()
