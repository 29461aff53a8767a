"""What holds a graph together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I64 = npt.NDArray[np.int64]


@kernel
def cut_vertices(a: I64, b: I64, n: int) -> npt.NDArray[np.bool_]:
    """Tell which vertices would leave more pieces behind than they stood in.

    Parameters
    ----------
    a, b
        Ends of each edge, below `n`, int64[e].
    n
        Number of vertices.

    Returns
    -------
    bool[n]
        O(n + e).

    References
    ----------
    Hopcroft and Tarjan 1973, "Algorithm 447: efficient algorithms for graph manipulation".
    """
    ptr = np.zeros(n + 1, np.int64)
    for e in range(len(a)):
        ptr[a[e] + 1] += 1
        ptr[b[e] + 1] += 1
    for v in range(n):
        ptr[v + 1] += ptr[v]
    head = ptr[:-1].copy()
    neighbour = np.empty(2 * len(a), np.int64)
    for e in range(len(a)):
        neighbour[head[a[e]]] = b[e]
        head[a[e]] += 1
        neighbour[head[b[e]]] = a[e]
        head[b[e]] += 1
    head[:] = ptr[:-1]  # from here on the next neighbour to be looked at
    cut = np.zeros(n, np.bool_)
    came = np.zeros(n, np.int64)  # when a vertex was reached first, counted from 1
    low = np.zeros(n, np.int64)  # the earliest that it and those reached through it have an edge to
    parent = np.empty(n, np.int64)
    path = np.empty(n, np.int64)
    time = 0
    for root in range(n):
        if came[root] > 0:
            continue
        time += 1
        came[root] = low[root] = time
        parent[root] = -1
        path[0] = root
        depth = 1
        branches = 0
        while depth > 0:
            v = path[depth - 1]
            if head[v] < ptr[v + 1]:
                w = neighbour[head[v]]
                head[v] += 1
                if came[w] == 0:
                    time += 1
                    came[w] = low[w] = time
                    parent[w] = v
                    path[depth] = w
                    depth += 1
                    branches += v == root
                elif w != parent[v]:
                    low[v] = min(low[v], came[w])
            else:
                depth -= 1
                p = parent[v]
                if p >= 0:
                    low[p] = min(low[p], low[v])
                    if p != root and low[v] >= came[p]:
                        cut[p] = True
        cut[root] = branches > 1
    return cut


@kernel
def in_one_piece(a: I64, b: I64, n: int) -> bool:
    """Tell whether there is a path between any two of n vertices, of which edges are given by their ends. O(n + e)."""
    pieces = n
    root = np.arange(n)
    for e in range(len(a)):
        u, v = a[e], b[e]
        while root[u] != u:
            root[u] = root[root[u]]
            u = root[u]
        while root[v] != v:
            root[v] = root[root[v]]
            v = root[v]
        if u != v:
            root[u] = v
            pieces -= 1
    return pieces <= 1
