"""What is found over participation, spread and size: farms of every combination, with the defaults only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import graphkit as gk
from graphkit.report import text
from graphkit.simulation.actors import AnyActor, Farm
from graphkit.simulation.worlds import LOOKALIKES
from tests.quality.cases import Case, Measured
from tests.quality.page import table

PARTICIPATION = (0.3, 0.5, 0.8, 0.9)
SPREAD_S = (10, 60, 600, 3_600, 21_600, 129_600)
#: Members, and how many groups of that size stand in a world, so that small ones are not left to one draw.
SIZES = {5: 4, 20: 2, 100: 1, 500: 1}
JOBS = 30
USERS, DAYS = 20_000, 14
#: DESIGN, section 7: least share found at this participation, and in rings of five at that one.
BAR = 0.8
AT_PARTICIPATION, SMALL, AT_SMALL = 0.5, 5, 0.8

#: Spread, size and participation; and whether only users, notes and times are known.
Cell = tuple[bool, int, int, float]


def name_of(participation: float, size: int) -> str:
    """Return the name of the farms of a combination."""
    return f"farm_{round(100 * participation)}_{size}"


def world(spread_s: int) -> gk.World:
    """Return a world with a farm of every participation and size, all of one spread."""
    farms: list[AnyActor] = [
        Farm(
            name=name_of(participation, size),
            count=count,
            size=(size, size),
            participation=(participation, participation),
            spread_s=(spread_s, spread_s),
            jobs=(JOBS, JOBS),
        )
        for participation in PARTICIPATION
        for size, count in SIZES.items()
    ]
    return gk.World(name=f"grid-{spread_s}s", users=USERS, days=DAYS, actors=(*farms, *LOOKALIKES))


def cases(
    seeds: int, first: int, only: Sequence[str], users: int | None, days: int | None
) -> dict[tuple[bool, int], list[Case]]:
    """Return the cases by bareness and spread."""
    return {
        (bare, spread): [Case(world(spread), seed, bare, users, days) for seed in range(first, first + seeds)]
        for bare in (False, True)
        for spread in SPREAD_S
        if not only or str(spread) in only
    }


def cells(measured: Mapping[tuple[bool, int], Sequence[Measured]]) -> dict[Cell, tuple[int, int, int]]:
    """Return by combination the bought likes in purge, in purge or review, and all."""
    out: dict[Cell, tuple[int, int, int]] = {}
    names = {name_of(p, size): (size, p) for p in PARTICIPATION for size in SIZES}
    for (bare, spread), ones in measured.items():
        for one in ones:
            for group in one.found.groups:
                combination = names.get(group.group_id.rpartition("-")[0])
                if combination is None:
                    continue
                key = (bare, spread, *combination)
                purge, both, all_likes = out.get(key, (0, 0, 0))
                out[key] = (purge + group.likes_purge, both + group.likes_proposed, all_likes + group.n_likes)
    return out


def barred(size: int, participation: float) -> bool:
    """Tell whether the design asks something of a combination."""
    return participation == AT_PARTICIPATION or (size == SMALL and participation == AT_SMALL)


def section(measured: Mapping[tuple[bool, int], Sequence[Measured]]) -> Iterator[str]:
    """Yield the section of the grid, its head apart."""
    found = cells(measured)
    spreads = list(dict.fromkeys(spread for _, spread in measured))
    yield (
        f"Farms of {JOBS} jobs among {USERS:,} users and all look-alikes. Bought likes found in purge / in purge or "
        f"review. Rows marked * have a bar: at least {text.percent(BAR)} in purge or review; bold: below it."
    )
    yield ""
    for bare in dict.fromkeys(bare for bare, _ in measured):
        rows = []
        for size in SIZES:
            for participation in PARTICIPATION:
                mark = "*" if barred(size, participation) else ""
                shown = [_cell(found.get((bare, s, size, participation)), bool(mark)) for s in spreads]
                rows.append([f"{size} members, {text.percent(participation)} on a job{mark and ' ' + mark}", *shown])
        yield "### Bare likes" if bare else "### All columns"
        yield ""
        yield from table(["found, at a spread of", *(text.duration(s) for s in spreads)], rows)


def _cell(counts: tuple[int, int, int] | None, bar: bool) -> str:
    if counts is None or not counts[2]:
        return text.NOTHING
    purge, both = counts[0] / counts[2], counts[1] / counts[2]
    words = f"{text.percent(purge)} / {text.percent(both)}"
    return f"**{words}**" if bar and both < BAR else words
