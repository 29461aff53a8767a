"""Idempotency keys: one like has one key, whatever run or ring it is found in."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pyarrow as pa

from graphkit.likes.model import F64

_DIGITS = 13  # hexadecimal digits that a float64 holds exactly


def like_keys(likes: pa.Table) -> pa.Array:
    """Return the key of each like: 32 hex digits over user, note and time.

    Integers and texts are told apart, so user 7 and user "7" have different keys; the width of an integer type and the
    unit of the time do not matter.

    Parameters
    ----------
    likes
        ``user_id``, ``note_id``, and ``ts`` in microseconds.

    Returns
    -------
    pyarrow.Array
        Text, one a row.
    """
    rows = zip(
        likes["user_id"].to_pylist(),
        likes["note_id"].to_pylist(),
        likes["ts"].cast(pa.int64()).to_pylist(),
        strict=True,
    )
    keys = [hashlib.blake2b(json.dumps(row).encode(), digest_size=16).hexdigest() for row in rows]
    return pa.array(keys, pa.string())


def fractions(keys: pa.Array) -> F64:
    """Return where each key lies between 0 and 1: evenly spread, and the same for ever."""
    digits = np.array([int(key[:_DIGITS], 16) for key in keys.to_pylist()], np.float64)
    return np.asarray(digits / 16**_DIGITS, np.float64)
