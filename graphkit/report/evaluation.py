"""An evaluation as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.report import text
from graphkit.report.page import Page
from graphkit.report.rows import TIERS

if TYPE_CHECKING:
    from graphkit.evaluation import Bin, Evaluation, Share


def evaluation_text(
    found: Evaluation, *, plot: str | Path | None = None, colour: bool = False, width: int = 100
) -> str:
    """Return the figures of an evaluation.

    Parameters
    ----------
    found
        What was found.
    plot
        Where the calibration was drawn.
    colour
        Whether to write ANSI escapes.
    width
        Cells in a line; at least 60 are used.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    page = Page(colour, width)
    page.add()
    for line in text.wrap(_headline(found), page.width):
        page.add(page.style(line, bold=True))
    page.add()
    _runs(page, found)
    page.warn(list(found.warnings))
    _tiers(page, found)
    if found.kinds:
        _kinds(page, found)
    if found.lookalikes:
        _lookalikes(page, found)
    _lost(page, found)
    _calibration(page, found)
    if plot is not None:
        page.add()
        page.place("Plot", str(plot), bold=True)
    return str(page)


def _headline(found: Evaluation) -> str:
    honest, bought = found.likes_honest["purge"], found.likes_found["purge"]
    first = (
        f"{text.percent(honest.share)} of the likes in tier purge are honest"
        if honest.of
        else "Nothing is in tier purge"
    )
    return f"{first}; {_recall(bought)}." if bought.of else f"{first}; nothing was bought."


def _recall(bought: Share) -> str:
    return f"{text.percent(bought.share)} of the bought likes are in it"


def _runs(page: Page, found: Evaluation) -> None:
    if found.n_runs == 1:
        ((run, truth),) = found.names
        page.place("Run", run)
        page.place("Truth", truth)
    else:
        page.item("Runs", f"{found.n_runs}, {found.names[0][0]} to {found.names[-1][0]}")
    rings = sum(group.is_ring for group in found.groups)
    page.item(
        "Likes",
        f"{sum(found.n_likes):,}, of which {text.plural(rings, 'ring')} bought {sum(found.n_bought):,}; "
        f"{text.plural(len(found.groups) - rings, 'look-alike')}",
    )


def _table(page: Page, head: Sequence[str], rows: list[list[str]], left: int = 1) -> None:
    """Add a table whose first columns are flush left."""
    page.add()
    first, *lines = text.table([head, *rows], [i >= left for i in range(len(head))])
    page.add(page.style(text.cut(first, page.width), dim=True))
    for line in lines:
        page.add(text.cut(line, page.width))


def _tiers(page: Page, found: Evaluation) -> None:
    """Say what each tier holds and what of it is honest, then how much of what was bought it finds."""
    several = found.n_runs > 1
    rows = []
    for title, honest, recall in (
        ("likes", found.likes_honest, found.likes_found),
        ("users", found.members_honest, found.members_found),
    ):
        for tier in ("purge", "review", "proposed"):
            rows.append(
                [
                    title if tier == "purge" else "",
                    tier,
                    text.count(honest[tier].of),
                    text.count(honest[tier].n),
                    *_with_worst(honest[tier], several, high=True),
                    *_with_worst(recall[tier], several, high=False),
                ]
            )
    for tier in (*TIERS, "any"):
        mistaken = found.rings_mistaken[tier]
        recall_cells = [""] * (3 if several else 2)
        if tier in found.rings_found:
            recall_cells = _with_worst(found.rings_found[tier], several, high=False)
        rows.append(
            [
                "rings" if tier == "purge" else "",
                tier,
                text.count(mistaken.of),
                text.count(mistaken.n),
                *_with_worst(mistaken, several, high=True),
                *recall_cells,
            ]
        )
    worst = ["worst"] if several else []
    head = ["What", "Tier", "Number", "Honest", "Share", "95 %", *worst, "Found", "95 %", *worst]
    _table(page, head, rows, left=2)
    split, mixed = found.rings_split, found.rings_mixed
    page.add()
    page.item("Proposed", "in purge or review; found: of the bought likes, the members of rings, and the rings")
    page.item("Split", f"{split.n} of {split.of} true rings that were seen stand as several rings of the run")
    page.item("Mixed", f"{mixed.n} of {mixed.of} rings of the run hold several true rings")
    mostly = " and ".join(f"{found.rings_honest[tier].n} in {tier}" for tier in ("purge", "review"))
    page.item("Honest", f"{mostly} of the rings of the run propose mostly honest likes")


