"""The run before, on the page: what became of its rings, of purges and of verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from playwright.sync_api import expect

import graphkit as gk
from graphkit.cases.identity import Change
from graphkit.report.desk import PAGE, report_files
from graphkit.report.desk.files import _words
from tests.cases.made import AT, decided, run_of
from tests.cli.support import graphkit
from tests.desk.test_files import block

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIRST = run_of({"R-a": range(10), "R-b": range(10, 20)}, day=0)
SECOND = run_of({"R-x": range(1, 11), "R-c": range(30, 40)}, day=1)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> gk.Comparison:
    """Two runs compared, of which the first was judged and purged."""
    cases = tmp_path_factory.mktemp("cases")
    likes = FIRST.candidates.append_column("key", pa.array([f"k{i}" for i in range(20)])).slice(0, 10)
    with gk.CaseStore.open(cases, write=True) as store:
        said = decided(cases / "d.csv", {"ring_id": "R-a", "verdict": "confirmed"}, run=FIRST)
        store.add_decisions(FIRST, said, at=AT)
        store.record_batch("B-1", likes, path=cases, run=FIRST, made_at=AT)
    return gk.compare(FIRST, SECOND, cases, at=AT)


def test_since__rings_with_their_fates_and_verdicts(found: gk.Comparison) -> None:
    told = block(report_files(SECOND, before=found)[PAGE], "data")["since"]
    assert [(row["name"], row["change"], row["now"], row["verdict"]) for row in told["rings"]] == [
        ("L-a", "continues", "R-x", "confirmed"),
        ("L-b", "dormant", None, None),
        ("L-c", "new", "R-c", None),
    ]
    assert told["returned"] == {"pairs": 10, "came_back": 9, "still_there": 0}
    assert told["reformed"] == [{"name": "L-a", "now": "R-x", "before": 10, "kept": 9, "fresh": 1}]
    assert told["precision"][0]["confirmed"] == 1


def test_since__is_absent_where_no_runs_are_compared() -> None:
    assert block(report_files(SECOND)[PAGE], "data")["since"] is None


def test_words__name_every_change() -> None:
    assert {f"change.{change}" for change in Change} <= _words().keys()


def test_command__compares_with_the_run_before(tmp_path: Path) -> None:
    before, run = FIRST.save(tmp_path / "a"), SECOND.save(tmp_path / "b")
    result = graphkit("report", run, "--since", before)
    assert result.exit_code == 0, result.stderr
    page = (run / "report.html").read_text(encoding="utf-8")
    assert block(page, "data")["since"]["run"] == FIRST.run_id
    with gk.CaseStore.open(tmp_path / "cases") as store:
        assert len(store.runs()) == 2


@pytest.mark.slow
def test_browser__shows_it_in_both_languages(found: gk.Comparison, tmp_path: Path, visit: Callable[..., Page]) -> None:
    files: dict[str, Any] = report_files(SECOND, before=found)
    (tmp_path / PAGE).write_text(files[PAGE], encoding="utf-8")
    page = visit(tmp_path / PAGE)
    section = page.locator("#since")
    expect(section.locator("tbody tr")).to_have_count(3)
    expect(section).to_contain_text("9 of 10 accounts, 1 new")
    section.get_by_role("link", name="R-x").first.click()
    expect(page.locator("h1")).to_be_visible()
    page.go_back()
    page.locator("#language").click()
    expect(page.locator("#since")).to_contain_text("原 10 个账号中的 9 个，新增 1 个")
