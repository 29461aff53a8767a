"""Run directories: whole or not at all, whatever goes wrong."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.detection.rundir import FORMAT, check_files, replace_page
from graphkit.errors import OutputError
from graphkit.schemas import OUTPUTS
from tests.detection.runs import assert_same_tables
from tests.worlds import DAY, SECOND, make_likes

RING = [(user, note, DAY + note * 86_400 * SECOND + user) for user in range(6) for note in range(9)]
NOISE = [(50 + i % 97, 20 + i % 89, DAY + i * 600 * SECOND) for i in range(1500)]


@pytest.fixture(scope="module")
def tiny() -> gk.Detection:
    """A run with one ring, made in no time."""
    run = gk.detect(make_likes([*RING, *NOISE]))
    assert run.members["user_id"].to_pylist() == list(range(6))
    return run


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def breaking(nth: int, error: BaseException) -> Callable[..., None]:
    """Return a ``write_table`` that fails the n-th time, after it has begun to write."""
    original, calls = pq.write_table, [0]

    def write(table: pa.Table, where: Any, **options: Any) -> None:
        calls[0] += 1
        if calls[0] == nth:
            Path(where).write_bytes(b"PAR1")
            raise error
        original(table, where, **options)

    return write


# --------------------------------------------------------------------------------------------------
# There and back


def test_a_run_comes_back_as_it_went(tiny: gk.Detection, tmp_path: Path) -> None:
    assert tiny.save(tmp_path / "run") == tmp_path / "run"
    back = gk.load(tmp_path / "run")
    assert_same_tables(tiny, back)
    assert back.info == json.loads(json.dumps(tiny.info)) | {"format": FORMAT, "files": back.info["files"]}
    assert back.likes is None
    assert repr(back) == repr(tiny)
    assert {p.name for p in (tmp_path / "run").iterdir()} == {"run.json", *(f"{t.name}.parquet" for t in OUTPUTS)}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_files__their_digests_are_in_run_json(tiny: gk.Detection, tmp_path: Path) -> None:
    where = tiny.save(tmp_path / "run", extra={"report.html": "may be written anew"})
    digests = {f"{t.name}.parquet": sha256((where / f"{t.name}.parquet").read_bytes()).hexdigest() for t in OUTPUTS}
    assert gk.load(where).info["files"] == digests
    check_files(where, gk.load(where).info)


@pytest.mark.parametrize("damage", ["another table", "a table missing", "another form", "no digests"])
def test_files__other_than_written_are_refused(tiny: gk.Detection, tmp_path: Path, damage: str) -> None:
    where = tiny.save(tmp_path / "run")
    info = gk.load(where).info
    if damage == "another table":
        pq.write_table(tiny.members.slice(1), where / "members.parquet")
    elif damage == "a table missing":
        (where / "ties.parquet").unlink()
    elif damage == "another form":
        info = {**info, "format": FORMAT + 1}
    else:
        info = {key: value for key, value in info.items() if key != "files"}
    with pytest.raises(OutputError, match="; wanted "):
        check_files(where, info)


def test_a_real_run_comes_back(run: gk.Detection, tmp_path: Path) -> None:
    assert_same_tables(run, gk.load(run.save(tmp_path / "run")))


def test_missing_parents_are_made_and_further_files_written(tiny: gk.Detection, tmp_path: Path) -> None:
    where = tiny.save(tmp_path / "a" / "b" / "run", extra={"report.html": "赞", "x.bin": b"\0\xff"})
    assert (where / "report.html").read_bytes() == "赞".encode()
    assert (where / "x.bin").read_bytes() == b"\0\xff"


def test_further_files__in_folders(tiny: gk.Detection, tmp_path: Path) -> None:
    where = tiny.save(tmp_path / "run", extra={"report.html": "page", "report/1.js": "beside"})
    assert (where / "report" / "1.js").read_text() == "beside"


# Another page


def test_replace_page__and_what_it_reads_beside_it(tiny: gk.Detection, tmp_path: Path) -> None:
    where = tiny.save(tmp_path / "run", extra={"report.html": "old", "report/a.js": "old", "report/b.js": "both"})
    replace_page(where, "report.html", {"report.html": "new", "report/b.js": "both", "report/c.js": "new"}, "report")
    assert (where / "report.html").read_text() == "new"
    assert sorted(p.name for p in (where / "report").iterdir()) == ["b.js", "c.js"]
    assert not [p for p in where.iterdir() if p.name.endswith(".part")]


def test_replace_page__by_one_that_reads_nothing_beside_it(tiny: gk.Detection, tmp_path: Path) -> None:
    where = tiny.save(tmp_path / "run", extra={"report.html": "old", "report/a.js": "old"})
    replace_page(where, "report.html", {"report.html": "new"}, "report")
    assert not (where / "report").exists()


def test_replace_page__the_old_one_stands_where_the_new_one_fails(tiny: gk.Detection, tmp_path: Path) -> None:
    where = tiny.save(tmp_path / "run", extra={"report.html": "old", "report/a.js": "old"})
    (where / "report" / "c.js").mkdir()  # a file cannot be written here
    with pytest.raises(OutputError, match="wanted room and leave to write"):
        replace_page(where, "report.html", {"report.html": "new", "report/c.js": "new"}, "report")
    assert (where / "report.html").read_text() == "old"
    assert (where / "report" / "a.js").read_text() == "old"


def test_a_relative_path(tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.save("run")
    assert gk.load("run").rings.equals(tiny.rings)
    tiny.save("run", force=True)


# --------------------------------------------------------------------------------------------------
# A place that is taken


@pytest.mark.parametrize("what", ["run", "folder", "full folder", "file", "dangling link"])
def test_what_is_there_is_not_touched(tiny: gk.Detection, tmp_path: Path, what: str) -> None:
    target = tmp_path / "run"
    if what == "run":
        tiny.save(target)
    elif what == "file":
        target.write_text("mine")
    elif what == "dangling link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
        if what == "full folder":
            (target / "thesis.txt").write_text("mine")
    before = content(tmp_path)
    with pytest.raises(OutputError, match="exists; wanted a new directory"):
        tiny.save(target)
    if what not in {"run", "folder"}:
        with pytest.raises(OutputError, match="is not a run directory"):
            tiny.save(target, force=True)
    assert content(tmp_path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_force_replaces_a_run_and_an_empty_folder(tiny: gk.Detection, tmp_path: Path) -> None:
    target = tmp_path / "run"
    target.mkdir()
    tiny.save(target, force=True, extra={"old.txt": "old"})
    tiny.save(target, force=True)
    assert not (target / "old.txt").exists()
    assert_same_tables(tiny, gk.load(target))
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_link_to_a_run_stays_a_link(tiny: gk.Detection, tmp_path: Path) -> None:
    real, link = tiny.save(tmp_path / "2026-11-22", extra={"old.txt": "old"}), tmp_path / "latest"
    link.symlink_to(real)
    tiny.save(link, force=True)
    assert link.is_symlink()
    assert not (real / "old.txt").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"2026-11-22", "latest"}


def test_a_folder_that_cannot_be_written_to(
    tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: False)  # root may write everywhere
    with pytest.raises(OutputError, match="cannot be written to"):
        tiny.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_is_a_file(tiny: gk.Detection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError):
        tiny.save(tmp_path / "file" / "run")
    assert content(tmp_path) == {"file": b"mine"}


# --------------------------------------------------------------------------------------------------
# Failures half-way

NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("nth", range(1, len(OUTPUTS) + 1))
@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_what_was_there(
    tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, force: bool
) -> None:
    if force:
        tiny.save(tmp_path / "run")
    before = content(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", breaking(nth, NO_ROOM))
        with pytest.raises(OutputError, match="No space left on device") as caught:
            tiny.save(tmp_path / "run", force=force)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert content(tmp_path) == before
    assert [p.name for p in tmp_path.iterdir()] == (["run"] if force else [])


def test_interrupted_between_the_two_renames_the_old_run_comes_back(
    tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tiny.save(tmp_path / "run", extra={"which.txt": "old"})
    before, rename = content(tmp_path), Path.rename

    def interrupt(self: Path, to: Path) -> Path:
        if self.name.endswith(".part"):
            raise KeyboardInterrupt
        return rename(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tiny.save(target, force=True, extra={"which.txt": "new"})
    assert content(tmp_path) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), ValueError("defect")], ids=repr)
def test_any_other_failure_leaves_nothing_and_keeps_its_name(
    tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", breaking(3, error))
        with pytest.raises(type(error)):
            tiny.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["fsync", "mkdir"])
def test_a_failing_system_call(tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, what, fail)
        with pytest.raises(OutputError, match="Input/output error"):
            tiny.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_the_old_run_comes_back_when_the_new_one_cannot_take_its_name(
    tiny: gk.Detection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tiny.save(tmp_path / "run", extra={"which.txt": "old"})
    before, rename = content(tmp_path), Path.rename

    def fail(self: Path, to: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(OutputError, match="Input/output error"):
            tiny.save(target, force=True, extra={"which.txt": "new"})
    assert content(tmp_path) == before


# --------------------------------------------------------------------------------------------------
# Killed processes


def kill_while_saving(folder: Path, moment: str, *, force: bool = False) -> int:
    """Save a run in another process that kills itself at a moment; return its process id."""
    script = textwrap.dedent(
        f"""
        import os, signal, shutil, sys
        from pathlib import Path
        import pyarrow.parquet as pq
        import graphkit as gk

        def die(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)

        run = gk.load(sys.argv[1])
        rename = Path.rename
        def rename_or_die(self, to):
            if self.name.endswith(".part"):
                die()
            return rename(self, to)
        if "{moment}" == "write":
            pq.write_table = die
        elif "{moment}" == "swap":
            Path.rename = rename_or_die
        elif "{moment}" == "sweep":
            shutil.rmtree = die
        run.save(sys.argv[2], force={force}, extra={{"which.txt": "new"}})
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(folder / "source"), str(folder / "out" / "run")])
    assert child.wait() == -signal.SIGKILL
    return child.pid


