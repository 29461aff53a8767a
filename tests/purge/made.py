"""Runs to be purged from, made by hand like by like, and strategies for random ones."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from graphkit.columns import Kind
from graphkit.config import Config
from graphkit.detection import Detection
from graphkit.purge import Batch, Policy
from graphkit.purge.batch import plan_batch
from graphkit.schemas import BATCH, CHANNELS, EVIDENCE, OUTPUTS

START = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)
NOW = START + dt.timedelta(days=2)
#: Nothing is held but what a test asks for.
OPEN = {
    "max_note_share": 1.0,
    "max_author_share": 1.0,
    "max_like_share": 1.0,
    "max_honest_share": 1.0,
    "canary_share": 0.0,
}


@dataclass(frozen=True)
class Like:
    """A candidate like."""

    user: Any
    note: Any
    ring: str = "R-a"
    tier: str = "purge"
    score: float = 0.99


@dataclass(frozen=True)
class Ring:
    """A ring: tier and score, and how many channels besides lockstep speak for it."""

    tier: str = "purge"
    score: float = 0.99
    q_value: float = 0.01
    channels: Sequence[str] = ("capture", "devotion", "dwell")


@dataclass(frozen=True)
class Case:
    """All that a batch is made from."""

    run: Detection
    verdicts: list[dict[str, Any]] = field(default_factory=list)


def made_run(
    likes: Sequence[Like],
    rings: Mapping[str, Ring] | None = None,
    *,
    authors: Mapping[Any, Any] | None = None,
    others: int | Mapping[Any, int] = 100,
    kept: int = 100_000,
    ids: pa.DataType | None = None,
    info: Mapping[str, Any] | None = None,
) -> Detection:
    """Return a run with these candidate likes.

    Parameters
    ----------
    likes
        The candidates.
    rings
        Rings by name; an ordinary one where a like names none of them.
    authors
        Author by note; unknown where absent.
    others
        Further likes on each note.
    kept
        Kept likes of the run.
    ids
        Type of all ids; text by default.
    info
        What ``run.json`` says otherwise.
    """
    kind = ids or pa.string()
    types = {Kind.USER_ID: kind, Kind.NOTE_ID: kind, Kind.AUTHOR_ID: kind}
    rings = {**{like.ring: Ring() for like in likes}, **(rings or {})}
    authors = authors or {}
    notes = sorted({like.note for like in likes})
    on = Counter(like.note for like in likes)
    before = {note: on[note] + (others if isinstance(others, int) else others.get(note, 0)) for note in notes}
    of_author = Counter[Any]()
    for note in notes:
        of_author[authors.get(note, ("unknown", note))] += before[note]
    rows: dict[str, list[dict[str, Any]]] = {
        "rings": [_ring_row(name, ring, likes) for name, ring in sorted(rings.items())],
        "members": [
            {"ring_id": ring, "user_id": user, "tier": "purge", "score": 0.9, "n_ring_likes": n, "n_likes": 2 * n}
            for (ring, user), n in sorted(Counter((like.ring, like.user) for like in likes).items())
        ],
        "targets": [
            {
                "ring_id": ring,
                "note_id": note,
                "author_id": authors.get(note),
                "n_ring_likes": n,
                "n_likes": before[note],
            }
            for (ring, note), n in sorted(Counter((like.ring, like.note) for like in likes).items())
        ],
        "candidates": sorted(
            (
                {
                    "user_id": like.user,
                    "note_id": like.note,
                    "ts": START + dt.timedelta(seconds=60 * notes.index(like.note) + i % 60),
                    "ring_id": like.ring,
                    "tier": like.tier,
                    "score": like.score,
                    "reasons": ["IN_COMPANY", "CAPTURE"],
                }
                for i, like in enumerate(sorted(likes, key=lambda like: (like.user, like.note)))
            ),
            key=lambda row: (row["user_id"], row["note_id"]),
        ),
        "impact": [
            {
                "note_id": note,
                "author_id": authors.get(note),
                "likes_before": before[note],
                "likes_purge": sum(like.note == note and like.tier == "purge" for like in likes),
                "likes_review": sum(like.note == note and like.tier == "review" for like in likes),
                "likes_after": before[note] - sum(like.note == note and like.tier == "purge" for like in likes),
            }
            for note in notes
        ],
        "authors": [
            {
                "author_id": author,
                "n_notes": sum(authors.get(note) == author for note in notes),
                "n_likes": of_author[author],
            }
            for author in sorted({authors[note] for note in notes if note in authors})
        ],
    }
    tables = {t.name: pa.Table.from_pylist(rows.get(t.name, []), schema=t.arrow(types)) for t in OUTPUTS}
    tiers = {tier: {"rings": 0, "users": 0, "likes": 0} for tier in ("purge", "review", "watch")}
    run_info = {
        "graphkit": "0.1.0",
        "made_at": (START + dt.timedelta(days=1)).isoformat(),
        "config": Config().model_dump(mode="json"),
        "config_digest": Config().digest,
        "input": {"likes": "likes.parquet", "users": None, "notes": None, "fingerprint": "f" * 32},
        "counts": {"read": kept, "kept": kept, "quarantined": 0},
        "period": {"first_ts": START.isoformat(), "last_ts": (START + dt.timedelta(days=1)).isoformat()},
        "tiers": tiers,
        "warnings": [],
    }
    return Detection(tables, {**run_info, **(info or {})})


def _ring_row(name: str, ring: Ring, likes: Sequence[Like]) -> dict[str, Any]:
    own = [like for like in likes if like.ring == name]
    evidence: dict[str, float | None] = {number: 0.5 for number, _ in EVIDENCE}
    evidence |= {
        f"weight_{channel}": 2.0 if channel in (*ring.channels, "lockstep") else 0.0 for channel, _ in CHANNELS
    }
    return {
        "ring_id": name,
        "kind": "lockstep",
        "tier": ring.tier,
        "score": ring.score,
        "q_value": ring.q_value,
        "n_users": len({like.user for like in own}),
        "n_notes": len({like.note for like in own}),
        "n_authors": 1,
        "n_likes": len(own),
        "first_ts": START,
        "last_ts": START + dt.timedelta(hours=5),
        "window_s": 600,
        "reasons": ["LOCKSTEP", "CAPTURE"],
        "evidence": evidence,
    }


def verdict(word: str, run: Detection, **what: Any) -> dict[str, Any]:
    """Return a verdict on a ring, user or like of a run; by ann, an hour before the purge, unless said otherwise."""
    row = {"ring_id": None, "user_id": None, "note_id": None, "verdict": word, "reviewer": "ann", "comment": None}
    return {**row, "time": NOW - dt.timedelta(hours=1), "run_id": run.run_id, **what}


def plan(run: Detection, *, now: dt.datetime = NOW, verdicts: Sequence[Mapping[str, Any]] = (), **fields: Any) -> Batch:
    """Return the batch of a run by a policy that is open but for the fields given."""
    return plan_batch(run, policy=Policy(**{**OPEN, **fields}), now=now, verdicts=verdicts)


def held_by(batch: Batch) -> dict[tuple[Any, Any], str]:
    """Return what holds each like that stays, by user and note."""
    rows = batch.held.to_pylist()
    return {(row["user_id"], row["note_id"]): row["held_by"] for row in rows}


def gone(batch: Batch) -> set[tuple[Any, Any]]:
    """Return the likes that go, by user and note."""
    return {(row["user_id"], row["note_id"]) for row in batch.purge.to_pylist()}


def shuffled(run: Detection, seed: int) -> Detection:
    """Return the run with the rows of every table in another order."""
    import numpy as np

    order = np.random.default_rng(seed)
    tables = {name: table.take(pa.array(order.permutation(table.num_rows))) for name, table in run.tables.items()}
    return Detection(tables, run.info)


def same_tables(a: Batch, b: Batch) -> bool:
    """Tell whether two batches have equal tables."""
    return all(a.tables[table.name].equals(b.tables[table.name]) for table in BATCH)


# --------------------------------------------------------------------------------------------------
# Random ones

_SHARES = st.sampled_from([0.0, 0.1, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0])
_POSITIVE = _SHARES.filter(bool)
_TIERS = st.sampled_from(["purge", "review"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of every sort that is consistent."""
    max_likes = draw(st.integers(1, 30))
    admit = draw(st.sampled_from(["none", "likes", "rings"]))
    return Policy(
        min_tier=draw(_TIERS),
        min_score=draw(_SHARES.filter(lambda x: x < 1)),
        max_q=draw(_SHARES),
        min_channels=draw(st.integers(1, 3)),
        admit_confirmed=admit,
        min_reviewers=1 if admit == "none" else draw(st.integers(1, 2)),
        min_genuine=draw(_SHARES),
        max_note_share=draw(_POSITIVE),
        max_author_share=draw(_POSITIVE),
        max_likes=max_likes,
        max_users=draw(st.integers(1, max_likes)),
        max_like_share=draw(_POSITIVE),
        max_honest_share=draw(_POSITIVE),
        canary_share=draw(_SHARES.filter(lambda x: x < 1)),
    )


