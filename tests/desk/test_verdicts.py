"""Verdicts at the desk in a real browser: given, kept, exported, and stored by ``graphkit review``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.cli import main
from graphkit.detection import Detection
from tests.desk.acts import open_ring
from tests.desk.conftest import write
from tests.desk.made import integer_ids, many_rings

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

Visit = Callable[..., "Page"]
HEAD = ["ring_id", "user_id", "note_id", "verdict", "reviewer", "time", "comment"]


def judge(page: Page, verdict: str, comment: str = "", reviewer: str | None = None) -> None:
    """Fill the dialog of a verdict and save it."""
    dialog = page.locator("dialog")
    dialog.get_by_role("button", name=verdict).click()
    dialog.locator("#comment").fill(comment)
    if reviewer is not None:
        dialog.locator("#reviewer").fill(reviewer)
    dialog.get_by_role("button", name="Save").click()
    dialog.wait_for(state="detached")


def exported(page: Page) -> str:
    with page.expect_download() as download:
        page.locator("#export").click()
    return Path(download.value.path()).read_bytes().decode()


def test_verdict__on_a_ring_is_kept_and_exported(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    ring = open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="confirmed").click()
    judge(page, "confirmed", 'customers, "all" of them', "Li Mei")
    assert page.locator("#given").inner_text() == "1 verdict"
    page.reload()
    page.wait_for_selector(".ring-verdict")
    assert page.locator(".ring-verdict [aria-pressed=true]").inner_text() == "confirmed"
    (head, row) = csv.reader(io.StringIO(exported(page), newline=""))
    assert head == HEAD
    assert row[:5] == [ring, "", "", "confirmed", "Li Mei"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[5])
    assert row[6] == 'customers, "all" of them'


def test_verdict__needs_a_name_once(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="unsure").click()
    page.locator("dialog").get_by_role("button", name="Save").click()
    assert "name" in page.locator("dialog [role=alert]").inner_text()
    assert page.locator("#given").inner_text() == "0 verdicts"
    page.locator("dialog #reviewer").fill("Wang")
    page.locator("dialog").get_by_role("button", name="Save").click()
    page.locator(".ring-verdict").get_by_role("button", name="cleared").click()
    assert page.locator("dialog #reviewer").input_value() == "Wang"


def test_verdict__can_be_taken_back(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="cleared").click()
    judge(page, "cleared", reviewer="Wang")
    page.locator(".ring-verdict").get_by_role("button", name="cleared").click()
    page.locator("dialog").get_by_role("button", name="Take it back").click()
    assert page.locator("#given").inner_text() == "0 verdicts"
    assert exported(page) == ",".join(HEAD) + "\r\n"


def test_verdict__belongs_to_its_run(visit: Visit, page_file: Path, tmp_path: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="unsure").click()
    judge(page, "unsure", reviewer="Wang")
    run = many_rings(7)
    other = Detection(run.tables, {**run.info, "config_digest": "another"})
    page.goto(write(other, tmp_path).as_uri())
    page.wait_for_selector("#main h1")
    assert page.locator("#given").inner_text() == "0 verdicts"


def test_verdict__without_storage_lives_as_long_as_the_page(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } });")
    page.reload()
    page.wait_for_selector("#main h1")
    open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="unsure").click()
    judge(page, "unsure", reviewer="Wang")
    assert len(exported(page).splitlines()) == 2


def test_export__comes_back_by_import(visit: Visit, page_file: Path, tmp_path: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="cleared").click()
    judge(page, "cleared", "two lines,\nand a comma", "Wang")
    text = exported(page)
    (tmp_path / "decisions.csv").write_bytes(text.encode())
    other = visit(page_file)
    with other.expect_file_chooser() as chooser:
        other.locator("#import").click()
    chooser.value.set_files(tmp_path / "decisions.csv")
    other.wait_for_selector(".notice")
    assert other.locator("#given").inner_text() == "1 verdict"
    assert exported(other) == text


def test_import__says_what_it_replaces_and_leaves_out(visit: Visit, page_file: Path, tmp_path: Path) -> None:
    page = visit(page_file)
    ring = open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="cleared").click()
    judge(page, "cleared", reviewer="Wang")
    rows = [f"{ring},,,confirmed,Li", "R-unknown,,,cleared,Li", ",u0-1,,cleared,Li", f"{ring},,,guilty,Li"]
    (tmp_path / "decisions.csv").write_text("\r\n".join([",".join(HEAD[:5]), *rows, ""]), encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        page.locator("#import").click()
    chooser.value.set_files(tmp_path / "decisions.csv")
    page.wait_for_selector(".notice")
    assert page.locator(".notice").inner_text() == (
        "1 verdict taken over. 1 of them takes the place of another that stood here. "
        "3 rows were left out: they are no verdicts on rings of this run."
    )
    assert page.locator("#given").inner_text() == "1 verdict"


def test_import__of_another_file_is_refused(visit: Visit, page_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    page = visit(page_file)
    with page.expect_file_chooser() as chooser:
        page.locator("#import").click()
    chooser.value.set_files(tmp_path / "other.csv")
    page.wait_for_selector(".notice")
    assert "no decisions file" in page.locator(".notice").inner_text()
    assert page.locator("#given").inner_text() == "0 verdicts"


@pytest.mark.parametrize("ids", ["text", "integer"])
def test_export__is_what_graphkit_review_reads(visit: Visit, tmp_path: Path, ids: str) -> None:
    from click.testing import CliRunner

    run = many_rings(3) if ids == "text" else integer_ids(many_rings(3))
    where = run.save(tmp_path / "run")
    page = visit(write(run, where))
    open_ring(page)
    page.locator(".ring-verdict").get_by_role("button", name="confirmed").click()
    judge(page, "confirmed", '多名客户, "同一" 分钟', "李梅")
    page.locator("section:has-text('members') button.verdict").first.click()
    judge(page, "cleared", "a customer's own account")
    page.locator("#likes button.verdict").first.click()
    judge(page, "unsure")
    (tmp_path / "decisions.csv").write_bytes(exported(page).encode())
    result = CliRunner().invoke(main, ["review", str(where), "--decisions", str(tmp_path / "decisions.csv"), "--json"])
    assert result.exit_code == 0, result.output
    assert sorted(stored(tmp_path / "cases")) == [("cleared", "李梅"), ("confirmed", "李梅"), ("unsure", "李梅")]


def stored(folder: Path) -> list[tuple[Any, Any]]:
    from graphkit.cases.store import CaseStore

    with CaseStore.open(folder) as store:
        return [(row["verdict"], row["reviewer"]) for row in store.decisions()]


def test_hostile_ids__are_exported_as_they_are(visit: Visit, tmp_path: Path) -> None:
    text = '"><b>\u202e,\r\n=1+1'
    page = visit(write(many_rings(2, 6, 4, name=lambda t: t + text), tmp_path))
    open_ring(page)
    page.locator("section:has-text('members') button.verdict").first.click()
    judge(page, "cleared", reviewer="Wang")
    _, row = csv.reader(io.StringIO(exported(page), newline=""))
    assert row[1] == f"u1-0{text}"
