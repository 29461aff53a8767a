"""Texts found among sorted ones, as Python finds them."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit._kernels.lookup import text_places

pytestmark = pytest.mark.kernels

_TEXTS = st.lists(st.binary(max_size=3), max_size=20)


def laid_out(texts: list[bytes], kind: type[np.integer]) -> tuple[np.ndarray, np.ndarray]:
    """Return texts as offsets and bytes."""
    return np.cumsum([0, *map(len, texts)]).astype(kind), np.frombuffer(b"".join(texts), np.uint8)


@given(st.sets(st.binary(max_size=3), max_size=20), _TEXTS, st.sampled_from([np.int32, np.int64]))
def test_text_places__as_bisect(there: set[bytes], wanted: list[bytes], kind: type[np.integer]) -> None:
    ordered = sorted(there)
    its = (*laid_out(ordered, kind), *laid_out(wanted, np.int64))
    places = [bisect_left(ordered, text) for text in wanted]
    assert text_places(*its, False).tolist() == places
    found = [place if text in there else -1 for place, text in zip(places, wanted, strict=True)]
    assert text_places(*its, True).tolist() == found
