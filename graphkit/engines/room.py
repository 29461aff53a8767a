"""Room for arrays as long as the likes: in memory as far as a budget goes, in files beyond it."""

from __future__ import annotations

import errno
import mmap
import os
import shutil
import tempfile
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graphkit.engines.memory import free_bytes
from graphkit.errors import CapacityError, ConfigError

T = TypeVar("T", bound=np.generic)

#: Arrays below this many bytes stand in memory and are not counted.
_SMALL_BYTES = 1 << 16
#: What Python and its libraries take, and a like at the least: arrays that come and go within a stage.
BASE_BYTES, LEAST_BYTES = 300_000_000, 40
#: What arrays that last take a like, a decoy beside the likes.
LASTING_BYTES = 80


class Room:
    """Gives out arrays, and counts those that stand in memory.

    An array that would exceed the budget is mapped from a file instead, which has no name any more once it is open:
    however the process ends, nothing of it is left. The system keeps its pages in memory while nobody else wants that.

    Parameters
    ----------
    memory
        Bytes of memory that the run may take; half of what is free where ``None``.
    folder
        Where files go; the system's folder for temporary files where ``None``.

    Attributes
    ----------
    memory
        As above, bytes.
    folder
        As above.
    in_files
        Bytes given out in files so far.

    Raises
    ------
    ConfigError
        When `folder` is not a folder.
    """

    def __init__(self, memory: int | None = None, folder: Path | None = None) -> None:
        self.memory = free_bytes() // 2 if memory is None else memory
        self.folder = Path(tempfile.gettempdir()) if folder is None else folder
        if not self.folder.is_dir():
            raise ConfigError(f"--scratch {self.folder}: no such folder", wanted="a folder", todo="make it")
        self.in_files = 0
        self._limit = self.memory - BASE_BYTES
        self._used = 0
        self._given_back: deque[int] = deque()
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many bytes of arrays still go into memory."""
        with self._lock:
            return self._settled()

    def prepare(self, n_likes: int) -> None:
        """Set memory aside for what comes and goes in a run over so many likes; refuse what cannot end well.

        Raises
        ------
        CapacityError
            When a run over so many likes takes more memory at the least than it may, or more of the folder than is
            free there.
        """
        need, there = BASE_BYTES + LEAST_BYTES * n_likes, self.memory
        if need > there:
            raise CapacityError(
                f"a run over {n_likes:,} likes takes {need / 1e6:,.0f} MB of memory at the least",
                wanted=f"no more than it may take, {there / 1e6:,.0f} MB",
                todo="raise --memory (half of what is free by default), or narrow --since and --until",
            )
        self._limit = there - need
        need, there = LASTING_BYTES * n_likes - self._limit, shutil.disk_usage(self.folder).free
        if need > there:
            raise CapacityError(
                f"a run over {n_likes:,} likes takes {need / 1e6:,.0f} MB of files",
                wanted=f"no more than is free in {self.folder}, {there / 1e6:,.0f} MB",
                todo="name another folder with --scratch, raise --memory, or narrow --since and --until",
            )

    def empty(self, n: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array of `n` elements, their values undefined.

        Raises
        ------
        CapacityError
            When it does not fit in memory, and the folder has no room for it.
        """
        size = n * np.dtype(dtype).itemsize
        if self._taken(size):
            array = np.empty(n, dtype)
            self._count(array)
            return array
        return self._mapped(size).view(dtype)

    def keep(self, array: npt.NDArray[T]) -> npt.NDArray[T]:
        """Return an array that will last: itself, or a copy in a file where memory has no room for it.

        Raises
        ------
        CapacityError
            As :meth:`empty`.
        """
        if self._taken(array.nbytes):
            self._count(array)
            return array
        copy = self._mapped(array.nbytes).view(array.dtype)
        copy[:] = array
        return copy

    def take(self, array: npt.NDArray[T], at: npt.NDArray[np.integer]) -> npt.NDArray[T]:
        """Return the elements of `array` at some positions, none of them beyond its ends.

        Raises
        ------
        CapacityError
            As :meth:`empty`.
        """
        return np.take(array, at, out=self.empty(len(at), array.dtype), mode="clip")  # anything else makes a copy first

    def __reduce__(self) -> tuple[type[Room], tuple[int, Path]]:
        return Room, (self.memory, self.folder)

    def _taken(self, size: int) -> bool:
        with self._lock:
            if size < _SMALL_BYTES:
                return True
            if size > self._settled():
                return False
            self._used += size
            return True

    def _count(self, array: npt.NDArray[Any]) -> None:
        """Take what holds the array's memory off the budget until it is let go."""
        if array.nbytes >= _SMALL_BYTES:
            owner = array.base if isinstance(array.base, np.ndarray) else array
            # The collector may let an array go at any moment, within the lock too: no more than a note is made then.
            weakref.finalize(owner, self._given_back.append, array.nbytes)

    def _settled(self) -> int:
        """Return what is left, once what was given back is off the account."""
        while self._given_back:
            self._used -= self._given_back.popleft()
        return max(0, self._limit - self._used)

    def _mapped(self, size: int) -> npt.NDArray[np.uint8]:
        try:
            # Without a name from the start, and all blocks of it there: a full disk is told now, not by a signal.
            with tempfile.TemporaryFile(dir=self.folder) as file:
                os.posix_fallocate(file.fileno(), 0, size)
                pages = mmap.mmap(file.fileno(), size)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise ConfigError(
                    f"--scratch {self.folder}: {error.strerror}", wanted="a folder to write to", todo="name another"
                ) from None
            raise CapacityError(
                f"{self.folder}: no room for another {size / 1e6:,.0f} MB of what memory does not hold",
                wanted=f"more than the {self.in_files / 1e6:,.0f} MB that went there",
                todo="free some, name another folder with --scratch, or raise --memory",
            ) from None
        with self._lock:
            self.in_files += size
        return np.frombuffer(pages, np.uint8)