@pytest.fixture
def place(tiny: gk.Detection, tmp_path: Path) -> Path:
    """A folder with a run to load and a folder to save into."""
    tiny.save(tmp_path / "source")
    (tmp_path / "out").mkdir()
    return tmp_path


def test_a_killed_run_leaves_no_run_and_the_next_sweeps_up(tiny: gk.Detection, place: Path) -> None:
    pid = kill_while_saving(place, "write")
    assert [p.name for p in (place / "out").iterdir()] == [f".run.{pid}.part"]
    alive = place / "out" / f".run.{os.getppid()}.part"
    other = place / "out" / f".other.{pid}.part"
    alive.mkdir()
    other.mkdir()
    tiny.save(place / "out" / "run")
    assert {p.name for p in (place / "out").iterdir()} == {"run", alive.name, other.name}
    assert_same_tables(tiny, gk.load(place / "out" / "run"))


@pytest.mark.slow
def test_killed_between_the_two_renames_the_old_run_is_not_lost(tiny: gk.Detection, place: Path) -> None:
    tiny.save(place / "out" / "run", extra={"which.txt": "old"})
    kill_while_saving(place, "swap", force=True)
    with pytest.raises(OutputError, match="exists"):
        tiny.save(place / "out" / "run")
    assert (place / "out" / "run" / "which.txt").read_text() == "old"
    assert [p.name for p in (place / "out").iterdir()] == ["run"]


