"""How the process gives memory back."""

from __future__ import annotations

import ctypes

#: Names of glibc's malloc.h.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
#: Blocks from this size on go back to the system when they are freed.
_LARGE_BYTES = 4 << 20


def return_freed_memory() -> None:
    """Let large arrays go back to the system as soon as they are freed; only glibc is asked.

    By itself glibc keeps freed blocks of up to 32 MB, in an arena of its own for every thread: a sixth of the peak of a
    run of five million likes. For a process that does one long job; call it before threads are started.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_ARENA_MAX, 2)
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
