from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import graphkit as gk
from graphkit.detection import Detection
from graphkit.report.desk import PAGE, report_files
from graphkit.simulation import simulate
from tests.desk.browser import browsing
from tests.desk.made import many_rings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def browser(require: Callable[[str], None]) -> Iterator[Browser]:
    """One Chromium for all tests."""
    require("chromium")
    require("playwright")
    with browsing() as one:
        yield one


def write(run: Detection, folder: Path, lang: str | None = None) -> Path:
    """Write the page of a run, and what it reads beside it, and return where."""
    for name, content in report_files(run, lang).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder / PAGE


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of seven rings."""
    return write(many_rings(7), tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def sample_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run over a made world, with all columns that likes may have and ids as long as real ones."""
    world = simulate("small", seed=7)
    run = gk.detect(gk.read_likes(world.likes, users=world.users, notes=world.notes))
    return write(run, tmp_path_factory.mktemp("sample"))


@pytest.fixture
def context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A maker of fresh profiles without a network; whatever asks for one, or complains, fails the test."""
    made: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**how: Any) -> BrowserContext:
        one = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **how})
        one.set_default_timeout(8_000)
        one.set_offline(True)
        one.route(lambda url: not url.startswith(("file:", "blob:")), lambda route: refuse(route.request.url))
        one.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        one.on("weberror", lambda error: complaints.append(str(error.error)))
        one.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        made.append(one)
        return one

    def refuse(url: str) -> None:
        complaints.append(f"asked for {url}")

    yield make
    for one in made:
        one.close()
    assert complaints == []


@pytest.fixture
def visit(context: Callable[..., BrowserContext]) -> Open:
    """Open a page from disk in a fresh profile, and wait until it stands."""

    def go(path: Path, fragment: str = "", **how: Any) -> Page:
        page = context(**how).new_page()
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector("#main h1")
        return page

    return go
