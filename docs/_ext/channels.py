"""The directive ``channels``: what each channel of :mod:`graphkit.scoring.channels` may add, read off by evaluating it.

Nothing is copied: each channel is asked what it adds over the range of the number it reads, with what others show held
at `OTHERS_SHARE` or `OTHERS_AMOUNT` and every further number unknown. A change of the code is a change of the page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from data_model import row
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from graphkit.scoring import channels
from graphkit.scoring.evidence import Numbers

#: What everybody else is taken to show, where a channel compares with others.
OTHERS_SHARE, OTHERS_AMOUNT = 0.2, 10.0
#: Numbers that are amounts; all others are shares.
AMOUNTS = {
    "co_likes", "authors_effective", "episodes", "audience_pairs", "window_s", "registration_span_d", "views_per_like",
    "engagement",
}  # fmt: skip
_SHARES = np.linspace(0.0, 1.0, 1001)
_AMOUNTS = np.unique(
    np.concatenate([np.arange(0, 10, 0.01), np.geomspace(0.01, 100_000, 7001).round(3), [600, 601, 3600, 3601]])
)


class _Recorder(dict[str, np.ndarray]):
    """Numbers that note which of them were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __missing__(self, name: str) -> np.ndarray:
        self.asked.append(name)
        return np.array([0.5])


@dataclass(frozen=True, slots=True)
class Reading:
    """What one channel does over the range of its number.

    Attributes
    ----------
    name
        The channel.
    number
        The number it reads.
    others
        What it compares it with and where that was held, or an empty text.
    least, neutral, most
        Where its lower limit is reached, where it turns from against to for, and where its upper limit is reached;
        "never" where it does not.
    limits
        The limits, nats.
    """

    name: str
    number: str
    others: str
    least: str
    neutral: str
    most: str
    limits: tuple[float, float]


def _amount(x: float) -> str:
    return f"{x:,.0f}" if x >= 100 else f"{x:.2g}"


def _percent(x: float) -> str:
    return f"{100 * x:.0f} %"


def read_off(channel: channels.Channel) -> Reading:
    """Evaluate a channel over the range of the number it reads."""
    recorder = _Recorder()
    channel.weigh(recorder)
    asked = dict.fromkeys(recorder.asked)
    number = next(iter(asked)).replace("_expected", "")
    others = next((name for name in asked if name != number and name.replace("_expected", "") == number), "")
    amount = number in AMOUNTS
    grid = _AMOUNTS if amount else _SHARES
    held = OTHERS_AMOUNT if amount else OTHERS_SHARE
    numbers: Numbers = {name: np.full(len(grid), np.nan) for name in asked}
    numbers[number] = grid
    if others:
        numbers[others] = np.full(len(grid), held)
    free = channel.weigh(numbers)
    nats = np.clip(free, channel.least, channel.most)
    rising = bool(free[-1] > free[0])
    show = _amount if amount else _percent
    at_least, at_most = np.flatnonzero(nats == channel.least), np.flatnonzero(nats == channel.most)
    side = ("≤ ", "≥ ") if rising else ("≥ ", "≤ ")
    turn = np.flatnonzero(free >= 0) if rising else np.flatnonzero(free <= 0)
    return Reading(
        channel.name,
        number,
        f"`{others}` = {show(held)}" if others else "",
        side[0] + show(float(grid[at_least[-1 if rising else 0]])) if len(at_least) else "never",
        show(float(grid[turn[0]])) if len(turn) else "never",
        side[1] + show(float(grid[at_most[0 if rising else -1]])) if len(at_most) else "never",
        (channel.least, channel.most),
    )


def describe() -> list[str]:
    """Return the table of all channels as lines of Markdown."""
    lines = [
        row("channel", "reads", "beside", "adds at least", "at", "adds nothing at", "adds at most", "at"),
        row("---", "---", "---", "---:", "---:", "---:", "---:", "---:"),
    ]
    for reading in map(read_off, channels.CHANNELS):
        low, high = (f"{nats:+g}" for nats in reading.limits)
        lines.append(
            row(
                f"`{reading.name}`", f"`{reading.number}`", reading.others, low, reading.least, reading.neutral, high,
                reading.most,
            )
        )  # fmt: skip
    return [*lines, ""]


class ChannelTable(SphinxDirective):
    """Puts the table of channels where the directive stands."""

    def run(self) -> list[nodes.Node]:
        """Render the table."""
        self.env.note_dependency(channels.__file__)
        container = nodes.container(classes=["channels"])
        self.state.nested_parse(StringList(describe(), source=channels.__file__), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("channels", ChannelTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
