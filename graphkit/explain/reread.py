"""The likes of a run that was read back from disk, from where the run says they were."""

from __future__ import annotations

from collections.abc import Sequence

from graphkit.detection import Detection
from graphkit.errors import InputError
from graphkit.explain.verdict import run_config
from graphkit.likes.model import Likes
from graphkit.progress import SILENT, Progress


def reread(
    run: Detection,
    *,
    likes: str | Sequence[str] | None = None,
    users: str | None = None,
    notes: str | None = None,
    progress: Progress = SILENT,
) -> Likes:
    """Read the likes of a run again, and hold them to be the same.

    Parameters
    ----------
    run
        The run.
    likes, users, notes
        Where they are now, likes in several parts if need be; where ``run.json`` says they were, where absent.
    progress
        Told about the work.

    Returns
    -------
    Likes

    Raises
    ------
    InputError
        When they cannot be read, or are no longer those that the run was made from.
    """
    from graphkit.explain.ask import same_likes
    from graphkit.likes import read_likes

    were = run.info["input"]
    place = likes or were["likes"]
    if place is None:
        raise InputError("a run made from tables in memory", wanted="its likes", todo="pass --likes")
    found = read_likes(
        place,
        users=users or were["users"],
        notes=notes or were["notes"],
        config=run_config(run.info).input,
        progress=progress,
    )
    return same_likes(run, found)
