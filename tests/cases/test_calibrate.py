"""Probabilities from verdicts: what is refused, what is fitted, how it is judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from graphkit.cases.calibrate import FOLDS, calibrate, folds, probability, read_model
from graphkit.cases.samples import Samples, judged_rings
from graphkit.cases.store import CaseStore
from graphkit.detection import Detection
from graphkit.errors import InputError
from tests.cases.made import AT, decided, run_of
from tests.cli.support import graphkit


def judged_run(n: int, *, seed: int = 1, lie: float = 0.5) -> tuple[Detection, list[dict[str, str]]]:
    """Return a run of n rings and a verdict on each; a score's log-odds are worth `lie` of what they say."""
    rng = np.random.default_rng(seed)
    scores = np.clip(rng.beta(2, 1, n), 0.01, 0.999)
    bought = rng.random(n) < expit(lie * logit(scores))
    names = [f"R-{i:04}" for i in range(n)]
    run = run_of(
        {name: range(3 * i, 3 * i + 3) for i, name in enumerate(names)}, scores=dict(zip(names, scores, strict=True))
    )
    said = ["confirmed" if one else "cleared" for one in bought]
    return run, [{"ring_id": name, "verdict": verdict} for name, verdict in zip(names, said, strict=True)]


def stored(cases: Path, run: Detection, rows: list[dict[str, str]]) -> Path:
    cases.mkdir(exist_ok=True)
    with CaseStore.open(cases, write=True) as store:
        store.add_decisions(run, decided(cases / "d.csv", *rows, run=run), at=AT)
    return cases


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with four hundred judged rings whose scores say twice what they should."""
    return stored(tmp_path_factory.mktemp("cases"), *judged_run(400))


def test_overconfident_scores__are_taken_back(cases: Path) -> None:
    found = calibrate(cases, at=AT)
    assert found.parameters["slope"] == pytest.approx(0.5, abs=0.15)
    assert found.parameters["intercept"] == pytest.approx(0, abs=0.3)
    assert found.after["log_loss"] < found.before["log_loss"]
    assert found.after["brier"] < found.before["brier"]


def test_losses_before__by_hand(cases: Path) -> None:
    found = calibrate(cases, at=AT)
    run, rows = judged_run(400)
    score = np.array(sorted(zip(run.rings["ring_id"].to_pylist(), run.rings["score"].to_pylist(), strict=True)))[:, 1]
    bought = np.array([row["verdict"] == "confirmed" for row in rows])
    p = score.astype(float)
    assert found.before["brier"] == pytest.approx(float(((p - bought) ** 2).mean()))
    assert found.before["log_loss"] == pytest.approx(float(-np.log(np.where(bought, p, 1 - p)).mean()))


def test_reliability__counts_every_ring_once_within_its_bin(cases: Path) -> None:
    found = calibrate(cases, at=AT)
    assert sum(row["rings"] for row in found.reliability) == 400
    for row in found.reliability:
        assert row["from"] <= row["score"] <= row["to"]
        assert row["low"] <= row["bought"] <= row["high"]


def test_perfect_separation__gives_finite_numbers(tmp_path: Path) -> None:
    run, rows = judged_run(60)
    score = dict(zip(run.rings["ring_id"].to_pylist(), run.rings["score"].to_pylist(), strict=True))
    middle = float(np.median([*score.values()]))
    rows = [{**row, "verdict": "confirmed" if score[row["ring_id"]] > middle else "cleared"} for row in rows]
    found = calibrate(stored(tmp_path, run, rows), at=AT)
    assert 0 < found.parameters["slope"] < 20
    assert 0 < float(probability(found.to_dict(), 0.999)) < 1


def test_scores_that_mislead__never_turn_the_order_round(tmp_path: Path) -> None:
    found = calibrate(stored(tmp_path, *judged_run(120, lie=-1.0)), at=AT)
    assert found.parameters["slope"] == 0


@pytest.mark.slow
def test_isotonic__rises_and_beats_the_score(tmp_path: Path) -> None:
    found = calibrate(stored(tmp_path, *judged_run(1200)), method="isotonic", at=AT)
    assert np.all(np.diff(found.parameters["probability"]) >= 0)
    assert found.after["log_loss"] < found.before["log_loss"]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_probability__rises_with_the_score(scores: list[float]) -> None:
    model = {"method": "logistic", "parameters": {"intercept": -1.0, "slope": 0.5}}
    p = probability(model, sorted(scores))
    assert np.all(np.diff(p) >= 0)
    assert np.all((p > 0) & (p < 1))


def test_too_few_verdicts__are_refused(tmp_path: Path) -> None:
    run, rows = judged_run(39)
    cases = stored(tmp_path, run, rows)
    with pytest.raises(
        InputError, match=r"\d+ confirmed and \d+ cleared rings; wanted at least 20 of each and 40 in all"
    ):
        calibrate(cases, at=AT)
    with pytest.raises(InputError, match="1,000 in all for isotonic"):
        calibrate(cases, method="isotonic", at=AT)
    with pytest.raises(InputError, match="0 confirmed and 0 cleared rings"):
        calibrate(tmp_path / "none", at=AT)


def test_weights__give_rarely_judged_tiers_their_share(tmp_path: Path) -> None:
    run = run_of({f"R-{i}": range(3 * i, 3 * i + 3) for i in range(8)})
    tiers = ["purge"] * 6 + ["review"] * 2
    rings = run.rings.set_column(run.rings.column_names.index("tier"), "tier", [tiers])
    run = Detection({**run.tables, "rings": rings}, run.info)
    rows = [{"ring_id": f"R-{i}", "verdict": "confirmed"} for i in (0, 6, 7)]
    with CaseStore.open(stored(tmp_path, run, rows)) as store:
        samples = judged_rings(store, AT)
    assert samples.tiers["purge"] == {"rings": 6, "judged": 1, "weight": 6}
    assert samples.tiers["review"] == {"rings": 2, "judged": 2, "weight": 1}
    assert samples.weight.tolist() == pytest.approx([18 / 8, 3 / 8, 3 / 8])


def test_disputed_and_unsure_rings__are_left_out(tmp_path: Path) -> None:
    run = run_of({f"R-{i}": range(3 * i, 3 * i + 3) for i in range(3)})
    rows = [
        {"ring_id": "R-0", "verdict": "confirmed"},
        {"ring_id": "R-0", "verdict": "cleared", "reviewer": "Bo"},
        {"ring_id": "R-1", "verdict": "unsure"},
        {"ring_id": "R-2", "verdict": "cleared"},
        {"user_id": "u001", "verdict": "cleared"},
    ]
    with CaseStore.open(stored(tmp_path, run, rows)) as store:
        samples = judged_rings(store, AT)
    assert (samples.names, samples.bought.tolist()) == (("L-2",), [False])


def test_folds__deal_both_sorts_evenly(cases: Path) -> None:
    with CaseStore.open(cases) as store:
        samples = judged_rings(store, AT)
    fold = folds(samples)
    for sort in (samples.bought, ~samples.bought):
        counts = np.bincount(fold[sort], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1


def test_same_verdicts__give_the_same_model_in_any_order(tmp_path: Path) -> None:
    run, rows = judged_run(80)
    one = calibrate(stored(tmp_path / "a", run, rows), at=AT)
    other = calibrate(stored(tmp_path / "b", run, rows[::-1]), at=AT)
    assert one.to_dict() == other.to_dict()
    fewer: Samples
    with CaseStore.open(stored(tmp_path / "c", run, rows[:-1])) as store:
        fewer = judged_rings(store, AT)
    assert fewer.digest != one.provenance["digest"]


# --------------------------------------------------------------------------------------------------
# The command


def test_command__writes_a_model_that_reads_back(cases: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    result = graphkit("calibrate", cases, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert "Brier" in result.stdout
    assert f"Model      {out}" in result.stdout
    model = read_model(out)
    assert model["provenance"]["confirmed"] + model["provenance"]["cleared"] == 400
    slope, intercept = (model["parameters"][name] for name in ("slope", "intercept"))
    assert probability(model, [0.9])[0] == pytest.approx(expit(intercept + slope * logit(0.9)))
    assert [p.name for p in tmp_path.iterdir()] == ["model.json"]


def test_command__json_is_the_model(cases: Path) -> None:
    told = json.loads(graphkit("calibrate", cases, "--json").stdout)
    assert told["format"] == "graphkit-calibration-1"


def test_command__does_not_replace_a_model_unasked(cases: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    out.write_text("mine")
    result = graphkit("calibrate", cases, "--out", out)
    assert (result.exit_code, out.read_text()) == (2, "mine")
    assert "exists; wanted a new file" in result.stderr
    assert graphkit("calibrate", cases, "--out", out, "--force").exit_code == 0
    read_model(out)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "other"}', '{"format": "graphkit-calibration-1"}'])
def test_model__that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.json").write_text(content)
    with pytest.raises(InputError, match="wanted a model of graphkit calibrate") as caught:
        read_model(tmp_path / "m.json")
    assert "\n" not in str(caught.value)