@pytest.mark.slow
def test_killed_after_the_renames_the_new_run_stands_and_the_old_is_swept(tiny: gk.Detection, place: Path) -> None:
    tiny.save(place / "out" / "run", extra={"which.txt": "old"})
    kill_while_saving(place, "sweep", force=True)
    assert (place / "out" / "run" / "which.txt").read_text() == "new"
    tiny.save(place / "out" / "run", force=True)
    assert [p.name for p in (place / "out").iterdir()] == ["run"]


# --------------------------------------------------------------------------------------------------
# Damage


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no run.json": lambda run: (run / "run.json").unlink(),
    "run.json cut short": lambda run: _truncate(run / "run.json"),
    "run.json not text": lambda run: (run / "run.json").write_bytes(b"\xff\xfe\x00"),
    "run.json a list": lambda run: (run / "run.json").write_text("[]"),
    "run.json a number": lambda run: (run / "run.json").write_text("1"),
    "run.json of another program": lambda run: (run / "run.json").write_text("{}"),
    "a table missing": lambda run: (run / "members.parquet").unlink(),
    "a table cut short": lambda run: _truncate(run / "candidates.parquet"),
    "a table empty": lambda run: (run / "rings.parquet").write_bytes(b""),
    "a foreign table": lambda run: pq.write_table(pa.table({"a": [1]}), run / "rings.parquet"),
    "a folder for a table": lambda run: ((run / "ties.parquet").unlink(), (run / "ties.parquet").mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_run_is_refused(tiny: gk.Detection, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    run = tiny.save(tmp_path / "run")
    damage(run)
    with pytest.raises(OutputError, match="is not a complete run directory") as caught:
        gk.load(run)
    assert "\n" not in str(caught.value)


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "nowhere", tmp_path / "file", tmp_path):
        with pytest.raises(OutputError, match="is not a complete run directory"):
            gk.load(path)
