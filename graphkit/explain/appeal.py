"""The packet for whoever reviews an appeal: all that concerns one user or like, and of other people counts only.

Names of rings are left out, since they are made from the id of a member; so are authors and other members.
"""

from __future__ import annotations

from typing import Any

from graphkit.detection import Detection
from graphkit.errors import ConfigError
from graphkit.explain.ask import explain
from graphkit.explain.words import LANGUAGES
from graphkit.likes.model import Likes
from graphkit.schemas import EVIDENCE

#: What is told of the run, of the user, of the ring, and of each like.
_RUN = ("graphkit", "config_digest", "period")
_MEMBER = ("user_id", "tier", "score", "n_ring_likes", "n_likes", "n_partners", "reasons")
_RING = ("kind", "tier", "score", "q_value", "window_s", "n_users", "n_notes", "n_authors", "n_likes")
_LIKE = ("note_id", "ts", "tier", "score", "reasons", "test", "dwell_ms", "completed", "repeats")


def appeal_packet(run: Detection, *, user: Any, note: Any = None, likes: Likes | None = None) -> dict[str, Any]:
    """Return what a reviewer needs to decide an appeal.

    Parameters
    ----------
    run
        The run.
    user
        Who appeals.
    note
        The note whose like is meant; all likes of the user that are proposed, where absent.
    likes
        The likes that the run was made from; those at hand where absent.

    Returns
    -------
    dict
        ``run``, ``subject``, ``member`` and ``ring`` (``None`` for a user in no ring), ``evidence``, ``likes``, and the
        explanations by language, as plain values.

    Raises
    ------
    ConfigError
        When no user is named.
    InputError
        When the user or the like is not in the run.
    """
    if user is None:
        raise ConfigError(
            "an appeal without a user", wanted="the user who appeals", todo="pass --user, and --note for one like"
        )
    one = explain(run, user=user, note=note, likes=likes)
    member = next((row for row in run.members.to_pylist() if row["user_id"] == one.subject["user"]), None)
    ring = None if member is None else run.ring(member["ring_id"]).row
    evidence = {} if ring is None else ring["evidence"] or {}
    return {
        "run": {**{name: run.info[name] for name in _RUN}, "fingerprint": run.info["input"]["fingerprint"]},
        "subject": dict(one.subject),
        "member": None if member is None else {name: member[name] for name in _MEMBER},
        "ring": None if ring is None else {name: ring[name] for name in _RING},
        "evidence": {name: evidence[name] for name, _ in EVIDENCE if evidence.get(name) is not None},
        "likes": [{name: like[name] for name in _LIKE if name in like} for like in one.facts.get("likes", [])],
        "explanations": {
            lang: {
                "headline": one.headline.text(lang),
                "sections": [
                    (part.title.text(lang), [said.text(lang) for said in part.lines]) for part in one.sections
                ],
            }
            for lang in LANGUAGES
        },
    }
