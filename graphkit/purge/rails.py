"""The guard rails by name: stable identifiers, and what each says; they are in ``rails.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Rail:
    """One guard rail.

    Attributes
    ----------
    name
        What stands in ``held_by``; never changes its meaning.
    en, zh
        What it says of a like that it holds.
    """

    name: str
    en: str
    zh: str


def _read() -> dict[str, Rail]:
    text = resources.files("graphkit.purge").joinpath("rails.toml").read_text(encoding="utf-8")
    return {name: Rail(name, **sentences) for name, sentences in tomllib.loads(text).items()}


#: Every rail by its name, in the order in which they are asked.
RAILS: dict[str, Rail] = _read()
