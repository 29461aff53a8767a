"""Every form an input may take."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphkit.config import InputConfig
from graphkit.errors import InputError
from graphkit.likes import Likes, read_likes
from graphkit.progress import Progress
from tests.likes.naive import SECOND, as_rows, as_table, same

pytestmark = pytest.mark.usefixtures("way")

T0 = 1_795_305_600 * SECOND
ROWS = [{"user_id": u, "note_id": n, "ts": T0 + (5 * n + i) * SECOND} for n in (1, 2) for i, u in enumerate("abc")]
TABLE = as_table(ROWS)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A dump as Spark leaves it: partitions, markers, a checksum, and work in progress."""
    root = tmp_path / "likes"
    for day, half in (("2026-11-22", TABLE.slice(0, 3)), ("2026-11-23", TABLE.slice(3))):
        (root / f"dt={day}").mkdir(parents=True)
        pq.write_table(half, root / f"dt={day}" / "part-0.snappy.parquet")
    (root / "_SUCCESS").touch()
    (root / "_temporary").mkdir()
    (root / "_temporary" / "part-9.parquet").write_bytes(b"half a file")
    (root / ".part-0.parquet.crc").write_bytes(b"crc")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "a.parquet").write_bytes(b"x")
    (root / "README.md").write_text("notes")
    return root


def whole() -> Likes:
    return read_likes(TABLE)


@pytest.mark.parametrize(
    "form",
    ["{}", "{}/", "{}/*", "{}/dt=*", "{}/**", "{}/**/*.parquet", "{}/dt=*/part-*.parquet", "{}/dt=2026-11-2[23]",
     "{}/*/part-?.snappy.parquet", "file://{}", "file://{}/dt=*/*.parquet"],
)  # fmt: skip
def test_directories_globs_and_urls(tree: Path, form: str) -> None:
    same(whole(), read_likes(form.format(tree)), files=False)


def test_a_file_and_one_partition(tree: Path) -> None:
    first = read_likes(TABLE.slice(0, 3))
    same(first, read_likes(tree / "dt=2026-11-22"))
    same(first, read_likes(tree / "dt=2026-11-22" / "part-0.snappy.parquet"))
    same(first, read_likes(f"file://{tree}/dt=2026-11-22/part-0.snappy.parquet"))


