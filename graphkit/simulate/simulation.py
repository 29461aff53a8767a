"""From parameters to tables: the parts put together, the log with its dirt, and the truth."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graphkit.errors import OutputError
from graphkit.simulate.background import Events, Stage, build_stage
from graphkit.simulate.columns import like_columns, make_ids, midnight_us, note_table, times, user_table
from graphkit.simulate.groups import Group
from graphkit.simulate.lookalikes import lookalike
from graphkit.simulate.population import Accounts
from graphkit.simulate.randomness import F64, I64, Bools, hashed, uniform
from graphkit.simulate.rings import AnyRing, ring
from graphkit.simulate.world import World
from graphkit.simulate.worlds import find_world

_TABLES = ("likes", "users", "notes", "truth_users", "truth_likes", "truth_groups")


@dataclass(frozen=True)
class Simulation:
    """A made world: what a platform would see, and the truth about it.

    Attributes
    ----------
    likes
        The log, as ``schemas.LIKES``, by time; with repeats, likes taken back, and a little dirt.
    users, notes
        As ``schemas.USERS`` and ``schemas.NOTES``; ``None`` in a bare world.
    truth_users
        One row per user and membership: `user_id`, `group_id`, `kind`, `role` (`ring`, `lookalike`, `organic`).
        Users in no group have one row, without a group.
    truth_likes
        One row per like that stands in the end: `user_id`, `note_id`, `ts`, `group_id`, `kind`, `bought`.
        `kind` is the group's, `camouflage` for a ring account's other likes, or `organic`.
    truth_groups
        One row per group: `group_id`, `kind`, `is_ring`, `n_users`, `n_notes`, `n_likes`.
    world, seed
        What it was made from.
    """

    likes: pa.Table
    users: pa.Table | None
    notes: pa.Table | None
    truth_users: pa.Table
    truth_likes: pa.Table
    truth_groups: pa.Table
    world: World = field(repr=False)
    seed: int

    def save(self, out_dir: str | Path) -> Path:
        """Write every table as Parquet, and ``world.toml``; the directory appears whole or not at all.

        Raises
        ------
        OutputError
            When `out_dir` exists or cannot be written.
        """
        out = Path(out_dir)
        if out.exists() or out.is_symlink():
            raise OutputError(f"{out} exists", wanted="a new directory", todo="choose another or remove it")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        except OSError as e:
            raise OutputError(f"{out}: {e.strerror}", wanted="a writable place", todo="choose another") from None
        try:
            for name in _TABLES:
                table = getattr(self, name)
                if table is not None:
                    pq.write_table(table, partial / f"{name}.parquet", compression="zstd")
            (partial / "world.toml").write_text(self.world.to_toml(seed=self.seed), encoding="utf-8")
            partial.chmod(0o755)
            os.rename(partial, out)
        except OSError as e:
            raise OutputError(
                f"{out}: {e.strerror or e}", wanted="room and a writable place", todo="choose another"
            ) from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return out


def simulate(
    world: World | str = "standard",
    *,
    seed: int = 0,
    users: int | None = None,
    days: int | None = None,
    bare: bool = False,
) -> Simulation:
    """Make a world.

    Parameters
    ----------
    world
        Parameters, or the name of a registered world.
    seed
        Not negative. The same arguments give the same tables, to the byte.
    users, days
        Another size; the number of groups keeps pace with the users.
    bare
        Whether to leave all optional columns and tables out; the likes and the truth stay the same.

    Raises
    ------
    ConfigError
        When no world has this name, or the size makes no sense.
    """
    world = (find_world(world, seed) if isinstance(world, str) else world).scaled(users, days)
    stage = build_stage(world, seed)
    groups = []
    for actor in world.actors:
        make = ring if actor.is_ring else lookalike
        groups += [make(actor, stage, f"{actor.name or actor.kind}-{i + 1:03}") for i in range(actor.count)]
    return _assemble(stage, groups, seed, bare)


@dataclass
class _Likes:
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

    def take(self, rows: I64 | Bools) -> _Likes:
        return _Likes(**{name: value[rows] for name, value in self.__dict__.items()})


def _assemble(stage: Stage, groups: list[Group], seed: int, bare: bool) -> Simulation:
    likes, accounts = _merge(stage, groups)
    world, end = stage.world, stage.end
    bg = world.background
    key_user, key_note = accounts.key[likes.user], stage.notes.key[likes.note]
    noise = hashed("fate", key_user, key_note)
    # Taken back after a while, and half of those given again.
    pause = 3.0 - 3000 * np.log1p(-uniform("pause", noise))
    undone = (uniform("undone", noise) < bg.undone_share) & (likes.t + 2 * pause < end)
    again = undone & (uniform("again", noise) < 0.5)
    gone = undone & ~again
    twice = ~undone & (uniform("twice", noise) < bg.repeated_share) & (likes.t + 4 < end)
    dirty = uniform("dirty", noise) < world.dirty_share
    fault = np.where(dirty, uniform("fault", noise), -1.0)

    everyone = np.arange(len(likes))
    first = everyone if not bare else np.flatnonzero(~undone)
    rows = [(first, likes.t[first], "like", 0)]
    if not bare:
        rows.append((np.flatnonzero(undone), (likes.t + pause)[undone], "unlike", 0))
    rows.append((np.flatnonzero(again), (likes.t + 2 * pause)[again], "like", 0))
    rows.append((np.flatnonzero(twice), (likes.t + 0.3 + 3 * uniform("tap", noise))[twice], "like", 0))
    at = np.where(again, likes.t + 2 * pause, likes.t)
    for code, (low, high) in enumerate(((0, 0.7), (0.7, 0.78), (0.78, 0.86), (0.86, 0.92), (0.92, 0.96), (0.96, 1))):
        bad = np.flatnonzero((fault >= low) & (fault < high) & ~gone)
        rows.append((bad, at[bad], "like", code))
    index = np.concatenate([r[0] for r in rows])
    t = np.concatenate([r[1] for r in rows])
    action = np.concatenate([np.full(len(r[0]), r[2] == "unlike") for r in rows])
    code = np.concatenate([np.full(len(r[0]), r[3], dtype=np.int8) for r in rows])
    order = np.lexsort((noise[index], np.round(t * 1000)))
    index, t, action, code = index[order], t[order], action[order], code[order]

    user_ids, note_ids = make_ids(world, accounts.key), make_ids(world, stage.notes.key)
    ts = np.round(t * 1000).astype(np.int64) * 1000 + midnight_us(world)
    ts = np.where(code == 4, 0, np.where(code == 5, (1 << 32) * 1_000_000, ts))
    columns = {
        "user_id": user_ids.take(pa.array(likes.user[index], mask=code == 1)),
        "note_id": note_ids.take(pa.array(likes.note[index], mask=code == 2)),
        "ts": pa.array(ts, mask=code == 3).cast(pa.timestamp("us", tz="UTC")),
    }
    stands = likes.take(~gone)
    stands.t = at[~gone]
    stands = stands.take(np.lexsort((noise[~gone], np.round(stands.t * 1000))))
    users = notes = None
    if not bare:
        columns["action"] = pa.array(["like", "unlike"]).take(pa.array(action.astype(np.int8)))
        columns |= like_columns(
            stage, accounts, likes.user[index], likes.note[index], t, likes.dwell[index], likes.source[index]
        )
        users = user_table(stage, accounts, np.bincount(stands.user, minlength=len(accounts)))
        n_bought = np.bincount(stands.note[stands.bought], minlength=len(stage.notes))
        notes = note_table(stage, np.bincount(stands.note, minlength=len(stage.notes)) - n_bought, n_bought)
    truth = _truth(stage, accounts, groups, stands, user_ids, note_ids)
    return Simulation(pa.table(columns), users, notes, *truth, world=world, seed=seed)


def _merge(stage: Stage, groups: list[Group]) -> tuple[_Likes, Accounts]:
    """Return the first like of every user and note, and all accounts; accounts that did no job are left out."""
    people: list[Accounts] = [stage.users]
    parts: list[tuple[Events, int, bool, bool]] = [(stage.likes, -1, False, False)]
    offset = len(stage.users)
    for code, group in enumerate(groups):
        done, cover = group.events, group.cover
        if group.accounts is None:
            assert group.members is not None
            parts.append((_renamed(done, group.members), code, group.is_ring, False))
            continue
        busy = np.zeros(len(group.accounts), dtype=np.bool_)
        busy[done.user] = True
        new = np.where(busy, offset + np.cumsum(busy) - 1, -1)
        people.append(group.accounts.take(busy))
        offset += int(busy.sum())
        parts.append((_renamed(done, new), code, group.is_ring, False))
        if cover is not None:
            parts.append((_renamed(cover, new), code, False, group.is_ring))
    counts = [len(p[0]) for p in parts]
    all_events = Events.concat([p[0] for p in parts])
    likes = _Likes(
        **all_events.__dict__,
        group=np.repeat([p[1] for p in parts], counts).astype(np.int64),
        bought=np.repeat([p[2] for p in parts], counts),
        cover=np.repeat([p[3] for p in parts], counts),
    )
    pair = likes.user * len(stage.notes) + likes.note
    by_time = np.argsort(likes.t, kind="stable")
    by_time = by_time[likes.user[by_time] >= 0]
    _, first = np.unique(pair[by_time], return_index=True)
    return likes.take(by_time[first]), Accounts.concat(people)


def _renamed(events: Events, codes: I64) -> Events:
    return Events(codes[events.user], events.note, events.t, events.dwell, events.source)


def _truth(
    stage: Stage, accounts: Accounts, groups: list[Group], likes: _Likes, user_ids: pa.Array, note_ids: pa.Array
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return the truth about users, likes and groups."""
    none = len(groups)  # stands for no group
    group_ids = pa.array([*(g.group_id for g in groups), None], pa.string())
    kinds = pa.array([*(g.kind for g in groups), "organic", "camouflage"])
    group = np.where(likes.group < 0, none, likes.group)
    # Newcomers' own reading is organic; only their first list makes them a group.
    ring = np.array([*(g.is_ring for g in groups), False])
    truth_likes = pa.table(
        {
            "user_id": user_ids.take(pa.array(likes.user)),
            "note_id": note_ids.take(pa.array(likes.note)),
            "ts": times(stage.world, likes.t),
            "group_id": group_ids.take(pa.array(group)),
            "kind": kinds.take(pa.array(np.where(likes.cover, none + 1, group))),
            "bought": pa.array(likes.bought),
        }
    )
    core = (group < none) & ~likes.cover
    member = np.unique(likes.user[core] * (none + 1) + group[core])
    user, belongs = member // (none + 1), member % (none + 1)
    alone = np.setdiff1d(np.arange(len(accounts)), user)
    user, belongs = np.concatenate([user, alone]), np.concatenate([belongs, np.full(len(alone), none)])
    order = np.lexsort((belongs, accounts.key[user]))
    user, belongs = user[order], belongs[order]
    role = np.where(belongs == none, 2, np.where(ring[belongs], 0, 1))
    truth_users = pa.table(
        {
            "user_id": user_ids.take(pa.array(user)),
            "group_id": group_ids.take(pa.array(belongs)),
            "kind": kinds.take(pa.array(belongs)),
            "role": pa.array(["ring", "lookalike", "organic"]).take(pa.array(role)),
        }
    )
    pairs = np.unique(group[core] * len(stage.notes) + likes.note[core]) // len(stage.notes)
    truth_groups = pa.table(
        {
            "group_id": group_ids[:none],
            "kind": kinds[:none],
            "is_ring": pa.array(ring[:none]),
            "n_users": pa.array(np.bincount(belongs, minlength=none + 1)[:none]),
            "n_notes": pa.array(np.bincount(pairs, minlength=none + 1)[:none]),
            "n_likes": pa.array(np.bincount(group[core], minlength=none + 1)[:none]),
        }
    )
    return truth_users, truth_likes, truth_groups
