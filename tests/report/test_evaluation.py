"""The terminal page and the picture of an evaluation."""

from __future__ import annotations

import pytest

import graphkit as gk
from graphkit.evaluation.truth import encode_truth
from graphkit.plots import draw_calibration
from graphkit.report.evaluation import evaluation_text, interval
from tests.evaluation.made import made_run, made_truth

TRUTH = encode_truth(made_truth(), "truth")


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize("width", [60, 100])
def test_text__stays_within_its_width(runs: int, width: int) -> None:
    found = gk.evaluate([made_run()] * runs, [TRUTH] * runs)
    assert max(len(line) for line in evaluation_text(found, width=width).splitlines()) <= width


def test_text__says_what_would_be_lost_only_where_something_is() -> None:
    assert "Would lose" in evaluation_text(gk.evaluate(made_run(), TRUTH))
    assert "Would lose" not in evaluation_text(gk.evaluate(made_run((), ()), TRUTH))


def test_text__an_empty_run_over_a_world_without_rings() -> None:
    truth = encode_truth(made_truth((("a", "n1", None, False),), ()), "truth")
    words = evaluation_text(gk.evaluate(made_run((), (), kept=1), truth))
    assert "Nothing is in tier purge; nothing was bought." in words


def test_text__passes_warnings_on() -> None:
    assert "10 of the 14 likes" in evaluation_text(gk.evaluate(made_run(kept=10, outside=4), TRUTH))


def test_interval__of_nothing() -> None:
    found = gk.evaluate(made_run((), ()), TRUTH)
    assert interval(found.likes_honest["purge"]) == "–"


def test_picture__points_and_bars_are_those_of_the_bins() -> None:
    likes, rings, levels = draw_calibration(gk.evaluate(made_run(), TRUTH)).axes
    assert [bar.get_height() for bar in likes.patches] == pytest.approx([0.7, 0.94])
    assert list(likes.lines[0].get_ydata()) == pytest.approx([1 / 3, 1])
    assert list(rings.lines[0].get_ydata()) == [1, 0, 1]
    assert [text.get_text() for text in levels.get_xticklabels()] == ["0.01\n(1)", "0.05\n(2)", "0.1\n(2)", "0.2\n(2)"]


def test_picture__of_nothing() -> None:
    draw_calibration(gk.evaluate(made_run((), ()), TRUTH)).canvas.draw()