@st.composite
def runs(draw: st.DrawFn) -> Detection:
    """Runs of up to four rings of up to five users on up to six notes, ids texts or integers."""
    whole = draw(st.booleans())
    name = (lambda letter, i: i) if whole else (lambda letter, i: f"{letter}{i}")
    rings, likes = {}, []
    for r in range(draw(st.integers(0, 4))):
        tier = draw(st.sampled_from(["purge", "review", "watch"]))
        score = draw(_POSITIVE)
        q_value = max(1 - score, draw(st.sampled_from([0.0, 0.02, 0.3])))
        channels = draw(
            st.sampled_from([(), ("dwell", "completion"), ("dwell", "capture"), ("views", "capture", "dwell")])
        )
        rings[f"R-{r}"] = Ring(tier, score, q_value, channels)
        if tier == "watch":
            continue
        for u, n in draw(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=12)):
            like_tier = "review" if tier == "review" else draw(_TIERS)
            likes.append(Like(name("u", 10 * r + u), name("n", n), f"R-{r}", like_tier, score * draw(_POSITIVE)))
    authors = {name("n", n): name("a", draw(st.integers(0, 2))) for n in range(draw(st.integers(0, 6)))}
    others = {name("n", n): draw(st.integers(0, 12)) for n in range(6)}
    kind = pa.int64() if whole else pa.string()
    return made_run(likes, rings, authors=authors, others=others, kept=draw(st.integers(60, 200)), ids=kind)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Runs with some verdicts on them, by two people."""
    run = draw(runs())
    rows = run.candidates.to_pylist()
    verdicts = []
    for row in draw(st.lists(st.sampled_from(rows), max_size=4)) if rows else []:
        subject = draw(st.sampled_from([("ring_id",), ("user_id",), ("user_id", "note_id")]))
        word = draw(st.sampled_from(["confirmed", "confirmed", "cleared", "unsure"]))
        who = draw(st.sampled_from(["ann", "bo"]))
        verdicts.append(verdict(word, run, reviewer=who, **{name: row[name] for name in subject}))
    return Case(run, verdicts)
