"""The rows of a run behind a verdict or a batch, as JSON: what was known when it was decided."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from graphkit.detection.run import Detection

Row = dict[str, Any]


class Evidence:
    """Looks up rings, members and candidate likes of a run.

    Parameters
    ----------
    run
        The run.
    """

    def __init__(self, run: Detection) -> None:
        self._rings: dict[str, Row] = {row["ring_id"]: row for row in run.rings.to_pylist()}
        self._members: dict[Any, list[Row]] = defaultdict(list)
        for row in run.members.to_pylist():
            self._members[row["user_id"]].append(row)
        self._candidates: dict[tuple[Any, Any], Row] = {
            (row["user_id"], row["note_id"]): row for row in run.candidates.to_pylist()
        }

    def like(self, user: Any, note: Any) -> Row | None:
        """Return the row of the like of a user on a note; ``None`` where the run does not propose it."""
        return self._candidates.get((user, note))

    def of(self, subject: Mapping[str, Any]) -> dict[str, list[Row]]:
        """Return the rows that a verdict is about, by table; none where the run does not know its subject.

        Parameters
        ----------
        subject
            `ring_id`, `user_id` and `note_id`, as in ``schemas.DECISIONS``.
        """
        ring, user, note = (subject[name] for name in ("ring_id", "user_id", "note_id"))
        like = self._candidates.get((user, note))
        candidates = [like] if like is not None else []
        wanted = {ring} if ring is not None else {row["ring_id"] for row in candidates}
        members = [row for row in self._members.get(user, []) if not wanted or row["ring_id"] in wanted]
        wanted = wanted or {row["ring_id"] for row in members}
        return {
            "rings": [self._rings[name] for name in sorted(wanted) if name in self._rings],
            "members": members,
            "candidates": candidates,
        }


def to_text(rows: Any) -> str:
    """Return rows as JSON; times as texts."""
    return json.dumps(rows, ensure_ascii=False, default=str)
