"""``graphkit evaluate``: the truth beside saved runs, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import assert_refused, graphkit
from tests.evaluation.made import made_run, save_truth
from tests.test_house import loaded_after


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_run().save(tmp_path / "made" / "run")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return save_truth(tmp_path / "made" / "world")


def test_evaluate__says_what_is_honest_and_what_is_found(run: Path, truth: Path) -> None:
    result = graphkit("evaluate", run, truth)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert "25 % of the likes in tier purge are honest; 75 % of the bought likes are in it." in result.stdout
    assert ["likes", "purge", "8", "2", "25", "%", "7-59", "75", "%", "41-93"] in lines
    assert ["farm", "1", "1", "/", "1", "75", "%", "/", "100", "%", "75", "%", "/", "88", "%"] in lines
    assert ["superfans", "1", "1", "1", "2", "0", "0", "0", "4"] in lines
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


def test_evaluate__several_pairs_show_the_worst(run: Path, truth: Path) -> None:
    result = graphkit("evaluate", run, truth, run, truth)
    assert result.exit_code == 0, result.output
    assert "Runs       2, " in result.stdout
    (head,) = [line for line in result.stdout.splitlines() if line.startswith("What ")]
    assert head.split().count("worst") == 2


def test_evaluate__json_is_one_document_without_numbers_that_are_none(run: Path, truth: Path) -> None:
    result = graphkit("evaluate", run, truth, "--json")
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert found["likes"]["honest"]["purge"]["n"] == 2
    assert found["rings"]["mistaken"]["review"]["share"] is None
    assert found["groups"][1]["rings"] == [{"ring_id": "R-2", "tier": "purge", "n_shared": 2, "n_users": 2}]


def test_evaluate__plot(run: Path, truth: Path, tmp_path: Path) -> None:
    result = graphkit("evaluate", run, truth, "--plot", tmp_path / "calibration.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "calibration.png").read_bytes().startswith(b"\x89PNG")
    assert f"Plot       {tmp_path / 'calibration.png'}" in result.stdout


@pytest.mark.slow
def test_evaluate__draws_only_when_asked(run: Path, truth: Path) -> None:
    code = f"from tests.cli.support import graphkit; assert graphkit('evaluate', '{run}', '{truth}').exit_code == 0"
    assert not any(name.startswith("matplotlib") for name in loaded_after(code))


@pytest.mark.parametrize("arguments", [["{run}"], ["{run}", "{truth}", "{run}"]])
def test_refused__an_odd_number_of_arguments(run: Path, truth: Path, tmp_path: Path, arguments: list[str]) -> None:
    given = [argument.format(run=run, truth=truth) for argument in arguments]
    result = graphkit("evaluate", *given)
    assert_refused(result, tmp_path / "nothing" / "here", f"{len(given)} arguments; wanted pairs of RUN and TRUTH")


def test_refused__no_run(truth: Path, tmp_path: Path) -> None:
    result = graphkit("evaluate", truth, truth)
    assert_refused(result, tmp_path / "nothing" / "here", "world is not a complete run directory")


def test_refused__no_truth(run: Path, tmp_path: Path) -> None:
    result = graphkit("evaluate", run, run)
    assert_refused(result, tmp_path / "nothing" / "here", "truth_users.parquet: does not exist")


def test_refused__truth_of_another_log(truth: Path, tmp_path: Path) -> None:
    run = made_run(kept=99).save(tmp_path / "other")
    result = graphkit("evaluate", run, truth)
    assert_refused(result, tmp_path / "nothing" / "here", "kept 99 likes", "check which TRUTH belongs to RUN")


@pytest.mark.parametrize("name", ["picture", "picture.txt", "nowhere/picture.png"])
def test_refused__a_picture_that_cannot_be(run: Path, truth: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out" / name
    out.parents[name.count("/")].mkdir()
    assert_refused(graphkit("evaluate", run, truth, "--plot", out), out, "--plot")
