"""What memory there is, and how the process gives it back."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

#: Names of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
#: Blocks from this size on go back to the system when they are freed.
_LARGE_BYTES = 4 << 20
#: What an arena keeps of smaller ones: given back at once, they would be asked for again, and cleared, over and over.
_KEPT_BYTES = 64 << 20


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
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def free_bytes() -> int:
    """Return how much memory a process could take without pushing another out, bytes, as the system says."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:  # no Linux: what is not used at all
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
