"""Pictures of rings and runs, drawn by matplotlib on an axis given or on a new one."""

from __future__ import annotations

from graphkit.plots.browse import Browser
from graphkit.plots.calibration import draw_calibration, plot_calibration, save_calibration
from graphkit.plots.overview import plot_overview
from graphkit.plots.ring import plot_network, plot_targets, plot_timeline

__all__ = [
    "Browser",
    "draw_calibration",
    "plot_calibration",
    "plot_network",
    "plot_overview",
    "plot_targets",
    "plot_timeline",
    "save_calibration",
]
