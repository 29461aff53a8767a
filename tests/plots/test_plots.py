"""Pictures: what is drawn is what the tables hold, on the axis given, and the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import graphkit as gk
from graphkit.plots import plot_network, plot_overview, plot_targets, plot_timeline
from tests.report.made import made_run

ROOT = Path(__file__).resolve().parents[2]
WORLD = ROOT / "datasets" / "sample_world"
HOSTILE = r"$\frac{1}{$_^<b>" + "\u202e\n"


@pytest.fixture(autouse=True)
def quiet_backend() -> Iterator[None]:
    """Draw into memory, and leave no figure behind."""
    mpl.use("agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def run() -> gk.Detection:
    likes = gk.read_likes(WORLD / "likes.parquet", users=WORLD / "users.parquet", notes=WORLD / "notes.parquet")
    return gk.detect(likes)


def axis() -> Axes:
    return Figure().subplots()


def colour_of(ax: Axes, words: str) -> Any:
    return next(line for line in ax.lines if str(line.get_label()).startswith(words))


def test_timeline__every_like_of_the_ring_is_drawn_once(run: gk.Detection) -> None:
    for ring_id in run.rings["ring_id"].to_pylist():
        ring = run.ring(ring_id)
        ax = ring.plot_timeline(axis())
        drawn = [line for line in ax.lines if not str(line.get_label()).startswith("_")]
        assert sum(len(line.get_xdata()) for line in drawn) == ring.likes.num_rows


def test_timeline__the_members_other_likes_are_pale(run: gk.Detection) -> None:
    ring = run.ring("R-1d92bd89aa")
    ax = ring.plot_timeline(axis())
    (pale,) = [line for line in ax.lines if str(line.get_label()).startswith("_")]
    assert len(pale.get_xdata()) == sum(ring.members["n_likes"].to_pylist())
    without = gk.Detection(run.tables, run.info).ring("R-1d92bd89aa").plot_timeline(axis())
    assert [line for line in without.lines if str(line.get_label()).startswith("_")] == []


def test_timeline__a_ring_without_likes_says_so() -> None:
    ax = made_run(1).ring("R-000000").plot_timeline(axis())
    assert [text.get_text() for text in ax.texts] == ["no like of this ring is proposed"]


def test_network__every_member_and_every_tie_is_drawn(run: gk.Detection) -> None:
    for ring_id in run.rings["ring_id"].to_pylist():
        ring = run.ring(ring_id)
        lines, *members = ring.plot_network(axis()).collections
        assert len(lines.get_segments()) == ring.ties.num_rows
        assert sum(len(one.get_offsets()) for one in members) == ring.members.num_rows


def test_network__is_the_same_every_time(run: gk.Detection) -> None:
    ring = run.ring("R-010376834f")
    first, second = (plot_network(ring, axis()).collections[1].get_offsets() for _ in range(2))
    assert np.array_equal(first, second)


def test_network__members_without_a_tie_stand_below(run: gk.Detection) -> None:
    ring = run.ring("R-010376834f")
    alone = [m["n_partners"] == 0 for m in ring.members.to_pylist()]
    assert sum(alone) == 1
    place = np.asarray(plot_network(ring, axis()).collections[1].get_offsets())
    assert int(np.argmin(place[:, 1])) == alone.index(True)


def test_targets__bars_are_the_rings_likes_and_the_others(run: gk.Detection) -> None:
    ring = run.ring("R-1d92bd89aa")
    own, other = ring.plot_targets(axis()).containers
    assert sum(bar.get_width() for bar in own) == sum(ring.targets["n_ring_likes"].to_pylist())
    assert sum(bar.get_width() for bar in (*own, *other)) == sum(ring.targets["n_likes"].to_pylist())


def test_overview__every_ring_stands_at_its_members_and_score(run: gk.Detection) -> None:
    ax = run.plot_overview(axis())
    drawn = sorted(tuple(map(float, xy)) for one in ax.collections for xy in one.get_offsets())
    assert drawn == sorted(zip(run.rings["n_users"].to_pylist(), run.rings["score"].to_pylist(), strict=True))


def test_overview__no_name_stands_on_another() -> None:
    """Three scores, and sizes that are all the same: every mark is where others are."""
    ax = made_run(12).plot_overview(axis())
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) > 6
    assert [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)] == []


def test_calibration__without_truth_every_ring_stands_at_its_q_value(run: gk.Detection) -> None:
    ax = run.plot_calibration(axis())
    drawn = sorted(float(y) for one in ax.collections for _, y in one.get_offsets())
    assert drawn == pytest.approx(sorted(max(q, 1e-4) for q in run.rings["q_value"].to_pylist()))


def test_calibration__with_truth_is_the_evaluations(run: gk.Detection) -> None:
    ax = run.plot_calibration(axis(), truth=WORLD)
    bins = [one for one in gk.evaluate(run, WORLD).calibration.likes if one.true.of]
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([one.score for one in bins])


@pytest.mark.parametrize("draw", ["plot_overview", "plot_calibration"])
def test_run__without_rings_says_so(draw: str) -> None:
    ax = getattr(made_run(0), draw)(axis())
    assert [text.get_text() for text in ax.texts] == ["no ring was found"]


def test_plots__an_axis_given_is_used_and_pyplot_knows_nothing_of_it(run: gk.Detection) -> None:
    import matplotlib.pyplot as plt

    ring = run.ring("R-1d92bd89aa")
    for draw in (ring.plot_timeline, ring.plot_network, ring.plot_targets, run.plot_overview, run.plot_calibration):
        ax = axis()
        assert draw(ax=ax) is ax
    assert plt.get_fignums() == []


def test_plots__without_an_axis_there_is_a_new_one(run: gk.Detection) -> None:
    import matplotlib.pyplot as plt

    ax = run.ring("R-1d92bd89aa").plot_targets()
    assert plt.gca() is ax


def test_plots__foreign_ids_are_drawn_as_they_are() -> None:
    run = made_run(2, name=lambda text: f"{HOSTILE}{text}")
    ring = run.ring("R-000001")
    for draw, about in ((plot_timeline, ring), (plot_network, ring), (plot_targets, ring), (plot_overview, run)):
        ax = draw(about, axis())
        ax.figure.canvas.draw()
    names = [label.get_text() for label in plot_targets(ring, axis()).get_yticklabels()]
    assert all(r"$\frac{1}{$_^<b>" in name and "\u202e" not in name for name in names)


@pytest.mark.slow
def test_browser__shows_a_list_and_stands_still_without_widgets(run: gk.Detection) -> None:
    pytest.importorskip("ipywidgets")
    browser = run.browse()
    rows = [run.ring(ring).row for _, ring in browser.choices]
    tiers = [row["tier"] for row in rows]
    assert tiers == sorted(tiers)  # purge, review, watch
    purged = [row["score"] for row in rows if row["tier"] == "purge"]
    assert len(rows) == run.rings.num_rows
    assert purged == sorted(purged, reverse=True)
    bundle = browser._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"] == browser.show(rows[0]["ring_id"])


def test_browser__of_a_run_without_rings_shows_the_run() -> None:
    run = made_run(0)
    assert run.browse()._repr_mimebundle_()["text/html"] == run._repr_html_()


def test_browser__speaks_chinese(run: gk.Detection) -> None:
    assert "反证" in run.browse("zh").show("R-1d92bd89aa")
