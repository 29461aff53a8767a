"""The page as a document: inert, complete, bounded, and the same again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from graphkit.detection import Detection
from graphkit.report.desk import FOLDER, PAGE, report_files
from graphkit.report.desk import files as desk_files
from graphkit.schemas import CHANNELS, QUARANTINE
from tests.desk.made import MEMBERS, integer_ids, many_rings

OWN = re.compile(r"""\bt\(\s*"([^"]+)"|\bt\([^()"]*\? "([^"]+)" : "([^"]+)"\)|(?<=, )"(unit\.\w+)"(?=\])""")
KINDS = re.compile(r"\b(?:t\(`|name\(\")(\w+)")


class Tags(HTMLParser):
    """Tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def page() -> str:
    return report_files(many_rings(3))[PAGE]


def block(page: str, name: str) -> Any:
    """What the page holds as data."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def policy(page: str) -> dict[str, str]:
    (meta,) = [a for tag, a in Tags(page).tags if a.get("http-equiv") == "Content-Security-Policy"]
    return dict(rule.split(" ", 1) for rule in str(meta["content"]).split("; "))


# --- Inert ------------------------------------------------------------------------------------------------------------


def test_policy__allows_our_script_and_style_and_nothing_else(page: str) -> None:
    rules = policy(page)
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in ("script", "style"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_page__asks_for_nothing(page: str) -> None:
    for tag, attributes in Tags(page).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "source"}
        assert not {"src", "srcset", "action", "poster", "style"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")], tag
    code = "\n".join(re.findall(r"<(?:script|style)>(.*?)</", page, re.DOTALL))
    assert re.search(r"https?:|url\(|@import|\bfetch\(|XMLHttpRequest|\beval\(|new Function|innerHTML", code) is None


HOSTILE = ("</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029", "&lt;b&gt;", '"\\')


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text__leaves_the_tags_as_they_are_and_comes_back_whole(page: str, text: str) -> None:
    hostile = report_files(many_rings(3, name=lambda t: t + text))[PAGE]
    assert [tag for tag, _ in Tags(hostile).tags] == [tag for tag, _ in Tags(page).tags]
    assert block(hostile, "details")[0]["members"]["id"][0].endswith(text)


# --- Complete ---------------------------------------------------------------------------------------------------------


def test_index__every_ring_strongest_first(page: str) -> None:
    assert [row["tier"] for row in block(page, "data")["rings"]] == ["purge", "review", "watch"]


def test_details__every_ring_with_its_members(page: str) -> None:
    details = block(page, "details")
    assert [ring["id"] for ring in details] == [row["id"] for row in block(page, "data")["rings"]]
    assert {len(ring["members"]["id"]) for ring in details} == {MEMBERS}


def test_integer_ids__are_text_to_the_last_digit() -> None:
    details = block(report_files(integer_ids(many_rings(1)))[PAGE], "details")
    assert sorted(details[0]["members"]["id"])[:2] == [str(2**62), str(2**62 + 1)]


def test_words__the_script_asks_for_none_that_are_missing(page: str) -> None:
    words = block(page, "data")["words"]
    script = "\n".join(desk_files._asset(f"{name}.js") for name in desk_files.SCRIPTS)
    asked = {word for found in OWN.findall(script) for word in found if word}
    assert len(asked) > 100
    assert asked - words.keys() == set()
    families = {"tier": ("purge", "review", "watch"), "channel": [name for name, _ in CHANNELS]}
    families["look"] = families["channel"]
    families["verdict"] = ("confirmed", "cleared", "unsure")
    for family, members in families.items():
        assert {f"{family}.{member}" for member in members} - words.keys() == set()


def test_words__none_is_there_that_nobody_asks_for(page: str) -> None:
    script = "\n".join(desk_files._asset(f"{name}.js") for name in desk_files.SCRIPTS)
    asked = {word for found in OWN.findall(script) for word in found if word}
    families = {word.split(".")[0] for word in KINDS.findall(script)}
    unasked = {
        word for word in block(page, "data")["words"] if word not in asked and word.split(".")[0] not in families
    }
    assert unasked == set()


def test_words__quarantine_names_every_reason(page: str) -> None:
    reasons = set(re.findall(r"`(\w+)`", QUARANTINE.column("reason").meaning))
    assert reasons
    words = block(page, "data")["words"]
    assert {f"quarantine.{reason}" for reason in reasons} - words.keys() == set()


@pytest.mark.parametrize("lang", [0, 1])
def test_words__both_languages_fill_the_same_places(page: str, lang: int) -> None:
    for key, both in block(page, "data")["words"].items():
        places = [set(re.findall(r"\{\w+\}", text)) for text in both]
        assert places[lang] <= places[1 - lang] | {"{n}", "{rings}"}, key


# --- Bounded ----------------------------------------------------------------------------------------------------------


def test_small_run__is_one_file() -> None:
    assert report_files(many_rings(3)).keys() == {PAGE}


def test_large_run__pages_details_in_order_of_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_files, "PAGE_BYTES", 60_000)
    monkeypatch.setattr(desk_files, "FILE_BYTES", 60_000)
    files = report_files(many_rings(12))
    data = block(files[PAGE], "data")
    numbers = [row["file"] for row in data["rings"]]
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    assert len(data["files"]) == numbers[-1] > 1
    for number, name in enumerate(data["files"], 1):
        found = re.fullmatch(rf"graphkitRings\({number}, (\[.*\])\);\n", files[name], re.DOTALL)
        assert found is not None
        assert name.startswith(f"{FOLDER}/")
        there = [ring["id"] for ring in json.loads(found[1])]
        assert there == [row["id"] for row in data["rings"] if row["file"] == number]


def test_large_run__its_policy_trusts_what_our_script_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_files, "PAGE_BYTES", 60_000)
    rules = policy(report_files(many_rings(12))[PAGE])
    assert re.fullmatch(r"'sha256-\S+' 'strict-dynamic'", rules["script-src"])
    assert rules["default-src"] == "'none'"


def test_huge_ring__is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphkit.report.desk import columns

    monkeypatch.setattr(columns, "MAX_MEMBERS", 10)
    monkeypatch.setattr(columns, "MAX_LIKES", 20)
    run = many_rings(2)
    ring = block(report_files(run)[PAGE], "details")[0]
    assert len(ring["members"]["id"]) == 10
    assert len(ring["likes"]["at"]) == 20
    assert max(ring["likes"]["member"]) < 10
    assert ring["all"]["members"] == MEMBERS
    assert ring["all"]["likes"] == run.ring(ring["id"]).likes.num_rows


@pytest.mark.slow
def test_five_hundred_rings__fit_in_eight_megabytes() -> None:
    assert len(report_files(many_rings(500))[PAGE].encode()) <= 8_000_000


# --- The same again ---------------------------------------------------------------------------------------------------


def test_page__same_run_same_bytes(page: str) -> None:
    assert report_files(many_rings(3))[PAGE] == page


def test_page__the_same_whatever_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = many_rings(7)
    whole = report_files(run)
    monkeypatch.setattr("graphkit.report.desk.files._BLOCK_ROWS", 1)
    assert report_files(run) == whole


def test_page__tells_runs_apart() -> None:
    run = many_rings(1)
    other = Detection(run.tables, {**run.info, "config_digest": "another"})
    keys = [block(report_files(one)[PAGE], "data")["run"] for one in (run, other)]
    assert keys == [run.run_id, other.run_id]
    assert keys[0] != keys[1]
