"""What detection is measured against: pyarrow's bare read, and DuckDB's self-join within a window."""

from __future__ import annotations

import sys
import time
from pathlib import Path

Pair = tuple[int, int]

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


def join(query: str, path: Path, window_s: int, threads: int) -> dict[Pair, int]:
    """Return the users with at least three co-likes within the window, ends included, and how many they have."""
    import duckdb

    with duckdb.connect(config={"threads": threads}) as connection:
        rows = connection.execute(query, {"path": str(path), "window": window_s * 1_000_000}).fetchall()
    return {(u, v): weight for u, v, weight in rows}


def bare_read(path: Path) -> float:
    """Return the seconds of pyarrow's warm read of the three columns: the better of two, after a first."""
    import pyarrow.parquet as pq

    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        pq.read_table(path, columns=["user_id", "note_id", "ts"])
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


if __name__ == "__main__":
    what, file, window, thread_count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if what == "read":
        sys.stdout.write(str(bare_read(file)))
    else:
        sys.stdout.write(str(len(join(SELF_JOIN if what == "plain" else BUCKET_JOIN, file, window, thread_count))))
