"""An attacker's price list: how far a ring must go, in one respect, before less than half of it is found.

In each world every kind of ring stands with all its parameters in the middle of their ranges, but one: the further it
is pushed the less there is to see, and the less the ring delivers, the slower, or the more accounts it costs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import graphkit as gk
from graphkit.evaluation import Share, pool
from graphkit.report import text
from graphkit.simulation.actors import Ring
from graphkit.simulation.worlds import LOOKALIKES, RINGS
from tests.quality.cases import Case, Measured
from tests.quality.page import IMAGES, table

#: Values of each parameter, from what is easiest to see to what is hardest.
AXES: dict[str, tuple[float, ...]] = {
    "spread_s": (30, 300, 1_800, 7_200, 21_600, 86_400, 172_800),
    "participation": (0.9, 0.6, 0.4, 0.25, 0.15, 0.08, 0.04),
    "size": (300, 100, 40, 20, 10, 6, 4),
    "camouflage": (0, 0.5, 1, 2, 4, 8, 16),
    "life_jobs": (12, 8, 5, 3, 2, 1),
}
#: What they are called, and what pushing them costs the attacker.
MEANING = {
    "spread_s": ("spread of a job", "customers wait"),
    "participation": ("share of the ring on a job", "more accounts for as many likes"),
    "size": ("members", "fewer likes a job"),
    "camouflage": ("other likes per bought like", "work that nobody pays"),
    "life_jobs": ("jobs of an account before it is dropped", "new accounts"),
}
USERS, DAYS, GROUPS = 10_000, 14, 2
HALF = 0.5


def middle(actor: Ring) -> Ring:
    """Return a kind with every range drawn together to its middle, geometric where it can be."""
    change: dict[str, Any] = {"count": GROUPS}
    for name in type(actor).model_fields:
        value = getattr(actor, name)
        if isinstance(value, tuple):
            low, high = value
            point = math.sqrt(low * high) if low > 0 else (low + high) / 2
            change[name] = (point, point)
    return actor.model_copy(update=change)


def world(axis: str, value: float) -> gk.World:
    """Return the world in which one parameter of every kind that has it is set."""
    actors = [actor.model_copy(update={"count": max(1, actor.count // 2)}) for actor in LOOKALIKES]
    for actor in RINGS:
        if axis in type(actor).model_fields:
            actors.append(middle(actor).model_copy(update={axis: (value, value)}))
    return gk.World(name=f"{axis}-{value:g}", users=USERS, days=DAYS, actors=tuple(actors))


def cases(
    seeds: int, first: int, only: Sequence[str], users: int | None, days: int | None
) -> dict[tuple[str, float], list[Case]]:
    """Return the cases by parameter and value."""
    return {
        (axis, value): [Case(world(axis, value), seed, False, users, days) for seed in range(first, first + seeds)]
        for axis, values in AXES.items()
        if not only or axis in only
        for value in values
    }


Curve = list[tuple[float, Share, Share]]


def curves(measured: Mapping[tuple[str, float], Sequence[Measured]]) -> dict[str, dict[str, Curve]]:
    """Return by parameter and kind the shares of bought likes found in purge, and in purge or review."""
    out: dict[str, dict[str, Curve]] = {}
    for (axis, value), ones in measured.items():
        for kind, figures in pool(one.found for one in ones).kinds.items():
            curve = out.setdefault(axis, {}).setdefault(kind, [])
            curve.append((value, figures.likes["purge"], figures.likes["proposed"]))
    return out


def crossing(points: Sequence[tuple[float, float]], bar: float = HALF) -> tuple[str, float]:
    """Return where a curve falls under a bar for good, and how that is to be read.

    Parameters
    ----------
    points
        Value and share, from what is easiest to see to what is hardest.
    bar
        The share that counts.

    Returns
    -------
    tuple of str and float
        ``"at"`` and the value, between two measured ones by the logarithm of the value; ``"before"`` and the first
        value where even that is under the bar; ``"beyond"`` and the last where not even that is.
    """
    known = [(value, share) for value, share in points if not math.isnan(share)]
    if not known:
        return ("before", math.nan)
    above = [i for i, (_, share) in enumerate(known) if share >= bar]
    if not above:
        return ("before", known[0][0])
    last = above[-1]
    if last == len(known) - 1:
        return ("beyond", known[-1][0])
    (a, high), (b, low) = known[last], known[last + 1]
    way = (high - bar) / (high - low)
    if min(a, b) <= 0:
        return ("at", a + way * (b - a))
    return ("at", math.exp(math.log(a) + way * (math.log(b) - math.log(a))))


def value_text(axis: str, value: float) -> str:
    """Return a value of a parameter as people read it."""
    return text.duration(value) if axis == "spread_s" else text.amount(value)


def _price(axis: str, curve: Curve, which: int) -> str:
    how, value = crossing([(point[0], point[which].share) for point in curve])
    if math.isnan(value):
        return text.NOTHING
    shown = value_text(axis, value)
    if how == "at":
        return shown
    if how == "beyond":
        return f"not at {shown}"
    return f"already at {shown}"


def section(measured: Mapping[tuple[str, float], Sequence[Measured]]) -> Iterator[str]:
    """Yield the section of the price list, its head apart."""
    found = curves(measured)
    yield (
        "Where the share of bought likes found falls under one half: in purge / in purge or review. *Not at* x: even "
        "there more than half is found. *Already at* x: not even there is half found, with everything else in the "
        "middle of the kind's range."
    )
    yield ""
    kinds = dict.fromkeys(kind for by_kind in found.values() for kind in by_kind)
    rows = []
    for kind in kinds:
        cells = [f"`{kind}`"]
        for axis, by_kind in found.items():
            curve = by_kind.get(kind)
            cells.append(f"{_price(axis, curve, 1)} / {_price(axis, curve, 2)}" if curve else text.NOTHING)
        rows.append(cells)
    head = ["kind", *(f"{MEANING[axis][0]} ({MEANING[axis][1]})" for axis in found)]
    yield from table(head, rows)
    for axis, by_kind in found.items():
        yield f"### {MEANING[axis][0].capitalize()}"
        yield ""
        yield f"![Share of bought likes found by kind, over the {MEANING[axis][0]}](images/price_{axis}.png)"
        yield ""
        values = [value for value in AXES[axis] if any(value == v for curve in by_kind.values() for v, _, _ in curve)]
        lines = []
        for kind, curve in by_kind.items():
            at = {value: f"{text.percent(purge.share)} / {text.percent(both.share)}" for value, purge, both in curve}
            lines.append([f"`{kind}`", *(at.get(value, text.NOTHING) for value in values)])
        yield from table([f"found, at `{axis}`", *(value_text(axis, value) for value in values)], lines)


def draw(measured: Mapping[tuple[str, float], Sequence[Measured]], folder: Path = IMAGES) -> None:
    """Draw the curves, a picture for each parameter."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    folder.mkdir(parents=True, exist_ok=True)
    for axis, by_kind in curves(measured).items():
        figure = Figure(figsize=(12, 4.2), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for place, which, title in ((axes[0], 1, "in purge"), (axes[1], 2, "in purge or review")):
            for number, (kind, curve) in enumerate(by_kind.items()):
                marker = "osD^v<>p"[number % 8]
                x = [point[0] for point in curve]
                place.plot(x, [point[which].share for point in curve], marker=marker, markersize=4, label=kind)
            place.axhline(HALF, color="#888888", linewidth=1, linestyle="--")
            place.set(title=f"bought likes found {title}", xlabel=f"{MEANING[axis][0]} ({axis})", ylim=(-0.03, 1.03))
            if min(AXES[axis]) > 0:
                place.set_xscale("log")
            else:
                place.set_xscale("symlog", linthresh=0.5)
            place.set_xticks(AXES[axis], [value_text(axis, value) for value in AXES[axis]], fontsize=8, minor=False)
            place.xaxis.set_minor_locator(NullLocator())
            if AXES[axis][0] > AXES[axis][-1]:
                place.invert_xaxis()  # harder to see to the right, always
        axes[1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        figure.savefig(folder / f"price_{axis}.png", dpi=90)
