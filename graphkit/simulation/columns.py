"""From numbers to columns: ids, devices, addresses, counts; honest and paid values overlap everywhere.

Every value is a hash of the row it belongs to, so no row's values depend on what else is in the world.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.columns import TIMESTAMP
from graphkit.simulation.background import SOURCES, Stage
from graphkit.simulation.population import Accounts
from graphkit.simulation.randomness import F64, I64, U64, Bools, hashed, mix, uniform
from graphkit.simulation.titles import titles, topic_name
from graphkit.simulation.world import World

_HEX = np.frombuffer(b"".join(b"%02x" % i for i in range(256)), dtype=np.uint8).reshape(256, 2)


def hex_ids(key: U64, digits: int) -> pa.Array:
    """Return hexadecimal texts of so many (even, at most 32) digits, one per key."""
    wide = np.stack([key, mix(key)], axis=1).astype(">u8").view(np.uint8).reshape(len(key), 16)[:, : digits // 2]
    offsets = np.arange(len(key) + 1, dtype=np.int32) * digits
    return pa.Array.from_buffers(
        pa.string(), len(key), [None, pa.py_buffer(offsets), pa.py_buffer(_HEX[wide].tobytes())]
    )


def make_ids(world: World, key: U64) -> pa.Array:
    """Return ids that tell nothing: 24 hexadecimal digits or int64, after the world's taste."""
    return hex_ids(key, 24) if world.ids == "hex" else pa.array((key >> np.uint64(1)).astype(np.int64))


def midnight_us(world: World) -> int:
    """Return the start of the period, local midnight (UTC+8), in microseconds since 1970 UTC."""
    start = dt.datetime.combine(world.start, dt.time(), dt.timezone(dt.timedelta(hours=8)))
    return round(start.timestamp()) * 1_000_000


def times(world: World, seconds: F64, null: Bools | None = None) -> pa.Array:
    """Return timestamps of these seconds of the period, whole milliseconds."""
    micros = np.round(seconds * 1000).astype(np.int64) * 1000 + midnight_us(world)
    return pa.array(micros, mask=null).cast(TIMESTAMP)


def normal(name: str, *columns: npt.NDArray[np.generic]) -> F64:
    """Return one standard normal number per row from the row's values."""
    u, v = 1 - uniform(f"{name}/u", *columns), uniform(f"{name}/v", *columns)
    return np.asarray(np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v), dtype=np.float64)


def coded(codes: U64, digits: int, null: Bools) -> pa.Array:
    """Return hexadecimal texts for repeated codes."""
    encoded = pc.dictionary_encode(pa.array(codes, mask=null))
    return hex_ids(encoded.dictionary.to_numpy(), digits).take(encoded.indices)


def devices(accounts: Accounts, user: I64, t: F64) -> U64:
    """Return the device of each like: mostly the main one, with a new fingerprint where the account changes it."""
    hour = np.floor(t / 3600).astype(np.int64)
    main = uniform("which device", accounts.key[user], hour) < 0.8
    device = np.where(main, accounts.device[user], accounts.second[user])
    every = accounts.fresh_s[user]
    era = np.where(every > 0, np.floor(t / np.maximum(every, 1.0)), 0).astype(np.int64)
    return np.where(every > 0, hashed("fingerprint", device, era), device)


