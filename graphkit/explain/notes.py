"""One note, and one like: who pushed it, what would be left, and what is said of this like."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from graphkit.detection import Detection
from graphkit.errors import InputError
from graphkit.explain.explanation import Explanation, Section
from graphkit.explain.lines import counter_evidence, innocent, reasons, rests_on, weighed, what_if
from graphkit.explain.recount import LikeTest, Recount
from graphkit.explain.story import ring_story
from graphkit.explain.users import explain_user, known_of, like_line, rows_where
from graphkit.explain.verdict import run_config
from graphkit.explain.words import Said, tier_name

_US = 1_000_000
#: Reasons named for each ring that pushed a note.
_NAMED_REASONS = 3


def explain_note(run: Detection, note: Any, lang: str, recount: Recount | None) -> Explanation:
    """Explain what a run says of one note.

    Raises
    ------
    InputError
        When the likes are at hand and nobody liked the note.
    """
    code = None if recount is None else recount.note(note)
    impact = rows_where(run.impact, "note_id", note)
    targets = rows_where(run.targets, "note_id", note)
    numbers = {**(impact[0] if impact else {}), "note": str(note)}
    sections = []
    if targets:
        sections.append(
            Section("rings", Said("TITLE_RINGS"), tuple(said for target in targets for said in _pushed(run, target)))
        )
    against = [Said("NOTE_AFTER", numbers)] if impact else []
    seen: dict[str, Any] = {}
    if recount is not None and code is not None:
        lines, seen = _note_seen(recount, code)
        sections.append(Section("seen", Said("TITLE_SEEN"), lines))
    if targets:
        against += [Said("NOTE_AUTHOR"), Said("SCORE_IS_NOT")]
        sections.append(Section("counter_evidence", Said("TITLE_COUNTER"), tuple(against)))
    headline = Said("NOTE_TOUCHED" if impact else "NOTE_UNTOUCHED", numbers)
    facts = {"impact": impact[0] if impact else None, "rings": targets, **seen}
    return Explanation({"note": note}, lang, headline, (*sections, rests_on(recount is not None)), facts)


def _pushed(run: Detection, target: dict[str, Any]) -> tuple[Said, ...]:
    story = ring_story(run, target["ring_id"])
    row = story.row
    numbers = {
        "n_users": row["n_users"],
        "n_ring_likes": target["n_ring_likes"],
        "tier": tier_name(row["tier"]),
        "score": row["score"],
    }
    return (Said("NOTE_RING", numbers), *(weighed(claim) for claim in story.reasons[:_NAMED_REASONS]), Said("NATS"))


def _note_seen(recount: Recount, note: int) -> tuple[tuple[Said, ...], dict[str, Any]]:
    graph = recount.graph
    span = slice(int(graph.note_ptr[note]), int(graph.note_ptr[note + 1]))
    mine = (recount.tested.like >= span.start) & (recount.tested.like < span.stop)
    numbers = {
        "n_likes": span.stop - span.start,
        "n_members": int(np.count_nonzero(mine & ~recount.tested.passed)),
    }
    window_s = recount.windows_s[0]
    ts = graph.ts[span]
    near = np.searchsorted(ts, ts + window_s * _US, "right") - np.searchsorted(ts, ts - window_s * _US, "left")
    burst = {"window_s": window_s, "burst": int(near.max())}
    return (Said("NOTE_SEEN", numbers), Said("NOTE_BURST", burst)), {**numbers, **burst}


def explain_like(run: Detection, user: Any, note: Any, lang: str, recount: Recount | None) -> Explanation:
    """Explain what a run says of one like.

    Raises
    ------
    InputError
        When the likes are at hand and the user did not like the note.
    """
    like = None
    if recount is not None:
        like = recount.position(recount.user(user), recount.note(note))
        if like is None:
            raise InputError(
                f"user {user!r} did not like note {note!r}", wanted="a like of this run", todo="check both ids"
            )
    proposed = [row for row in rows_where(run.candidates, "user_id", user) if row["note_id"] == note]
    subject = {"user": user, "note": note}
    names = {"user": str(user), "note": str(note)}
    test = None if recount is None or like is None else recount.test(like)
    told = () if test is None else (_company(run, test),)
    if not proposed:
        return _not_proposed(run, subject, names, lang, recount, told)
    row = proposed[0]
    story = ring_story(run, row["ring_id"])
    (target,) = rows_where(story.ring.targets, "note_id", note)
    ring_codes = set(story.row["reasons"])
    own = [Said(code, {**target, **row}) for code in row["reasons"] if code not in ring_codes]
    held = row["tier"] == "review" and story.row["tier"] == "purge"
    return Explanation(
        subject,
        lang,
        Said(f"LIKE_{row['tier'].upper()}", {**names, "score": row["score"]}),
        (
            Section("likes", Said("TITLE_LIKES"), (like_line(story, row), *told)),
            reasons(story, own),
            counter_evidence(story, [Said("LIKE_HELD")] if held else []),
            innocent(story.closest),
            *what_if(story),
            rests_on(recount is not None),
        ),
        {"likes": [{**row, **known_of(recount, row)}], "target": target, "ring": story.to_dict(lang)["ring"]},
    )


def _company(run: Detection, test: LikeTest) -> Said:
    return Said("LIKE_COMPANY", {**asdict(test), "like_p": run_config(run.info).scoring.like_p})


def _not_proposed(
    run: Detection,
    subject: dict[str, Any],
    names: dict[str, str],
    lang: str,
    recount: Recount | None,
    told: tuple[Said, ...],
) -> Explanation:
    headline = Said("LIKE_NOT_PROPOSED", names)
    member = rows_where(run.members, "user_id", subject["user"])
    if not member:
        user = explain_user(run, subject["user"], lang, recount)
        seen = Section("seen", Said("TITLE_SEEN"), (Said("LIKE_OF_NOBODY"), *user.section("seen").lines))
        return Explanation(subject, lang, headline, (seen, rests_on(recount is not None)), user.facts)
    (ring,) = rows_where(run.rings, "ring_id", member[0]["ring_id"])
    why = Said("LIKE_WATCHED" if ring["tier"] == "watch" else "LIKE_ORDINARY")
    sections = (Section("seen", Said("TITLE_SEEN"), (why, *told)), rests_on(recount is not None))
    return Explanation(subject, lang, headline, sections, {"member": member[0]})
