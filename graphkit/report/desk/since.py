"""What the page says of the run before: what became of its rings, and what came of purges and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphkit.cases.compare import Comparison


def since(found: Comparison) -> dict[str, Any]:
    """Return a comparison of the run with the one before as plain values.

    Parameters
    ----------
    found
        The comparison; its second run is that of the page.
    """
    return {
        "run": found.run_a,
        "rings": [
            {
                "change": str(row["change"]),
                "name": row["name"],
                "other": row["other"],
                "then": row["ring_a"],
                "now": row["ring_b"],
                "before": row["users_a"],
                "after": row["users_b"],
                "both": row["users_both"],
                "verdict": None if row["ring_b"] not in found.recognised else found.recognised[row["ring_b"]].verdict,
            }
            for row in found.rings
        ],
        "returned": {name: found.returned[name] for name in ("pairs", "came_back", "still_there")},
        "reformed": [
            {
                "name": row["name"],
                "now": row["ring_id"],
                "before": row["users_before"],
                "kept": len(row["users_kept"]),
                "fresh": len(row["users_new"]),
            }
            for row in found.reformed
        ],
        "precision": list(found.precision),
        "givenBack": list(found.given_back),
        "drift": found.drift,
    }