def addresses(stage: Stage, accounts: Accounts, user: I64, t: F64, null: Bools) -> pa.Array:
    """Return the address of each like: at home, or one the carrier shares among hundreds."""
    key, block = accounts.key[user], np.floor(t / 7200).astype(np.int64)
    at_home = uniform("at home", key, block) < accounts.p_home[user]
    pool = np.uint64(max(4, stage.world.users // 600))
    shared = hashed("carrier", accounts.region[user], hashed("lease", key, block) % pool)
    code = np.where(at_home, accounts.home[user], shared) & np.uint64(0xFFFFFFFF)
    encoded = pc.dictionary_encode(pa.array(code, mask=null))
    text = [f"{1 + (c >> 24) % 222}.{c >> 16 & 255}.{c >> 8 & 255}.{c & 255}" for c in encoded.dictionary.to_pylist()]
    return pa.array(text, pa.string()).take(encoded.indices)


def like_columns(
    stage: Stage, accounts: Accounts, user: I64, note: I64, t: F64, dwell: F64, source: I64
) -> dict[str, pa.Array]:
    """Return the optional columns of these likes, `action` left out."""
    row = hashed("row", accounts.key[user], stage.notes.key[note])
    completed = dwell * np.exp(0.3 * normal("attention", row)) > 0.8 * stage.notes.length_s[note]
    names = pa.array(SOURCES)
    return {
        "dwell_ms": pa.array(np.maximum(dwell * 1000, 300).astype(np.int64), mask=uniform("no dwell", row) < 0.02),
        "completed": pa.array(completed, mask=uniform("no end", row) < 0.02),
        "device_id": coded(devices(accounts, user, t), 16, uniform("no device", row) < 0.015),
        "ip": addresses(stage, accounts, user, t, uniform("no ip", row) < 0.015),
        "source": names.take(pa.array(source, mask=uniform("no source", row) < 0.01)),
    }


def user_table(stage: Stage, accounts: Accounts, n_likes: I64) -> pa.Table:
    """Return the users table, in an order that tells nothing."""
    a = accounts.take(np.argsort(accounts.key))
    liked = n_likes[np.argsort(accounts.key)]
    views = np.floor((liked + 0.5) * a.curiosity * np.exp(0.3 * normal("views", a.key)))
    return pa.table(
        {
            "user_id": make_ids(stage.world, a.key),
            "registered_at": times(stage.world, a.registered, uniform("no registration", a.key) < 0.01),
            "verified": pa.array(a.verified),
            "followers": pa.array(a.followers, mask=uniform("no followers", a.key) < 0.01),
            "views": pa.array(np.maximum(views, liked).astype(np.int64), mask=uniform("no views", a.key) < 0.01),
        }
    )


def note_table(stage: Stage, honest: I64, bought: I64) -> pa.Table:
    """Return the notes table, in an order that tells nothing, given the honest and the bought likes of each note."""
    notes, order = stage.notes, np.argsort(stage.notes.key)
    key, topic = notes.key[order], notes.topic[order]
    real, paid = honest[order].astype(np.float64), bought[order].astype(np.float64)
    service = uniform("saves sold too", key) < 0.25  # some sellers deliver saves and comments as well

    def count(name: str, per_like: float, per_bought: float, sigma: float) -> pa.Array:
        appeal = np.exp(sigma * normal(name, key) - sigma**2 / 2)
        expected = (real * per_like + paid * np.where(service, 0.6 * per_like, per_bought)) * appeal
        return pa.array(np.floor(expected + uniform(f"{name}/round", key)).astype(np.int64))

    return pa.table(
        {
            "note_id": make_ids(stage.world, key),
            "author_id": pc.if_else(
                pa.array(uniform("no author", key) < 0.003),
                None,
                make_ids(stage.world, stage.users.key[notes.author[order]]),
            ),
            "published_at": times(stage.world, notes.published[order], uniform("no publication", key) < 0.003),
            "topic": pa.array([topic_name(t) for t in range(int(topic.max()) + 1)]).take(
                pa.array(topic, mask=uniform("no topic", key) < 0.01)
            ),
            "views": pc.add(count("note views", 14.0, 2.0, 0.5), pa.array(honest[order] + bought[order])),
            "saves": count("saves", 0.25, 0.03, 0.8),
            "comments": count("comments", 0.12, 0.015, 0.9),
            "shares": count("shares", 0.06, 0.01, 0.9),
            "title": pa.array(titles(key, topic), pa.string()),
        }
    )
