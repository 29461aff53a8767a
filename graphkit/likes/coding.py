"""From the rows of the likes to kept likes with dense codes, in canonical order: here, or on executors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit.errors import InputError
from graphkit.likes.account import Account
from graphkit.likes.model import I32, UNKNOWN
from graphkit.likes.order import Ordered, order
from graphkit.likes.rows import CODED, LikesReader
from graphkit.likes.tables import Liked, mapped

if TYPE_CHECKING:
    from graphkit.config import InputConfig
    from graphkit.engines import Engine, Room
    from graphkit.engines.spread import Executors
    from graphkit.likes.columns import Binding
    from graphkit.progress import Progress

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Coded:
    """Kept likes in canonical order, and what stands behind their codes.

    Attributes
    ----------
    ordered
        The likes; every code is used.
    users, notes
        Their ids by code.
    sources
        Names of sources by code; ``None`` without the column.
    account
        What was counted on the way.
    """

    ordered: Ordered
    users: Liked
    notes: Liked
    sources: pa.Array | None
    account: Account


@dataclass(frozen=True)
class Coding:
    """The work of reading, checking, numbering and ordering likes.

    Parameters
    ----------
    binding
        Where the likes are.
    config
        How to read them.
    room
        Where what comes of it stands.
    progress
        Told of the stages ``read``, ``encode`` and ``order``.
    """

    binding: Binding
    config: InputConfig
    room: Room
    progress: Progress
    name: str = "reading the likes"

    def here(self, engine: Engine) -> Coded:
        """Do it in this process: one table of ids for all threads, and arrays of all rows.

        Raises
        ------
        InputError
            As :func:`graphkit.likes.read_likes`.
        CapacityError
            When there are too many likes or ids, or no room for them.
        """
        reader = self.reader()
        with self.progress.stage("read", total=self.binding.source.rows) as advance:
            chunks = list(reader.read(self.binding, engine, advance))
            read = self.accepted(reader.account)
        with self.progress.stage("encode", total=sum(map(len, reader.books.values())), unit="ids") as advance:
            ids, ranks = {}, {}
            for name, book in reader.books.items():
                ids[name], ranks[name] = book.ranked()
                advance(len(book))
        with self.progress.stage("order", total=read) as advance:
            ordered = order(chunks, ranks, engine)
            pa.default_memory_pool().release_unused()  # what held the pages of the files: a quarter of all
            sizes = {name: len(values) for name, values in ids.items()}
            ordered, used, dense = compacted(ordered, sizes, self.room)
            advance(read)

        def liked(name: str) -> Liked:
            book, code_of = reader.books[name], dense[name][ranks[name]]
            return Liked(chosen(ids[name], used[name]), book.kind, lambda block: mapped(book.find(block), code_of))

        sources = None
        if "source" in ordered.payload:
            sources = chosen(ids["source"], used["source"]) if "source" in ids else pa.nulls(0, pa.string())
        return Coded(ordered, liked("user_id"), liked("note_id"), sources, reader.account)

    def apart(self, executors: Executors) -> Coded:
        """Do it on executors; see `graphkit.likes.apart`.

        Raises
        ------
        InputError, CapacityError
            As :meth:`here`.
        """
        from graphkit.likes.apart import coded_apart

        return coded_apart(self, executors)

    def reader(self) -> LikesReader:
        """Return a reader of these likes."""
        most_bad = int(self.config.max_bad_share * self.binding.source.rows)
        return LikesReader(self.binding.types, self.config, most_bad)

    def accepted(self, account: Account) -> int:
        """Return how many rows were read; raises `InputError` where what was read cannot be used."""
        source = self.binding.source
        source.verify()
        account.check_share(self.binding, self.config.max_bad_share)
        read = source.rows - account.outside
        if read == 0:
            raise InputError(
                f"likes {source.label}: none of {source.rows:,} rows lies in the time asked for",
                wanted="likes between --since and --until",
                todo="check --since and --until",
            )
        return read


def chosen(ids: pa.Array, used: Bools) -> pa.Array:
    """Return those of the ids that are used."""
    return ids if used.all() else ids.filter(pa.array(used))


def compacted(ordered: Ordered, sizes: dict[str, int], room: Room) -> tuple[Ordered, dict[str, Bools], dict[str, I32]]:
    """Give codes anew so that every one is used.

    Parameters
    ----------
    ordered
        Likes with codes by rank.
    sizes
        How many ids of each kind there are.
    room
        Where new codes stand.

    Returns
    -------
    ordered, used, dense
        The likes with new codes; by kind which ids are used, and the new code of each, `UNKNOWN` where it is not.
    """
    used: dict[str, Bools] = {}
    dense: dict[str, I32] = {}

    def renumbered(name: str, codes: I32) -> I32:
        marks = np.zeros(sizes.get(name, 0) + 1, bool)  # one more, so that an unknown code marks nothing
        marks[codes] = True
        used[name] = marks[:-1]
        dense[name] = np.where(used[name], np.cumsum(used[name]) - 1, UNKNOWN).astype(np.int32)
        if used[name].all():
            return codes
        return room.keep(np.where(codes == UNKNOWN, np.int32(UNKNOWN), dense[name][codes]))

    payload: dict[str, npt.NDArray[Any]] = dict(ordered.payload)
    user, note = renumbered("user_id", ordered.user), renumbered("note_id", ordered.note)
    for name in CODED:
        if name in payload:
            payload[name] = renumbered(name, payload[name])
    its = (ordered.ts, ordered.repeats, payload, ordered.duplicate, ordered.undone)
    return Ordered(user, note, *its), used, dense
