"""Randomness by name: every part draws from its own stream, so adding a part never moves another."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the random stream of `seed` that belongs to these names, whatever else has been drawn."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(zlib.crc32(n.encode()) for n in names)))


def mix(x: U64) -> U64:
    """Return the splitmix64 finaliser of `x`: a bijection of uint64 whose output looks random."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def keys(seed: int, name: str, n: int) -> U64:
    """Return `n` keys, uint64, that depend on seed and name alone; ids and per-like noise grow out of them."""
    base = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)).generate_state(1, np.uint64)
    return mix(base ^ mix(np.arange(n, dtype=np.uint64)))


def hashed(name: str, *columns: npt.NDArray[np.generic]) -> U64:
    """Return one uint64 per row from the row's values: noise that does not depend on the order of rows."""
    x = np.full(len(columns[0]), zlib.crc32(name.encode()), dtype=np.uint64)
    for column in columns:
        x = mix(x ^ column.astype(np.uint64))
    return x


def uniform(name: str, *columns: npt.NDArray[np.generic]) -> F64:
    """Return one number in [0, 1) per row from the row's values."""
    return (hashed(name, *columns) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """Return a number within `bounds`, log-uniform when both are positive, else uniform."""
    low, high = bounds
    if low > 0:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return float(rng.uniform(low, high))


def whole(rng: np.random.Generator, bounds: tuple[float, float], least: int = 1) -> int:
    """Return a whole number within `bounds`, at least `least`."""
    return max(least, round(between(rng, bounds)))
