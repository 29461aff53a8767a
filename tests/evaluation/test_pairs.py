"""Several runs, truth from a directory, and what does not belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.detection import Detection
from graphkit.errors import InputError, OutputError
from graphkit.evaluation import pool
from graphkit.evaluation.truth import encode_truth
from tests.evaluation.made import CANDIDATES, LIKES, RINGS, made_run, made_truth, save_truth


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return save_truth(tmp_path / "world")


def test_directory__is_read_as_tables_are(truth: Path, tmp_path: Path) -> None:
    made_run().save(tmp_path / "run")
    read = gk.evaluate(tmp_path / "run", truth).to_dict()
    given = gk.evaluate(made_run(), encode_truth(made_truth(), "truth")).to_dict()
    assert read["runs"][0] | {"run": "", "truth": ""} == given["runs"][0] | {"run": "", "truth": ""}
    assert repr({**read, "runs": 0}) == repr({**given, "runs": 0})  # NaN is NaN here


def test_simulation__and_its_directory_agree(tmp_path: Path) -> None:
    world = gk.simulate("small", seed=2, users=600, days=2, bare=True)
    run = gk.detect(gk.read_likes(world.likes))
    given, read = gk.evaluate(run, world), gk.evaluate(run, world.save(tmp_path / "world"))
    assert repr({**read.to_dict(), "runs": 0}) == repr({**given.to_dict(), "runs": 0})
    truth = world.truth_groups.to_pylist()
    assert [(g.group_id, g.n_users, g.n_notes, g.n_likes) for g in given.groups] == [
        (g["group_id"], g["n_users"], g["n_notes"], g["n_likes"]) for g in truth
    ]


def test_order_of_rows__does_not_matter(truth: Path) -> None:
    run, rng = made_run(), np.random.default_rng(5)
    shuffled = {name: table.take(pa.array(rng.permutation(table.num_rows))) for name, table in run.tables.items()}
    tables = {name: table.take(pa.array(rng.permutation(table.num_rows))) for name, table in made_truth().items()}
    tables["truth_groups"] = made_truth()["truth_groups"]  # kinds and groups are told in its order
    again = gk.evaluate(Detection(shuffled, run.info), encode_truth(tables, str(truth)))
    assert repr(again.to_dict()) == repr(gk.evaluate(run, truth).to_dict())


def test_integer_ids__of_another_width(truth: Path) -> None:
    """A run over int64 ids is laid on a truth that was written with int32."""

    def whole(table: pa.Table, kind: pa.DataType) -> pa.Table:
        for name in ("user_id", "note_id"):
            if name in table.column_names:
                values = pa.array([ord(v[0]) * 10 + int(v[1:] or 0) for v in table[name].to_pylist()], kind)
                table = table.set_column(table.column_names.index(name), name, values)
        return table

    run = made_run()
    run = Detection({name: whole(table, pa.int64()) for name, table in run.tables.items()}, run.info)
    ints = encode_truth({name: whole(table, pa.int32()) for name, table in made_truth().items()}, str(truth))
    assert repr(gk.evaluate(run, ints).to_dict()) == repr(gk.evaluate(made_run(), truth).to_dict())


def test_pairs__are_summed_and_kept_apart(truth: Path) -> None:
    both = gk.evaluate([made_run(), made_run((), ())], [truth, truth])
    assert both.likes_found["purge"].counts == (6, 0)
    assert both.likes_found["purge"].totals == (8, 8)
    assert both.lost_by_user["purge"].largest_share == (0.5, 0.0)
    assert [group.run for group in both.groups] == [0, 0, 1, 1]
    assert both.calibration.likes[3].total.by_run == pytest.approx((2.1, 0.0))


def test_pairs__in_parts_or_at_once(truth: Path) -> None:
    one = gk.evaluate(made_run(), truth)
    whole = gk.evaluate([made_run()] * 3, [truth] * 3)
    assert repr(pool([pool([one, one]), one]).likes_honest) == repr(whole.likes_honest)
    assert pool([pool([one, one]), one]).groups == whole.groups


@pytest.mark.parametrize("runs", [0, 1, 3])
def test_pairs__one_truth_for_each_run(truth: Path, runs: int) -> None:
    with pytest.raises(InputError, match=rf"{runs} runs and 2 truths"):
        gk.evaluate([made_run()] * runs, [truth, truth])


@pytest.mark.parametrize(("kept", "outside"), [(99, 0), (99, 4), (10, 0)])
def test_another_log__by_its_size(truth: Path, kept: int, outside: int) -> None:
    with pytest.raises(InputError, match=rf"kept {kept} likes and .* tells of 14"):
        gk.evaluate(made_run(kept=kept, outside=outside), truth)


def test_another_log__by_its_candidates(truth: Path) -> None:
    with pytest.raises(InputError, match="1 of 10 candidates are not in"):
        gk.evaluate(made_run(candidates=(*CANDIDATES, ("a", "n7", "R-1", "purge", 0.9))), truth)


def test_another_log__by_a_like_of_known_user_and_known_note(truth: Path) -> None:
    with pytest.raises(InputError, match="1 of 10 candidates are not in"):
        gk.evaluate(made_run(candidates=(*CANDIDATES, ("a", "n4", "R-1", "purge", 0.9))), truth)


def test_another_log__by_its_members(truth: Path) -> None:
    rings = (*RINGS, ("R-4", "watch", 0.1, 0.9, {"stranger": "watch"}))
    with pytest.raises(InputError, match="1 of 9 members are not in"):
        gk.evaluate(made_run(rings), truth)


def test_part_of_the_log__is_judged_with_a_warning(truth: Path) -> None:
    found = gk.evaluate(made_run(kept=10, outside=4), truth)
    assert found.likes_found["purge"].of == 8
    assert len(found.warnings) == 1
    assert "10 of the 14" in found.warnings[0]


def test_run__that_is_none(tmp_path: Path, truth: Path) -> None:
    with pytest.raises(OutputError, match="not a complete run directory"):
        gk.evaluate(tmp_path, truth)


@pytest.mark.parametrize("table", ["truth_users", "truth_likes", "truth_groups"])
def test_truth__a_file_is_missing(truth: Path, table: str) -> None:
    (truth / f"{table}.parquet").unlink()
    with pytest.raises(InputError, match=rf"{table}.parquet: does not exist; wanted a world"):
        gk.evaluate(made_run(), truth)


def test_truth__a_file_is_broken(truth: Path) -> None:
    (truth / "truth_likes.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"truth_likes.parquet"):
        gk.evaluate(made_run(), truth)


@pytest.mark.parametrize(
    ("table", "column"),
    [("truth_likes", "bought"), ("truth_likes", "group_id"), ("truth_users", "group_id"), ("truth_groups", "kind")],
)
def test_truth__a_column_is_missing(truth: Path, table: str, column: str) -> None:
    file = truth / f"{table}.parquet"
    pq.write_table(pq.read_table(file).drop_columns([column]), file)
    with pytest.raises(InputError, match=f"{table} has no column {column}; found "):
        gk.evaluate(made_run(), truth)


def test_truth__a_flag_of_a_wrong_type(truth: Path) -> None:
    file = truth / "truth_likes.parquet"
    table = pq.read_table(file)
    pq.write_table(table.set_column(3, "bought", table["bought"].cast(pa.int8())), file)
    with pytest.raises(InputError, match=r"truth_likes\.bought is int8; wanted boolean"):
        gk.evaluate(made_run(), truth)


def test_truth__groups_that_are_not_there() -> None:
    tables = made_truth()
    tables["truth_groups"] = tables["truth_groups"].slice(0, 1)
    with pytest.raises(InputError, match="2 rows of truth_users name groups that are not in truth_groups"):
        encode_truth(tables, "truth")


def test_truth__a_like_stands_twice() -> None:
    with pytest.raises(InputError, match="stand twice in truth_likes"):
        encode_truth(made_truth((*LIKES, LIKES[0])), "truth")
