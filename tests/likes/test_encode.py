"""Codebooks: exact whatever the ids, sorted as the ids sort."""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.errors import CapacityError
from graphkit.likes import encode
from graphkit.likes.encode import Block, Codebook

pytestmark = pytest.mark.kernels


def check(values: list[int] | list[str], kind: pa.DataType) -> None:
    """Assert that codes lead back to the values, and ranks follow their order."""
    book = Codebook("user_id", kind)
    array = pa.array(values, kind)
    codes = np.concatenate([book.add(Block.of(array.slice(i, 7))) for i in range(0, len(values), 7)] or [[]])
    ids, rank = book.ranked()
    assert ids.type == kind
    key = (lambda v: v.encode()) if book.text else int
    assert ids.to_pylist() == sorted(set(values), key=key)
    assert [ids[int(rank[int(c)])].as_py() for c in codes] == values
    assert book.find(Block.of(array)).tolist() == codes.tolist()
    foreign = ["not there", "\x00"] if book.text else [123456, 123457]
    assert book.find(Block.of(pa.array([f for f in foreign if f not in values], kind))).tolist() == [-1] * len(
        [f for f in foreign if f not in values]
    )


@given(st.lists(st.text(max_size=20)))
def test_texts(values: list[str]) -> None:
    check(values, pa.string())


@given(st.lists(st.text("ab", max_size=17)))
def test_texts_that_share_prefixes(values: list[str]) -> None:
    check(values, pa.large_string())


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers(values: list[int]) -> None:
    check(values, pa.int64())


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_unsigned_integers(values: list[int]) -> None:
    check(values, pa.uint64())


def test_many_ids_grow_every_store() -> None:
    rng = np.random.default_rng(1)
    values = rng.permutation(np.repeat(np.arange(9_000), 2))
    check(values.tolist(), pa.int64())
    check([f"{v:024x}" for v in values], pa.string())


def test_equal_hashes_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one hash for all texts only the bytes decide."""
    texts = pa.array(["a", "b", "ab", "ba", "12345678x", "12345678y", "02345678x", "", "a"], pa.large_string())
    block = Block.of(texts)
    same = Block(np.full(len(texts), 5, np.uint64), block.values, block.data)
    book = Codebook("user_id", pa.string())
    assert book.add(same).tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert book.ranked()[0].to_pylist() == sorted(set(texts.to_pylist()))


def test_threads_may_add_at_once() -> None:
    book = Codebook("user_id", pa.int64())
    blocks = [Block.of(pa.array(np.random.default_rng(s).integers(0, 5000, 20_000))) for s in range(4)]
    codes: list[np.ndarray] = [np.empty(0)] * 4

    def add(i: int) -> None:
        codes[i] = book.add(blocks[i])

    threads = [threading.Thread(target=add, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids, rank = book.ranked()
    for block, its in zip(blocks, codes, strict=True):
        np.testing.assert_array_equal(ids.to_numpy()[rank[its]], block.values)


def test_slices_of_arrays() -> None:
    array = pa.array(["x", "yy", "zzz", "yy"], pa.string()).slice(1)
    book = Codebook("user_id", pa.string())
    assert book.add(Block.of(array)).tolist() == [0, 1, 0]
    assert book.ranked()[0].to_pylist() == ["yy", "zzz"]


def test_too_many_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "MAX_CODES", encode._STEP + 10)
    book = Codebook("note_id", pa.int64())
    book.add(Block.of(pa.array(range(11))))
    with pytest.raises(CapacityError, match="column note_id has more than 10 distinct values; wanted fewer; narrow"):
        book.add(Block.of(pa.array(range(12))))


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphkit.likes import order, read_likes

    monkeypatch.setattr(order, "MAX_ROWS", 1)
    table = pa.table(
        {"user_id": [1, 2], "note_id": [1, 1], "ts": pa.array([1_700_000_000] * 2, pa.timestamp("s", "UTC"))}
    )
    with pytest.raises(CapacityError, match="2 likes; wanted at most 1; narrow the time span"):
        read_likes(table)
