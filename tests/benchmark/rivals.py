"""What detection is measured beside: other ways to count the users with at least three co-likes within a window.

``python -m tests.benchmark.rivals NAME FILE WINDOW_S THREADS`` counts and prints how many pairs there are and their
co-likes in all, as JSON; NAME is ``read`` for pyarrow's bare read, of which it prints the seconds.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    from scipy.sparse import csr_array

    I64 = npt.NDArray[np.int64]

COLUMNS = ["user_id", "note_id", "ts"]
MIN_WEIGHT = 3
#: Products that one block of a matrix product adds up, at most, where no single user has more.
_BLOCK_WORK = 20_000_000

#: Count co-likes of pairs of users on the likes as they stand, joined note by note.
SELF_JOIN = """
SELECT p.user_id AS u, q.user_id AS v, count(*) AS weight
FROM read_parquet($path) p
JOIN read_parquet($path) q
  ON p.note_id = q.note_id AND p.user_id < q.user_id
 AND epoch_us(q.ts) BETWEEN epoch_us(p.ts) - $window AND epoch_us(p.ts) + $window
GROUP BY ALL HAVING weight >= 3
"""

#: The same, joined on note and time bucket: every like stands in its own bucket and in both neighbours'.
BUCKET_JOIN = """
WITH likes AS (
    SELECT user_id AS u, note_id AS n, epoch_us(ts) AS t, epoch_us(ts) // $window AS bucket FROM read_parquet($path)
), near AS (
    SELECT u, n, t, unnest([bucket - 1, bucket, bucket + 1]) AS bucket FROM likes
)
SELECT p.u AS u, q.u AS v, count(*) AS weight
FROM likes p JOIN near q ON p.n = q.n AND p.bucket = q.bucket
WHERE p.u < q.u AND abs(p.t - q.t) <= $window
GROUP BY ALL HAVING weight >= 3
"""


def duckdb(query: str) -> Callable[[Path, int, int], pa.Table]:
    """Return the counting that a query of DuckDB does."""

    def count(path: Path, window_s: int, threads: int) -> pa.Table:
        import duckdb

        with duckdb.connect(config={"threads": threads}) as connection:
            given = {"path": str(path), "window": window_s * 1_000_000}
            return connection.sql(query, params=given).to_arrow_table()

    return count


def polars(path: Path, window_s: int, threads: int) -> pa.Table:
    """Count as DuckDB's bucket join does, on Polars' streaming engine."""
    os.environ["POLARS_MAX_THREADS"] = str(threads)  # read when it is imported
    import polars as pl

    window = window_s * 1_000_000
    likes = pl.scan_parquet(path).select(u="user_id", n="note_id", t=pl.col("ts").dt.epoch("us"))
    likes = likes.with_columns(bucket=pl.col("t") // window)
    near = pl.concat([likes.with_columns(bucket=pl.col("bucket") + step) for step in (-1, 0, 1)])
    pairs = (
        likes.join(near, on=["n", "bucket"], suffix="_of_v")
        .filter(pl.col("u") < pl.col("u_of_v"), (pl.col("t") - pl.col("t_of_v")).abs() <= window)
        .group_by(u="u", v="u_of_v")
        .agg(weight=pl.len())
        .filter(pl.col("weight") >= MIN_WEIGHT)
    )
    return pairs.collect(engine="streaming").to_arrow()


def scipy_within(path: Path, window_s: int, threads: int) -> pa.Table:
    """Multiply users × likes by likes × users: the users who like the same note within the window of a like.

    Row p of the second factor has a one for the user of every like of p's note at most the window away, p's own
    included. The product counts what the joins count.
    """
    import numpy as np
    import pyarrow.parquet as pq
    from scipy.sparse import csr_array

    user, low, high, ids = near_likes(pq.read_table(path, columns=COLUMNS), window_s)
    by_user = np.argsort(user, kind="stable")
    ptr = np.searchsorted(user[by_user], np.arange(len(ids) + 1))

    def blocks() -> Iterator[tuple[int, Any]]:
        for first, last in _blocks(ptr, (high - low)[by_user]):
            likes = by_user[ptr[first] : ptr[last]]
            length = (high - low)[likes]
            ends = np.concatenate([[0], np.cumsum(length)])
            near = np.arange(ends[-1]) + np.repeat(low[likes] - ends[:-1], length)
            left = (np.ones(len(likes), np.int32), np.arange(len(likes)), ptr[first : last + 1] - ptr[first])
            right = (np.ones(ends[-1], np.int32), user[near], ends)
            yield (
                first,
                (csr_array(left, shape=(last - first, len(likes))) @ csr_array(right, shape=(len(likes), len(ids)))),
            )

    return _frequent(blocks(), ids)


def scipy_ever(path: Path, window_s: int, threads: int) -> pa.Table:
    """Multiply the biadjacency by its transpose: the notes that two users both like, however far apart in time."""
    import numpy as np
    import pyarrow.parquet as pq
    from scipy.sparse import csr_array

    table = pq.read_table(path, columns=COLUMNS[:2])
    (user, ids), (note, _) = ranked(table["user_id"]), ranked(table["note_id"])
    n_notes = int(note.max()) + 1
    likes: csr_array[Any] = csr_array((np.ones(len(user), np.int32), (user, note)), shape=(len(ids), n_notes))
    turned = likes.T.tocsr()
    work = np.bincount(note, minlength=n_notes)[likes.indices]
    ptr = likes.indptr.astype(np.int64)
    return _frequent(((first, likes[first:last] @ turned) for first, last in _blocks(ptr, work)), ids)


def ranked(column: pa.ChunkedArray) -> tuple[I64, pa.Array]:
    """Return ids by their rank, and the ids in ascending order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    found = column.combine_chunks().dictionary_encode()
    order = pc.array_sort_indices(found.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[found.indices.to_numpy()], found.dictionary.take(pa.array(order))


def near_likes(likes: pa.Table, window_s: int) -> tuple[I64, I64, I64, pa.Array]:
    """Return the likes by (note, ts), each with those of its note at most the window away.

    Returns
    -------
    user, low, high, ids
        Users by rank; the likes near like p are ``low[p]:high[p]``, itself among them; the ids of the users.
    """
    import numpy as np
    import pyarrow as pa

    (user, ids), (note, _) = ranked(likes["user_id"]), ranked(likes["note_id"])
    ts, window = likes["ts"].cast(pa.int64()).to_numpy(), window_s * 1_000_000
    order = np.lexsort((ts, note))
    user, note, ts = user[order], note[order], ts[order]
    place = (ts - ts.min()) + note * (np.ptp(ts) + window + 1)  # likes of other notes are farther than the window
    low, high = np.searchsorted(place, place - window), np.searchsorted(place, place + window, side="right")
    return user, low, high, ids


def _blocks(ptr: I64, work: I64) -> Iterator[tuple[int, int]]:
    """Yield blocks of users; `work` holds the products of each like, and `ptr` where the likes of each user begin."""
    import numpy as np

    total = np.concatenate([[0], np.cumsum(work)])[ptr]
    cuts = np.searchsorted(total, np.arange(_BLOCK_WORK, total[-1], _BLOCK_WORK))
    bounds = np.unique(np.concatenate([[0], cuts, [len(ptr) - 1]])).tolist()
    yield from pairwise(bounds)


def _frequent(blocks: Iterator[tuple[int, Any]], ids: pa.Array) -> pa.Table:
    """Return the pairs u < v of at least the least weight from blocks of rows of a product."""
    import numpy as np
    import pyarrow as pa

    found: list[list[npt.NDArray[Any]]] = [[], [], []]
    for first, product in blocks:
        product.data[product.data < MIN_WEIGHT] = 0
        product.eliminate_zeros()
        block = product.tocoo()
        u, v = block.coords
        above = u + first < v
        for column, values in zip(found, (u + first, v, block.data), strict=True):
            column.append(values[above])
    u, v, weight = (np.concatenate(column) for column in found)
    return pa.table({"u": ids.take(pa.array(u)), "v": ids.take(pa.array(v)), "weight": weight})


def toolkit(path: Path, window_s: int, threads: int) -> pa.Table:
    """Make the co-retweet network of the coordination network toolkit: a like is a retweet of its note.

    It compares times as they are given, here in microseconds, and counts a pair both ways, and users with themselves.
    """
    import sqlite3

    import pyarrow as pa
    import pyarrow.parquet as pq
    from coordination_network_toolkit.compute_networks import compute_co_retweet_parallel
    from coordination_network_toolkit.preprocess import preprocess_data

    def messages() -> Iterator[tuple[object, ...]]:
        number = 0
        for batch in pq.ParquetFile(path).iter_batches(columns=COLUMNS):
            times = batch["ts"].cast(pa.int64())
            for user, note, ts in zip(
                *(c.to_pylist() for c in (batch["user_id"], batch["note_id"], times)), strict=True
            ):
                number += 1
                yield number, user, None, note, None, None, ts, []

    with tempfile.TemporaryDirectory(prefix="graphkit-bench-") as folder:
        file = str(Path(folder, "likes.db"))
        with contextlib.redirect_stdout(io.StringIO()):
            preprocess_data(file, messages())
            compute_co_retweet_parallel(file, window_s * 1_000_000, threads, MIN_WEIGHT)
        with contextlib.closing(sqlite3.connect(file)) as database:
            rows = database.execute(
                "SELECT user_1, user_2, weight FROM co_retweet_network WHERE user_1 < user_2"
            ).fetchall()
    ids = pq.read_schema(path).field("user_id").type
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, (ids, ids, pa.int64()), strict=True)],
        names=["u", "v", "weight"],
    )


