"""Reason codes and the sentences they stand for in English and Chinese; the codes are in ``reasons.toml``."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason code.

    Attributes
    ----------
    code
        The identifier in the tables; never changes its meaning.
    level
        Whose reason it is: ``ring``, ``member`` or ``like``.
    channel
        The channel of evidence it belongs to, as in ``schemas.CHANNELS``.
    en, zh
        Sentences with named numbers: columns of the row, and of its ring's evidence.
    """

    code: str
    level: str
    channel: str
    en: str
    zh: str


def _read() -> dict[str, Reason]:
    text = resources.files("graphkit.scoring").joinpath("reasons.toml").read_text(encoding="utf-8")
    return {code: Reason(code, **fields) for code, fields in tomllib.loads(text).items()}


#: Every reason by its code.
REASONS: dict[str, Reason] = _read()

#: The ring's reason for each channel of evidence.
RING_REASON: dict[str, str] = {reason.channel: reason.code for reason in REASONS.values() if reason.level == "ring"}


_NUMBER = int | float


def _written(value: object, form: str) -> str:
    """Return a number in one of the forms of `fill`; unknown ones show as such."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "?"
    if not isinstance(value, _NUMBER):
        return str(value)
    if form == "+":
        return f"{value:+.2f}"
    if form == "score":
        return f"{value if value == 1 else min(value, 0.999):.3f}"
    if form == "%":
        return f"{value:.0%}" if value == 0 or 0.01 <= value <= 0.99 or value == 1 else f"{value:.1%}"
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:.2g}"


def sentence(code: str, numbers: Mapping[str, object], lang: str = "en") -> str:
    """Return the sentence a reason code stands for.

    Parameters
    ----------
    code
        A code of `REASONS`.
    numbers
        What fills it: columns of the row and fields of its ring's evidence; unknown numbers show as ``?``.
    lang
        ``"en"`` or ``"zh"``.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        When there is no such code.
    """
    reason = REASONS[code]
    return fill(reason.zh if lang == "zh" else reason.en, numbers.get)


def fill(template: str, number: Callable[[str], object]) -> str:
    """Return a template with its numbers put in.

    ``{x}`` shows two digits, ``{x:+}`` two after the point and the sign, ``{x:%}`` a share, ``{x:score}`` a score.

    Parameters
    ----------
    template
        Text with named places.
    number
        What fills each, by its name; texts stand as they are, unknown numbers as ``?``.

    Returns
    -------
    str
    """
    return "".join(
        [text if name is None else text + _written(number(name), form) for text, name, form in _pieces(template)]
    )


@cache
def _pieces(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Return a template cut at its places: texts, each with the name and the form of the number that follows, if any.

    A page fills few templates many thousand times.
    """
    return tuple((text, name, form or "") for text, name, form, _ in Formatter().parse(template))
