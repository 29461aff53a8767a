"""Likes for measuring speed: made worlds of ``graphkit simulate``, bare and clean, side by side, rows shuffled.

``python -m tests.benchmark.made LIKES FILE [--ids hex] [--crowd]`` writes a file of about so many likes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphkit.simulation import simulate
from graphkit.simulation.columns import make_ids
from graphkit.simulation.world import World
from graphkit.simulation.worlds import find_world

#: Likes of one world; more are several worlds side by side, with users and notes of their own, in the same days.
WORLD_LIKES = 5_000_000
#: Likes of a user of the standard world in its fourteen days, bought ones shared out.
LIKES_PER_USER = 21.7
#: Share of the likes that a crowd gives to its one note.
CROWD_SHARE = 0.25
_ROW_GROUP = 1 << 20

Ids = Literal["int", "hex"]


def write_likes(path: Path, n: int, *, ids: Ids = "int", crowd: bool = False, seed: int = 21) -> None:
    """Write about `n` likes by distinct (user, note), times in microseconds UTC, in no order.

    Parameters
    ----------
    path
        The file; it appears whole or not at all.
    n
        How many likes, about. Worlds have as many rings and look-alikes as their users call for, and only likes that
        stand, so that a join on the file counts what graphkit keeps.
    ids
        int64, or 24 hexadecimal digits. The likes are the same, and so is the order of their ids.
    crowd
        Whether a quarter of the likes are given to one note within an hour. Without it, so many fewer likes are the
        same to the row, but for their order.
    seed
        Seed of the first world; the others follow.

    Notes
    -----
    One world is in memory at a time, 2 GB, or 3 with texts; the rows wait on disk, 24 or 64 bytes each.
    """
    n_crowd = round(n * CROWD_SHARE) if crowd else 0
    n_worlds = max(1, -(-(n - n_crowd) // WORLD_LIKES))
    parts = _parts(n_worlds, (n - n_crowd) // n_worlds, n_crowd, ids, seed)
    shuffle(parts, n_worlds + -(-n_crowd // WORLD_LIKES), path, seed)


def _parts(n_worlds: int, likes_each: int, n_crowd: int, ids: Ids, seed: int) -> Iterator[pa.Table]:
    for k in range(n_worlds):
        world = find_world("standard", seed + k)
        world = world.scaled(users=round(likes_each / LIKES_PER_USER)).model_copy(update={"ids": ids})
        likes = simulate(world, seed=seed + k, bare=True).truth_likes.select(["user_id", "note_id", "ts"])
        if k == 0 and n_crowd:
            yield _crowd(n_crowd, likes, world, seed)
        yield likes


def _crowd(n: int, likes: pa.Table, world: World, seed: int) -> pa.Table:
    """Return `n` likes of one new note in the hour that begins midway: by the users of these likes, then by others."""
    rng = np.random.default_rng(seed)
    users = pc.unique(likes["user_id"])[:n]
    others = make_ids(world, rng.integers(1 << 63, size=n - len(users), dtype=np.uint64))
    note = make_ids(world, rng.integers(1 << 63, size=1, dtype=np.uint64))
    span = pc.min_max(likes["ts"].cast(pa.int64())).as_py()
    ts = (span["min"] + span["max"]) // 2_000 + rng.integers(3_600_000, size=n)  # whole milliseconds
    columns = [pa.concat_arrays([users, others]), note.take(pa.array(np.zeros(n, np.int8))), pa.array(ts * 1000)]
    return pa.table(columns, names=likes.schema.names).cast(likes.schema)


def shuffle(parts: Iterable[pa.Table], n_piles: int, path: Path, seed: int) -> None:
    """Write the rows of all parts in random order, every order being as likely.

    Each row goes to one of so many piles on disk, and each pile is shuffled: a part or a pile is in memory at a time.
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        files = [Path(folder, f"{k}.arrow") for k in range(n_piles)]
        with ExitStack() as stack:
            piles: list[pa.RecordBatchFileWriter] = []
            for part in parts:
                if not piles:
                    piles = [stack.enter_context(pa.ipc.new_file(str(file), part.schema)) for file in files]
                mixed = part.take(rng.permutation(part.num_rows))
                start = 0
                for pile, size in zip(piles, rng.multinomial(part.num_rows, [1 / n_piles] * n_piles), strict=True):
                    pile.write_table(mixed.slice(start, size))
                    start += size
        whole = Path(folder, "whole.parquet")
        with ExitStack() as stack:
            out: pq.ParquetWriter | None = None
            for file in files:
                with pa.memory_map(str(file)) as source:
                    pile = pa.ipc.open_file(source).read_all()
                    out = out or stack.enter_context(pq.ParquetWriter(whole, pile.schema))
                    out.write_table(pile.take(rng.permutation(pile.num_rows)), row_group_size=_ROW_GROUP)
                    del pile
        whole.replace(path)


def main() -> None:
    """Write a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("likes", type=float, help="about so many")
    parser.add_argument("file", type=Path)
    parser.add_argument("--ids", choices=("int", "hex"), default="int", help="int64, or 24 hexadecimal digits")
    parser.add_argument("--crowd", action="store_true", help="a quarter of the likes on one note within an hour")
    given = parser.parse_args()
    write_likes(given.file, int(given.likes), ids=given.ids, crowd=given.crowd)


if __name__ == "__main__":
    main()
