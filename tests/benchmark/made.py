"""Likes for measuring speed: a large made world of ``graphkit simulate``, bare and clean, rows shuffled."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graphkit.simulation import simulate
from graphkit.simulation.worlds import find_world

#: Likes of one world; more are several worlds side by side, with users and notes of their own, in the same days.
WORLD_LIKES = 5_000_000
#: Likes of a user of the standard world in its fourteen days, bought ones shared out.
LIKES_PER_USER = 21.7


def make_likes(n: int, seed: int = 21) -> pa.Table:
    """Return about `n` likes by distinct (user, note): int64 ids and microseconds, UTC, in no order.

    The standard world, with as many rings and look-alikes as its users call for; only likes that stand, so that
    a join on the file counts what graphkit keeps. Memory: 56 bytes a like, and what one world takes.
    """
    n_worlds = max(1, -(-n // WORLD_LIKES))
    likes = pa.concat_tables([_world_likes(n // n_worlds, seed + k) for k in range(n_worlds)])
    return likes.take(np.random.default_rng(seed).permutation(likes.num_rows))


def _world_likes(n: int, seed: int) -> pa.Table:
    world = find_world("standard", seed).scaled(users=round(n / LIKES_PER_USER)).model_copy(update={"ids": "int"})
    return simulate(world, seed=seed, bare=True).truth_likes.select(["user_id", "note_id", "ts"])


if __name__ == "__main__":
    path = Path(sys.argv[2])
    part = path.with_suffix(".part")
    pq.write_table(make_likes(int(sys.argv[1])), part)
    part.rename(path)
