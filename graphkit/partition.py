"""Cutting the projection into communities: Leiden per component, then refinement."""

from __future__ import annotations

import importlib
import random
import sys
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
    large. The communities are then refined until nothing changes.

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
            for community in _cut(net, config):
                found.extend(users[members] for members in _refine(net, community, chance, config))
    return tuple(sorted(found, key=lambda members: int(members[0])))


def _components(graph: UserGraph, min_users: int) -> Iterator[tuple[I32, igraph.Graph]]:
    """Yield the connected components of at least `min_users`: their users, ascending, and the graph among them."""
    if len(graph) == 0:
        return
    import igraph
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    users, ends = np.unique(np.concatenate([graph.u, graph.v]), return_inverse=True)
    u, v = ends[: len(graph)], ends[len(graph) :]
    adjacency = coo_array((np.ones(len(u), np.int8), (u, v)), shape=(len(users), len(users)))
    n, label = connected_components(adjacency, directed=False)
    by_label = np.argsort(label, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(label, minlength=n))])
    rank = np.empty(len(users), np.int64)
    rank[by_label] = np.arange(len(users)) - first[label[by_label]]
    edges_by_label = np.argsort(label[u], kind="stable")
    first_edge = np.concatenate([[0], np.cumsum(np.bincount(label[u], minlength=n))])
    for component in np.flatnonzero(np.diff(first) >= min_users).tolist():
        members = users[by_label[first[component] : first[component + 1]]].astype(np.int32)
        edges = edges_by_label[first_edge[component] : first_edge[component + 1]]
        # igraph reads pairs three times as fast as arrays or lists of lists.
        pairs = zip(rank[u[edges]].tolist(), rank[v[edges]].tolist(), strict=True)
        yield members, igraph.Graph(n=len(members), edges=pairs)


def _cut(net: igraph.Graph, config: PartitionConfig) -> Iterator[list[int]]:
    """Yield the communities of a connected graph as sorted vertex lists, cut until no cut is left to make."""
    queue = [(net, list(range(net.vcount())))]
    while queue:
        part, vertices = queue.pop()
        pieces = part.connected_components().membership
        if max(pieces) == 0:
            pieces = leiden(part, config)
        if max(pieces) == 0:
            yield vertices
            continue
        groups: list[list[int]] = [[] for _ in range(max(pieces) + 1)]
        for vertex, label in enumerate(pieces):
            groups[label].append(vertex)
        # Out of the part and not of the whole: what that costs goes with the size of what it is taken from.
        queue.extend(
            (part.induced_subgraph(group), [vertices[vertex] for vertex in group])
            for group in groups
            if len(group) >= config.min_users
        )


def leiden(net: igraph.Graph, config: PartitionConfig) -> list[int]:
    """Run igraph's Leiden with everything that changes its result set explicitly.

    igraph runs another objective without a word when its name is misspelt, ignores weights unless they are passed,
    and draws from a process-wide generator; here ties count alike, and the generator is put back.

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

    igraph.set_random_number_generator(random.Random(seed))
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)


def _refine(net: igraph.Graph, community: Sequence[int], chance: float, config: PartitionConfig) -> Iterator[list[int]]:
    """Drop members whose tie is not significant and split at bridges, until nothing changes.

    The tie of a member with d edges into a community of n is judged by P(Binomial(n - 1, chance) >= d), where
    `chance` is the share of all testable pairs that became edges.
    """
    queue = [sorted(community)]
    while queue:
        members = queue.pop(0)
        if len(members) < config.min_users:
            continue
        part = net.induced_subgraph(members)
        degree = np.array(part.degree())
        tied = (degree > 0) & (binomial_tail(np.maximum(degree, 1), len(members) - 1, chance) <= config.tie_p)
        if not tied.all():
            queue.append([m for m, keep in zip(members, tied.tolist(), strict=True) if keep])
            continue
        bridges = part.bridges()
        if bridges:
            part.delete_edges(bridges)
        pieces = part.connected_components()
        if len(pieces) == 1:
            yield members
        else:
            queue.extend([members[i] for i in sorted(piece)] for piece in pieces)
