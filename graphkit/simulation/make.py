"""From parameters to tables: the parts put together, the log with its dirt, and the truth."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphkit.errors import OutputError
from graphkit.simulation.actors import Ring
from graphkit.simulation.background import Stage, build_stage
from graphkit.simulation.columns import like_columns, make_ids, note_table, times, user_table
from graphkit.simulation.groups import Group
from graphkit.simulation.log import Fault, MergedLikes, likes_that_stand, merge, shown_times, write_log
from graphkit.simulation.lookalikes import lookalike
from graphkit.simulation.population import Accounts
from graphkit.simulation.rings import ring
from graphkit.simulation.world import World
from graphkit.simulation.worlds import find_world

_TABLES = ("likes", "users", "notes", "truth_users", "truth_likes", "truth_groups")


@dataclass(frozen=True, repr=False)
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
        One row per group: `group_id`, `kind`, `is_ring`, `n_users`, and without camouflage `n_notes`, `n_likes`.
    world, seed
        What it was made from.
    """

    likes: pa.Table
    users: pa.Table | None
    notes: pa.Table | None
    truth_users: pa.Table
    truth_likes: pa.Table
    truth_groups: pa.Table
    world: World
    seed: int

    def __repr__(self) -> str:
        return (
            f"Simulation(world={self.world.name!r}, seed={self.seed}: {self.likes.num_rows:,} rows, "
            f"{self.truth_groups.num_rows:,} groups)"
        )

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
            partial.rename(out)
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
        for i in range(actor.count):
            group_id = f"{actor.name or actor.kind}-{i + 1:03}"
            groups.append(
                ring(actor, stage, group_id) if isinstance(actor, Ring) else lookalike(actor, stage, group_id)
            )
    return _assemble(stage, groups, seed, bare)


def _assemble(stage: Stage, groups: list[Group], seed: int, bare: bool) -> Simulation:
    likes, accounts = merge(stage, groups)
    log = write_log(stage, accounts, likes, bare)
    stands = likes_that_stand(stage, accounts, likes)
    world = stage.world
    user, note = likes.user[log.row], likes.note[log.row]
    user_ids, note_ids = make_ids(world, accounts.key), make_ids(world, stage.notes.key)
    columns = {
        "user_id": user_ids.take(pa.array(user, mask=log.fault == Fault.NO_USER)),
        "note_id": note_ids.take(pa.array(note, mask=log.fault == Fault.NO_NOTE)),
        "ts": shown_times(world, log.t, log.fault),
    }
    users = notes = None
    if not bare:
        columns["action"] = pa.array(["like", "unlike"]).take(pa.array(log.unlike.astype(np.int8)))
        columns |= like_columns(stage, accounts, user, note, log.t, likes.dwell[log.row], likes.source[log.row])
        users = user_table(stage, accounts, np.bincount(stands.user, minlength=len(accounts)))
        n_bought = np.bincount(stands.note[stands.bought], minlength=len(stage.notes))
        notes = note_table(stage, np.bincount(stands.note, minlength=len(stage.notes)) - n_bought, n_bought)
    truth = _truth(stage, accounts, groups, stands, user_ids, note_ids)
    return Simulation(pa.table(columns), users, notes, *truth, world=world, seed=seed)


def _truth(
    stage: Stage, accounts: Accounts, groups: list[Group], likes: MergedLikes, user_ids: pa.Array, note_ids: pa.Array
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return the truth about users, likes and groups."""
    none = len(groups)  # stands for no group
    group_ids = pa.array([*(g.group_id for g in groups), None], pa.string())
    kinds = pa.array([*(g.kind for g in groups), "organic", "camouflage"])
    group = np.where(likes.group < 0, none, likes.group)
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
    grouped = group < none
    core = grouped & ~likes.cover
    member = np.unique(likes.user[grouped] * (none + 1) + group[grouped])
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
    # In a tiny world a group may find nothing to do.
    return truth_users, truth_likes, truth_groups.filter(pc.greater(truth_groups["n_users"], 0))
