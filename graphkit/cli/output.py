"""Where results go: checked before the long work starts, and printed to fit the reader."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from graphkit.errors import OutputError

_MAX_WIDTH = 120


def check_world(out: Path, force: bool) -> None:
    """Refuse a place where a world could not be put in the end.

    Parameters
    ----------
    out
        The directory to be made.
    force
        Whether a world that stands there may be replaced; nothing else ever is.

    Raises
    ------
    OutputError
        When something stands there that must not be replaced, or the place cannot be written.
    """
    if out.is_symlink() or out.exists():
        ours = out.is_dir() and not out.is_symlink() and ((out / "world.toml").is_file() or not any(out.iterdir()))
        if not ours:
            raise OutputError(f"{out} exists and is not a world", wanted="a new directory", todo="choose another")
        if not force:
            raise OutputError(f"{out} exists", wanted="a new directory", todo="choose another, or pass --force")
    parent = out.absolute().parent
    while not os.path.lexists(parent) and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir():
        raise OutputError(f"{out}: {parent} is not a directory", wanted="a new directory", todo="choose another place")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{out}: {parent} cannot be written", wanted="a writable place", todo="choose another")


def check_file(out: Path, option: str, *, endings: Sequence[str] = (), force: bool | None = None) -> None:
    """Refuse a place where no file can be put in the end.

    Parameters
    ----------
    out
        The file to be made.
    option
        What it was passed to.
    endings
        What its name may end in; anything, where absent.
    force
        Whether a file that stands there may be replaced; ``None`` where the command has no ``--force``, and never does.

    Raises
    ------
    OutputError
        When the name has no such ending, something stands there, or its directory is missing.
    """
    if endings and out.suffix.lower() not in endings:
        known = " or ".join([", ".join(endings[:-1]), endings[-1]])
        raise OutputError(f"{out}", wanted=f"a name that ends in {known}", todo=f"mend {option}")
    if out.is_file() and not force:
        todo = f"choose another {option}" + ("" if force is None else ", or pass --force")
        raise OutputError(f"{out} exists", wanted="a new file", todo=todo)
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise OutputError(
            f"{out} cannot be written", wanted="a file in a directory that is there", todo=f"mend {option}"
        )


def check_store(cases: Path) -> None:
    """Refuse a folder in which no case store is; who only reads would take it for an empty one.

    Raises
    ------
    OutputError
        When nobody has stored anything there.
    """
    from graphkit.cases.database import FILE

    if not (cases / FILE).is_file():
        raise OutputError(
            f"{cases} holds no case store", wanted=f"a folder with {FILE}, as review and purge make it", todo="check it"
        )


def replace(out: Path, write: Callable[[Path], object]) -> None:
    """Put what `write` writes in the place of the directory `out`, which stays until the new one is whole."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.absolute().parent) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        write(new)
        out.rename(old)
        new.rename(out)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` write a file beside its place first, so that what stands there stays until the new one is whole."""
    partial = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        write(partial)
        partial.replace(path)
    except OSError as e:
        raise OutputError(
            f"{path}: {e.strerror or e}", wanted="room and leave to write", todo="free space or choose another place"
        ) from None
    finally:
        partial.unlink(missing_ok=True)


def terminal() -> tuple[bool, int]:
    """Return whether standard output takes colours, and its width in cells."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    return colour, min(width, _MAX_WIDTH)


def say(words: str) -> None:
    """Print a result; characters that the terminal's encoding lacks are written out."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    click.echo(words.encode(encoding, "backslashreplace").decode(encoding))
