"""Laws of the main job, end to end: what must not matter does not, to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.engines import Room, room
from graphkit.schemas import EVIDENCE
from tests.detection.runs import (
    Tables,
    assert_same_bytes,
    assert_same_tables,
    dense,
    detect,
    findings,
    map_ids,
    shift_times,
    unnamed,
)
from tests.worlds import SECOND

pytestmark = pytest.mark.kernels


def test_the_worlds_show_what_the_laws_are_about(run: gk.Detection) -> None:
    tiers = run.info["tiers"]
    assert tiers["purge"]["rings"] >= 2
    assert tiers["purge"]["likes"] > 300
    assert tiers["review"]["likes"] + tiers["watch"]["rings"] > 0


def test_threads_do_not_matter(world: Tables, run: gk.Detection, tmp_path: Path) -> None:
    one = detect(world, threads=1)
    assert (one.info["threads"], run.info["threads"]) == (1, 2)
    assert_same_bytes(run, one, tmp_path)
    assert findings(run) == findings(one)


def test_memory_does_not_matter(
    world: Tables, run: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_SMALL_BYTES", 1)
    least = room.BASE_BYTES + room.LEAST_BYTES * world.likes.num_rows
    short = detect(world, room=Room(least, tmp_path))
    assert short.info["bytes_in_files"] > 60 * len(run.likes)
    assert run.info["bytes_in_files"] == 0
    assert_same_bytes(run, short, tmp_path)
    assert findings(run) == findings(short)


def test_row_order_does_not_matter(world: Tables, run: gk.Detection, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    shuffled = detect(world.each(lambda table: table.take(rng.permutation(table.num_rows))))
    assert_same_bytes(run, shuffled, tmp_path, quarantine=False)
    assert findings(run) == findings(shuffled)
    assert run.info["input"]["fingerprint"] == shuffled.info["input"]["fingerprint"]


@pytest.mark.slow
@pytest.mark.parametrize("names", [("a.parquet", "b.parquet", "c.parquet"), ("z/1.parquet", "0.parquet", "y.parquet")])
def test_files_do_not_matter(world: Tables, run: gk.Detection, names: tuple[str, ...], tmp_path: Path) -> None:
    third = world.likes.num_rows // 3
    for i, name in enumerate(names):
        path = tmp_path / "likes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = world.likes.slice(i * third, None if i == 2 else third)
        pq.write_table(part, path, row_group_size=1000 * (i + 1))
    split = detect(world._replace(likes=tmp_path / "likes"))
    assert_same_bytes(run, split, tmp_path, quarantine=False)
    assert findings(run) == findings(split)


@pytest.mark.slow
def test_hive_partitions_do_not_matter(world: Tables, run: gk.Detection, tmp_path: Path) -> None:
    day = pc.strftime(pc.fill_null(world.likes["ts"], 0), format="%Y-%m-%d")
    for value in pc.unique(day).to_pylist():
        folder = tmp_path / "lake" / f"dt={value}"
        folder.mkdir(parents=True)
        pq.write_table(world.likes.filter(pc.equal(day, value)), folder / "part-0.parquet")
    lake = detect(world._replace(likes=tmp_path / "lake"))
    assert_same_bytes(run, lake, tmp_path, quarantine=False)
    assert findings(run) == findings(lake)


def test_exact_duplicates_only_change_the_accounts(world: Tables, run: gk.Detection) -> None:
    twice = detect(world._replace(likes=pa.concat_tables([world.likes, world.likes])))
    for name in set(run.tables) - {"quarantine"}:
        assert twice.tables[name].equals(run.tables[name]), name
    once, counts = run.info["counts"], twice.info["counts"]
    assert counts["read"] == 2 * once["read"]
    assert counts["quarantined"] == 2 * once["quarantined"]
    assert counts["duplicate"] == 2 * once["duplicate"] + once["kept"]
    assert counts["undone"] == 2 * once["undone"]
    accounts = {"read", "quarantined", "duplicate", "undone"}
    assert {k: v for k, v in counts.items() if k not in accounts} == {
        k: v for k, v in once.items() if k not in accounts
    }


def test_a_relabelling_that_keeps_the_order_only_renames(world: Tables, run: gk.Detection) -> None:
    is_text = pa.types.is_string(world.likes["user_id"].type)

    def rename(ids: pa.Array) -> pa.Array:
        return pc.binary_join_element_wise("q", ids, "") if is_text else pc.add(ids, 5)

    other = detect(world.each(lambda table: map_ids(table, rename)))
    assert unnamed(other) == unnamed(run, lambda x: "q" + x if is_text else x + 5)


def test_integers_and_the_texts_that_sort_alike_only_differ_in_name() -> None:
    world = dense()
    offset = 10**13

    def as_text(ids: pa.Array) -> pa.Array:
        return pc.utf8_lpad(pc.cast(pc.add(ids, offset), pa.string()), 16, "0")

    texts = detect(world.each(lambda table: map_ids(table, as_text)))
    assert texts.members["user_id"].type == pa.string()
    assert unnamed(texts) == unnamed(detect(world), lambda x: f"{x + offset:016}")


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, -400])
def test_only_differences_of_time_matter(world: Tables, run: gk.Detection, days: int) -> None:
    other = detect(world.each(lambda table: shift_times(table, days)))
    for name in set(run.tables) - {"quarantine"}:
        assert other.tables[name].equals(shift_times(run.tables[name], days)), name
    assert other.quarantine["reason"].to_pylist() == run.quarantine["reason"].to_pylist()


#: What may change when the population grows by users far away: everything that compares a ring with others.
POPULATION = {
    *(name for name, _ in EVIDENCE if "_expected" in name and name != "co_likes_expected"),
    *(name for name, _ in EVIDENCE if name.startswith("weight_")),
    "arrival_percentile",
}


@pytest.mark.slow
def test_strangers_with_one_like_only_move_what_compares_with_others(
    world: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members, ties, targets and every number of the rings alone stay; scores, tiers and reasons may move.

    The strangers like notes nobody else likes, a month later: too few likes for a pair or an attachment to be
    tested, and beyond every horizon. Yet they belong to the others that a ring's arrival, reading and registration
    are compared with, and so to its score, and to the crowd that a like's own score is weighed against. Bursts on a
    single note stand aside: it is among such strangers that they are looked for.
    """
    monkeypatch.setattr("graphkit.scoring.rings.find_bursts", lambda *_: [])
    run = detect(world)
    n = 400
    last = int(pc.max(pc.cast(run.candidates["ts"], pa.int64())).as_py())
    is_text = pa.types.is_string(world.likes["user_id"].type)
    ids = [f"zz{i:04}" if is_text else 10**15 + i for i in range(n)]
    times = [last + 30 * 86_400 * SECOND + i * 97 * SECOND for i in range(n)]
    strangers = pa.table(
        {
            "user_id": pa.array(ids, world.likes["user_id"].type),
            "note_id": pa.array(ids, world.likes["note_id"].type),
            "ts": pa.array(times, pa.int64()).cast(pa.timestamp("us", "UTC")).cast(world.likes["ts"].type),
        }
    )
    likes = pa.concat_tables([world.likes, strangers], promote_options="default")
    other = detect(world._replace(likes=likes))
    assert other.info["n_tests"] == run.info["n_tests"]
    assert other.info["windows"] == run.info["windows"]
    assert other.ties.equals(run.ties)
    assert other.targets.equals(run.targets)
    alike = ["ring_id", "user_id", "n_ring_likes", "n_likes", "n_partners"]
    assert other.members.select(alike).equals(run.members.select(alike))
    may_move = ["score", "q_value", "tier", "reasons", "evidence"]
    assert other.rings.drop_columns(may_move).equals(run.rings.drop_columns(may_move))

    def own_numbers(table: pa.Table) -> list[dict[str, Any]]:
        return [{k: v for k, v in row.items() if k not in POPULATION} for row in table["evidence"].to_pylist()]

    assert own_numbers(other.rings) == own_numbers(run.rings)


@pytest.mark.slow
def test_the_same_again_in_the_same_process_is_the_same(world: Tables, run: gk.Detection) -> None:
    assert_same_tables(run, detect(world))
