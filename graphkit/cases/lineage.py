"""The names of a run's rings, from those of the runs before it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphkit.cases.identity import Body, Change, bodies, growth, match
from graphkit.detection.run import Detection

Row = dict[str, Any]


def place(run: Detection, known: Sequence[Mapping[str, Any]], before: str | None) -> list[Row]:
    """Give every ring of a run its name, by the rule of :func:`graphkit.cases.identity.match`.

    First come the rings of the run before. Rings left over are compared with the last appearance of every name that
    is older (they returned) or, where a run is placed after later ones, with the first that is younger.

    Parameters
    ----------
    run
        The run.
    known
        Rows of ``schemas.LINEAGE`` of runs placed already; those that share nobody with the run may do without ids.
    before
        The run before it in time, among those; ``None`` where there is none.

    Returns
    -------
    list of dict
        Rows of ``schemas.LINEAGE``, one a ring, by `ring_id`.
    """
    rings = bodies(run)
    last_ts = end_of(run)
    last = {row["name"]: row for row in known if row["run_id"] == before}
    named = _follow(rings, last)
    left = {ring: body for ring, body in rings.items() if ring not in named}
    dormant = _appearances(known, last_ts, but=set(last))
    named |= {
        ring: row | {"change": Change.RETURNED if dormant[row["name"]]["last_ts"] <= last_ts else Change.NEW}
        for ring, row in _follow(left, dormant).items()
        if row["change"] != Change.SPLIT
    }
    taken = {row["name"] for row in known} | {row["name"] for row in named.values()}
    rows = []
    for ring in sorted(run.rings.to_pylist(), key=lambda row: str(row["ring_id"])):
        ring_id = ring["ring_id"]
        found = named.get(ring_id, {"name": None, "change": Change.NEW, "origin": None, "absorbed": []})
        name = found["name"] or _fresh(ring_id, taken)
        taken.add(name)
        body = rings[ring_id]
        rows.append(
            {
                **found,
                "name": name,
                "run_id": run.run_id,
                "last_ts": last_ts,
                **{column: ring[column] for column in ("ring_id", "tier", "score")},
                "user_ids": sorted(body.users),
                "note_ids": sorted(body.notes),
            }
        )
    return rows


def end_of(run: Detection) -> dt.datetime:
    """Return the last moment of a run's period."""
    return dt.datetime.fromisoformat(run.info["period"]["last_ts"])


def _follow(rings: Mapping[str, Body], names: Mapping[str, Mapping[str, Any]]) -> dict[str, Row]:
    """Return name, change, origin and absorbed names of the rings that have to do with some of `names`."""
    earlier = {name: body_of(row) for name, row in names.items()}
    matched = match(earlier, rings)
    absorbed = defaultdict(list)
    for name, link in sorted(matched.went_over.items()):
        absorbed[link.later].append(name)
    out = {}
    for ring, link in matched.heirs.items():
        change = growth(len(earlier[link.earlier].users), len(rings[ring].users))
        out[ring] = {"name": link.earlier, "change": change, "origin": None, "absorbed": absorbed[ring]}
    for ring, link in matched.broke_off.items():
        out[ring] = {"name": None, "change": Change.SPLIT, "origin": link.earlier, "absorbed": absorbed[ring]}
    return out


def body_of(row: Mapping[str, Any]) -> Body:
    """Return members and targets of a row of the lineage."""
    return Body(frozenset(row["user_ids"]), frozenset(row["note_ids"]))


def _appearances(
    known: Iterable[Mapping[str, Any]], moment: dt.datetime, *, but: set[str]
) -> dict[str, Mapping[str, Any]]:
    """Return for each other name its last appearance up to a moment, else its first after it."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in sorted(known, key=lambda row: (row["last_ts"], row["run_id"])):
        if row["name"] not in but and (row["last_ts"] <= moment or row["name"] not in found):
            found[row["name"]] = row
    return found


def _fresh(ring_id: str, taken: set[str]) -> str:
    """Return a name nobody has: the digits of the ring's id, with a number where its part that broke off has them."""
    name = first = "L-" + ring_id.removeprefix("R-")
    number = 2
    while name in taken:
        name, number = f"{first}.{number}", number + 1
    return name