def _with_worst(share: Share, several: bool, high: bool) -> list[str]:
    """Return a share, its interval and the worst run."""
    cells = [text.percent(share.share), interval(share)]
    return [*cells, text.percent(share.most if high else share.least)] if several else cells


def interval(share: Share) -> str:
    """Return the 95 % interval of a share, in per cent."""
    low, high = share.interval
    if share.of == 0:
        return text.NOTHING
    return f"{_number(low)}-{_number(high)}"


def _number(x: float) -> str:
    return text.percent(x).removesuffix(" %")


def _kinds(page: Page, found: Evaluation) -> None:
    """Say how much of each kind of ring is found, in purge and in purge or review."""
    rows = []
    for kind, f in found.kinds.items():
        purge, both = f.rings["purge"], f.rings["proposed"]
        cells = [kind, text.count(purge.of), f"{purge.n} / {both.n}"]
        cells += [_pair(part["purge"].share, part["proposed"].share) for part in (f.members, f.likes)]
        if found.n_runs > 1:
            cells.append(_pair(f.likes["purge"].least, f.likes["proposed"].least))
        rows.append(cells)
    head = ["Found in purge / proposed", "Rings", "rings", "members", "likes"]
    _table(page, head + (["likes, worst run"] if found.n_runs > 1 else []), rows)


def _pair(purge: float, proposed: float) -> str:
    return f"{text.percent(purge)} / {text.percent(proposed)}"


def _lookalikes(page: Page, found: Evaluation) -> None:
    """Say which honest likes were proposed: those of look-alikes by kind, then the others."""
    rows, untouched = [], []
    for kind, f in found.lookalikes.items():
        groups = text.count(f.touched["purge"].of)
        if not any(f.touched[tier].n or f.taken[tier].n for tier in ("purge", "review")):
            untouched.append(f"{groups} {kind}")
            continue
        cells = [[text.count(part[tier].n) for part in (f.taken, f.touched, f.likes)] for tier in ("purge", "review")]
        rows.append([kind, groups, *cells[0], *cells[1], text.count(f.likes["purge"].of)])
    for kind in ("organic", "camouflage"):
        if kind in found.honest_kinds:
            likes = found.honest_kinds[kind]
            counts = {tier: text.count(likes[tier].n) for tier in ("purge", "review")}
            rows.append([kind, "", "", "", counts["purge"], "", "", counts["review"], text.count(likes["purge"].of)])
    if rows:
        head = ["Honest", "Groups", "purge: taken", "touched", "likes", "review: taken", "touched", "likes", "Of likes"]
        _table(page, head, rows)
    if untouched:
        page.item("Untouched", " · ".join(untouched))


def _lost(page: Page, found: Evaluation) -> None:
    """Say how many honest likes single users and notes would lose."""
    losses = [*found.lost_by_user.values(), *found.lost_by_note.values()]
    if not any(loss.touched.n for loss in losses):
        return
    rows = []
    for who, by_tier in (("users", found.lost_by_user), ("notes", found.lost_by_note)):
        for tier, loss in by_tier.items():
            rows.append(
                [
                    who if tier == "purge" else "",
                    tier,
                    f"{loss.touched.n:,} of {loss.touched.of:,}",
                    *map(text.count, loss.classes.values()),
                    text.count(loss.most),
                    text.percent(max(loss.largest_share, default=0.0)),
                ]
            )
    classes = list(next(iter(found.lost_by_user.values())).classes)
    head = ["Would lose", "Tier", "Any", *classes, "Most", "Most of its likes"]
    _table(page, head, rows, left=2)


def _calibration(page: Page, found: Evaluation) -> None:
    told = found.calibration
    rows = [
        [
            f"{a.low:g}-{a.high:g}",
            *_bin(a),
            *_bin(b),
        ]
        for a, b in zip(told.likes, told.rings, strict=True)
        if a.true.of or b.true.of
    ]
    if rows:
        head = ["Score", "Likes", "promised", "bought", "95 %", "Rings", "promised", "real", "95 %"]
        _table(page, head, rows)
    levels = []
    for level in told.levels:
        wrong = level.mistaken
        levels.append(
            [f"{level.q:g}", text.count(wrong.of), text.count(wrong.n), text.percent(wrong.share), interval(wrong)]
        )
    _table(page, ["q at most", "Rings", "No rings", "Share", "95 %"], levels)


def _bin(one: Bin) -> list[str]:
    if not one.true.of:
        return ["0", text.NOTHING, text.NOTHING, text.NOTHING]
    return [text.count(one.true.of), text.percent(one.score), text.percent(one.true.share), interval(one.true)]
