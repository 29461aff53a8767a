"""The standard suite: worlds nobody tuned to, over several seeds, beside the bars of the design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import graphkit as gk
from graphkit.evaluation import Share, pool
from graphkit.report import text
from graphkit.report.evaluation import interval
from tests.quality.cases import Case, Measured
from tests.quality.page import mean, table

#: World and whether it is bare; a bare world knows users, notes and times only.
WORLDS: tuple[tuple[str, bool], ...] = (
    ("standard", False), ("camouflage", False), ("hotnote", False), ("smallrings", False), ("lookalikes", False),
    ("frontpage", False), ("random", False), ("standard", True), ("random", True), ("ringfree", False),
    ("ringfree", True),
)  # fmt: skip
#: So many times as many seeds: the design wants twenty ring-free worlds of five seeds each, and what parameters nobody
#: thought of bring together shows on few.
_TIMES = {"ringfree": 2, "random": 4}
FIRST_SEED = 101


@dataclass(frozen=True)
class Bars:
    """What the design asks of a world: at most so much honest, at least so much found."""

    honest: float
    purge: float
    proposed: float | None
    members: float | None


#: DESIGN, section 7.
RICH = Bars(honest=0.005, purge=0.90, proposed=0.97, members=0.80)
BARE = Bars(honest=0.01, purge=0.75, proposed=None, members=None)
#: Share of rings believed at this q-value that may be none.
BELIEVED = 0.05

Worlds = Mapping[str, Sequence[Measured]]


def title(world: str, bare: bool) -> str:
    """Return what a world is called on the page."""
    return f"{world}, bare" if bare else world


def cases(seeds: int, first: int, only: Sequence[str], users: int | None, days: int | None) -> dict[str, list[Case]]:
    """Return the cases of the suite by world."""
    out = {}
    for world, bare in WORLDS:
        if only and title(world, bare) not in only and world not in only:
            continue
        numbers = range(first, first + seeds * _TIMES.get(world, 1))
        out[title(world, bare)] = [Case(world, seed, bare, users, days) for seed in numbers]
    return out


def section(worlds: Worlds) -> Iterator[str]:
    """Yield the section of the suite, its head apart."""
    pooled = {name: pool(one.found for one in measured) for name, measured in worlds.items()}
    yield from _bars(pooled)
    yield from _members(pooled)
    yield from _likes(pooled)
    yield from _lookalikes(pooled)
    yield from _beliefs(pooled)
    yield from _scores(pooled)
    yield from _losses(pooled)
    yield from _rings(pooled)
    yield from _seconds(worlds)


def bars_of(name: str) -> Bars:
    """Return the bars of a world."""
    return BARE if name.endswith("bare") else RICH


def believed(found: gk.Evaluation) -> Share:
    """Return, of the rings believed, the share that are none."""
    (level,) = [level for level in found.calibration.levels if level.q == BELIEVED]
    return level.mistaken


def taken(found: gk.Evaluation) -> int:
    """Return the look-alike groups that a ring of tier purge mostly is."""
    return sum(figures.taken["purge"].n for figures in found.lookalikes.values())


def misses(name: str, found: gk.Evaluation) -> Iterator[str]:
    """Yield what of the bars a world misses, by how much, and how the worst seed does."""
    bars, honest = bars_of(name), found.likes_honest["purge"]
    if not sum(found.n_bought):
        if honest.of:
            worlds = f"{_runs(honest)} of {found.n_runs} worlds"
            yield f"{honest.of:,} likes in tier purge where there is no ring, in {worlds}"
    else:
        if honest.mean > bars.honest:
            yield f"{_miss('honest likes in purge', honest.mean, bars.honest)}, worst {text.percent(honest.most)}"
        for tier, least in (("purge", bars.purge), ("proposed", bars.proposed)):
            share = found.likes_found[tier]
            where = "purge" if tier == "purge" else "purge or review"
            if least is not None and share.mean < least:
                yield f"{_miss(f'bought likes in {where}', share.mean, least)}, worst {text.percent(share.least)}"
        if bars.members is not None:
            members = {kind: figures.members["purge"] for kind, figures in found.kinds.items()}
            short = [
                f"{kind} {text.percent(share.mean)} (worst {text.percent(share.least)})"
                for kind, share in members.items()
                if share.mean < bars.members
            ]
            if short:
                yield f"members in purge, below the bar of {text.percent(bars.members)}: {', '.join(short)}"
    if taken(found):
        yield f"{text.plural(taken(found), 'look-alike group')} in tier purge"
    if (wrong := believed(found)).share > BELIEVED:
        yield _miss(f"rings with q ≤ {BELIEVED:g} that are none", wrong.share, BELIEVED)


def _runs(share: Share) -> int:
    return sum(of > 0 for of in share.totals)


def _miss(what: str, value: float, bar: float) -> str:
    return f"{what}: {text.percent(value)}, {100 * abs(value - bar):.2g} points off the bar of {text.percent(bar)}"


def _bars(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Beside the bars"
    yield ""
    rows = []
    for name, found in pooled.items():
        honest, recall, bars = found.likes_honest["purge"], found.likes_found, bars_of(name)
        rings = sum(found.n_bought) > 0
        wrong = believed(found)
        rows.append(
            [
                name, str(found.n_runs), text.count(honest.of), mean(honest), text.percent(honest.most),
                f"≤ {text.percent(bars.honest)}" if rings else "no likes",
                mean(recall["purge"]), text.percent(recall["purge"].least),
                f"≥ {text.percent(bars.purge)}" if rings else "",
                mean(recall["proposed"]), text.percent(recall["proposed"].least),
                f"≥ {text.percent(bars.proposed)}" if rings and bars.proposed else "",
                text.count(taken(found)), f"{wrong.n} of {wrong.of}",
            ]
        )  # fmt: skip
    head = [
        "world", "seeds", "likes in purge", "honest: mean", "worst", "bar", "found in purge: mean", "worst", "bar",
        "in purge or review: mean", "worst", "bar", "look-alike groups in purge", f"q ≤ {BELIEVED:g}: none of rings",
    ]  # fmt: skip
    yield from table(head, rows)
    missed = [f"- **{name}**: {miss}." for name, found in pooled.items() for miss in misses(name, found)]
    yield "Bars missed:" if missed else "No bar is missed."
    yield ""
    yield from missed
    yield ""


def _by_kind(pooled: Mapping[str, gk.Evaluation], part: str, bar: float | None) -> list[str]:
    """Return a table of kinds by worlds: mean in purge, worst in brackets, mean in purge or review."""
    worlds = [name for name, found in pooled.items() if found.kinds]
    kinds = dict.fromkeys(kind for found in pooled.values() for kind in found.kinds)
    rows = []
    for kind in kinds:
        cells = [f"`{kind}`"]
        for name in worlds:
            figures = pooled[name].kinds.get(kind)
            if figures is None:
                cells.append(text.NOTHING)
                continue
            shares = getattr(figures, part)
            purge, both = shares["purge"], shares["proposed"]
            first = text.percent(purge.mean)
            short = bar is not None and bars_of(name).members is not None and purge.mean < bar
            cells.append(f"{f'**{first}**' if short else first} ({text.percent(purge.least)}) / {mean(both)}")
        rows.append(cells)
    return table(["kind", *worlds], rows)


def _members(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Members found, by kind"
    yield ""
    yield (
        "Of the members of true rings of a kind, the share with a like in tier purge: mean over seeds (worst seed) / "
        f"mean share in purge or review. Bold: below the bar of {text.percent(RICH.members)}."
    )
    yield ""
    yield from _by_kind(pooled, "members", RICH.members)


def _likes(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Bought likes found, by kind"
    yield ""
    yield "The same of the likes that each kind of ring was paid for."
    yield ""
    yield from _by_kind(pooled, "likes", None)


def _lookalikes(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Look-alikes"
    yield ""
    yield (
        "Over all worlds of the suite. A group is *taken* when a ring of the tier mostly is it, *touched* when any "
        "like of it is in the tier."
    )
    yield ""
    found = pool(pooled.values())
    rows = []
    for kind, figures in found.lookalikes.items():
        likes, groups = figures.likes, figures.touched["purge"].of
        cells = [f"{figures.taken[t].n:,} / {figures.touched[t].n:,} / {likes[t].n:,}" for t in ("purge", "review")]
        rows.append([f"`{kind}`", text.count(groups), text.count(likes["purge"].of), *cells])
    for kind in ("organic", "camouflage"):
        if kind in found.honest_kinds:
            shares = found.honest_kinds[kind]
            rows.append(
                [kind, "", text.count(shares["purge"].of), *(f"{shares[t].n:,} likes" for t in ("purge", "review"))]
            )
    yield from table(
        ["honest likes", "groups", "likes", "purge: taken / touched / likes", "review: taken / touched / likes"], rows
    )


def _beliefs(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Do q-values hold?"
    yield ""
    yield "Of the rings with at most this q-value, the share that are none; it should not exceed the q-value."
    yield ""
    rows = []
    for name, found in pooled.items():
        cells = []
        for level in found.calibration.levels:
            wrong = level.mistaken
            cells.append(
                f"{wrong.n} of {wrong.of}: {text.percent(wrong.share)} ({interval(wrong)})"
                if wrong.of
                else text.NOTHING
            )
        rows.append([name, *cells])
    levels = next(iter(pooled.values())).calibration.levels
    yield from table(["world", *(f"q ≤ {level.q:g}" for level in levels)], rows)


def _scores(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Do scores hold?"
    yield ""
    yield (
        "What had a score within a bin: how much, the mean score, and the share that was bought (likes) or is a ring "
        "(rings), with its interval over seeds."
    )
    yield ""
    yield "![Scores and q-values promised and come true](images/calibration.png)"
    yield ""
    for what, names in (
        ("with all columns", [name for name in pooled if bars_of(name) is RICH]),
        ("bare", [name for name in pooled if bars_of(name) is BARE]),
    ):
        if not names:
            continue
        told = pool(pooled[name] for name in names).calibration
        rows = [
            [
                f"{likes.low:g}-{likes.high:g}", text.count(likes.true.of), text.percent(likes.score),
                f"{text.percent(likes.true.share)} ({interval(likes.true)})", text.count(rings.true.of),
                text.percent(rings.score), f"{text.percent(rings.true.share)} ({interval(rings.true)})",
            ]
            for likes, rings in zip(told.likes, told.rings, strict=True)
        ]  # fmt: skip
        yield from table([f"score, {what}", "likes", "promised", "bought", "rings", "promised", "real"], rows)


def _losses(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Honest likes lost, were tier purge executed"
    yield ""
    rows = []
    for name, found in pooled.items():
        for who, loss in (("users", found.lost_by_user["purge"]), ("notes", found.lost_by_note["purge"])):
            share = max(loss.largest_share, default=0.0)
            touched = f"{loss.touched.n:,} of {loss.touched.of:,}"
            rows.append(
                [
                    f"{name}: {who}",
                    touched,
                    *map(text.count, loss.classes.values()),
                    text.count(loss.most),
                    text.percent(share),
                ]
            )
    classes = list(next(iter(pooled.values())).lost_by_user["purge"].classes)
    yield from table(
        ["who", "lose any", *(f"lose {c}" for c in classes), "most", "largest share of its honest likes"], rows
    )


def _rings(pooled: Mapping[str, gk.Evaluation]) -> Iterator[str]:
    yield "### Rings"
    yield ""
    rows = []
    for name, found in pooled.items():
        wrong = found.rings_mistaken
        rows.append(
            [
                name, *(f"{found.rings_found[t].n} of {found.rings_found[t].of}" for t in ("purge", "proposed")),
                *(f"{wrong[t].n} of {wrong[t].of}" for t in ("purge", "review", "watch")),
                f"{found.rings_honest['purge'].n}", f"{found.rings_split.n} of {found.rings_split.of}",
                f"{found.rings_mixed.n} of {found.rings_mixed.of}",
            ]
        )  # fmt: skip
    head = [
        "world", "true rings found in purge", "in purge or review", "none of rings in purge", "in review", "in watch",
        "mostly honest likes, in purge", "true rings split", "rings mixed",
    ]  # fmt: skip
    yield from table(head, rows)


def _seconds(worlds: Worlds) -> Iterator[str]:
    yield "### What it took"
    yield ""
    rows = []
    for name, measured in worlds.items():
        n = len(measured)
        steps = [sum(one.how["seconds"][step] for one in measured) / n for step in ("world", "run", "evaluate")]
        likes = sum(one.how["rows"] for one in measured) // n
        rows.append([name, text.count(likes), *(f"{value:.1f}" for value in steps)])
    yield from table(["world", "rows of likes, mean", "making it, s", "run, s", "evaluation, s"], rows)
