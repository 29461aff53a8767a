"""The directives print what the code declares, and the pages name what is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import click
import numpy as np
import pytest

import graphkit
from graphkit import schemas
from graphkit.cli import main
from graphkit.config import Config
from graphkit.scoring.channels import CHANNELS, weigh
from graphkit.scoring.reasons import REASONS

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXTENSIONS = ("api", "attributes", "channels", "commands", "data_model", "reasons", "settings")


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The modules of ``docs/_ext``."""
    import importlib

    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    try:
        return {name: importlib.import_module(name) for name in EXTENSIONS}
    finally:
        for name in EXTENSIONS:
            sys.modules.pop(name, None)


def test_channels__all_are_listed_with_their_limits(extension: dict[str, ModuleType]) -> None:
    readings = [extension["channels"].read_off(channel) for channel in CHANNELS]
    assert [r.name for r in readings] == [name for name, _ in schemas.CHANNELS]
    assert [r.limits for r in readings] == [(c.least, c.most) for c in CHANNELS]


def test_channels__the_numbers_read_are_evidence(extension: dict[str, ModuleType]) -> None:
    known = {name for name, _ in schemas.EVIDENCE} | {"window_s"}
    assert {extension["channels"].read_off(channel).number for channel in CHANNELS} <= known


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_channels__the_neutral_point_parts_for_and_against(extension: dict[str, ModuleType], share: float) -> None:
    (capture,) = [c for c in CHANNELS if c.name == "capture"]
    reading = extension["channels"].read_off(capture)
    neutral = float(reading.neutral.removesuffix(" %")) / 100
    (nats,) = capture.weigh({reading.number: np.array([share])})
    assert (nats > 0) == (share > neutral)


def test_settings__every_setting_has_a_sentence(extension: dict[str, ModuleType]) -> None:
    text = "\n".join(extension["settings"].describe())
    for section, values in Config():
        assert f"`[{section}]`" in text
        for name, _ in values:
            assert f"| `{name}` |" in text


def test_commands__every_command_and_option_is_listed(extension: dict[str, ModuleType]) -> None:
    text = "\n".join(extension["commands"].describe())
    top = click.Context(main, info_name="graphkit")
    for name in main.list_commands(top):
        assert f"`graphkit {name} " in text
        command = main.get_command(top, name)
        assert command is not None
        for parameter in command.params:
            assert all(f"{option}" in text for option in parameter.opts if option.startswith("--"))


def test_reasons__every_code_is_listed_with_both_sentences(extension: dict[str, ModuleType]) -> None:
    rows = {line.split("`")[1]: line for line in extension["reasons"].describe() if line.startswith("| `")}
    assert set(rows) == set(REASONS)
    assert all(re.search("[\u4e00-\u9fff]", line) for line in rows.values())


def test_api__every_name_of_the_namespace_is_shown_once(extension: dict[str, ModuleType]) -> None:
    page = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    named: set[str] = set()
    shown: list[str] = []
    for homes in re.findall(r"^```\{api\} (.*)$", page, re.MULTILINE):
        shown += extension["api"].names(homes.split(), named)
        named.update(homes.split())
    assert sorted(shown) == sorted(graphkit.__all__)


def test_attributes__described_together_are_listed_apart(extension: dict[str, ModuleType]) -> None:
    lines = ["Attributes", "----------", "user, note", "    Codes.", "ts", "    Times, in order.", "", "one, two"]
    assert extension["attributes"].apart(lines) == [
        *lines[:2], "user", "    Codes.", "note", "    Codes.", *lines[4:]
    ]  # fmt: skip


def test_method__names_settings_that_exist() -> None:
    settings = {name for _, section in Config() for name, _ in section}
    columns = {c.name for t in (*schemas.INPUTS, *schemas.OUTPUTS) for c in t.columns}
    evidence = {name for name, _ in schemas.EVIDENCE}
    channels = {c.name for c in CHANNELS}
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", (DOCS / "method.md").read_text(encoding="utf-8")))
    assert words
    assert words - settings - columns - evidence - channels == set()


def test_decisions__no_two_have_one_number() -> None:
    numbers = [path.name[:4] for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert all(number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers) > 0


def test_decisions__unknown_evidence_adds_nothing() -> None:
    """Decision 8: a number that is not known adds nothing."""
    unknown = {name: np.array([np.nan]) for name, _ in schemas.EVIDENCE} | {"window_s": np.array([3600.0])}
    assert {name: float(nats[0]) for name, nats in weigh(unknown).items() if nats[0] != 0} == {}
