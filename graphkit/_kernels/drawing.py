"""What a drawing of a graph shows, and where its vertices stand."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from graphkit._kernels.connection import in_one_piece
from graphkit._kernels.jit import kernel

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

#: Vertices further apart than this do not repel each other in large graphs; edges come out about one long.
_REACH = 2.0
#: Added to the square of every distance, so that vertices in one place do not push each other out of sight.
_LEAST = 1e-9


@kernel
def heaviest_of_each(a: I64, b: I64, weight: I64, n: int, most: int) -> Bool:
    """Mark the edges that are among the `most` heaviest of either of their ends, the first of equally heavy ones.

    Parameters
    ----------
    a, b, weight
        Ends and weight of each edge, ends below `n`, int64[e].
    n
        Number of vertices.
    most
        Edges of each vertex.

    Returns
    -------
    bool[e]
        O(n + e × most).
    """
    best = np.full((n, most), -1, np.int64)  # edges of each vertex, the heaviest first
    for e in range(len(a)):
        for end in (a[e], b[e]):
            place = most
            while place > 0 and (best[end, place - 1] < 0 or weight[best[end, place - 1]] < weight[e]):
                place -= 1
            for k in range(most - 1, place, -1):
                best[end, k] = best[end, k - 1]
            if place < most:
                best[end, place] = e
    kept = np.zeros(len(a), np.bool_)
    for v in range(n):
        for k in range(most):
            if best[v, k] >= 0:
                kept[best[v, k]] = True
    return kept


@kernel
def _repel(x: F64, y: F64, dx: F64, dy: F64) -> None:
    """Push all vertices apart."""
    for i in range(len(x)):
        sum_x = sum_y = 0.0
        for j in range(i):
            to_x, to_y = x[i] - x[j], y[i] - y[j]
            force = 1 / (to_x * to_x + to_y * to_y + _LEAST)
            sum_x += to_x * force
            sum_y += to_y * force
            dx[j] -= to_x * force
            dy[j] -= to_y * force
        dx[i] += sum_x
        dy[i] += sum_y


@kernel
def _hold(x: F64, y: F64, dx: F64, dy: F64) -> None:
    """Draw all vertices together, the more the further apart they are."""
    pull = 1 / (len(x) * math.sqrt(len(x)))
    for i in range(len(x)):
        sum_x = sum_y = 0.0
        for j in range(i):
            to_x, to_y = x[i] - x[j], y[i] - y[j]
            force = pull * math.sqrt(to_x * to_x + to_y * to_y)
            sum_x += to_x * force
            sum_y += to_y * force
            dx[j] += to_x * force
            dy[j] += to_y * force
        dx[i] -= sum_x
        dy[i] -= sum_y


@kernel
def _repel_near(x: F64, y: F64, dx: F64, dy: F64) -> None:
    """Push apart the vertices that are at most `_REACH` apart, found by cells."""
    n = len(x)
    left, low = x.min(), y.min()
    width, height = x.max() - left, y.max() - low
    side = max(_REACH, max(width, height) / math.sqrt(n))
    columns, rows = int(width / side) + 1, int(height / side) + 1
    cell = np.empty(n, np.int64)
    ptr = np.zeros(columns * rows + 1, np.int64)
    for i in range(n):
        cell[i] = int((y[i] - low) / side) * columns + int((x[i] - left) / side)
        ptr[cell[i] + 1] += 1
    for c in range(columns * rows):
        ptr[c + 1] += ptr[c]
    head = ptr[:-1].copy()
    inside = np.empty(n, np.int64)
    for i in range(n):
        inside[head[cell[i]]] = i
        head[cell[i]] += 1
    for i in range(n):
        row, column = cell[i] // columns, cell[i] % columns
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for p in range(ptr[r * columns + max(column - 1, 0)], ptr[r * columns + min(column + 2, columns)]):
                j = inside[p]
                to_x, to_y = x[i] - x[j], y[i] - y[j]
                square = to_x * to_x + to_y * to_y
                if square <= _REACH * _REACH:
                    dx[i] += to_x / (square + _LEAST)
                    dy[i] += to_y / (square + _LEAST)


@kernel
def move_by_force(x: F64, y: F64, a: I64, b: I64, rounds: int, near_only: bool) -> None:
    """Let vertices repel each other and edges pull their ends together, in steps ever shorter.

    Where there is no path between some, what is far apart is drawn together, so that it stays within reach.

    Parameters
    ----------
    x, y
        Where the vertices stand, float64[n]; overwritten.
    a, b
        Ends of each edge, below n, int64[e].
    rounds
        How often all are moved.
    near_only
        Whether only those near each other repel, as is quicker and looks the same where there are many.

    Notes
    -----
    O(rounds × (n² + e)), or O(rounds × (n + e)) about for those near each other. Fruchterman and Reingold 1991, "Graph
    drawing by force-directed placement".
    """
    n = len(x)
    dx, dy = np.empty(n), np.empty(n)
    connected = in_one_piece(a, b, n)
    step = math.sqrt(n) / 10
    for done in range(rounds):
        dx[:] = 0
        dy[:] = 0
        if near_only:
            _repel_near(x, y, dx, dy)
        else:
            _repel(x, y, dx, dy)
            if not connected:
                _hold(x, y, dx, dy)
        for e in range(len(a)):
            to_x, to_y = x[a[e]] - x[b[e]], y[a[e]] - y[b[e]]
            distance = math.sqrt(to_x * to_x + to_y * to_y)
            dx[a[e]] -= to_x * distance
            dy[a[e]] -= to_y * distance
            dx[b[e]] += to_x * distance
            dy[b[e]] += to_y * distance
        longest = step * (1 - done / rounds)
        for i in range(n):
            moved = math.sqrt(dx[i] * dx[i] + dy[i] * dy[i])
            scale = longest / moved if moved > longest else 1.0
            x[i] += dx[i] * scale
            y[i] += dy[i] * scale
