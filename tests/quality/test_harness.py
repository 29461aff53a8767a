"""The harness measures what it says, once, and writes it where it belongs."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from pathlib import Path
from typing import Any

import pytest

import graphkit as gk
from graphkit.config import Config
from graphkit.evaluation import BatchFigures, Share
from graphkit.evaluation.truth import encode_truth
from graphkit.scoring import channels
from tests.evaluation.made import made_run, made_truth
from tests.purge.made import Like, Ring
from tests.purge.made import made_run as run_to_purge
from tests.quality import ablation, batches, grid, page, price, store, suite
from tests.quality.cases import DEFAULTS, POLICIES, Case, Measured, batches_of, code_digest, run_case, without_channel
from tests.quality.groups import group_lines

TINY: dict[str, Any] = {"users": 800, "days": 3}


@pytest.fixture
def found() -> gk.Evaluation:
    return gk.evaluate(made_run(), encode_truth(made_truth(), "truth"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def purged() -> dict[str, BatchFigures]:
    """Figures of the batches of a run of ten likes on a note with nine others, one of the ten honest."""
    likes = [Like(f"u{i}", "n0", score=0.999) for i in range(10)]
    told = [(like.user, like.note, "farm-001", like.user != "u9") for like in likes]
    others = [(f"v{i}", "n1", None, False) for i in range(190)]
    truth = encode_truth(made_truth((*told, *others), (("farm-001", "farm", True),)), "truth")
    return batches_of(run_to_purge(likes, {"R-a": Ring(score=0.999, q_value=0.001)}, others=9, kept=200), truth)


def measured(found: gk.Evaluation) -> Measured:
    how = {"seconds": {"world": 1.0, "run": 2.0, "evaluate": 0.1, "batches": 0.1}, "rows": 10, "rings": 3}
    return Measured(found, purged(), how)


def test_pack__keeps_every_figure(found: gk.Evaluation) -> None:
    assert store.unpack(store.pack(found)) == found
    assert store.unpack(store.pack(purged())) == purged()


def test_store__gives_back_what_it_was_given(found: gk.Evaluation, cache: Path) -> None:
    case = Case("small", 1, **TINY)
    assert store.look_up(case, "code") is None
    store.keep(case, "code", measured(found))
    assert store.look_up(case, "code") == measured(found)
    assert store.look_up(case, "other code") is None
    assert [p.suffix for p in cache.rglob("*.*")] == [".json"]


@pytest.mark.parametrize(
    "other",
    [
        Case("small", 2, **TINY),
        Case("small", 1, bare=True, **TINY),
        Case("small", 1, users=801, days=3),
        Case("small", 1, channel="dwell", **TINY),
        Case("small", 1, settings=(("projection", "windows_s", (60,)),), **TINY),
        Case("ringfree", 1, **TINY),
    ],
    ids=lambda case: case.name,
)
def test_key__differs_with_whatever_is_measured(other: Case) -> None:
    assert other.key != Case("small", 1, **TINY).key


def test_key__is_of_parameters_not_of_names() -> None:
    case = Case("small", 1, **TINY)
    assert Case(case.parameters, 1).key == case.key


@pytest.mark.slow
def test_measure__takes_only_what_is_missing(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [Case("small", seed, **TINY) for seed in (1, 2)]
    store.measure(cases[:1])
    first = store.place(cases[0], code_digest())
    written = first.stat().st_mtime_ns
    capsys.readouterr()
    both = store.measure(cases)
    assert "2 measurements, 1 of them kept from before" in capsys.readouterr().out
    assert first.stat().st_mtime_ns == written
    assert len({one.found.n_likes for one in both}) == 2


@pytest.mark.slow
def test_context__says_by_which_code_and_packages() -> None:
    assert re.search(rf"\(digest {code_digest()}\) on .*; Python 3[.\d]+, numpy [.\d]+, .*igraph", store.context())


def test_without_channel__it_weighs_nothing_and_the_world_is_the_same() -> None:
    case = Case("small", 3, users=1500, days=5)
    whole = run_case(case).found
    less = run_case(dataclasses.replace(case, channel="devotion")).found
    assert less.n_bought == whole.n_bought
    assert less.calibration.rings != whole.calibration.rings


def test_without_channel__all_is_as_before_afterwards() -> None:
    before = channels.CHANNELS
    with without_channel("dwell"):
        changed = [a.name for a, b in zip(before, channels.CHANNELS, strict=True) if a != b]
    assert changed == ["dwell"]
    assert channels.CHANNELS is before


def test_without_channel__that_is_none() -> None:
    with pytest.raises(SystemExit, match="no channel 'smell'"), without_channel("smell"):
        pass


def test_ablation__leaves_out_every_channel_and_every_window() -> None:
    names = ablation.variants()
    assert [n for n in names if n.startswith("channel")] == [f"channel `{c.name}`" for c in channels.CHANNELS]
    ladder = Config().projection.windows_s
    shorter = [dict(v)["settings"][0][2] for n, v in names.items() if n.startswith("`windows_s`")]
    assert shorter == [tuple(w for w in ladder if w != left) for left in ladder]


def test_ablation__every_variant_is_a_configuration() -> None:
    digests = {n: Case("small", 1, **v).config.digest for n, v in ablation.variants().items() if "settings" in v}
    assert Config().digest not in digests.values()


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1, 1.0), (100, 0.0)], ("at", 10)),
        ([(100, 1.0), (1, 0.0)], ("at", 10)),
        ([(0, 1.0), (4, 0.0)], ("at", 2)),
        ([(1, 0.4), (10, 0.3)], ("before", 1)),
        ([(1, 0.9), (10, 0.5)], ("beyond", 10)),
        ([(1, 0.4), (10, 0.9), (1000, 0.1)], ("at", 100)),
        ([(1, math.nan), (10, 0.2)], ("before", 10)),
    ],
)
def test_crossing__by_hand(points: list[tuple[float, float]], expected: tuple[str, float]) -> None:
    how, value = price.crossing(points)
    assert (how, value) == (expected[0], pytest.approx(expected[1]))


def test_price__one_parameter_is_set_and_the_others_stand_in_the_middle() -> None:
    for actor in price.world("spread_s", 30).actors:
        if actor.is_ring:
            ranges = [value for value in (getattr(actor, n) for n in type(actor).model_fields) if type(value) is tuple]
            assert all(low == high for low, high in ranges)
            assert actor.spread_s == (30, 30)


def test_grid__adds_up_by_combination(found: gk.Evaluation) -> None:
    farm, fans = found.groups
    named = dataclasses.replace(farm, group_id=f"{grid.name_of(0.5, 20)}-002")
    one = measured(dataclasses.replace(found, groups=(named, fans)))
    assert grid.cells({(False, 60): [one, one]}) == {(False, 60, 20, 0.5): (12, 14, 16)}


def test_grid__every_combination_stands_in_its_world() -> None:
    names = [actor.name for actor in grid.world(60).actors if actor.name.startswith("farm_")]
    assert sorted(names) == sorted(grid.name_of(p, n) for p in grid.PARTICIPATION for n in grid.SIZES)


def test_suite__says_which_bars_are_missed_and_by_how_much(found: gk.Evaluation) -> None:
    missed = list(suite.misses("standard", found))
    assert missed[0] == "honest likes in purge: 25 %, 24 points off the bar of 0.50 %, worst 25 %"
    assert "bought likes in purge: 75 %, 15 points off the bar of 90 %, worst 75 %" in missed
    assert "members in purge, below the bar of 80 %: farm 75 % (worst 75 %)" in missed
    assert "1 look-alike group in tier purge" in missed
    assert missed[-1] == "rings with q ≤ 0.05 that are none: 50 %, 45 points off the bar of 5 %"


def test_suite__bare_worlds_have_bars_of_their_own(found: gk.Evaluation) -> None:
    missed = list(suite.misses("standard, bare", found))
    assert not [line for line in missed if "bought likes" in line]


def test_suite__ring_free_worlds_allow_nothing(found: gk.Evaluation) -> None:
    free = dataclasses.replace(found, n_bought=(0,), likes_honest={"purge": Share.one(3, 3)}, lookalikes={})
    assert next(suite.misses("ringfree", free)) == "3 likes in tier purge where there is no ring, in 1 of 1 worlds"


def test_policies__differ_from_the_default_in_one_field() -> None:
    whole = POLICIES[DEFAULTS]
    assert whole == gk.Policy(canary_share=0)
    for policy in POLICIES.values():
        assert sum(getattr(policy, name) != value for name, value in whole) == (policy != whole)


def test_batches__a_bar_is_missed_by_the_mean_over_worlds() -> None:
    figures = purged()[DEFAULTS]
    assert [*batches.misses("standard", figures)] == ["- **standard**: honest likes 10 %, bar 0.50 %, worst 10 %."]
    good = dataclasses.replace(figures, honest=Share.one(1, 200))
    assert [*batches.misses("standard", good)] == []


@pytest.mark.parametrize("name", page.SECTIONS)
def test_sections__are_written_from_measurements(name: str, found: gk.Evaluation) -> None:
    one = [measured(found)]
    keys: dict[str, Any] = {
        "suite": {"standard": one, "standard, bare": one},
        "batches": {"standard": one, "ringfree": one},
        "ablation": {("standard", ablation.WHOLE): one, ("standard", "channel `dwell`"): one},
        "price": {("spread_s", 30): one, ("spread_s", 300): one},
        "grid": {(False, 60): one},
    }
    module = {"suite": suite, "batches": batches, "ablation": ablation, "price": price, "grid": grid}[name]
    lines = list(module.section(keys[name]))
    tables = [line for line in lines if line.startswith("|")]
    assert tables
    for above, below in itertools.pairwise(lines):
        if above.startswith("|") and below.startswith("|"):
            assert above.count("|") == below.count("|")


def test_page__a_section_is_replaced_and_the_others_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    before = path.read_text(encoding="utf-8").split("<!-- made by")
    page.replace_section("price", ["one", "two"], path)
    after = path.read_text(encoding="utf-8").split("<!-- made by")
    assert [a == b for a, b in zip(before, after, strict=True)].count(False) == 1
    assert "\none\ntwo\n" in next(part for part in after if part.startswith(" python -m tests.quality price"))


def test_page__holds_every_section_once() -> None:
    words = page.PAGE.read_text(encoding="utf-8")
    for name in page.SECTIONS:
        assert words.count(f"<!-- made by python -m tests.quality {name} -->") == 1
        assert words.count(f"<!-- end of {name} -->") == 1


def test_groups__shows_where_recall_is_lost(found: gk.Evaluation) -> None:
    lines = list(group_lines(found))
    (farm,) = [line for line in lines if line.startswith("farm-001")]
    assert farm.split()[:9] == ["farm-001", "farm", "4", "2", "8", "0.75", "0.88", "0.75", "1.00"]
    assert "R-1 purge 4/4 · R-3 watch 1/2" in farm
    assert any(line.startswith("fans-001") for line in lines)


@pytest.mark.slow
def test_measure__what_fails_is_named_and_the_rest_is_kept(cache: Path) -> None:
    good, bad = Case("small", 1, **TINY), Case("small", 1, channel="smell", **TINY)
    with pytest.raises(
        SystemExit, match=r"1 failed; what succeeded is kept\nsmall 1 without smell: .* no channel 'smell'"
    ):
        store.measure([bad, good])
    assert store.look_up(good, code_digest()) is not None
