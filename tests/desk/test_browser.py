"""The desk in a real browser: opened from disk, with no network, by mouse and by keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from graphkit.detection import Detection
from graphkit.report.desk import files as desk_files
from graphkit.warning import warning
from tests.desk.acts import column, open_ring
from tests.desk.conftest import write
from tests.desk.made import MEMBERS, TARGETS, many_rings

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

Visit = Callable[..., "Page"]


def different_pixels(page: Page, selector: str) -> int:
    """How many colours a canvas shows."""
    return page.evaluate(
        """(selector) => {
          const canvas = document.querySelector(selector);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }""",
        selector,
    )


def picture(page: Page, selector: str = "canvas.raster") -> str:
    """What a canvas shows, as text to compare."""
    return page.evaluate("(selector) => document.querySelector(selector).toDataURL()", selector)


def rows(page: Page, n: int) -> None:
    """Wait until the table of rings has so many rows."""
    expect(page.locator("#main section:has(#rings) tbody tr")).to_have_count(n)


def title(page: Page, words: str) -> None:
    """Wait until the page is headed so."""
    expect(page.locator("h1")).to_have_text(words)


# --- The overview -----------------------------------------------------------------------------------------------------


def test_overview__says_what_was_found(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    assert page.locator("h1").inner_text().startswith("7 rings found, ")
    assert len(column(page, "Ring")) == 7


def test_sort__by_score_both_ways(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    head = page.locator("th button", has_text="Score").first
    head.click()
    falling = column(page, "Score")
    assert falling == sorted(falling, reverse=True)
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Score")
    head.click()
    assert column(page, "Score") == falling[::-1]


def test_filter__a_tier_off_hides_its_rings(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    assert column(page, "Tier").count("watch") == 3
    page.locator("input[data-tier=watch]").uncheck()
    assert set(column(page, "Tier")) == {"purge", "review"}
    assert "4 of 7" in page.locator("#main section:has(#rings) [role=status]").inner_text()


def test_filter__least_score(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.locator("#by-score").fill("0.87")
    assert column(page, "Score")
    assert all(float(score) >= 0.87 for score in column(page, "Score"))


@pytest.mark.parametrize("wanted", ["R-000004", "u4-7", "n4-11", "N4-11"])
def test_search__finds_the_ring_of_an_id(visit: Visit, page_file: Path, wanted: str) -> None:
    page = visit(page_file)
    page.keyboard.press("/")
    page.keyboard.type(wanted)
    rows(page, 1)
    assert column(page, "Ring") == ["R-000004"]


def test_search__nothing_found_says_so(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.locator("#search").fill("nobody")
    rows(page, 0)
    assert "0 of 7" in page.locator("#main section:has(#rings) [role=status]").inner_text()


def test_empty_run__says_so(visit: Visit, tmp_path: Path) -> None:
    page = visit(write(many_rings(0), tmp_path))
    assert page.locator("h1").inner_text() == "No rings found"
    assert page.locator("#search").count() == 0


# --- A ring -----------------------------------------------------------------------------------------------------------


def test_ring__shows_its_story_and_drawings(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    ring = open_ring(page)
    assert page.locator("h1").inner_text() == ring
    assert f"{MEMBERS} users liked {TARGETS} notes" in page.locator(".lead").inner_text()
    assert page.locator(".claims li").count() > 3
    assert page.locator(".innocent").count() == 4
    # Ground, lines, words and at least some targets: a blank canvas has one colour.
    assert different_pixels(page, "canvas.raster") > 20
    assert different_pixels(page, "canvas.network") > 5


def test_ring__address_opens_it_at_once(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, "#ring=R-000001")
    assert page.locator("h1").inner_text() == "R-000001"


def test_keys__next_ring_previous_ring_and_back(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    rings = column(page, "Ring")
    open_ring(page)
    page.keyboard.press("j")
    title(page, rings[1])
    page.keyboard.press("k")
    title(page, rings[0])
    page.keyboard.press("o")
    page.wait_for_selector("#search")


def test_raster__wheel_zooms_and_zero_shows_all_again(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    canvas = page.locator("canvas.raster")
    whole = picture(page)
    canvas.focus()
    canvas.hover()
    page.mouse.wheel(0, -400)
    page.mouse.move(0, 0)
    assert picture(page) != whole
    page.keyboard.press("0")
    assert picture(page) == whole


@pytest.mark.parametrize("key", ["+", "-", "]", "ArrowRight", "ArrowDown"])
def test_raster__keys_move_what_is_seen(visit: Visit, page_file: Path, key: str) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator("canvas.raster").focus()
    page.keyboard.press("+")
    before = picture(page)
    page.keyboard.press(key)
    assert picture(page) != before


def test_raster__steps_from_like_to_like_and_tells_them(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator("canvas.raster").focus()
    page.keyboard.press(".")
    first = page.locator(".drawing [aria-live]").inner_text()
    page.keyboard.press(".")
    second = page.locator(".drawing [aria-live]").inner_text()
    times = [re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text) for text in (first, second)]
    assert times[0] is not None
    assert times[1] is not None
    assert times[0][0] <= times[1][0]
    assert "null" not in first
    page.keyboard.press(",")
    assert page.locator(".drawing [aria-live]").inner_text() == first


def test_raster__folded_counts_from_each_targets_first_like(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    apart = picture(page)
    page.get_by_label("count from each target's first like").check()
    assert picture(page) != apart
    page.locator("canvas.raster").focus()
    page.keyboard.press(".")
    assert "(+0 s)" in page.locator(".drawing [aria-live]").inner_text()


def test_target__its_likes_are_shown_and_stand_out(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    before = picture(page)
    choose = page.locator("section:has-text('targets') button.choose").first
    note = choose.inner_text().strip()
    choose.click()
    assert picture(page) != before
    assert {text.strip() for text in column(page, "Note", "#likes table")} == {note}
    page.locator("#likes").get_by_role("button", name="Show all").click()
    assert picture(page) == before


def test_member__its_likes_are_shown(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    choose = page.locator("section:has-text('members') button.choose").first
    user = choose.inner_text()
    choose.click()
    assert set(column(page, "User", "#likes table")) == {user}


def test_claim__its_likes_are_shown(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    open_ring(page)
    page.locator(".claims li", has_text="exclusivity").get_by_role("button").click()
    assert "exclusivity" in page.locator("#likes .filter").inner_text()
    assert page.locator("#likes tbody tr").count() > 10


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_likes__every_column_fits_a_laptop(visit: Visit, sample_page: Path, locale: str) -> None:
    """With all that likes may tell: the last column is the one that takes a verdict."""
    page = visit(sample_page, locale=locale)
    open_ring(page)
    assert page.locator("#likes thead th").count() == 11
    hidden = page.locator("#main .scroll").evaluate_all("(all) => all.map((it) => it.scrollWidth - it.clientWidth)")
    assert hidden == [0] * len(hidden)
    tallest = "Math.max(...[...document.querySelectorAll('#likes tbody tr')].map((row) => row.offsetHeight))"
    assert page.evaluate(tallest) < 40


def test_watched_ring__has_no_likes_and_says_who_it_might_be(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, "#ring=R-000000")
    assert "nothing is proposed" in page.locator(".lead").inner_text()
    assert page.locator("#likes tbody tr").count() == 0
    assert page.locator(".innocent").count() == 4


# --- Language, colours, print -----------------------------------------------------------------------------------------


def test_language__switches_every_word_and_is_remembered(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.locator("#language").click()
    assert page.locator("h1").inner_text().startswith("发现 7 个团伙")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    open_ring(page)
    assert "成员在 600 秒内同赞同一笔记" in page.locator("#main").inner_text()
    page.reload()
    page.wait_for_selector("#main h1")
    assert "谁在何时赞了什么" in page.locator("#main").inner_text()


def test_language__of_warnings_that_are_known(visit: Visit, tmp_path: Path) -> None:
    run = many_rings(3)
    run = Detection(run.tables, {**run.info, "warnings": [warning("NO_DECOYS"), "the moon is <b>full</b>"]})
    page = visit(write(run, tmp_path))
    assert page.locator("p.warning").all_inner_texts() == [
        "Warning no decoys: q-values rest on scores alone",
        "Warning the moon is <b>full</b>",
    ]
    page.locator("#language").click()
    assert page.locator("p.warning").all_inner_texts() == [
        "警告 没有诱饵对照：q 值仅依据得分",
        "警告 the moon is <b>full</b>",
    ]


def test_language__of_the_browser_at_first(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_language__asked_for_beats_the_browsers(visit: Visit, tmp_path: Path) -> None:
    page = visit(write(many_rings(1), tmp_path, "en"), locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words__no_place_is_left_unfilled(visit: Visit, page_file: Path, lang: str) -> None:
    page = visit(page_file, locale={"en": "en-US", "zh": "zh-CN"}[lang])
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    shown = page.locator("body").inner_text()
    open_ring(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    shown += page.locator("body").inner_text()
    assert re.findall(r"\{\w+\}|undefined|NaN|\[object|null", shown) == []


def test_dark__follows_the_system_and_the_choice(visit: Visit, page_file: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page = visit(page_file, color_scheme="dark")
    dark = page.evaluate(ground)
    page.locator("#theme").select_option("light")
    light = page.evaluate(ground)
    assert light != dark
    page.reload()
    page.wait_for_selector("#main h1")
    assert page.evaluate(ground) == light
    page.locator("#theme").select_option("dark")
    assert page.evaluate(ground) == dark


def test_print__shows_every_row_on_paper_colours(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, color_scheme="dark")
    open_ring(page)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("section:has-text('members') button.choose").count() >= MEMBERS
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(ground) != "rgb(255, 255, 255)"


def test_print__every_column_fits_the_paper(visit: Visit, sample_page: Path) -> None:
    """A4 with a centimetre of margin on each side."""
    page = visit(sample_page, viewport={"width": 718, "height": 1047})
    open_ring(page)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    hidden = page.locator("#main .scroll").evaluate_all("(all) => all.map((it) => it.scrollWidth - it.clientWidth)")
    assert hidden == [0] * len(hidden)
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    tallest = "Math.max(...[...document.querySelectorAll('tbody tr')].map((row) => row.offsetHeight))"
    assert page.evaluate(tallest) < 60


# --- Hostile text and large runs --------------------------------------------------------------------------------------

HOSTILE = {
    "script": "<script>document.title='owned'</script>",
    "image": "\"><img src=x onerror=document.title='owned'>",
    "element": "</script><script>document.title='owned'</script>",
    "template": "${document.title='owned'}{n}",
    "direction": "\u202eevil\u2066",
    "controls": "\x00\x1b[31m\n",
    "long": "長" * 10_000,
    "emoji": "👩‍👩‍👧🎉",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text__does_nothing(visit: Visit, tmp_path: Path, case: str) -> None:
    text = HOSTILE[case]
    page = visit(write(many_rings(2, 6, 4, name=lambda t: t + text), tmp_path))
    open_ring(page)
    assert page.title().startswith("R-")
    assert page.locator("img, iframe, object, script[src]").count() == 0
    assert page.locator("body script:not([type])").count() == 1  # our own
    # Nothing is wider than the window: what is long is cut or scrolls in its own box.
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("Math.max(...[...document.querySelectorAll('tbody tr')].map((row) => row.offsetHeight))") < 120
    shown = page.locator("section:has-text('members') button.choose").first.inner_text()
    assert shown.startswith("u")
    assert not set("\u202e\u2066\x00\x1b\n") & set(shown)


def test_large_run__opens_rings_from_files_beside_it(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_files, "PAGE_BYTES", 60_000)
    monkeypatch.setattr(desk_files, "FILE_BYTES", 60_000)
    page = visit(write(many_rings(12), tmp_path))
    assert len([*(tmp_path / "report").iterdir()]) > 2
    ring = open_ring(page, 11)
    assert page.locator("h1").inner_text() == ring
    assert f"{MEMBERS} users liked" in page.locator(".lead").inner_text()
    page.keyboard.press("o")
    page.locator("#search").fill("u11-3")
    rows(page, 1)
    assert column(page, "Ring") == ["R-000011"]
