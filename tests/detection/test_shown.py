"""What notebooks show of likes, runs and rings: tables that a screen reader can walk, and nothing that runs."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

import graphkit as gk
from tests.report.made import made_run
from tests.worlds import DAY, make_likes

HOSTILE = '<script>alert(1)</script>&"\u202e'


def table(html: str) -> ET.Element:
    """Return the table, which must be well-formed."""
    return ET.fromstring(html)


@pytest.fixture
def run() -> gk.Detection:
    return made_run(30, name=lambda text: f"{text}{HOSTILE}")


def test_run__shows_the_strongest_rings(run: gk.Detection) -> None:
    shown = table(run._repr_html_())
    assert "30 rings" in (shown.findtext("caption") or "")
    assert "the strongest 20" in (shown.findtext("caption") or "")
    assert len(shown.findall("tbody/tr")) == 20


def test_ring__shows_its_reasons_in_words(run: gk.Detection) -> None:
    cells = [
        ["".join(cell.itertext()) for cell in row]
        for row in table(run.ring("R-000001")._repr_html_()).findall("tbody/tr")
    ]
    assert cells[0][0] == "LOCKSTEP"
    assert cells[0][1].startswith("Members met on the same notes within 600 s 1,234 times")


def test_likes__show_where_every_row_went() -> None:
    likes = make_likes([(1, 1, DAY), (1, 1, DAY + 1), (2, 1, DAY)])
    shown = table(likes._repr_html_())
    assert shown.findtext("caption") == "Likes: 2 of 2 users on 1 notes"
    rows = {row.findtext("th/bdi"): row.findtext("td/bdi") for row in shown.findall("tbody/tr")}
    assert rows == {"read": "3", "kept": "2", "duplicate": "1", "undone": "0", "quarantined": "0", "outside": "0"}


@pytest.mark.parametrize("what", ["run", "ring"])
def test_shown__rows_and_columns_have_headings_and_nothing_runs(run: gk.Detection, what: str) -> None:
    html = run._repr_html_() if what == "run" else run.ring("R-000001")._repr_html_()
    shown = table(html)
    assert {cell.get("scope") for cell in shown.findall("thead/tr/th")} == {"col"}
    assert {row[0].get("scope") for row in shown.findall("tbody/tr")} == {"row"}
    assert "<script" not in html
    assert "\u202e" not in html
    assert "color" not in html