@dataclass(frozen=True, slots=True)
class Rival:
    """Another way to count.

    Attributes
    ----------
    label
        What it is, for the table.
    package
        What it needs.
    count
        Returns the pairs u < v and their weights from a file, a window in seconds, ends included, and threads.
    within
        Whether it counts within the window, as graphkit does; else over all times.
    """

    label: str
    package: str
    count: Callable[[Path, int, int], pa.Table]
    within: bool = True

    @property
    def there(self) -> bool:
        """Whether what it needs is installed."""
        return importlib.util.find_spec(self.package) is not None


RIVALS = {
    "duckdb-bucket": Rival("DuckDB, join on note and minute", "duckdb", duckdb(BUCKET_JOIN)),
    "duckdb-plain": Rival("DuckDB, plain self-join on note", "duckdb", duckdb(SELF_JOIN)),
    "polars": Rival("Polars, streaming join on note and minute", "polars", polars),
    "scipy-within": Rival("scipy, users × likes × users within the window", "scipy", scipy_within),
    "scipy-ever": Rival("scipy, A·Aᵀ, without a window", "scipy", scipy_ever, within=False),
    "toolkit": Rival("coordination-network-toolkit, co-retweets", "coordination_network_toolkit", toolkit),
}


def bare_read(path: Path) -> float:
    """Return the seconds of pyarrow's warm read of the three columns: the better of two, after a first."""
    import pyarrow.parquet as pq

    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        pq.read_table(path, columns=COLUMNS)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def main(name: str, path: Path, window_s: int, threads: int) -> None:
    """Count, and print what came of it."""
    if name == "read":
        print(json.dumps({"seconds": bare_read(path)}))
        return
    import pyarrow.compute as pc

    pairs = RIVALS[name].count(path, window_s, threads)
    print(json.dumps({"pairs": pairs.num_rows, "co_likes": pc.sum(pairs["weight"]).as_py() or 0}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
