"""Two runs beside each other: what became of every ring, and what came of purges and verdicts since."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphkit.cases import monitoring
from graphkit.cases.identity import Body, Change, Link, bodies, growth, match
from graphkit.cases.lineage import end_of
from graphkit.cases.standing import Standing
from graphkit.cases.store import CaseStore
from graphkit.detection.run import Detection

Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """What changed from one run to another.

    Attributes
    ----------
    run_a, run_b
        The runs.
    rings
        One row a ring of either: `change`, `name`, `ring_a`, `ring_b`, members `users_a`, `users_b` and in common
        `users_both`, targets `notes_both` in common, and `other`, the name it broke off from or went over into.
    recognised
        By `ring_id` of the second run, what verdicts hold of its rings.
    returned
        Purged pairs seen again, from :func:`graphkit.cases.monitoring.returned_pairs`.
    reformed
        Purged rings seen again, from :func:`graphkit.cases.monitoring.reformed`.
    precision
        From :func:`graphkit.cases.monitoring.precision`.
    given_back
        From :func:`graphkit.cases.monitoring.given_back`.
    drift
        From :func:`graphkit.cases.monitoring.drift`.
    """

    run_a: str
    run_b: str
    rings: Sequence[Row]
    recognised: Mapping[str, Standing]
    returned: Row
    reformed: Sequence[Row]
    precision: Sequence[Row]
    given_back: Sequence[Row]
    drift: Row | None

    @property
    def changes(self) -> dict[str, int]:
        """Rings by what became of them."""
        counts = Counter(row["change"] for row in self.rings)
        return {change: counts[change] for change in Change if counts[change]}

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain types, for JSON."""
        return {
            "run_a": self.run_a,
            "run_b": self.run_b,
            "changes": self.changes,
            "rings": list(self.rings),
            "recognised": [
                {"ring_id": ring, "verdict": one.verdict, "since": one.since, "said": dict(one.said)}
                for ring, one in self.recognised.items()
            ],
            "returned": self.returned,
            "reformed": list(self.reformed),
            "precision": list(self.precision),
            "given_back": list(self.given_back),
            "drift": self.drift,
        }


def compare(run_a: Detection, run_b: Detection, cases: str | Path, *, at: dt.datetime | None = None) -> Comparison:
    """Say what became of every ring of one run in another, and record both in the lineage of a case store.

    Parameters
    ----------
    run_a, run_b
        The runs, the earlier one first.
    cases
        The case store; made where it is missing.
    at
        The moment, for verdicts; now, where absent.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        When the runs, or the store, have ids of different kinds.
    OutputError
        When the store cannot be written.
    """
    at = at or dt.datetime.now(dt.UTC)
    with CaseStore.open(cases, write=True) as store:
        # In the order of time, whatever the order of the arguments: names come from the first appearance.
        placed = {run.run_id: store.add_run(run) for run in sorted((run_a, run_b), key=end_of)}
        purged, decisions = store.purged(), store.decisions()
        rows = placed[run_b.run_id]
        end = end_of(run_b)
        older = {r["name"] for r in store.lineage.rows if r["last_ts"] <= end and r["run_id"] != run_b.run_id}
        names = [{row["ring_id"]: row["name"] for row in placed[run.run_id]} for run in (run_a, run_b)]
        return Comparison(
            run_a=run_a.run_id,
            run_b=run_b.run_id,
            rings=changes(bodies(run_a), bodies(run_b), *names, older=older),
            recognised=store.recognised(run_b, at=at),
            returned=monitoring.returned_pairs(run_b, purged),
            reformed=monitoring.reformed(run_b, rows, _purged_rings(store, run_b, purged)),
            precision=monitoring.precision(decisions, at),
            given_back=monitoring.given_back(purged),
            drift=monitoring.drift(run_a, run_b),
        )


def _purged_rings(store: CaseStore, run: Detection, purged: Sequence[Row]) -> list[Row]:
    """Return the rows of the lineage, with ids, of rings that batches from other runs took likes of."""
    taken = {(row["run_id"], row["ring_id"]) for row in purged if row["run_id"] != run.run_id}
    rows = store.lineage.rows_with_ids(rings=taken)
    return [row for row in rows if (row["run_id"], row["ring_id"]) in taken]


def changes(
    earlier: Mapping[str, Body],
    later: Mapping[str, Body],
    names_a: Mapping[str, str],
    names_b: Mapping[str, str],
    *,
    older: set[str],
) -> list[Row]:
    """Return one row a ring of either run, by what became of it, then by name.

    Parameters
    ----------
    earlier, later
        The rings of the runs.
    names_a, names_b
        Their names.
    older
        Names seen before the later run: a ring of these that has nothing to do with the earlier run returned.
    """
    matched = match(earlier, later)
    rows = []
    for ring, body in later.items():
        link = matched.heirs.get(ring) or matched.broke_off.get(ring)
        row = {"name": names_b[ring], "ring_a": None, "ring_b": ring, "users_a": None, "users_b": len(body.users)}
        if ring in matched.heirs:
            before = len(earlier[matched.heirs[ring].earlier].users)
            row |= {"change": growth(before, len(body.users)), "ring_a": matched.heirs[ring].earlier, "users_a": before}
        elif ring in matched.broke_off:
            row |= {"change": Change.SPLIT, "other": names_a[matched.broke_off[ring].earlier]}
        else:
            row["change"] = Change.RETURNED if names_b[ring] in older else Change.NEW
        rows.append(_row(row, link))
    followed = {link.earlier for link in matched.heirs.values()}
    for ring in earlier.keys() - followed:
        link = matched.went_over.get(ring)
        row = {"name": names_a[ring], "ring_a": ring, "ring_b": None, "users_a": len(earlier[ring].users)}
        row |= {"users_b": None, "change": Change.DORMANT}
        if link is not None:
            row |= {"change": Change.MERGED, "other": names_b[link.later]}
        rows.append(_row(row, link))
    order = list(Change)
    return sorted(rows, key=lambda row: (order.index(row["change"]), row["name"]))


def _row(row: Row, link: Link | None) -> Row:
    """Return the row in the order of its columns, with what the rings have in common."""
    row |= {"users_both": link.users if link else 0, "notes_both": link.notes if link else 0}
    columns = ("change", "name", "ring_a", "ring_b", "users_a", "users_b", "users_both", "notes_both", "other")
    return {name: row.get(name) for name in columns}
