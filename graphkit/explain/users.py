"""One user: what was flagged and why, or why nothing was."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection import Detection
from graphkit.explain.explanation import Explanation, Section
from graphkit.explain.leave_one_out import recomputed
from graphkit.explain.lines import counter_evidence, first_of, innocent, reasons, rests_on, what_if
from graphkit.explain.recount import Recount
from graphkit.explain.story import RingStory, ring_story
from graphkit.explain.verdict import run_config
from graphkit.explain.words import Said, channel_name, tier_name
from graphkit.likes.model import UNKNOWN
from graphkit.projection.partners import Partners


def explain_user(run: Detection, user: Any, lang: str, recount: Recount | None) -> Explanation:
    """Explain what a run says of one user.

    Raises
    ------
    InputError
        When the likes are at hand and the user is not in them.
    """
    member = rows_where(run.members, "user_id", user)
    code = None if recount is None else recount.user(user)
    if not member:
        return _unflagged(run, user, lang, recount, code)
    row = member[0]
    story = ring_story(run, row["ring_id"])
    likes = user_likes(story, user)
    rests = {r["user_id"]: r for r in story.members.to_pylist()}[user]
    n_rest = row["n_likes"] - row["n_ring_likes"]
    counts = {f"n_{tier}": sum(like["tier"] == tier for like in likes) for tier in ("purge", "review")}
    numbers = {**row, **counts, "user": str(user), "n_rest": n_rest, "n_users": story.row["n_users"]}
    watched = story.row["tier"] == "watch"
    own = tuple(Said(reason, row) for reason in row["reasons"])
    against = [Said("MEMBER_HONEST", numbers)] if n_rest else []
    if row["n_partners"] == 0:
        against.append(Said("MEMBER_NO_TIES"))
    sections = [
        reasons(story, own),
        counter_evidence(story, against),
        innocent(story.closest),
        *what_if(story),
        Section("rests_on_member", Said("TITLE_MEMBER"), member_lines(story, rests)),
    ]
    if likes:
        sections.append(Section("likes", Said("TITLE_LIKES"), first_of([like_line(story, like) for like in likes])))
    return Explanation(
        {"user": user},
        lang,
        Said("USER_WATCHED" if watched else "USER_FLAGGED", numbers),
        (*sections, rests_on(recount is not None)),
        {
            "member": row,
            "ring": story.to_dict(lang)["ring"],
            "likes": [{**like, **known_of(recount, like)} for like in likes],
            "rests_on_member": rests,
        },
    )


def rows_where(table: pa.Table, column: str, value: Any) -> list[dict[str, Any]]:
    """Return the rows in which a column of ids has a value."""
    rows: list[dict[str, Any]] = table.filter(pc.equal(table[column], pa.scalar(value, table[column].type))).to_pylist()
    return rows


def user_likes(story: RingStory, user: Any) -> list[dict[str, Any]]:
    """Return the candidate likes of a member in the order of time."""
    return sorted(rows_where(story.ring.likes, "user_id", user), key=lambda like: (like["ts"], str(like["note_id"])))


def known_of(recount: Recount | None, like: dict[str, Any]) -> dict[str, Any]:
    """Return what only the likes tell of a candidate like: its test, and how it was given where that is known."""
    if recount is None:
        return {}
    at = recount.position(recount.user(like["user_id"]), recount.note(like["note_id"]))
    test = None if at is None else recount.test(at)
    if at is None or test is None:
        return {}
    dwell, completed = recount.likes.dwell_ms, recount.likes.completed
    return {
        "test": asdict(test),
        "dwell_ms": None if dwell is None or np.isnan(dwell[at]) else float(dwell[at]),
        "completed": None if completed is None or completed[at] == UNKNOWN else bool(completed[at]),
        "repeats": int(recount.likes.repeats[at]),
    }


def like_line(story: RingStory, like: dict[str, Any]) -> Said:
    """Return one candidate like in a sentence."""
    (target,) = rows_where(story.ring.targets, "note_id", like["note_id"])
    moment = f"{like['ts']:%Y-%m-%d %H:%M:%S} UTC"
    numbers = {"note": str(like["note_id"]), "ts": moment, "tier": tier_name(like["tier"]), "score": like["score"]}
    return Said("LIKE_LINE", {**numbers, "n_ring_likes": target["n_ring_likes"], "n_likes": target["n_likes"]})


def member_lines(story: RingStory, rests: dict[str, Any]) -> tuple[Said, ...]:
    """Return what rests on a member, and whether the ring would keep its tier without."""
    row = story.row
    numbers = {**rests, "n_ties": story.ring.ties.num_rows, "n_likes": row["n_likes"], "n_notes": row["n_notes"]}
    lines = [Said("MEMBER_RESTS", numbers)]
    lines += [
        Said(code, numbers)
        for code, holds in (
            ("MEMBER_TARGETS_LOST", rests["targets_lost"]),
            ("MEMBER_LEFT_ALONE", rests["left_alone"]),
            ("MEMBER_BRIDGE", rests["bridge"]),
        )
        if holds
    ]
    if rests["tier_without"] is None:
        lines.append(Said("MEMBER_TOO_FEW", {"min_users": run_config(story.ring.run.info).partition.min_users}))
    else:
        anew = tuple(map(channel_name, recomputed(story.ring, story.verdict)))
        verdict = {"tier": tier_name(rests["tier_without"]), "score": rests["score_without"], "recomputed": anew}
        lines.append(Said("MEMBER_TIER", verdict))
    return tuple(lines)


def _unflagged(run: Detection, user: Any, lang: str, recount: Recount | None, code: int | None) -> Explanation:
    lines: tuple[Said, ...] = (Said("LIKE_OF_NOBODY"),)
    facts: dict[str, Any] = {}
    if recount is not None and code is not None:
        lines, facts = _seen(run, recount, code)
    sections = (Section("seen", Said("TITLE_SEEN"), lines), rests_on(recount is not None))
    return Explanation({"user": user}, lang, Said("USER_NOT_FLAGGED", {"user": str(user)}), sections, facts)


def _seen(run: Detection, recount: Recount, code: int) -> tuple[tuple[Said, ...], dict[str, Any]]:
    """Return why a user is in no ring, in words and in numbers: company, the strongest tie against its line, bursts."""
    mine = recount.likes_of(code)
    liked = recount.likes.notes.ids.take(pa.array(recount.graph.note[mine]))
    n_on_targets = int(pc.sum(pc.is_in(liked, value_set=pc.unique(run.targets["note_id"]))).as_py() or 0)
    views = recount.partners(code)
    activity = {"n_likes": len(mine), "n_on_targets": n_on_targets}
    windows = [{"window_s": v.window_s, "n_met": v.n_met, "n_hot": v.n_hot} for v in views]
    tie_lines, tie = _strongest(run, recount, views)
    jobs = recount.jobs_met(code)
    if jobs.any():
        best = int(np.argmax(jobs))
        met = {"n_jobs": int(jobs[best]), "n_users": run.rings["n_users"][best].as_py()}
        jobs_line = Said("SEEN_JOBS", met)
    else:
        met, jobs_line = {"n_jobs": 0}, Said("SEEN_NO_JOBS")
    lines = (
        Said("SEEN_ACTIVITY", activity),
        *(Said("SEEN_WINDOW", window) for window in windows),
        *tie_lines,
        jobs_line,
    )
    return lines, {**activity, "windows": windows, "strongest": tie, **met}


def _strongest(
    run: Detection, recount: Recount, views: list[Partners]
) -> tuple[tuple[Said, ...], dict[str, Any] | None]:
    """Return the company that comes closest to a tie, beside what a tie asks for."""
    config = run_config(run.info).projection
    if not any(len(view.user) for view in views):
        return (Said("SEEN_NOBODY"),), None
    window_s = np.concatenate([np.full(len(view.user), view.window_s) for view in views])
    weight, breadth, expected, p = (
        np.concatenate([getattr(view, name) for view in views]) for name in ("weight", "breadth", "expected", "p_value")
    )
    able = (weight >= config.min_weight) & (breadth >= config.min_breadth)
    # Pairs that a tie could come of first, then the least likely, then whoever was met most.
    best = int(np.lexsort((-weight, p, ~able))[0])
    found = {
        "window_s": int(window_s[best]),
        "weight": int(weight[best]),
        "breadth": int(breadth[best]),
        "expected": float(expected[best]),
        "p_value": float(p[best]),
    }
    line = recount.line
    other = np.concatenate([view.user for view in views])
    n_ties = len(np.unique(other[able & (p <= line)]))
    lines = {"min_weight": config.min_weight, "min_breadth": config.min_breadth, "line": line, "n_ties": n_ties}
    code = "SEEN_TIED" if n_ties else "SEEN_CHANCE" if able[best] else "SEEN_SHORT"
    return (Said("SEEN_STRONGEST", found), Said(code, lines)), {**found, **lines}
