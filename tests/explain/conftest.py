from __future__ import annotations

from pathlib import Path

import pytest

import graphkit as gk

ROOT = Path(__file__).resolve().parents[2]
WORLD = ROOT / "datasets" / "sample_world"


@pytest.fixture(scope="session")
def run() -> gk.Detection:
    """The run over the sample world, its likes at hand: all columns, rings in tiers purge and review."""
    likes = gk.read_likes(WORLD / "likes.parquet", users=WORLD / "users.parquet", notes=WORLD / "notes.parquet")
    return gk.detect(likes)


@pytest.fixture(scope="session")
def saved(run: gk.Detection, tmp_path_factory: pytest.TempPathFactory) -> gk.Detection:
    """The same run, read back from disk without the likes."""
    return gk.load(run.save(tmp_path_factory.mktemp("saved") / "run"))
