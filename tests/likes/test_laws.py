"""Laws of reading, on made-up rows: what the slow twin says, and what must not matter."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.config import InputConfig
from graphkit.engines import LocalEngine
from graphkit.errors import InputError
from graphkit.likes import Likes, read_likes
from tests.examples import examples
from tests.likes.naive import EARLIEST, LATEST, SECOND, Row, as_rows, as_table, coded, naive, same

pytestmark = [pytest.mark.kernels, pytest.mark.usefixtures("tiny")]

T0 = 1_795_305_600 * SECOND
ANY = InputConfig(max_bad_share=1)
ONE, TWO = LocalEngine(1), LocalEngine(2)

_times = st.integers(0, 4).map(lambda i: T0 + i * 7 * SECOND)
_row = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["a", "é", "aa"]),
        "note_id": st.sampled_from([-1, 0, 2]),
        "ts": _times,
        "action": st.sampled_from(["like", "like", "like", None, "unlike"]),
        "dwell_ms": st.sampled_from([None, 1.0, 2.0]),
        "completed": st.sampled_from([None, False, True]),
        "device_id": st.sampled_from([None, "", "x", "y"]),
        "ip": st.sampled_from([None, "2", "10"]),
        "source": st.sampled_from([None, "feed", "search"]),
    }
)
_fault = st.sampled_from(
    [
        {"user_id": None},
        {"user_id": ""},
        {"note_id": None},
        {"ts": None},
        {"ts": EARLIEST - 1},
        {"ts": LATEST},
        {"ts": -(2**62)},
        {"action": "poke"},
        {"user_id": None, "ts": None},
    ]
)
_any_row = st.one_of(_row, _row, _row, _row, st.builds(lambda row, fault: row | fault, _row, _fault))
_rows = st.lists(_any_row, min_size=1, max_size=30)
_absent = st.sets(st.sampled_from(["action", "dwell_ms", "completed", "device_id", "ip", "source"]))


def without(rows: list[Row], columns: set[str]) -> list[Row]:
    return [{k: v for k, v in row.items() if k not in columns} for row in rows]


def read(rows: list[Row], engine: LocalEngine = ONE, config: InputConfig = ANY, **types: pa.DataType) -> Likes | None:
    """Read rows; nothing where nothing is left."""
    try:
        return read_likes(as_table(rows, **types), config=config, engine=engine)
    except InputError as error:
        if "is left" in str(error) or "lies in the time asked for" in str(error):
            return None
        raise


@given(_rows, _absent, st.booleans())
def test_equals_the_slow_twin(rows: list[Row], absent: set[str], span: bool) -> None:
    rows = without(rows, absent)
    moment = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    config = ANY
    if span:
        config = InputConfig(
            max_bad_share=1, since=moment + dt.timedelta(seconds=7), until=moment + dt.timedelta(seconds=28)
        )
    want = naive(rows, config)
    got = read(rows, TWO, config)
    if got is None:
        assert want.likes == []
        return
    assert as_rows(got) == coded(want.likes)
    assert got.accounting == want.accounting
    a = got.accounting
    assert a.read == a.kept + a.duplicate + a.undone + a.quarantined
    assert a.duplicate == got.repeats.sum()
    assert (
        list(zip(got.quarantine["row"].to_pylist(), got.quarantine["reason"].to_pylist(), strict=True)) == want.reasons
    )


@given(_rows, st.randoms(use_true_random=False), _absent)
def test_row_order_does_not_matter(rows: list[Row], rng: random.Random, absent: set[str]) -> None:
    rows = without(rows, absent)
    shuffled = rng.sample(rows, len(rows))
    a, b = read(rows), read(shuffled, TWO)
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        same(a, b, files=False)


@given(_rows, st.data())
@examples(50)
def test_split_and_names_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], data: st.DataObject
) -> None:
    whole = read(rows)
    folder = tmp_path_factory.mktemp("split")
    table = as_table(rows)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rows)), max_size=3)) | {0, len(rows)})
    names = data.draw(st.permutations(["a", "b/c", "dt=2026-11-22/d", "z"]))
    for name, (lo, hi) in zip(names, pairwise(cuts), strict=False):
        path = folder / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table.slice(lo, hi - lo), path, row_group_size=data.draw(st.integers(1, 9)))
    if whole is None:
        with pytest.raises(InputError):
            read_likes(folder, config=ANY, engine=TWO)
    else:
        same(whole, read_likes(folder, config=ANY, engine=TWO), files=False)


@given(_rows)
@examples(50)
def test_repeating_every_row_only_adds_repeats(rows: list[Row]) -> None:
    once, twice = read(rows), read(rows + rows)
    assert (once is None) == (twice is None)
    if once is not None and twice is not None:
        for name in ("user", "note", "ts", "dwell_ms", "completed", "device", "ip", "source"):
            np.testing.assert_array_equal(getattr(once, name), getattr(twice, name))
        np.testing.assert_array_equal(twice.repeats, 2 * once.repeats + 1)
        assert twice.accounting.undone == 2 * once.accounting.undone
        assert once.fingerprint != twice.fingerprint


@given(_rows)
def test_relabelling_that_keeps_the_order_keeps_the_codes(rows: list[Row]) -> None:
    def relabel(row: Row) -> Row:
        user, note = row["user_id"], row["note_id"]
        return row | {"user_id": user and "q" + user, "note_id": None if note is None else f"{note + 5:024x}"}

    a, b = read(rows), read([relabel(row) for row in rows], note_id=pa.string())
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        for name in ("user", "note", "ts", "repeats", "dwell_ms", "completed", "device", "ip", "source"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
        assert a.accounting == b.accounting
        assert a.fingerprint != b.fingerprint


_STORED: list[dict[str, Any]] = [
    {"user_id": pa.large_string()},
    {"user_id": pa.string_view()},
    {"user_id": pa.dictionary(pa.int32(), pa.string()), "device_id": pa.dictionary(pa.int8(), pa.large_string())},
    {"note_id": pa.int8(), "action": pa.large_string()},
    {"ts": pa.timestamp("ns", "Asia/Shanghai"), "action": pa.dictionary(pa.int16(), pa.string())},
    {"dwell_ms": pa.float32(), "source": pa.string_view()},
]


@given(st.lists(_row, min_size=1, max_size=20), st.sampled_from(_STORED))
def test_how_values_are_stored_does_not_matter(rows: list[Row], types: dict[str, Any]) -> None:
    a, b = read(rows), read(rows, **types)
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert as_rows(a) == as_rows(b)
        assert a.fingerprint == b.fingerprint
        for kind, ids in (("user_id", b.users.ids), ("note_id", b.notes.ids)):
            stored = types.get(kind, pa.string() if kind == "user_id" else pa.int64())
            if pa.types.is_dictionary(stored) or pa.types.is_string_view(stored):
                stored = pa.string()
            assert ids.type == stored


@given(st.lists(_row, min_size=2, max_size=12), st.data())
def test_any_change_of_a_value_changes_the_fingerprint(rows: list[Row], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    other = rows.copy()
    changes = [{"user_id": "zz"}, {"note_id": 9}, {"ts": T0 + SECOND}, {"dwell_ms": 3.0}, {"ip": "7"}, {"source": "q"}]
    other[at] = other[at] | data.draw(st.sampled_from(changes))
    a, b = read(rows), read(other)
    if a is not None and b is not None:
        assert a.fingerprint != b.fingerprint


def test_the_same_values_in_other_columns_are_another_fingerprint() -> None:
    row = {"user_id": 1, "note_id": 2, "ts": T0, "device_id": "x", "ip": "y"}
    prints = {
        read_likes(as_table([row | change], user_id=pa.int64())).fingerprint
        for change in ({}, {"user_id": 2, "note_id": 1}, {"device_id": "y", "ip": "x"}, {"device_id": None, "ip": "x"})
    }
    assert len(prints) == 4


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_many_rows_equal_the_slow_twin(seed: int) -> None:
    """Long segments, many ties, growing codebooks: what thirty rows never meet."""
    rng = np.random.default_rng(seed)
    m, step = 6000, [1, 60 * SECOND, 86_400 * SECOND][seed]
    rows = [
        {
            "user_id": f"{u:024x}",
            "note_id": int(n),
            "ts": T0 + int(t) * step,
            "action": "unlike" if a < 0.1 else "like",
            "dwell_ms": float(d),
        }
        for u, n, t, a, d in zip(
            rng.integers(0, 400, m), rng.integers(0, 4, m) ** 2, rng.integers(0, 30 if seed else 10**7, m),
            rng.random(m), rng.integers(0, 3, m), strict=True,
        )
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphkit.likes.parts.BATCH_ROWS", 500)
        patch.setattr("graphkit.likes.parts.TASK_ROWS", 1000)
        patch.setattr("graphkit.likes.encode._STEP", 300)
        want = naive(rows, ANY)
        one, two = read(rows, ONE), read(rows, TWO)
    assert one is not None
    assert two is not None
    same(one, two)
    assert as_rows(one) == coded(want.likes)
    assert one.accounting == want.accounting
    assert one.resolution_us == step


def test_results_cannot_be_changed() -> None:
    table = as_table([{"user_id": "a", "note_id": 1, "ts": T0}])
    likes = read_likes(table, users=pa.table({"user_id": ["a"], "followers": [3]}))
    assert likes.users.followers is not None
    for array in (likes.user, likes.note, likes.ts, likes.repeats, likes.users.followers):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_paths_may_be_text_or_path(tmp_path: Path) -> None:
    pq.write_table(as_table([{"user_id": "a", "note_id": 1, "ts": T0}]), tmp_path / "a.parquet")
    same(read_likes(tmp_path / "a.parquet"), read_likes(str(tmp_path / "a.parquet")))
