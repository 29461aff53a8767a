"""Warnings are data: known in both languages, and recognised as runs hold them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphkit.warning import in_both, sentences, warning

ROOT = Path(__file__).resolve().parents[1]
PLACE = re.compile(r"\{(\w+)\}")


def filled(code: str) -> dict[str, str]:
    """Something for every place, full of what patterns could stumble over."""
    return {name: f"{name}.*({i}) in {{x}}\n" for i, name in enumerate(PLACE.findall(sentences()[code]["en"]))}


@pytest.mark.parametrize("code", sentences())
def test_in_both__every_warning_comes_back_in_chinese(code: str) -> None:
    places = filled(code)
    english, chinese = in_both(warning(code, **places))
    assert english == warning(code, **places)
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert all(places[name] in chinese for name in PLACE.findall(sentences()[code]["zh"]))


def test_in_both__as_it_stands_in_a_run() -> None:
    told = warning("FEW_KNOWN", table="users", n=1234, all=5678, column="user_id")
    assert told == "users: only 1,234 of 5,678 liked values of user_id are in the table"
    assert in_both(told)[1] == "users：点赞涉及的 5,678 个 user_id 中，仅 1,234 个在该表中"


def test_in_both__what_is_not_known_stands_as_it_is() -> None:
    assert in_both("the moon is full") == ("the moon is full",) * 2


@pytest.mark.parametrize("code", sentences())
def test_sentences__both_languages_have_the_same_places_or_fewer(code: str) -> None:
    both = sentences()[code]
    assert set(both) == {"en", "zh"}
    assert set(PLACE.findall(both["zh"])) <= set(PLACE.findall(both["en"]))


def test_sentences__somebody_says_each_of_them() -> None:
    said = {
        code
        for path in (ROOT / "graphkit").rglob("*.py")
        for code in re.findall(r'warning\(\s*"([A-Z_]+)"', path.read_text("utf-8"))
    }
    assert said == set(sentences())
