"""Cutting the projection into communities: Leiden per component, then refinement."""

from __future__ import annotations

import importlib
import random
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graphkit._kernels.distinct import distinct, pack, unpack
from graphkit.config import PartitionConfig
from graphkit.likes.model import I32
from graphkit.progress import SILENT, Progress
from graphkit.projection.null import binomial_tail
from graphkit.projection.project import Projection

if TYPE_CHECKING:
    import igraph


#: Held while igraph's process-wide generator is not Python's: drawing from it lets other threads run.
_GENERATOR = threading.Lock()


@dataclass(frozen=True, slots=True)
class UserGraph:
    """Significant edges of all windows together: one edge a pair, ordered by (u, v).

    Attributes
    ----------
    u, v
        User codes, ``u < v``, int32[k].
    n_eligible
        Users among whom edges could have appeared.
    """

    u: I32
    v: I32
    n_eligible: int

    @classmethod
    def from_projection(cls, projection: Projection) -> UserGraph:
        """Join the windows' edges; a pair significant in several windows is one edge."""
        packed = [pack(view.edges.u, view.edges.v) for view in projection.views]
        pairs, _ = distinct(np.concatenate([np.empty(0, np.int64), *packed]))
        u, v = unpack(pairs)
        return cls(u.astype(np.int32), v.astype(np.int32), projection.n_eligible)

    def __len__(self) -> int:
        return len(self.u)


def import_igraph_bare() -> None:
    """Import igraph without its drawing, for a process that draws no graphs.

    igraph imports all of matplotlib's pyplot wherever it finds it: half a second and 30 MB. Where matplotlib is loaded
    already nothing is gained, and nothing is kept from igraph.
    """
    if "matplotlib" in sys.modules or "igraph" in sys.modules:
        return
    sys.modules["matplotlib"] = None  # type: ignore[assignment]  # Python's own way to say that there is none
    try:
        importlib.import_module("igraph")
    finally:
        del sys.modules["matplotlib"]


def partition(graph: UserGraph, config: PartitionConfig, progress: Progress = SILENT) -> tuple[I32, ...]:
    """Cut the graph into communities.

    Each connected component is cut by Leiden where two parts have fewer than `resolution` of the ties between them
    that their degrees would give (generalised modularity), and each part again by its own degrees, until no cut is
    left: a sparse farm and a tight clique are both kept whole, and nothing is too small to be seen beside something
    large. The communities are then refined until nothing changes. Nobody looks at what cannot hold a community: no
    vertex of one has a single tie.

    Parameters
    ----------
    graph
        The significant edges.
    config
        Resolution, tie significance, smallest community, random state.
    progress
        Told about the work.

    Returns
    -------
    tuple of int32[n]
        Members of each community, ascending; communities by smallest member. Canonical: the same for the same
        edges, whatever ran before in the process.

    Notes
    -----
    Traag, Waltman and van Eck 2019, "From Louvain to Leiden"; Reichardt and Bornholdt 2006, "Statistical mechanics
    of community detection", sec. III (modularity with a resolution). Cutting each part again by itself is what
    lifts modularity's limit of resolution (Fortunato and Barthelemy 2007, "Resolution limit in community
    detection", who warn of it).
    """
    chance = len(graph) / max(1.0, graph.n_eligible * (graph.n_eligible - 1) / 2)
    found: list[I32] = []
    with progress.stage("partition", len(graph), "edges") as advance:
        for users, net in _components(graph, config.min_users):
            advance(net.ecount())
            for community, vertices in _cut(net, config):
                found.extend(users[members] for members in _refine(community, vertices, chance, config))
    return tuple(sorted(found, key=lambda members: int(members[0])))


