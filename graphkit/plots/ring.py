"""One ring: who liked what when, who meets whom, and what share of its targets is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection import Ring
from graphkit.plots.layout import lay_out, ring_ties, strongest
from graphkit.plots.style import MARKERS, PALE, PALETTE, TIER_STYLE, axes_or_new, label, literally, name_rows, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Members and targets that get a label of their own.
_NAMED = 40


def plot_timeline(ring: Ring, ax: Axes | None = None) -> Axes:
    """Draw the likes of a ring, members by time, coloured by target; others of its members pale, where at hand.

    Parameters
    ----------
    ring
        The ring.
    ax
        Where to draw; a new figure where absent.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    ax = axes_or_new(ax, 8, 4.5)
    likes = ring.likes.sort_by([("ts", "ascending"), ("user_id", "ascending")])
    order = pc.unique(likes["user_id"])
    user = np.asarray(pc.index_in(likes["user_id"], value_set=order), np.int64)
    times = _times(likes["ts"])
    ax.set(title=f"{ring.ring_id}: {likes.num_rows:,} likes", xlabel="time (UTC)", ylabel="member")
    if likes.num_rows == 0:
        nothing(ax, "no like of this ring is proposed")
        return ax
    if ring.run.likes is not None:
        other, when = _other_likes(ring, order)
        ax.plot(when, other, linestyle="none", marker=".", markersize=2, color=PALE, zorder=1)
    targets = ring.targets.sort_by([("n_ring_likes", "descending"), ("note_id", "ascending")])["note_id"]
    note = np.asarray(pc.index_in(likes["note_id"], value_set=targets.combine_chunks()), np.int64)
    for rank in range(min(len(PALETTE), len(targets))):
        own = note == rank
        style: dict[str, Any] = {"color": PALETTE[rank], "marker": MARKERS[rank], "label": label(targets[rank])}
        ax.plot(times[own], user[own], linestyle="none", markersize=4, zorder=3, **style)
    rest = note >= len(PALETTE)
    if rest.any():
        more = f"{len(targets) - len(PALETTE)} more"
        ax.plot(times[rest], user[rest], linestyle="none", marker="|", color="#666666", zorder=2, label=more)
    literally(ax.legend(title="target", fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5)).get_texts())
    if len(order) <= _NAMED:
        name_rows(ax, range(len(order)), order.to_pylist())
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    return ax


def _times(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    return np.asarray(column.cast(pa.int64()), np.int64).view("datetime64[us]")


def _other_likes(ring: Ring, order: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.datetime64]]:
    """Return row and time of every like of the members, as the run's likes have them."""
    likes = ring.run.likes
    assert likes is not None
    at = np.asarray(pc.index_in(likes.users.ids, value_set=order).fill_null(-1), np.int64)
    row = at[likes.user]
    mine = row >= 0
    return row[mine], likes.ts[mine].view("datetime64[us]")


def plot_network(ring: Ring, ax: Axes | None = None) -> Axes:
    """Draw the members of a ring joined by their ties; members without one stand in rows below.

    Size shows a member's likes for the ring, colour and shape the member's tier. The layout is the same every time.

    Parameters
    ----------
    ring
        The ring.
    ax
        Where to draw; a new figure where absent.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.collections import LineCollection

    ax = axes_or_new(ax, 5.5, 5)
    members, ties = ring.members.to_pylist(), ring_ties(ring.ties, ring.members["user_id"])
    kept = strongest(ties)
    place = lay_out(len(members), ties.a[kept], ties.b[kept]) * [1, -1]
    lines = LineCollection(
        list(np.stack([place[ties.a], place[ties.b]], axis=1)),
        colors="#888888",
        linewidths=0.3 + 1.5 * ties.weight / max(int(ties.weight.max(initial=0)), 1),
        alpha=0.5,
    )
    ax.add_collection(lines)
    for tier, (color, marker) in TIER_STYLE.items():
        mine = [i for i, m in enumerate(members) if m["tier"] == tier]
        if mine:
            x, y = place[mine].T
            size = [15 + 6 * members[i]["n_ring_likes"] for i in mine]
            named = f"{tier} ({len(mine):,})"
            ax.scatter(x, y, s=size, c=color, marker=marker, edgecolors="white", linewidths=0.5, zorder=3, label=named)
    ax.set_title(f"{ring.ring_id}: {len(members):,} members, {len(ties.a):,} ties")
    ax.legend(fontsize=8, loc="upper right")
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.margins(0.08)
    return ax


def plot_targets(ring: Ring, ax: Axes | None = None) -> Axes:
    """Draw the targets of a ring by its likes on them, beside the likes of everybody else.

    Parameters
    ----------
    ring
        The ring.
    ax
        Where to draw; a new figure where absent.

    Returns
    -------
    matplotlib.axes.Axes
    """
    targets = ring.targets.sort_by([("n_ring_likes", "descending"), ("note_id", "ascending")])
    shown = targets.slice(0, _NAMED)
    ax = axes_or_new(ax, 7, 1.2 + 0.2 * shown.num_rows)
    rows = np.arange(shown.num_rows)
    own = np.asarray(shown["n_ring_likes"], np.int64)
    other = np.asarray(shown["n_likes"], np.int64) - own
    ax.barh(rows, own, color=PALETTE[1], label="the ring's")
    ax.barh(rows, other, left=own, color=PALE, hatch="//", edgecolor="white", linewidth=0, label="others'")
    name_rows(ax, rows.tolist(), shown["note_id"].to_pylist())
    ax.invert_yaxis()
    more = targets.num_rows - shown.num_rows
    title = f"{ring.ring_id}: {targets.num_rows:,} targets" + (f", the first {shown.num_rows}" if more else "")
    ax.set(title=title, xlabel="likes", ylabel="target")
    ax.legend(fontsize=8)
    return ax
