"""Make the pictures of the desk in ``docs/images/``: ``python docs/_make/screenshots.py``.

Two worlds are made and detected in memory, which takes a minute; Chromium and a Chinese font have to be installed.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

import graphkit as gk
from graphkit.report.desk import PAGE, report_files
from graphkit.simulation import simulate

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).resolve().parents[1] / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: A laptop screen.
SIZE = {"width": 1280, "height": 800}
COLOURS = 224


def detected(world: str, users: int) -> tuple[gk.Detection, dict[str, str]]:
    """Return the run over a registered world, and the true kind of most members of each ring."""
    made = simulate(world, seed=5, users=users)
    run = gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes))
    truth = made.truth_users
    kind_of = dict(zip(truth["user_id"].to_pylist(), truth["kind"].to_pylist(), strict=True))
    kinds: dict[str, Counter[str]] = {}
    for member in run.members.to_pylist():
        kinds.setdefault(member["ring_id"], Counter())[kind_of[member["user_id"]]] += 1
    return run, {ring: counts.most_common(1)[0][0] for ring, counts in kinds.items()}


def largest(run: gk.Detection, kinds: dict[str, str], kind: str) -> str:
    """Return the largest ring of a true kind in tier ``purge``."""
    rings = [row for row in run.rings.to_pylist() if kinds[row["ring_id"]] == kind and row["tier"] == "purge"]
    return str(max(rings, key=lambda row: row["n_users"])["ring_id"])


def check_font(browser: Browser) -> None:
    """Stop where no font has Chinese: every character would be the same box, in pictures that nobody can read."""
    tab = browser.new_page()
    tab.set_content('<canvas width="40" height="40"></canvas>')
    drawn = tab.evaluate(
        """() => [..."中文"].map((sign) => {
          const canvas = document.querySelector("canvas");
          const pen = canvas.getContext("2d");
          pen.clearRect(0, 0, 40, 40);
          pen.font = "30px sans-serif";
          pen.fillText(sign, 0, 32);
          return canvas.toDataURL();
        })"""
    )
    tab.close()
    if drawn[0] == drawn[1]:
        raise SystemExit("no Chinese font is installed: run .ci/packages, or install one")


def shoot(browser: Browser, page: Path, name: str, ring: str | None = None, **how: Any) -> None:
    """Save a picture of a page as a laptop shows it."""
    context = browser.new_context(viewport=SIZE, **{"locale": "en-US", **how})
    context.set_offline(True)
    tab = context.new_page()
    tab.goto(page.as_uri() + ("" if ring is None else f"#ring={ring}"))
    tab.wait_for_selector("#main h1" if ring is None else "canvas.raster")
    picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    context.close()
    path = IMAGES / f"desk_{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")  # noqa: T201 - a command for people


def main() -> None:
    """Make every picture."""
    from playwright.sync_api import sync_playwright

    run, kinds = detected("standard", 20_000)
    empty, _ = detected("ringfree", 3_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = []
        for number, one in enumerate((run, empty)):
            for name, content in report_files(one).items():
                path = Path(folder, str(number), name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            pages.append(Path(folder, str(number), PAGE))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        check_font(browser)
        farm, exchange, rotating = (largest(run, kinds, kind) for kind in ("farm", "exchange", "rotating"))
        shoot(browser, pages[0], "overview")
        shoot(browser, pages[0], "farm", farm)
        shoot(browser, pages[0], "exchange", exchange)
        shoot(browser, pages[0], "rotating", rotating)
        shoot(browser, pages[0], "farm_zh", farm, locale="zh-CN")
        shoot(browser, pages[0], "overview_zh", locale="zh-CN")
        shoot(browser, pages[0], "farm_dark", farm, color_scheme="dark")
        shoot(browser, pages[1], "empty")
        browser.close()


if __name__ == "__main__":
    main()
