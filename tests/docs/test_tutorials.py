"""The tutorials run from top to bottom, and what their prose says is what their cells show."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbclient
import nbformat
import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"

pytestmark = pytest.mark.slow


def executed(name: str) -> nbformat.NotebookNode:
    """Run a tutorial where it lies, as the documentation does."""
    notebook = jupytext.read(TUTORIALS / f"{name}.md")
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(TUTORIALS)}})
    return client.execute()


def shown(notebook: nbformat.NotebookNode) -> str:
    """Return everything that the cells print or show, as text and as HTML."""
    return "\n".join(texts(notebook))


def texts(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            yield from (str(value) for key, value in output.get("data", {}).items() if key.startswith("text/"))


def pictures(notebook: nbformat.NotebookNode) -> int:
    """Count the pictures."""
    return sum("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ()))


def test_first_ring__what_is_found_is_what_the_page_tells() -> None:
    notebook = executed("first-ring")
    said = shown(notebook)
    assert "<Evaluation of 1 run: 1 of 838 likes in tier purge honest" in said
    assert "2 of the 3 findings that exclude it hold" in said  # "two findings exclude them"
    assert "No single channel carries the verdict" in said
    assert "反证" in said
    assert pictures(notebook) == 4


def test_creator_to_farm__nobody_is_indispensable() -> None:
    notebook = executed("creator-to-farm")
    said = shown(notebook)
    assert "Who ordered the likes is not in the data" in said
    assert "audience" in said
    (tiers,) = [text for text in texts(notebook) if text.startswith("tier_without")]
    assert "purge" in tiers
    assert "review" not in tiers


def test_windows_and_calibration__the_tiers_do_not_hang_on_the_seed() -> None:
    notebook = executed("windows-and-calibration")
    assert pictures(notebook) == 2
    (table,) = [text for text in texts(notebook) if text.startswith("decoy_seed") and "purge" in text]
    rows = {
        line.split()[0]: set(line.split()[1:]) for line in table.splitlines() if line.split()[0] in {"purge", "watch"}
    }
    assert all(len(counts) == 1 for counts in rows.values()), table


def test_real_events__investigates_where_the_data_are(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_DATA", str(real_data))
    notebook = executed("real-events")
    said = shown(notebook)
    assert "the data are there" in said
    assert "19 users liked" in said
    assert "belongs to no ring" in said


def test_real_events__skips_itself_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_DATA", str(tmp_path))
    assert os.environ["GRAPHKIT_DATA"] == str(tmp_path)
    assert shown(executed("real-events")).strip().startswith("skipped: no real data here")
