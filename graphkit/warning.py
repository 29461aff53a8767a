"""What runs warn of: sentences in English, as ``run.json`` holds them, that are data and known in Chinese too."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

_PLACE = re.compile(r"\{(\w+)\}")


@cache
def sentences() -> dict[str, dict[str, str]]:
    """Return the templates by code and language, as ``warning.toml`` has them."""
    text = resources.files("graphkit").joinpath("warning.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def warning(code: str, **places: str | int) -> str:
    """Return a warning in English.

    Parameters
    ----------
    code
        Its code in ``warning.toml``.
    **places
        What fills it; numbers get their thousands marked.

    Returns
    -------
    str
    """
    return sentences()[code]["en"].format_map({name: _shown(value) for name, value in places.items()})


def _shown(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def in_both(told: str) -> tuple[str, str]:
    """Return a warning in English and Chinese; one that is not known stands as it is in both.

    Parameters
    ----------
    told
        A warning of a run, in English.

    Returns
    -------
    tuple of str
    """
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(told):
            return told, chinese.format_map(found.groupdict())
    return told, told


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return for each sentence what recognises it, and its Chinese."""
    return [(_pattern(both["en"]), both["zh"]) for both in sentences().values()]


def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACE.split(template)  # texts and names in turn
    known = (f"(?P<{part}>.+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile("".join(known), re.DOTALL)
