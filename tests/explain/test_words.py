"""Sentences: both languages say the same, and every one of them is said somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from graphkit.errors import ConfigError
from graphkit.explain.words import LANGUAGES, SENTENCES, Said, check_language
from graphkit.schemas import CHANNELS
from graphkit.scoring.channels import CHANNELS as WEIGHED
from graphkit.scoring.reasons import REASONS
from graphkit.scoring.tiers import EXPLANATIONS, TIERS

SOURCE = Path(__file__).resolve().parents[2] / "graphkit"


def fields(template: str) -> set[str]:
    """Return the names that a template is filled with, and how."""
    return {f"{name}:{spec}" for _, name, spec, _ in Formatter().parse(template) if name}


def made_codes() -> set[str]:
    """Codes that the source puts together from names."""
    return {
        *(f"CHANNEL_{name.upper()}" for name, _ in CHANNELS),
        *(f"AGAINST_{channel.name.upper()}" for channel in WEIGHED if channel.least < 0),
        *(f"TIER_{tier.upper()}" for tier in TIERS),
        *(f"RING_{tier.upper()}" for tier in TIERS),
        *(f"LIKE_{tier.upper()}" for tier in TIERS if tier != "watch"),
        *(name.removeprefix("may_be_").upper() for name in EXPLANATIONS),
    }


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences__tell_the_same_numbers_in_both_languages(code: str) -> None:
    assert set(SENTENCES[code]) == set(LANGUAGES)
    assert fields(SENTENCES[code]["en"]) == fields(SENTENCES[code]["zh"])


def test_sentences__none_is_unused_and_none_is_missing() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    unused = {code for code in SENTENCES if not re.search(rf"""["']{code}["']""", source)} - made_codes()
    assert unused == set()
    assert made_codes() - set(SENTENCES) == set()


def test_sentences__no_code_is_a_reason_code_too() -> None:
    assert set(SENTENCES) & set(REASONS) == set()


def test_said__lists_are_joined_as_the_language_does() -> None:
    said = Said("RISES_OFF", {"witnesses": (Said("CHANNEL_DWELL"), Said("CHANNEL_VIEWS"))})
    assert said.text("en").endswith(": dwell, views.")
    assert said.text("zh").endswith("：停留、浏览。")


def test_said__an_empty_list_is_said_to_be_empty() -> None:
    assert Said("RISES_OFF", {"witnesses": ()}).text("en").endswith(": none.")


def test_said__foreign_text_is_made_visible() -> None:
    assert "a\\x1b[2J\\u202eb" in Said("USER_NOT_FLAGGED", {"user": "a\x1b[2J\u202eb"}).text()


def test_said__an_unknown_number_is_a_question_mark() -> None:
    assert "?" in Said("AGAINST_CAPTURE", {"capture": None}).text("zh")


def test_language__others_are_refused() -> None:
    with pytest.raises(ConfigError, match="language 'fr'; wanted en or zh; mend --lang"):
        check_language("fr")


@pytest.mark.parametrize(
    ("value", "shown"), [(99.4, "99"), (99.65, "100"), (100.4, "100"), (-99.9, "-100"), (1_234.5, "1,234")]
)
def test_said__amounts_about_a_hundred_are_written_out(value: float, shown: str) -> None:
    assert f"adds up to {shown}." in Said("RISES_NATS", {"tier": "purge", "line": 3, "nats": value}).text()
