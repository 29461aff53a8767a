"""From events to a log: one like per user and note, then repeats, likes taken back, and a little dirt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit.columns import TIMESTAMP
from graphkit.simulation.background import Events, Stage
from graphkit.simulation.columns import midnight_us
from graphkit.simulation.groups import Group
from graphkit.simulation.population import Accounts
from graphkit.simulation.randomness import F64, I64, U64, Bools, hashed, uniform
from graphkit.simulation.world import World


class Fault(IntEnum):
    """What is wrong with a row: every fault is a spoilt copy of a sound row."""

    NONE = 0
    TWICE = 1
    NO_USER = 2
    NO_NOTE = 3
    NO_TIME = 4
    YEAR_1970 = 5
    YEAR_2106 = 6


#: Upper ends of the shares of each fault among dirty rows.
_FAULTS = {
    Fault.TWICE: 0.7,
    Fault.NO_USER: 0.78,
    Fault.NO_NOTE: 0.86,
    Fault.NO_TIME: 0.92,
    Fault.YEAR_1970: 0.96,
    Fault.YEAR_2106: 1.0,
}


@dataclass
class MergedLikes:
    """All likes of a world, one per user and note, with the truth about them."""

    user: I64
    note: I64
    t: F64
    dwell: F64
    source: I64
    group: I64
    bought: Bools
    cover: Bools

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: I64 | Bools) -> MergedLikes:
        """Return these rows."""
        return MergedLikes(**{name: value[rows] for name, value in self.__dict__.items()})


@dataclass
class Log:
    """Rows of the log, by time; `row` is the like each tells of."""

    row: I64
    t: F64
    unlike: Bools
    fault: npt.NDArray[np.int8]


def merge(stage: Stage, groups: list[Group]) -> tuple[MergedLikes, Accounts]:
    """Return the first like of every user and note, and all accounts; accounts that did no job are left out."""
    people: list[Accounts] = [stage.users]
    parts: list[tuple[Events, int, bool, bool]] = [(stage.likes, -1, False, False)]
    offset = len(stage.users)
    for code, group in enumerate(groups):
        done, cover = group.events, group.cover or Events.none()
        camouflage = group.accounts is not None and group.is_ring
        if group.accounts is None:
            assert group.members is not None
            codes = group.members
        else:
            # A bot that was never called to a job is nobody's business.
            there = np.zeros(len(group.accounts), dtype=np.bool_)
            there[done.user] = True
            there |= not group.is_ring
            codes = np.where(there, offset + np.cumsum(there) - 1, -1)
            people.append(group.accounts.take(there))
            offset += int(there.sum())
        parts.append((_renamed(done, codes), code, group.is_ring, False))
        parts.append((_renamed(cover, codes), code if camouflage else -1, False, camouflage))
    counts = [len(p[0]) for p in parts]
    all_events = Events.concat([p[0] for p in parts])
    likes = MergedLikes(
        **all_events.__dict__,
        group=np.repeat([p[1] for p in parts], counts).astype(np.int64),
        bought=np.repeat([p[2] for p in parts], counts),
        cover=np.repeat([p[3] for p in parts], counts),
    )
    pair = likes.user * len(stage.notes) + likes.note
    order = np.argsort(pair, kind="stable")
    order = order[likes.user[order] >= 0]
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
    # Only pairs that stand more than once need looking into.
    length = np.diff(starts, append=len(order))
    several = np.repeat(length > 1, length)
    again = order[several]
    order[several] = again[np.lexsort((likes.t[again], pair[again]))]
    return likes.take(order[starts]), Accounts.concat(people)


def _renamed(events: Events, codes: I64) -> Events:
    return Events(codes[events.user], events.note, events.t, events.dwell, events.source)


@dataclass
class _Fate:
    """What becomes of each like: taken back, perhaps given again, sent twice."""

    noise: U64
    pause: F64
    undone: Bools
    again: Bools
    twice: Bools


def _fate(stage: Stage, accounts: Accounts, likes: MergedLikes) -> _Fate:
    bg = stage.world.background
    noise = hashed("fate", accounts.key[likes.user], stage.notes.key[likes.note])
    pause = 3.0 - 3000 * np.log1p(-uniform("pause", noise))
    undone = (uniform("undone", noise) < bg.undone_share) & (likes.t + 2 * pause < stage.end)
    again = undone & (uniform("again", noise) < 0.5)
    twice = ~undone & (uniform("twice", noise) < bg.repeated_share) & (likes.t + 4 < stage.end)
    return _Fate(noise, pause, undone, again, twice)


def likes_that_stand(stage: Stage, accounts: Accounts, likes: MergedLikes) -> MergedLikes:
    """Return the likes not taken back for good, at the time they were given last, by time."""
    fate = _fate(stage, accounts, likes)
    t = np.where(fate.again, likes.t + 2 * fate.pause, likes.t)
    rows = np.flatnonzero(~fate.undone | fate.again)
    rows = rows[_by_time(t[rows], fate.noise[rows])]
    stands = likes.take(rows)
    stands.t = t[rows]
    return stands


def _by_time(t: F64, noise: U64) -> I64:
    """Return the order by millisecond, ties by noise, so that it does not depend on the order of parts."""
    millis = np.round(t * 1000).astype(np.uint64)
    return np.argsort(millis << np.uint64(24) | noise >> np.uint64(40), kind="stable")


def write_log(stage: Stage, accounts: Accounts, likes: MergedLikes, bare: bool) -> Log:
    """Return the rows a platform would have logged; a bare log does not know of likes taken back."""
    fate = _fate(stage, accounts, likes)
    noise = fate.noise
    every = np.arange(len(likes), dtype=np.int64)
    rows, times = [every[~fate.undone] if bare else every], [likes.t[~fate.undone] if bare else likes.t]
    if not bare:
        rows.append(every[fate.undone])
        times.append((likes.t + fate.pause)[fate.undone])
    unlikes = slice(len(rows[0]), sum(map(len, rows)))
    rows += [every[fate.again], every[fate.twice]]
    times += [(likes.t + 2 * fate.pause)[fate.again], (likes.t + 0.3 + 3 * uniform("tap", noise))[fate.twice]]
    n_sound = sum(map(len, rows))
    # Dirt: spoilt copies of rows.
    stands = ~fate.undone | fate.again
    dirty = every[stands & (uniform("dirty", noise) < stage.world.dirty_share)]
    rows.append(dirty)
    times.append(np.where(fate.again, likes.t + 2 * fate.pause, likes.t)[dirty])
    row, t = np.concatenate(rows), np.concatenate(times)
    unlike = np.zeros(len(row), dtype=np.bool_)
    unlike[unlikes] = True
    fault = np.zeros(len(row), dtype=np.int8)
    which = np.searchsorted(list(_FAULTS.values()), uniform("fault", noise[dirty]), side="right")
    fault[n_sound:] = np.array(list(_FAULTS), dtype=np.int8)[which]
    order = _by_time(t, noise[row])
    return Log(row[order], t[order], unlike[order], fault[order])


def shown_times(world: World, t: F64, fault: npt.NDArray[np.int8]) -> pa.Array:
    """Return the times as logged, whole milliseconds, spoilt where the row is."""
    micros = np.round(t * 1000).astype(np.int64) * 1000 + midnight_us(world)
    micros[fault == Fault.YEAR_1970] = 0
    micros[fault == Fault.YEAR_2106] = (1 << 32) * 1_000_000
    return pa.array(micros, mask=fault == Fault.NO_TIME).cast(TIMESTAMP)
