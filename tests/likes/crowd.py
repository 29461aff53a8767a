"""Likes that are no even load: a hot note, a hot user, a hot hour."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.likes.naive import SECOND

T0 = 1_795_305_600 * SECOND


def crowded(m: int, seed: int) -> pa.Table:
    """Likes of which a third are on one note, a third by one user, and a third in one hour."""
    rng = np.random.default_rng(seed)
    user, note = rng.integers(0, 500, m), rng.integers(0, 300, m)
    ts = rng.integers(0, 30 * 86_400, m)
    third = np.arange(m) % 3
    note[third == 0], user[third == 1], ts[third == 2] = 7, 7, 86_400 + ts[third == 2] % 3600
    action = np.where(rng.random(m) < 0.1, "unlike", "like")
    columns = {"user_id": user, "note_id": note, "ts": pa.array(T0 + ts * SECOND, pa.timestamp("us", "UTC"))}
    return pa.table(columns | {"action": action, "dwell_ms": rng.integers(0, 3, m).astype(float)})
