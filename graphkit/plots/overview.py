"""A run at a glance: its rings by size and score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.detection import Detection
from graphkit.plots.style import TIER_STYLE, axes_or_new, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Rings that get their name beside them, largest first.
_NAMED = 12
#: Area of the largest ring's mark, square points.
_LARGEST = 500
#: Width of a letter of a name and height of its line, points; a name for which there is no room within so many lines is
#: left out.
_LETTER, _LINE, _STEPS = 4.2, 9.0, 12


def plot_overview(run: Detection, ax: Axes | None = None) -> Axes:
    """Draw the rings of a run by members and score; area shows their likes, colour and shape their tier.

    Parameters
    ----------
    run
        The run.
    ax
        Where to draw; a new figure where absent.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = axes_or_new(ax, 7.5, 4.5)
    rings = sorted(run.rings.to_pylist(), key=lambda row: (-row["n_likes"], row["ring_id"]))
    likes = sum(row["n_likes"] for row in rings)
    ax.set(title=f"{len(rings):,} rings, {likes:,} likes", xlabel="members", ylabel="score")
    if not rings:
        nothing(ax, "no ring was found")
        return ax
    most = max(row["n_likes"] for row in rings)
    for tier, (color, marker) in TIER_STYLE.items():
        mine = [row for row in rings if row["tier"] == tier]
        if mine:
            ax.scatter(
                [row["n_users"] for row in mine],
                [row["score"] for row in mine],
                s=[20 + _LARGEST * row["n_likes"] / most for row in mine],
                c=color,
                marker=marker,
                alpha=0.7,
                edgecolors="black",
                linewidths=0.5,
                label=f"{tier} ({len(mine):,})",
            )
    sizes = sorted({row["n_users"] for row in rings})
    ticks = np.unique(np.geomspace(sizes[0], sizes[-1], 5).round().astype(int))
    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlim=(sizes[0] / 1.5, sizes[-1] * 1.5), ylim=(-0.05, 1.08))
    _name(ax, rings[:_NAMED])
    legend = ax.legend(fontsize=8, loc="lower right")
    for handle in legend.legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_sizes([40])
    return ax


def _name(ax: Axes, rings: list[dict[str, Any]]) -> None:
    """Write the names of rings below their marks, the largest first, each as near as no other name stands."""
    to_points = 72 / ax.figure.dpi
    taken: list[tuple[float, float, float]] = []
    for row in rings:
        at = row["n_users"], row["score"]
        x, y = ax.transData.transform(at) * to_points
        half = _LETTER * len(row["ring_id"]) / 2
        for step in range(_STEPS):
            low = y - 14 - _LINE * step
            if all(abs(low - other) >= _LINE or abs(x - centre) >= half + wide for centre, other, wide in taken):
                taken.append((x, low, half))
                below = (0, -14 - _LINE * step)
                ax.annotate(row["ring_id"], at, xytext=below, textcoords="offset points", ha="center", fontsize=7)
                break
