"""A batch that replaces another: the other counts no more, and is not in its way."""

from __future__ import annotations

from pathlib import Path

import pytest

import graphkit as gk
from graphkit.cases.store import CaseStore
from tests.cli.support import graphkit
from tests.purge.made import NOW, Like, made_run

RUN = made_run([Like(f"u{i}", f"n{i % 5}", f"R-{i % 2}") for i in range(20)], others=20)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A saved run of twenty candidate likes."""
    return RUN.save(tmp_path / "runs" / "day-1")


def purge(run: Path, out: Path, policy: str, *options: str) -> list[str]:
    """Make a batch by a policy, and return the batches that count."""
    file = out.parent / "policy.toml"
    file.write_text("max_honest_share = 0.5\n" + policy)
    result = graphkit("purge", run, "--policy", file, "--out", out, "--now", NOW.isoformat(), *options)
    assert result.exit_code == 0, result.stderr
    with CaseStore.open(run.parent / "cases") as store:
        return [row["batch_id"] for row in store.batches()]


def test_replaced_batch__leaves_its_likes_to_the_new_one(run: Path, tmp_path: Path) -> None:
    (first,) = purge(run, tmp_path / "batch", "canary_share = 0.5")
    taken = gk.load_batch(tmp_path / "batch").purge.num_rows
    assert 0 < taken < 20
    (second,) = purge(run, tmp_path / "batch", "canary_share = 0", "--force")
    assert second != first
    assert gk.load_batch(tmp_path / "batch").purge.num_rows == 20


def test_other_place__the_first_batch_counts_on(run: Path, tmp_path: Path) -> None:
    purge(run, tmp_path / "one", "canary_share = 0.5")
    assert len(purge(run, tmp_path / "other", "canary_share = 0")) == 2
    one, other = (gk.load_batch(tmp_path / name) for name in ("one", "other"))
    assert not one.keys & other.keys
    assert len(one.keys | other.keys) == 20


def test_same_batch_again__is_the_same_whatever_came_after(run: Path, tmp_path: Path) -> None:
    purge(run, tmp_path / "canary", "canary_share = 0.5")
    before = (tmp_path / "canary" / "purge.parquet").read_bytes()
    purge(run, tmp_path / "rest", "canary_share = 0.5", "--after-canary", str(tmp_path / "canary"))
    assert len(purge(run, tmp_path / "canary", "canary_share = 0.5", "--force")) == 2
    assert (tmp_path / "canary" / "purge.parquet").read_bytes() == before


def test_refused_replacement__withdraws_nothing(run: Path, tmp_path: Path) -> None:
    (first,) = purge(run, tmp_path / "batch", "canary_share = 0.5")
    result = graphkit("purge", run, "--out", tmp_path / "batch", "--now", NOW.isoformat())
    assert result.exit_code == 2
    with CaseStore.open(run.parent / "cases") as store:
        assert [row["batch_id"] for row in store.batches()] == [first]
