"""How large the page of many rings is, and how long it takes to make and to open.

``python -m tests.benchmark.bench_report`` prints it.

The rings are made by hand, half of their 40 members on each of 12 jobs; everything else is as a run would have it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import click

from graphkit.report.desk import PAGE, report_files
from tests.desk.browser import browsing
from tests.desk.made import many_rings


@click.command()
@click.option("--rings", default=500, help="Rings of the run.", show_default=True)
def main(rings: int) -> None:
    """Print sizes and times; nothing is asserted."""
    run = many_rings(rings)
    begin = time.perf_counter()
    files = report_files(run)
    made = time.perf_counter() - begin
    page = len(files[PAGE].encode())
    beside = sum(len(content.encode()) for content in files.values()) - page
    click.echo(f"{rings} rings: made in {made:.1f} s; page {page / 1e6:.2f} MB, beside it {beside / 1e6:.2f} MB")
    if shutil.which("chromium") is None:
        click.echo("not opened: chromium is not installed")
        return
    from playwright.sync_api import expect

    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        for name, content in files.items():
            Path(folder, name).parent.mkdir(exist_ok=True)
            Path(folder, name).write_text(content, encoding="utf-8")
        for turn in range(3):
            page_ = browser.new_page(viewport={"width": 1280, "height": 800})
            begin = time.perf_counter()
            page_.goto(Path(folder, PAGE).as_uri())
            page_.wait_for_selector("#rings")
            opened = time.perf_counter() - begin
            begin = time.perf_counter()
            page_.locator("#main tbody a").first.click()
            page_.wait_for_selector("canvas.raster")
            ring = page_.locator("h1").inner_text()
            first = time.perf_counter() - begin
            begin = time.perf_counter()
            page_.keyboard.press("j")
            expect(page_.locator("h1")).not_to_have_text(ring)
            second = time.perf_counter() - begin
            click.echo(f"turn {turn + 1}: opened in {opened:.2f} s, first ring {first:.2f} s, next {second:.2f} s")
            page_.close()


if __name__ == "__main__":
    main()
