"""What all pictures share: colours that everybody can tell apart, axes, and foreign text as labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from graphkit.display import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

#: Okabe and Ito's palette, "Color universal design" (2008); told apart with any colour vision.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B3A500", "#000000")
#: Shapes that go with the colours, so that nothing hangs on colour alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
#: Whatever is not the point.
PALE = "#BBBBBB"
#: Tiers, strongest first, with colour and shape.
TIER_STYLE = {"purge": ("#D55E00", "s"), "review": ("#E69F00", "o"), "watch": ("#56B4E9", "^")}

#: Ids longer than this are cut in labels.
_LABEL = 18


def axes_or_new(ax: Axes | None, width: float = 7.0, height: float = 4.0) -> Axes:
    """Return the axis given; without one a new figure's, known to pyplot as notebooks expect."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=(width, height), layout="constrained")
    return new


def label(value: object) -> str:
    """Return foreign text as a label: visible, and cut where it is long."""
    text = clean(value)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


def literally(texts: Iterable[Text]) -> None:
    """Keep foreign labels from being read as formulas."""
    for text in texts:
        text.set_parse_math(False)


def nothing(ax: Axes, why: str) -> None:
    """Say on an empty axis why it is empty."""
    ax.text(0.5, 0.5, why, ha="center", va="center", transform=ax.transAxes)
    ax.set_axis_off()


def name_rows(ax: Axes, places: Sequence[float], names: Iterable[object]) -> None:
    """Label rows by foreign names."""
    ax.set_yticks(places, [label(name) for name in names], fontsize=7)
    literally(ax.get_yticklabels())
