"""Sentences with their numbers, in English and Chinese; the templates are in ``sentences.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from graphkit.display import clean
from graphkit.errors import ConfigError
from graphkit.scoring.reasons import REASONS, fill

#: Languages that explanations speak.
LANGUAGES = ("en", "zh")
#: What stands between the members of a list.
_COMMA = {"en": ", ", "zh": "、"}


def _read() -> dict[str, dict[str, str]]:
    text = resources.files("graphkit.explain").joinpath("sentences.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


#: Templates by code and language.
SENTENCES: dict[str, dict[str, str]] = _read()


def check_language(lang: str) -> str:
    """Return the language as it is.

    Raises
    ------
    ConfigError
        When explanations do not speak it.
    """
    if lang not in LANGUAGES:
        raise ConfigError(f"language {lang!r}", wanted=" or ".join(LANGUAGES), todo="mend --lang")
    return lang


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence before its language is chosen.

    Attributes
    ----------
    code
        A code of ``sentences.toml`` or a reason code.
    numbers
        What fills it. A value may itself be `Said`, or a tuple of them, which becomes a list.
    """

    code: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str = "en") -> str:
        """Return the sentence in English (``"en"``) or Chinese (``"zh"``), invisible characters written out."""
        if self.code in SENTENCES:
            template = SENTENCES[self.code][lang]
        elif self.code in REASONS:
            template = getattr(REASONS[self.code], lang)
        else:
            return clean(self.code)
        return fill(template, lambda name: _shown(self.numbers.get(name), lang))


def _shown(value: Any, lang: str) -> Any:
    if isinstance(value, Said):
        return value.text(lang)
    if isinstance(value, tuple):
        return _COMMA[lang].join(str(_shown(item, lang)) for item in value) if value else Said("NONE").text(lang)
    return clean(value) if isinstance(value, str) else value


def channel_name(channel: str) -> Said:
    """Return the name of a channel of ``schemas.CHANNELS``."""
    return Said(f"CHANNEL_{channel.upper()}")


def tier_name(tier: str) -> Said:
    """Return the name of a tier."""
    return Said(f"TIER_{tier.upper()}")