def test_relative_paths(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    for form in ("likes", "./likes/", "likes/*/*.parquet", "l*/**", Path("likes")):
        same(whole(), read_likes(form), files=False)
    monkeypatch.chdir(tree)
    for form in (".", "*", "dt=*"):
        same(whole(), read_likes(form), files=False)


def test_a_path_with_a_wildcard_in_its_name(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "likes[1]*.parquet")
    same(whole(), read_likes(tmp_path / "likes[1]*.parquet"))


def test_a_named_file_needs_no_suffix(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "000000_0")
    same(whole(), read_likes(tmp_path / "000000_0"))
    same(whole(), read_likes(tmp_path / "0000*"))
    with pytest.raises(InputError, match=r"directory without Parquet \(1 files: 000000_0\)"):
        read_likes(tmp_path)


@pytest.mark.parametrize("suffix", ["parquet", "pq", "parq", "PARQUET"])
def test_suffixes_in_a_directory(tmp_path: Path, suffix: str) -> None:
    pq.write_table(TABLE, tmp_path / f"a.{suffix}")
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    same(whole(), read_likes(tmp_path))


class Stream:
    """What another library's table looks like."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return TABLE.__arrow_c_stream__(requested_schema)


def test_tables_in_memory() -> None:
    frame = TABLE.to_pandas()
    reader = pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches())
    for form in (frame, Stream(), TABLE.to_batches()[0], reader):
        assert as_rows(read_likes(form)) == as_rows(whole())
    assert as_rows(read_likes(frame.astype({"user_id": "category"}))) == as_rows(whole())
    assert as_rows(read_likes(frame.astype({"user_id": object}))) == as_rows(whole())


def test_pandas_with_gaps_in_an_integer_id() -> None:
    frame = pd.DataFrame({"user_id": [1, None], "note_id": [1, 2], "ts": pd.to_datetime(["2026-11-22"] * 2)})
    with pytest.raises(InputError, match=r"user_id has type double; wanted an integer or a string; .*Int64"):
        read_likes(frame)
    likes = read_likes(frame.astype({"user_id": "Int64"}), config=InputConfig(max_bad_share=0.5))
    assert likes.accounting.quarantined == 1


def test_a_column_of_two_types_in_memory() -> None:
    with pytest.raises(InputError, match=r"likes in memory: .*; wanted columns Arrow can hold"):
        read_likes(pd.DataFrame({"user_id": [1, "a"], "note_id": [1, 2], "ts": [1, 2]}))
    with pytest.raises(InputError, match="likes: list; wanted a path or a table"):
        read_likes([1, 2])


# ---- Hive partitions ----


def test_partition_keys_serve_where_the_file_lacks_the_column(tree: Path) -> None:
    bare = tree.parent / "bare"
    for day in ("2026-11-22", "2026-11-23"):
        (bare / f"dt={day}").mkdir(parents=True)
        pq.write_table(TABLE.drop_columns(["ts"]), bare / f"dt={day}" / "a.parquet")
    likes = read_likes(bare, config=InputConfig(columns={"ts": "dt"}))
    assert set(likes.ts.tolist()) == {T0}
    assert (likes.accounting.kept, likes.accounting.duplicate) == (6, 6)
    assert likes.resolution_us == 86_400 * SECOND
    with pytest.raises(
        InputError, match=r'no column ts; found user_id, note_id, dt; wanted ts; .*\[columns\] ts = "dt"'
    ):
        read_likes(bare)


def test_partition_keys_of_every_type(tmp_path: Path) -> None:
    for action, user in (("like", 7), ("unlike", 12), ("like", 12)):
        folder = tmp_path / f"action={action}" / f"user_id={user}"
        folder.mkdir(parents=True)
        pq.write_table(
            pa.table({"note_id": [1], "ts": pa.array([T0], pa.timestamp("us", "UTC"))}), folder / "a.parquet"
        )
    likes = read_likes(tmp_path)
    assert as_rows(likes) == [{"user_id": 7, "note_id": 1, "ts": T0, "repeats": 0}]
    assert likes.accounting.undone == 2
    (tmp_path / "action=like" / "user_id=x%2Fy").mkdir()
    pq.write_table(
        pa.table({"note_id": [2], "ts": pa.array([T0], pa.timestamp("us", "UTC"))}),
        tmp_path / "action=like" / "user_id=x%2Fy" / "a.parquet",
    )
    assert read_likes(tmp_path).users.ids.to_pylist() == ["7", "x/y"]


@pytest.mark.parametrize("days", [("20261122", "20261123"), ("2026-11-22", "__HIVE_DEFAULT_PARTITION__")])
def test_days_as_hive_writes_them(tmp_path: Path, days: tuple[str, str]) -> None:
    for day in days:
        (tmp_path / f"dt={day}").mkdir()
        pq.write_table(TABLE.drop_columns(["ts"]), tmp_path / f"dt={day}" / "a.parquet")
    likes = read_likes(tmp_path, config=InputConfig(columns={"ts": "dt"}, max_bad_share=0.5))
    assert set(likes.ts.tolist()) == {T0}
    assert likes.accounting.quarantined == (0 if days[1].isdigit() else 6)


def test_partition_keys_become_what_the_column_wants(tmp_path: Path) -> None:
    folder = tmp_path / "source=7" / "completed=true" / "device_id=007" / "ip=7"
    folder.mkdir(parents=True)
    pq.write_table(TABLE, folder / "a.parquet")
    likes = read_likes(tmp_path)
    assert likes.sources.to_pylist() == ["7"]
    assert likes.completed is not None
    assert likes.completed.tolist() == [1] * 6
    other = tmp_path / "source=7" / "completed=maybe"
    other.mkdir()
    pq.write_table(TABLE, other / "a.parquet")
    with pytest.raises(InputError, match="column completed has type string; wanted a boolean"):
        read_likes(tmp_path)


def test_hives_null_is_null(tmp_path: Path) -> None:
    for source in ("feed", "__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / f"source={source}").mkdir()
        pq.write_table(TABLE.slice(0 if source == "feed" else 3, 3), tmp_path / f"source={source}" / "a.parquet")
    likes = read_likes(tmp_path)
    assert likes.source is not None
    assert likes.source.tolist() == [0, 0, 0, -1, -1, -1]
    assert likes.sources.to_pylist() == ["feed"]


def test_the_files_own_column_wins_over_the_partition_key(tmp_path: Path) -> None:
    (tmp_path / "user_id=z").mkdir()
    pq.write_table(TABLE, tmp_path / "user_id=z" / "a.parquet")
    same(whole(), read_likes(tmp_path))


# ---- What the caller sees besides ----


def test_quarantine_names_file_row_and_text(tmp_path: Path, small_batches: None) -> None:
    rows = [dict(row) for row in ROWS * 3]
    rows[7]["user_id"] = None
    rows[16]["ts"] = 5
    table = as_table(rows).append_column("extra", pa.array(range(18)))
    (tmp_path / "b").mkdir()
    pq.write_table(table.slice(0, 10).rename_columns(["uid", "note_id", "ts", "extra"]), tmp_path / "b" / "x.parquet")
    pq.write_table(
        table.slice(10).rename_columns(["uid", "note_id", "ts", "extra"]), tmp_path / "c.parquet", row_group_size=2
    )
    likes = read_likes(tmp_path, config=InputConfig(max_bad_share=0.2, columns={"user_id": "uid"}))
    assert likes.quarantine.to_pylist() == [
        {
            "file": "b/x.parquet",
            "row": 7,
            "reason": "null_user_id",
            "text": '{"uid": null, "note_id": 1, "ts": "2026-11-22T00:00:06.000000Z"}',
        },
        {
            "file": "c.parquet",
            "row": 6,
            "reason": "impossible_ts",
            "text": '{"uid": "b", "note_id": 2, "ts": "1970-01-01T00:00:00.000005Z"}',
        },
    ]


def test_quarantined_text_survives_anything(tmp_path: Path) -> None:
    table = pa.table(
        {
            "user_id": pa.array([None] * 4, pa.string()),
            "note_id": pa.array([b"\xff\xfe", b"ok", None, b"\xe5\xb0\x8f"], pa.binary()).view(pa.string()),
            "ts": pa.array([2**63 - 1, -(2**63), 0, None], pa.int64()).view(pa.timestamp("s", "UTC")),
            "dwell_ms": [float("nan"), float("inf"), 1.5, None],
            "device_id": pa.array(["d", None, "d", "e"]).dictionary_encode(),
        }
    )
    good = as_table([{"user_id": "a", "note_id": "1", "ts": T0}], note_id=pa.string(), ts=pa.timestamp("s", "UTC"))
    likes = read_likes(pa.concat_tables([table, good], promote_options="default"), config=InputConfig(max_bad_share=1))
    texts = likes.quarantine["text"].to_pylist()
    assert texts[0].startswith(
        '{"user_id": null, "note_id": "\\\\xff\\\\xfe", "ts": "292277026596-12-04T15:30:07Z", "dwell_ms": "nan"'
    )
    assert '"dwell_ms": "inf"' in texts[1]
    assert '"ts": "1970-01-01T00:00:00Z", "dwell_ms": 1.5, "device_id": "d"' in texts[2]
    assert '"note_id": "小"' in texts[3]
    assert likes.accounting.quarantined == 4


def test_progress_is_told_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(show=False)
    read_likes(TABLE, users=pa.table({"user_id": ["a"]}), progress=progress)
    assert list(progress.seconds) == ["read", "encode", "order", "join"]


def test_since_and_until() -> None:
    moment = dt.datetime(2026, 11, 22, 0, 0, 6, tzinfo=dt.UTC)
    likes = read_likes(TABLE, config=InputConfig(since=moment, until=moment + dt.timedelta(seconds=5)))
    assert likes.ts.tolist() == [T0 + s * SECOND for s in (6, 7, 10)]
    assert (likes.accounting.read, likes.accounting.outside) == (3, 3)
    assert (likes.n_users, likes.n_notes) == (3, 2)
    later = moment + dt.timedelta(days=9)
    with pytest.raises(InputError, match=r"none of 6 rows lies in the time asked for; .*check --since and --until"):
        read_likes(TABLE, config=InputConfig(since=later))


def test_a_list_of_paths_is_read_as_one_and_keeps_file_names_apart(tmp_path: Path) -> None:
    for day, user in (("dt=2026-11-21", "a"), ("dt=2026-11-22", None)):
        folder = tmp_path / day
        folder.mkdir()
        ts = pa.array([1_780_000_000, 1_780_000_001], pa.timestamp("s", tz="UTC"))
        table = pa.table({"user_id": pa.array([user, "b"]), "note_id": [f"{day}-1", f"{day}-2"], "ts": ts})
        pq.write_table(table, folder / "part-0.parquet")
    paths = [tmp_path / "dt=2026-11-21", str(tmp_path / "dt=2026-11-22")]
    likes = read_likes(paths, config=InputConfig(max_bad_share=0.5))
    assert likes.accounting.kept == 3
    assert likes.quarantine["file"].to_pylist() == ["dt=2026-11-22/part-0.parquet"]
    assert read_likes(paths[::-1], config=InputConfig(max_bad_share=0.5)).fingerprint == likes.fingerprint