def _components(graph: UserGraph, min_users: int) -> Iterator[tuple[I32, igraph.Graph]]:
    """Yield the connected components that may hold a community: their users, ascending, and the graph among them.

    Left out are those of fewer than `min_users`, and those with fewer edges than users, which are trees.
    """
    if len(graph) == 0:
        return
    import igraph
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    users = np.flatnonzero(np.bincount(np.concatenate([graph.u, graph.v])))
    number = np.zeros(users[-1] + 1, np.int32)
    number[users] = np.arange(len(users))
    u, v = number[graph.u], number[graph.v]
    adjacency = coo_array((np.ones(len(u), np.int8), (u, v)), shape=(len(users), len(users)))
    n, label = connected_components(adjacency, directed=False)
    by_label = np.argsort(label, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(label, minlength=n))])
    rank = np.empty(len(users), np.int64)
    rank[by_label] = np.arange(len(users)) - first[label[by_label]]
    edges_by_label = np.argsort(label[u], kind="stable")
    first_edge = np.concatenate([[0], np.cumsum(np.bincount(label[u], minlength=n))])
    size, n_edges = np.diff(first), np.diff(first_edge)
    for component in np.flatnonzero((size >= min_users) & (n_edges >= size)).tolist():
        members = users[by_label[first[component] : first[component + 1]]].astype(np.int32)
        edges = edges_by_label[first_edge[component] : first_edge[component + 1]]
        # igraph reads pairs three times as fast as arrays or lists of lists.
        pairs = zip(rank[u[edges]].tolist(), rank[v[edges]].tolist(), strict=True)
        yield members, igraph.Graph(n=len(members), edges=pairs)


def _cut(net: igraph.Graph, config: PartitionConfig) -> Iterator[tuple[igraph.Graph, list[int]]]:
    """Yield the communities of a connected graph, cut until no cut is left: their graphs, and their vertices in `net`.

    Vertices are ascending; vertex i of a community's graph is the i-th of them. A part of which refinement would leave
    nothing is not yielded.
    """
    queue = [(net, list(range(net.vcount())))]
    while queue:
        part, vertices = queue.pop()
        if sum(core > 1 for core in part.coreness()) < config.min_users:
            continue  # at bridges it falls into less: most parts end here, at a hundredth of what Leiden takes
        pieces = leiden(part, config) if part.is_connected() else part.connected_components().membership
        n_pieces = max(pieces) + 1
        if n_pieces == 1:
            yield part, vertices
            continue
        # Out of the part and not of the whole: what that costs goes with the size of what it is taken from.
        queue.extend(
            (part.induced_subgraph(group), [vertices[vertex] for vertex in group])
            for group in _groups(pieces, n_pieces)
            if len(group) >= config.min_users
        )


def _groups(label: Sequence[int], n: int) -> list[list[int]]:
    """Return the vertices of each label, ascending."""
    groups: list[list[int]] = [[] for _ in range(n)]
    for vertex, own in enumerate(label):
        groups[own].append(vertex)
    return groups


def leiden(net: igraph.Graph, config: PartitionConfig) -> list[int]:
    """Run igraph's Leiden with everything that changes its result set explicitly.

    igraph runs another objective without a word when its name is misspelt, ignores weights unless they are passed,
    and draws from a process-wide generator; here ties count alike, and the generator is put back. One thread at a time.

    Parameters
    ----------
    net
        The graph; vertex order matters and must be canonical.
    config
        Resolution, seed and iterations.

    Returns
    -------
    list of int
        Community of each vertex.
    """
    with _igraph_random_state(config.seed):
        return list(
            net.community_leiden(
                objective_function="modularity",
                weights=None,
                resolution=config.resolution,
                n_iterations=config.iterations,
            ).membership
        )


@contextmanager
def _igraph_random_state(seed: int) -> Iterator[None]:
    import igraph

    with _GENERATOR:
        igraph.set_random_number_generator(random.Random(seed))
        try:
            yield
        finally:
            igraph.set_random_number_generator(random)


def _refine(net: igraph.Graph, vertices: list[int], chance: float, config: PartitionConfig) -> Iterator[list[int]]:
    """Drop members whose tie is not significant and split at bridges, until nothing changes.

    The tie of a member with d edges into a community of n is judged by P(Binomial(n - 1, chance) >= d), where
    `chance` is the share of all testable pairs that became edges. `net` is the graph of the community.
    """
    queue = [(net, vertices)]
    while queue:
        part, members = queue.pop(0)
        n = len(members)
        if n < config.min_users:
            continue
        degree = np.array(part.degree())
        tied = (degree > 0) & (binomial_tail(np.maximum(degree, 1), n - 1, chance) <= config.tie_p)
        if not tied.all():
            kept = [np.flatnonzero(tied).tolist()]
        else:
            bridges = part.bridges()
            if not bridges and part.is_connected():
                yield members
                continue
            apart = part.copy()
            apart.delete_edges(bridges)
            pieces = apart.connected_components().membership
            kept = _groups(pieces, max(pieces) + 1)
        queue.extend((part.induced_subgraph(group), [members[i] for i in group]) for group in kept)
