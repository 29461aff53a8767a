"""What every test may ask for: settings of hypothesis, optional dependencies, real data."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples import IN_CI, load_profile

ROOT = Path(__file__).resolve().parents[1]

load_profile()


def _missing(reason: str) -> None:
    if IN_CI:
        pytest.fail(f"{reason}; CI runs everything")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def require() -> Callable[[str], None]:
    """Return a function that skips the test without the program or module named; in CI it fails instead."""

    def check(name: str) -> None:
        if shutil.which(name) is None and importlib.util.find_spec(name) is None:
            _missing(f"{name} is not installed")

    return check


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, beside the checkout or where GRAPHKIT_DATA says; the test is skipped without it."""
    folder = Path(os.environ.get("GRAPHKIT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no real data: neither shared/data beside the checkout nor GRAPHKIT_DATA")
    return folder
