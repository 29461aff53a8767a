"""The truth about a log, as made worlds tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.errors import InputError
from graphkit.likes.model import I64

if TYPE_CHECKING:
    from graphkit.simulation import Simulation

Bools = npt.NDArray[np.bool_]

#: What must be known. Kinds and roles of users and likes follow from the groups, and are not read.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "truth_users": ("user_id", "group_id"),
    "truth_likes": ("user_id", "note_id", "group_id", "bought"),
    "truth_groups": ("group_id", "kind", "is_ring"),
}
#: Kinds of likes of no look-alike and not bought: everybody's, and those by which a ring's accounts look ordinary.
ORGANIC, CAMOUFLAGE = "organic", "camouflage"


@dataclass(frozen=True)
class Truth:
    """Who belongs to which group, and which likes were bought, with ids as codes.

    Attributes
    ----------
    name
        Where it came from.
    user_ids, note_ids
        Ids by code.
    group_ids, kinds, is_ring
        The groups, by code.
    member, group
        Memberships in groups, ordered by member, then group.
    like_user, like_note, like_group, bought
        The likes that stand; group -1 where a like is nobody's business.
    """

    name: str
    user_ids: pa.Array
    note_ids: pa.Array
    group_ids: tuple[str, ...]
    kinds: tuple[str, ...]
    is_ring: Bools
    member: I64
    group: I64
    like_user: I64
    like_note: I64
    like_group: I64
    bought: Bools

    @cached_property
    def like_kind(self) -> tuple[list[str], I64]:
        """The kinds of likes, and the kind of each: its group's, `camouflage` or `organic`."""
        kinds = sorted({*self.kinds})
        of_group = np.array([kinds.index(kind) for kind in self.kinds] or [0], np.int64)
        cover = (self.like_group >= 0) & ~self.bought & self.ring_of_group[self.like_group]
        kind = np.where(self.like_group >= 0, of_group[self.like_group], len(kinds))
        return [*kinds, ORGANIC, CAMOUFLAGE], np.where(cover, len(kinds) + 1, kind)

    @cached_property
    def ring_of_group(self) -> Bools:
        """Whether a group is a ring, by code; false for -1."""
        return np.append(self.is_ring, False)

    @cached_property
    def in_ring(self) -> Bools:
        """Whether a user belongs to a ring, by code."""
        out = np.zeros(len(self.user_ids), np.bool_)
        out[self.member[self.is_ring[self.group]]] = True
        return out

    @classmethod
    def of(cls, source: Simulation | str | Path) -> Truth:
        """Return the truth of a made world, or of the directory it was saved to."""
        if isinstance(source, str | Path):
            return read_truth(source)
        tables = {name: getattr(source, name) for name in COLUMNS}
        return encode_truth(tables, f"{source.world.name} {source.seed}")


def read_truth(path: str | Path) -> Truth:
    """Read the truth of a world that was saved.

    Parameters
    ----------
    path
        The directory, as ``graphkit simulate`` writes it: ``truth_users.parquet``, ``truth_likes.parquet`` and
        ``truth_groups.parquet``. Other columns than those of `COLUMNS` are not read.

    Returns
    -------
    Truth

    Raises
    ------
    InputError
        When a file or column is missing, unreadable or of a wrong type, or the tables contradict one another.
    """
    import pyarrow.parquet as pq

    folder = Path(path)
    tables = {}
    for name, columns in COLUMNS.items():
        file = folder / f"{name}.parquet"
        try:
            parquet = pq.ParquetFile(file)
            there = parquet.schema_arrow.names
            tables[name] = parquet.read(columns=[c for c in columns if c in there])
        except (OSError, pa.ArrowException) as e:
            reason = "does not exist" if not file.exists() else " ".join(str(e).split())[:150]
            raise InputError(
                f"{file}: {reason}", wanted="a world as graphkit simulate writes it", todo="check the path of TRUTH"
            ) from None
    return encode_truth(tables, str(path))


def encode_truth(tables: Mapping[str, pa.Table], name: str) -> Truth:
    """Return the truth that these tables tell.

    Raises
    ------
    InputError
        As `read_truth`.
    """
    _check(tables, name)
    users, likes, groups = (tables[table] for table in COLUMNS)
    user_ids = pa.chunked_array([*users["user_id"].chunks, *likes["user_id"].chunks], likes["user_id"].type).unique()
    note_ids = likes["note_id"].unique()
    group_ids = groups["group_id"].combine_chunks()
    member, group = codes(users["user_id"], user_ids), codes(users["group_id"], group_ids)
    like_user, like_note = codes(likes["user_id"], user_ids), codes(likes["note_id"], note_ids)
    like_group = codes(likes["group_id"], group_ids)
    for table, found in (("truth_users", group), ("truth_likes", like_group)):
        strange = int(np.count_nonzero(found < 0)) - tables[table]["group_id"].null_count
        if strange:
            raise InputError(
                f"{name}: {strange:,} rows of {table} name groups that are not in truth_groups",
                wanted="tables of one world",
                todo="check the path of TRUTH",
            )
    key = like_user * len(note_ids) + like_note
    if len(np.unique(key)) < len(key):
        raise InputError(
            f"{name}: a user and note stand twice in truth_likes", wanted="a row per like that stands", todo="mend it"
        )
    belongs = group >= 0
    order = np.lexsort((group[belongs], member[belongs]))
    return Truth(
        name=name,
        user_ids=user_ids,
        note_ids=note_ids,
        group_ids=tuple(group_ids.to_pylist()),
        kinds=tuple(groups["kind"].to_pylist()),
        is_ring=flags(groups["is_ring"]),
        member=member[belongs][order],
        group=group[belongs][order],
        like_user=like_user,
        like_note=like_note,
        like_group=like_group,
        bought=flags(likes["bought"]),
    )


def _check(tables: Mapping[str, pa.Table], name: str) -> None:
    for table, columns in COLUMNS.items():
        there = tables[table].column_names
        for column in columns:
            if column not in there:
                raise InputError(
                    f"{name}: {table} has no column {column}; found {', '.join(there) or 'none of those wanted'}",
                    wanted=", ".join(columns),
                    todo="check the path of TRUTH",
                )
            values = tables[table][column]
            boolean = column in {"is_ring", "bought"}
            if boolean and not pa.types.is_boolean(values.type):
                raise InputError(f"{name}: {table}.{column} is {values.type}", wanted="boolean", todo="mend it")
            if values.null_count and column != "group_id":
                raise InputError(f"{name}: {table}.{column} holds nulls", wanted="a value in every row", todo="mend it")
    users, likes = tables["truth_users"]["user_id"].type, tables["truth_likes"]["user_id"].type
    if users != likes:
        raise InputError(
            f"{name}: user_id is {users} in truth_users and {likes} in truth_likes", wanted="one type", todo="mend it"
        )


def codes(values: pa.ChunkedArray, ids: pa.Array) -> I64:
    """Return the position of each value among `ids`, -1 for nulls and strangers."""
    found = pc.fill_null(pc.index_in(values, value_set=ids, skip_nulls=True), -1)
    return np.asarray(found, dtype=np.int64)


def flags(values: pa.ChunkedArray) -> Bools:
    """Return booleans as an array."""
    return np.asarray(values, dtype=np.bool_)
