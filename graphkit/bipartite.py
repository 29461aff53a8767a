"""The bipartite graph of users and notes, compressed both ways, with the time of every like."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from graphkit._kernels.grouping import group_by_time, group_members, group_pointers
from graphkit._kernels.ordering import settle_runs
from graphkit.engines.room import Room
from graphkit.errors import InputError
from graphkit.likes.model import I32, I64, Likes

if TYPE_CHECKING:
    import igraph
    import networkx as nx
    from scipy.sparse import csr_array


#: Positions numbered in one go.
_STEP = 1 << 20


def _from_epoch(ts: int) -> np.datetime64:
    return np.datetime64(int(ts), "us")


def time_order(ts: I64, room: Room) -> I32:
    """Return the positions of `ts` in ascending order, equal times by position, int32[m]. O(m log m)."""
    order = room.empty(len(ts), np.int32)
    if len(ts) == 0:
        return order
    low = int(ts.min())
    bits = max(len(ts) - 1, 1).bit_length()
    # Numbers of 64 bits sort fastest. Where time and position need more, the last bits of time are settled afterwards.
    coarse = max(0, (int(ts.max()) - low).bit_length() + bits - 64)
    packed = np.subtract(ts, low, out=room.empty(len(ts), np.int64)).view(np.uint64)
    lost = int(np.bitwise_or.reduce(packed)) & ((1 << coarse) - 1)  # whole seconds end in six zeros and lose nothing
    packed >>= np.uint64(coarse)
    packed <<= np.uint64(bits)
    for first in range(0, len(ts), _STEP):
        part = packed[first : first + _STEP]
        part |= np.arange(first, first + len(part), dtype=np.uint64)
    packed.sort()
    packed &= np.uint64((1 << bits) - 1)
    order[:] = packed
    if lost:
        settle_runs(order, ts, low, coarse)
    return order


@dataclass(frozen=True)
class BipartiteGraph:
    """Users × notes; an edge is a like.

    Vertex order is canonical: user i is the i-th smallest user id, note j the j-th smallest note id. In graphs
    with one vertex set, users come first and note j is vertex ``n_users + j``.

    Attributes
    ----------
    n_users, n_notes
        Numbers of vertices.
    user, note
        Ends of each like by (note, ts, user), int32[m].
    ts
        Microseconds since 1970 UTC, int64[m].
    user_ids, note_ids
        Ids by code.
    room
        Where arrays as long as the likes stand.
    """

    n_users: int
    n_notes: int
    user: I32
    note: I32
    ts: I64
    user_ids: pa.Array
    note_ids: pa.Array
    room: Room = field(default_factory=Room, repr=False, compare=False)

    @classmethod
    def from_likes(cls, likes: Likes) -> BipartiteGraph:
        """Build the graph of `likes`; shares their memory."""
        ids = likes.users.ids, likes.notes.ids
        return cls(likes.n_users, likes.n_notes, likes.user, likes.note, likes.ts, *ids, likes.room)

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def note_ptr(self) -> I64:
        """Likes of note j are ``note_ptr[j]:note_ptr[j + 1]``, in time order; int64[n_notes + 1]."""
        return group_pointers(self.note, self.n_notes)

    @cached_property
    def user_ptr(self) -> I64:
        """Likes of user i are entries ``user_ptr[i]:user_ptr[i + 1]`` of the two orders below; int64[n_users + 1]."""
        return group_pointers(self.user, self.n_users)

    @cached_property
    def by_user(self) -> I32:
        """Positions of likes by (user, note), int32[m]."""
        return self.room.keep(group_members(self.user, np.arange(len(self), dtype=np.int32), self.user_ptr))

    @property
    def by_user_time(self) -> I32:
        """Positions of likes by (user, ts), int32[m]."""
        return self._by_user_time[0]

    @property
    def user_ts(self) -> I64:
        """Times of likes by (user, ts), int64[m]."""
        return self._by_user_time[1]

    @cached_property
    def _by_user_time(self) -> tuple[I32, I64]:
        order, times = self.room.empty(len(self), np.int32), self.room.empty(len(self), np.int64)
        group_by_time(self.user, self.ts, self.user_ptr, order, times)
        return order, times

    def to_scipy(self) -> csr_array:
        """Return the biadjacency, users × notes, a CSR array of int8 ones with sorted indices."""
        from scipy.sparse import csr_array

        data = np.ones(len(self), np.int8)
        indices = self.note[self.by_user]
        return csr_array((data, indices, self.user_ptr.astype(np.int64)), shape=(self.n_users, self.n_notes))

    def to_networkx(self) -> nx.Graph[object]:
        """Return a networkx graph by the ecosystem's conventions.

        Nodes are ``("user", id)`` and ``("note", id)``, since an id may be both a user's and a note's; node
        attribute ``bipartite`` is 0 for users and 1 for notes; edge attribute ``ts`` is a ``datetime64[us]``, UTC.
        """
        import networkx as nx

        graph: nx.Graph[object] = nx.Graph()
        users = [("user", i) for i in self.user_ids.to_pylist()]
        notes = [("note", i) for i in self.note_ids.to_pylist()]
        graph.add_nodes_from(users, bipartite=0)
        graph.add_nodes_from(notes, bipartite=1)
        graph.add_edges_from(
            (users[u], notes[n], {"ts": _from_epoch(t)})
            for u, n, t in zip(self.user.tolist(), self.note.tolist(), self.ts.tolist(), strict=True)
        )
        return graph

    def to_igraph(self) -> igraph.Graph:
        """Return an igraph graph by the ecosystem's conventions.

        Vertex attribute ``type`` is false for users and true for notes, ``id`` the id; edge attribute ``ts`` is
        microseconds since 1970 UTC.
        """
        import igraph

        edges = np.column_stack([self.user, self.note + np.int32(self.n_users)])
        graph = igraph.Graph(n=self.n_users + self.n_notes, edges=edges)
        graph.vs["type"] = [False] * self.n_users + [True] * self.n_notes
        graph.vs["id"] = [*self.user_ids.to_pylist(), *self.note_ids.to_pylist()]
        graph.es["ts"] = self.ts.tolist()
        return graph

    @classmethod
    def from_networkx(cls, graph: nx.Graph[object]) -> BipartiteGraph:
        """Build the graph back from what :meth:`to_networkx` returned.

        Raises
        ------
        InputError
            When a node lacks ``bipartite`` or an edge lacks ``ts``.
        """
        sides: dict[object, object] = dict(graph.nodes(data="bipartite"))  # type: ignore[arg-type]
        stamps: list[tuple[object, object, Any]] = list(graph.edges(data="ts"))
        if any(side not in (0, 1) for side in sides.values()) or any(t is None for *_, t in stamps):
            raise InputError(
                "a graph without bipartite=0/1 on every node and ts on every edge",
                wanted="what BipartiteGraph.to_networkx() returns",
                todo="set these attributes",
            )
        users = {n: n[1] for n, side in sides.items() if side == 0 and isinstance(n, tuple)}
        pairs = [(u, v) if u in users else (v, u) for u, v, _ in stamps]
        return cls._from_edges(
            [n[1] for n, side in sides.items() if side == 0 and isinstance(n, tuple)],
            [n[1] for n, side in sides.items() if side == 1 and isinstance(n, tuple)],
            [u[1] for u, _ in pairs if isinstance(u, tuple)],
            [n[1] for _, n in pairs if isinstance(n, tuple)],
            [int(np.datetime64(t, "us").astype(np.int64)) for *_, t in stamps],
        )

    @classmethod
    def from_igraph(cls, graph: igraph.Graph) -> BipartiteGraph:
        """Build the graph back from what :meth:`to_igraph` returned.

        Raises
        ------
        InputError
            When vertices lack ``type`` or ``id``, or edges lack ``ts``.
        """
        if not {"type", "id"} <= set(graph.vs.attributes()) or "ts" not in graph.es.attributes():
            raise InputError(
                "a graph without type and id on vertices and ts on edges",
                wanted="what BipartiteGraph.to_igraph() returns",
                todo="set these attributes",
            )
        kinds = graph.vs["type"]
        ids = graph.vs["id"]
        ends = [(b, a) if kinds[a] else (a, b) for a, b in graph.get_edgelist()]
        return cls._from_edges(
            [i for i, note in zip(ids, kinds, strict=True) if not note],
            [i for i, note in zip(ids, kinds, strict=True) if note],
            [ids[u] for u, _ in ends],
            [ids[n] for _, n in ends],
            graph.es["ts"],
        )

    @classmethod
    def _from_edges(
        cls, users: list[object], notes: list[object], user: list[object], note: list[object], ts: list[int]
    ) -> BipartiteGraph:
        user_ids = pa.array(sorted(users))  # type: ignore[type-var]
        note_ids = pa.array(sorted(notes))  # type: ignore[type-var]
        user_code = {i: c for c, i in enumerate(user_ids.to_pylist())}
        note_code = {i: c for c, i in enumerate(note_ids.to_pylist())}
        u = np.array([user_code[i] for i in user], np.int32)
        n = np.array([note_code[i] for i in note], np.int32)
        t = np.array(ts, np.int64)
        order = np.lexsort((u, t, n))
        return cls(len(users), len(notes), u[order], n[order], t[order], user_ids, note_ids)
