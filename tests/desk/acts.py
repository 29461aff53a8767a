"""What people do at the desk, for tests to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def column(page: Page, label: str, table: str = "#main section:has(#rings) table") -> list[str]:
    """The texts of one column of a table, from top to bottom."""
    heads = page.locator(f"{table} thead th").all_inner_texts()
    at = next(i for i, head in enumerate(heads) if head.removesuffix(" ↑").removesuffix(" ↓") == label) + 1
    return page.locator(f"{table} tbody tr > :nth-child({at})").all_inner_texts()


def open_ring(page: Page, at: int = 0) -> str:
    """Open the ring in a row of the table, and return its id."""
    link = page.locator("#main tbody th a").nth(at)
    ring = link.inner_text()
    link.click()
    page.wait_for_selector("canvas.raster")
    return ring
