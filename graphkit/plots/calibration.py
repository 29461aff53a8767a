"""What scores and q-values promise: beside what comes true, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from graphkit.detection import Detection
from graphkit.plots.style import PALE, PALETTE, TIER_STYLE, axes_or_new, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from graphkit.evaluation import Evaluation, Share
    from graphkit.evaluation.calibration import Bin

#: The least share on a logarithmic axis; what is smaller stands there.
_FLOOR = 1e-4


def plot_calibration(run: Detection, ax: Axes | None = None, truth: str | Path | None = None) -> Axes:
    """Draw what the scores of a run promise: beside the truth, or beside what decoys say.

    Parameters
    ----------
    run
        The run.
    ax
        Where to draw; a new figure where absent.
    truth
        The made world that the run is of: bars show the share of bought likes that the scores promise, points what
        came true, with 95 % intervals. Without it each ring stands at one less its score and at its q-value: on the
        dotted line where the score alone speaks, above it where decoys found as much.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = axes_or_new(ax, 6.5, 4.5)
    if truth is not None:
        from graphkit.evaluation import evaluate

        _bins(ax, evaluate(run, truth).calibration.likes, "likes by score", "share bought")
        return ax
    ax.set(title="what rings promise", xlabel="1 - score", ylabel="q-value")
    if run.rings.num_rows == 0:
        nothing(ax, "no ring was found")
        return ax
    doubt = np.maximum(1 - np.asarray(run.rings["score"], np.float64), _FLOOR)
    q = np.maximum(np.asarray(run.rings["q_value"], np.float64), _FLOOR)
    tiers = np.asarray(run.rings["tier"].to_pylist())
    ax.plot([_FLOOR, 1], [_FLOOR, 1], linestyle=":", color="black", linewidth=1)
    scoring = run.info["config"].get("scoring", {})
    if "max_q" in scoring:
        ax.axhline(scoring["max_q"], color=PALE, zorder=1)
        ax.axvline(1 - scoring["purge_score"], color=PALE, zorder=1)
    for tier, (color, marker) in TIER_STYLE.items():
        mine = tiers == tier
        if mine.any():
            named = f"{tier} ({mine.sum():,})"
            ax.scatter(doubt[mine], q[mine], c=color, marker=marker, edgecolors="black", linewidths=0.5, label=named)
    ax.set(xscale="log", yscale="log", xlim=(_FLOOR / 2, 2), ylim=(_FLOOR / 2, 2))
    ax.legend(fontsize=8, loc="lower right")
    return ax


def draw_calibration(found: Evaluation) -> Figure:
    """Draw what scores and q-values promise beside what comes true.

    Parameters
    ----------
    found
        What was found.

    Returns
    -------
    matplotlib.figure.Figure
        Likes by score, rings by score, rings by q-value; bars are 95 % intervals. It belongs to no window.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.2), layout="constrained")
    likes, rings, levels = figure.subplots(1, 3)
    told = found.calibration
    for axes, bins, title, share in (
        (likes, told.likes, "likes by score", "share bought"),
        (rings, told.rings, "rings by score", "share that are rings"),
    ):
        _bins(axes, bins, title, share)
    believed = [level for level in told.levels if level.mistaken.of]
    _beside(levels, [f"{b.q:g}" for b in believed], [b.q for b in believed], [b.mistaken for b in believed])
    levels.set(title="rings by q-value at most", ylabel="share that are none", ylim=(-0.02, None))
    runs = f"{found.n_runs} runs" if found.n_runs > 1 else " beside ".join(found.names[0])
    figure.suptitle(f"Promised (bars) and come true (points, with 95 % intervals): {runs}", fontsize=11)
    return figure


def save_calibration(found: Evaluation, path: str | Path) -> None:
    """Draw the calibration to a file; the ending of its name says which format.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    draw_calibration(found).savefig(path, dpi=120)


def _bins(axes: Axes, bins: Sequence[Bin], title: str, share: str) -> None:
    known = [one for one in bins if one.true.of]
    _beside(axes, [f"{b.low:g}-{b.high:g}" for b in known], [b.score for b in known], [b.true for b in known])
    axes.set(title=title, ylabel=share, ylim=(-0.02, 1.09))


def _beside(axes: Axes, names: list[str], promised: list[float], true: list[Share]) -> None:
    """Draw what was promised and what came true side by side, and how many each point stands for."""
    places, shares = list(range(len(names))), [one.share for one in true]
    bounds = [one.interval for one in true]
    spread = [
        [max(share - low, 0.0) for share, (low, _) in zip(shares, bounds, strict=True)],
        [max(high - share, 0.0) for share, (_, high) in zip(shares, bounds, strict=True)],
    ]
    axes.bar(places, promised, width=0.8, color=PALE)
    axes.errorbar(places, shares, yerr=spread, color=PALETTE[0], marker="o", markersize=5, linestyle="none", capsize=3)
    numbered = [f"{name}\n({one.of:,})" for name, one in zip(names, true, strict=True)]
    axes.set_xticks(places, numbered, fontsize=7, rotation=30)
