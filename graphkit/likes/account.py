"""What reading counts beside the rows it may use. Accounts of several stretches of rows add up, in any order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from graphkit import schemas
from graphkit.errors import InputError
from graphkit.likes.columns import Binding
from graphkit.likes.fingerprint import Sums

#: Why a row is quarantined; of several reasons the first counts.
REASONS = ("null_user_id", "null_note_id", "null_ts", "impossible_ts", "unknown_action")


@dataclass
class BadRows:
    """Quarantined rows of one part, one after the other as they stand in it."""

    rows: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass
class Account:
    """What reading counted.

    Attributes
    ----------
    sums
        Fingerprint of the rows used.
    outside
        Rows outside `since`/`until`.
    reasons
        Quarantined rows by reason.
    first_bad
        Part and row of the first of them.
    bad
        Quarantined rows by part, so long as they are few enough for the run to go on.
    """

    sums: Sums = field(default_factory=Sums)
    outside: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first_bad: tuple[int, int] | None = None
    bad: dict[int, list[BadRows]] = field(default_factory=dict)

    def add(self, other: Account) -> None:
        """Add what was counted of other rows."""
        self.sums += other.sums
        self.outside += other.outside
        self.reasons.update(other.reasons)
        self.first_bad = min((p for p in (self.first_bad, other.first_bad) if p is not None), default=None)
        for part, pieces in other.bad.items():
            self.bad.setdefault(part, []).extend(pieces)

    def quarantine(self, binding: Binding) -> pa.Table:
        """Return the quarantined rows of what `binding` names, as ``schemas.QUARANTINE``."""
        files: list[str] = []
        merged = BadRows()
        for p in sorted(self.bad):
            for piece in sorted(self.bad[p], key=lambda b: b.rows[0]):
                files += [binding.parts[p].part.name] * len(piece.rows)
                merged.rows += piece.rows
                merged.reasons += piece.reasons
                merged.texts += piece.texts
        return pa.table([files, merged.rows, merged.reasons, merged.texts], schema=schemas.QUARANTINE.arrow({}))

    def check_share(self, binding: Binding, share: float) -> None:
        """Raise `InputError` when more than `share` of the rows of what `binding` names are bad."""
        read = binding.source.rows - self.outside
        bad = self.reasons.total()
        if bad <= share * read or self.first_bad is None:
            return
        part, row = self.first_bad
        why = ", ".join(f"{reason} {self.reasons[reason]:,}" for reason in REASONS if self.reasons[reason])
        todo = "mend the dump, or raise input.max_bad_share"
        if self.reasons["impossible_ts"] * 2 > bad:
            todo = "check --ts-unit and input.earliest and latest, " + todo
        elif self.reasons["unknown_action"] * 2 > bad:
            todo = "write actions as like and unlike, " + todo
        raise InputError(
            f"{binding.source.label}: {bad:,} of {read:,} rows cannot be used ({why}), the first in "
            f"{binding.parts[part].part.label} row {row}",
            wanted=f"at most {share:.4g} of the rows",
            todo=todo,
        )
