"""The validated likes: immutable, columnar, ids as dense codes, in canonical order.

Everything after reading sees only these objects. Code i is the i-th smallest id, so codes do not depend on
row order, file order, engine or thread count, and neither does anything computed from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphkit.display import html_table
from graphkit.engines.room import Room

if TYPE_CHECKING:
    from graphkit.bipartite import BipartiteGraph

I8 = npt.NDArray[np.int8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

#: Marks an unknown code (author, device, address, topic, source) or flag.
UNKNOWN = -1
#: Marks an unknown time.
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where every row read went: ``read = kept + duplicate + undone + quarantined``.

    Attributes
    ----------
    read
        Rows read, those outside `since`/`until` left out.
    kept
        Likes kept, one per user and note.
    duplicate
        Further like rows of a kept user and note, after the kept one.
    undone
        Rows up to and including the last `unlike` of a user and note.
    quarantined
        Rows that could not be used.
    outside
        Rows outside `since`/`until`, not counted as read.
    """

    read: int
    kept: int
    duplicate: int
    undone: int
    quarantined: int
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Users:
    """The users that liked something, by code.

    Attributes
    ----------
    ids
        Their ids, ascending, without nulls; code i is ``ids[i]``.
    registered_at
        Microseconds since 1970 UTC, `NO_TIME` where unknown; ``None`` without the column.
    verified
        1, 0 or `UNKNOWN`; ``None`` without the column.
    followers, views
        Counts, NaN where unknown; ``None`` without the column.
    """

    ids: pa.Array
    registered_at: I64 | None = None
    verified: I8 | None = None
    followers: F64 | None = None
    views: F64 | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes that were liked, by code.

    Attributes
    ----------
    ids
        Their ids, ascending, without nulls; code i is ``ids[i]``.
    author
        Author codes, `UNKNOWN` where not known; ``None`` without the column.
    authors
        Author ids by author code, ascending; ``None`` without the column.
    published_at
        Microseconds since 1970 UTC, `NO_TIME` where unknown; ``None`` without the column.
    topic, topics
        Topic codes (`UNKNOWN` where not known) and topic names by code; ``None`` without the column.
    views, saves, comments, shares
        Counts, NaN where unknown; ``None`` without the column.
    title
        Titles by note code, nullable; ``None`` without the column.
    """

    ids: pa.Array
    author: I32 | None = None
    authors: pa.Array | None = None
    published_at: I64 | None = None
    topic: I32 | None = None
    topics: pa.Array | None = None
    views: F64 | None = None
    saves: F64 | None = None
    comments: F64 | None = None
    shares: F64 | None = None
    title: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Likes:
    """Kept likes, one per user and note, ordered by (note, ts, user).

    All arrays of a like have the same length m and are read-only.

    Attributes
    ----------
    user, note
        Codes into `users` and `notes`, int32.
    ts
        Microseconds since 1970 UTC, int64.
    repeats
        Further like rows of the same user and note, int32.
    users, notes
        The user and note tables.
    resolution_us
        Finest step the times show: 1, 1000, 1_000_000, 60_000_000, 3_600_000_000 or 86_400_000_000.
    accounting
        Where every row read went.
    quarantine
        The quarantined rows, as ``schemas.QUARANTINE``.
    dwell_ms
        Milliseconds, NaN where unknown; ``None`` without the column.
    completed
        1, 0 or `UNKNOWN`; ``None`` without the column.
    device, ip, source
        Codes (`UNKNOWN` where null), dense, in order of the sorted values; ``None`` without the column.
    sources
        Source names by code; ``None`` without the column.
    fingerprint
        Digest of the rows read, independent of row order, file order and file names.
    warnings
        One line each, for the run to repeat.
    room
        Where arrays as long as the likes stand.
    """

    user: I32
    note: I32
    ts: I64
    repeats: I32
    users: Users
    notes: Notes
    resolution_us: int
    accounting: Accounting
    quarantine: pa.Table
    dwell_ms: F64 | None = None
    completed: I8 | None = None
    device: I32 | None = None
    ip: I32 | None = None
    source: I32 | None = None
    sources: pa.Array | None = None
    fingerprint: str = ""
    warnings: tuple[str, ...] = field(default=())
    room: Room = field(default_factory=Room, repr=False, compare=False)

    def __post_init__(self) -> None:
        for value in self.__dict__.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __len__(self) -> int:
        return len(self.user)

    @property
    def n_users(self) -> int:
        """Users with at least one kept like."""
        return len(self.users)

    @property
    def n_notes(self) -> int:
        """Notes with at least one kept like."""
        return len(self.notes)

    @cached_property
    def publication(self) -> I64:
        """When each note was published, its first like where that is unknown or later; microseconds, int64[n_notes]."""
        first = self.ts[np.searchsorted(self.note, np.arange(self.n_notes, dtype=np.int32))]
        published = self.notes.published_at
        return first if published is None else np.where(published == NO_TIME, first, np.minimum(published, first))

    @cached_property
    def author_key(self) -> I32:
        """For each note its author, or the note itself where the author is unknown, int32[n_notes].

        Values are codes without a meaning of their own; those of notes lie above those of authors.
        """
        own = np.arange(self.n_notes, dtype=np.int32)
        if self.notes.author is None or self.notes.authors is None:
            return own
        author = self.notes.author
        return np.where(author == UNKNOWN, own + np.int32(len(self.notes.authors)), author).astype(np.int32)

    def breadth_keys(self, fresh_s: int) -> I32:
        """For each like what breadth counts, int32[m]: the smaller key of the two likes of a co-like.

        A like within `fresh_s` seconds of publication, ends included, counts for the author: those who follow the
        same author meet on every new note. A later one counts for the note: nothing brings followers back together
        to the same old note at the same minute, again and again.
        """
        if self.notes.author is None or self.notes.authors is None:
            return self.note
        own = np.int32(len(self.notes.authors)) + self.note
        fresh = self.ts - self.publication[self.note] <= fresh_s * 1_000_000
        return self.room.keep(np.where(fresh, self.author_key[self.note], own))

    def bipartite(self) -> BipartiteGraph:
        """Return the bipartite graph of users and notes."""
        from graphkit.bipartite import BipartiteGraph

        return BipartiteGraph.from_likes(self)

    def __repr__(self) -> str:
        return f"<Likes: {len(self):,} of {self.n_users:,} users on {self.n_notes:,} notes>"

    def _repr_html_(self) -> str:
        account = self.accounting
        names = ("read", "kept", "duplicate", "undone", "quarantined", "outside")
        rows = [[name, getattr(account, name)] for name in names]
        return html_table(repr(self)[1:-1], ["rows", "number"], rows)
