"""The calibration of an evaluation as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from graphkit.evaluation import Evaluation, Share

_BLUE, _GREY = "#1f5fa8", "#d0d0d0"


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
        known = [one for one in bins if one.true.of]
        _beside(axes, [f"{b.low:g}-{b.high:g}" for b in known], [b.score for b in known], [b.true for b in known])
        axes.set(title=title, ylabel=share, ylim=(-0.02, 1.09))
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


def _beside(axes: Axes, names: list[str], promised: list[float], true: list[Share]) -> None:
    """Draw what was promised and what came true side by side, and how many each point stands for."""
    places, shares = list(range(len(names))), [one.share for one in true]
    bounds = [one.interval for one in true]
    spread = [
        [max(share - low, 0.0) for share, (low, _) in zip(shares, bounds, strict=True)],
        [max(high - share, 0.0) for share, (_, high) in zip(shares, bounds, strict=True)],
    ]
    axes.bar(places, promised, width=0.8, color=_GREY)
    axes.errorbar(places, shares, yerr=spread, color=_BLUE, marker="o", markersize=5, linestyle="none", capsize=3)
    numbered = [f"{name}\n({one.of:,})" for name, one in zip(names, true, strict=True)]
    axes.set_xticks(places, numbered, fontsize=7, rotation=30)
