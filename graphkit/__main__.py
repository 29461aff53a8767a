"""``python -m graphkit`` is ``graphkit``."""

from graphkit.cli import main

main(prog_name="graphkit")
