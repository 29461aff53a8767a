"""The one place that says how kernels are compiled.

A kernel takes arrays and numbers and returns arrays and numbers: no Python objects, no shared state, so that
threads may run several at once. ``NUMBA_DISABLE_JIT=1`` runs every kernel as plain Python (coverage sees it
then), ``NUMBA_BOUNDSCHECK=1`` checks every index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call, without the interpreter lock; later processes find it compiled.

    Integer arithmetic wraps silently, as in C. Reductions keep their order (no ``fastmath``), so results do
    not depend on the machine.
    """
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package nor the user's cache directory can be written
        compiled = numba.njit(nogil=True)(function)
    return cast("Callable[P, R]", compiled)
