"""A run at a glance: its rings by size and score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit.detection import Detection
from graphkit.plots.style import TIER_STYLE, axes_or_new, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Rings that get their name beside them, largest first.
_NAMED = 12
#: Area of the largest ring's mark, square points.
_LARGEST = 500


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
    # Neighbours' names at different heights: scores of many rings are the same.
    for i, row in enumerate(sorted(rings[:_NAMED], key=lambda row: (row["n_users"], row["ring_id"]))):
        ax.annotate(
            row["ring_id"],
            (row["n_users"], row["score"]),
            xytext=(0, -14 - 9 * (i % 4)),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )
    sizes = sorted({row["n_users"] for row in rings})
    ticks = np.unique(np.geomspace(sizes[0], sizes[-1], 5).round().astype(int))
    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlim=(sizes[0] / 1.5, sizes[-1] * 1.5), ylim=(-0.05, 1.08))
    legend = ax.legend(fontsize=8, loc="lower right")
    for handle in legend.legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_sizes([40])
    return ax
