"""The one way in: an explanation of whatever is asked for."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from graphkit.detection import Detection
from graphkit.errors import ConfigError, InputError
from graphkit.explain.explanation import Explanation
from graphkit.explain.lines import counter_evidence, innocent, reasons, rests_on, what_if
from graphkit.explain.notes import explain_like, explain_note
from graphkit.explain.recount import Recount
from graphkit.explain.story import ring_story
from graphkit.explain.users import explain_user
from graphkit.explain.words import check_language
from graphkit.likes.model import Likes


def explain(
    run: Detection,
    *,
    user: Any = None,
    note: Any = None,
    ring: str | None = None,
    lang: str = "en",
    likes: Likes | None = None,
) -> Explanation:
    """Explain a ring, a user, a note, or the like of a user on a note.

    Parameters
    ----------
    run
        The run.
    user, note
        Ids, of the type that the run has or as text.
    ring
        A ring's id, or its beginning.
    lang
        ``"en"`` or ``"zh"``.
    likes
        The likes that the run was made from; those at hand where absent. With them more can be said.

    Returns
    -------
    Explanation

    Raises
    ------
    ConfigError
        When nothing is asked for, or a ring together with something else, or in another language.
    InputError
        When what is asked for is not in the run, or the likes are not those of the run.
    """
    check_language(lang)
    if (ring is None) == (user is None and note is None):
        raise ConfigError(
            "nothing to explain" if ring is None else "a ring together with a user or note",
            wanted="a ring, or a user, a note, or both",
            todo="pass one of them",
        )
    if ring is not None:
        return _ring(run, ring, lang)
    likes = likes if likes is not None else run.likes
    recount = None if likes is None else Recount(run, same_likes(run, likes))
    user = None if user is None else typed(user, run.members["user_id"].type, "user")
    note = None if note is None else typed(note, run.targets["note_id"].type, "note")
    if user is None:
        return explain_note(run, note, lang, recount)
    if note is None:
        return explain_user(run, user, lang, recount)
    return explain_like(run, user, note, lang, recount)


def _ring(run: Detection, ring_id: str, lang: str) -> Explanation:
    story = ring_story(run, ring_id)
    facts = story.to_dict(lang)
    return Explanation(
        {"ring": story.ring.ring_id},
        lang,
        story.headline,
        (
            reasons(story),
            counter_evidence(story),
            innocent(story.closest),
            *what_if(story),
            rests_on(with_likes=False),
        ),
        {"ring": facts["ring"], "claims": [c.to_dict(lang) for c in story.claims], "members": facts["members"]},
    )


def typed(value: Any, kind: pa.DataType, what: str) -> Any:
    """Return an id in the type that the run has.

    Raises
    ------
    InputError
        When it is none, such as a word where ids are integers.
    """
    try:
        return pa.scalar(value).cast(kind).as_py()
    except pa.ArrowInvalid:
        raise InputError(f"{what} {value!r}", wanted=f"an id of type {kind}", todo="check the id") from None


def same_likes(run: Detection, likes: Likes) -> Likes:
    """Return the likes.

    Raises
    ------
    InputError
        When the run was made from others, by their fingerprint.
    """
    found, wanted = likes.fingerprint, run.info["input"]["fingerprint"]
    if found != wanted:
        raise InputError(
            f"likes with fingerprint {found or '(none)'}",
            wanted=f"those of the run, {wanted}",
            todo="pass the likes, users and notes that the run was made from",
        )
    return likes
