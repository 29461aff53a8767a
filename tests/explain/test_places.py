"""Rows found by ring and id, against looking at each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from graphkit.explain.places import NOWHERE, Places, codes

_rows = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), max_size=8)


def columns(rows: list[tuple[int, str]]) -> tuple[np.ndarray, pa.ChunkedArray]:
    return np.array([ring for ring, _ in rows], np.int64), pa.chunked_array(
        [pa.array([i for _, i in rows], pa.string())]
    )


@given(_rows, st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcd")), max_size=8))
def test_find__is_the_first_row_of_ring_and_id(rows: list[tuple[int, str]], asked: list[tuple[int, str]]) -> None:
    found = Places(*columns(rows)).find(*columns(asked))
    assert found.tolist() == [rows.index(one) if one in rows else NOWHERE for one in asked]


def test_codes__are_first_places_and_say_what_is_not_there() -> None:
    among = pa.chunked_array([pa.array([7, 5]), pa.array([7, 9])])
    assert codes(pa.chunked_array([pa.array([9, 7, 8])]), among).tolist() == [3, 0, NOWHERE]
