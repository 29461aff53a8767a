"""Room for arrays: what it counts, what it maps, what it refuses."""

from __future__ import annotations

import copy
import errno
import gc
import os
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphkit.engines import Room, room
from graphkit.engines.room import BASE_BYTES, LASTING_BYTES, LEAST_BYTES
from graphkit.errors import CapacityError, ConfigError

MIB = 1 << 20
WAIT_S = 30


def in_memory(array: np.ndarray) -> bool:
    """Tell whether an array owns its memory, as those that are not mapped do."""
    return array.flags.owndata


@given(st.lists(st.tuples(st.integers(0, 3 * MIB), st.booleans(), st.booleans()), max_size=12))
def test_arrays_in_memory_never_exceed_what_may_be_taken(asked: list[tuple[int, bool, bool]]) -> None:
    limit = 4 * MIB
    here = Room(BASE_BYTES + limit)
    held: list[tuple[np.ndarray, int]] = []
    for number, (size, kept, let_go) in enumerate(asked):
        array = here.keep(np.full(size, number, np.uint8)) if kept else here.empty(size, np.uint8)
        array[:] = number
        held.append((array, number))
        del array  # freed as the last name goes: nothing here is a cycle, and the collector walks the whole heap
        if let_go:
            held.pop(len(held) // 2)
        counted = sum(a.nbytes for a, _ in held if in_memory(a) and a.nbytes >= room._SMALL_BYTES)
        assert here.left == limit - counted >= 0
        assert all((a == value).all() for a, value in held)
    held.clear()
    assert here.left == limit


def test_a_view_keeps_its_array_counted() -> None:
    here = Room(BASE_BYTES + MIB)
    view = here.empty(MIB, np.uint8)[:10]
    gc.collect()
    assert here.left == 0
    del view
    gc.collect()
    assert here.left == MIB


@pytest.mark.parametrize("dtype", [np.bool_, np.int32, np.int64, np.uint32, np.float64])
def test_what_memory_does_not_hold_is_mapped_and_leaves_nothing(tmp_path: Path, dtype: type[np.generic]) -> None:
    here = Room(BASE_BYTES, tmp_path)
    wanted = np.arange(100_000).astype(dtype)
    kept, made = here.keep(wanted), here.empty(len(wanted), dtype)
    made[::-1] = wanted
    assert not in_memory(kept)
    assert not in_memory(made)
    np.testing.assert_array_equal(kept, wanted)
    np.testing.assert_array_equal(made[::-1], wanted)
    assert kept.dtype == made.dtype == dtype
    assert here.in_files == kept.nbytes + made.nbytes
    assert list(tmp_path.iterdir()) == []


def test_an_array_may_be_let_go_while_another_is_counted() -> None:
    here = Room(BASE_BYTES + 2 * MIB)
    held = [here.empty(MIB, np.uint8)]

    def let_go() -> None:
        with here._lock:  # where the collector may strike
            held.clear()

    worker = threading.Thread(target=let_go, daemon=True)  # so that one that waits for itself fails and does not hang
    worker.start()
    worker.join(WAIT_S)
    assert not worker.is_alive()
    assert here.left == 2 * MIB


def test_small_arrays_stand_in_memory() -> None:
    here = Room(BASE_BYTES)
    assert in_memory(here.empty(room._SMALL_BYTES - 1, np.uint8))
    assert here.empty(0, np.int64).shape == (0,)


def test_a_full_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(CapacityError, match=r"no room for another 50 MB .* --scratch, or raise --memory"):
        Room(BASE_BYTES, tmp_path).empty(50_000_000, np.uint8)


def test_a_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    with pytest.raises(ConfigError, match="no such folder; wanted a folder; make it"):
        Room(folder=tmp_path / "absent")
    monkeypatch.setattr(os, "posix_fallocate", forbidden)
    with pytest.raises(ConfigError, match="Permission denied; wanted a folder to write to; name another"):
        Room(BASE_BYTES, tmp_path).empty(MIB, np.uint8)


def test_prepare__sets_aside_what_comes_and_goes() -> None:
    here = Room(BASE_BYTES + 1000 * (LEAST_BYTES + 2))
    here.prepare(1000)
    assert here.left == 2000


def test_prepare__refuses_more_likes_than_memory_bears(tmp_path: Path) -> None:
    here = Room(BASE_BYTES + 10**6 * LEAST_BYTES, tmp_path)
    here.prepare(10**6)
    with pytest.raises(CapacityError, match=r"a run over 1,100,000 likes takes \d+ MB of memory at the least"):
        here.prepare(1_100_000)


def test_prepare__refuses_more_likes_than_the_disk_bears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 1000 * LASTING_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    Room(BASE_BYTES + 1000 * LEAST_BYTES, tmp_path).prepare(1000)
    with pytest.raises(CapacityError, match=r"MB of files; .*; name another folder with --scratch"):
        Room(BASE_BYTES + 1010 * LEAST_BYTES, tmp_path).prepare(1010)


def test_half_of_what_is_free_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda: 6_000_000_001)
    assert Room().memory == 3_000_000_000


def test_a_copy__stands_anew(tmp_path: Path) -> None:
    here = Room(BASE_BYTES + MIB, tmp_path)
    held = here.empty(MIB, np.uint8)
    there = copy.deepcopy(here)
    assert (there.memory, there.folder, there.left) == (here.memory, tmp_path, MIB)
    assert len(held) == MIB
