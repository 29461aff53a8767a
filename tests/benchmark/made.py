"""Likes for measuring speed: made by numpy in seconds, heavy-tailed, in sessions, with farms among them.

Not for judging quality: that is what ``graphkit simulate`` is for.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

I64 = npt.NDArray[np.int64]

SECOND = 1_000_000
START = 1_795_305_600 * SECOND  # 2026-11-22
SPAN_S = 14 * 86_400
SLOT_S = 600
LIKES_PER_USER = 23
LIKES_PER_NOTE = 70
LIKES_PER_SESSION = 3.5
LIKES_PER_FARM = 50_000


def make_likes(n: int, seed: int = 1) -> pa.Table:
    """Return about `n` likes by distinct (user, note), shuffled: int64 ids and UTC microseconds.

    Notes have log-normal appeal (sigma 1.7) and are liked at log-normal ages (median 2.3 h, sigma 1.6); users have
    log-normal activity (sigma 1.1) and come in sessions of ten minutes; one like in forty is a farm's: 60 accounts,
    40 jobs, half of them on each, within 40 s. There are 2.3 co-likes a like within 60 s and 250 within 6 h, where
    a large world of ``graphkit simulate`` has 2.8 and 100.
    """
    rng = np.random.default_rng(seed)
    n_users, n_notes, n_farms = (
        max(n // LIKES_PER_USER, 200),
        max(n // LIKES_PER_NOTE, 100),
        max(n // LIKES_PER_FARM, 1),
    )
    published = rng.uniform(-86_400, SPAN_S, n_notes)
    note = _draw(rng, rng.lognormal(0, 1.7, n_notes), n)
    t = published[note] + rng.lognormal(9.0, 1.6, n)
    t = np.where((t < 0) | (t >= SPAN_S), rng.uniform(0, SPAN_S, n), t)
    user = _in_sessions(rng, t, n_users)
    farms = [_farm(rng, n_users + 60 * farm, n_notes) for farm in range(n_farms)]
    user, note, t = (np.concatenate(column) for column in zip((user, note, t), *farms, strict=True))
    kept = np.unique(user * n_notes + note, return_index=True)[1]
    kept = rng.permutation(kept)
    return pa.table(
        {
            "user_id": user[kept] * 7919 + 10**12,
            "note_id": note[kept] * 104_729 + 10**14,
            "ts": pa.array(START + t[kept].astype(np.int64) * SECOND, pa.timestamp("us", tz="UTC")),
        }
    )


def _draw(rng: np.random.Generator, weight: npt.NDArray[np.float64], n: int) -> I64:
    ends = np.cumsum(weight)
    return np.searchsorted(ends, rng.random(n) * ends[-1], "right").astype(np.int64)


def _in_sessions(rng: np.random.Generator, t: npt.NDArray[np.float64], n_users: int) -> I64:
    """Return who gave each like: every slot of time has its own few users."""
    slot = (t // SLOT_S).astype(np.int64)
    sessions = np.ceil(np.bincount(slot) / LIKES_PER_SESSION).astype(np.int64)
    first = np.cumsum(sessions) - sessions
    who = _draw(rng, rng.lognormal(0, 1.1, n_users), int(sessions.sum()))
    return who[first[slot] + np.floor(rng.random(len(t)) * sessions[slot]).astype(np.int64)]


def _farm(rng: np.random.Generator, first_user: int, n_notes: int) -> tuple[I64, I64, npt.NDArray[np.float64]]:
    job, member = np.nonzero(rng.random((40, 60)) < 0.55)
    note, moment = rng.integers(0, n_notes, 40), rng.uniform(0, SPAN_S - 60, 40)
    return first_user + member, note[job], moment[job] + rng.uniform(0, 40, len(job))


if __name__ == "__main__":
    path = Path(sys.argv[2])
    part = path.with_suffix(".part")
    pq.write_table(make_likes(int(sys.argv[1])), part)
    part.rename(path)
