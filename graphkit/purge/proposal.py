"""The candidate likes of a run as arrays: what guard rails and expectations read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.cases.calibrate import probability
from graphkit.detection.run import Detection
from graphkit.errors import OutputError
from graphkit.likes.model import F64, I64
from graphkit.purge.keys import fractions, like_keys
from graphkit.schemas import AUTHORS, CANDIDATES, CHANNELS, IMPACT, RINGS
from graphkit.scoring.tiers import TIERS, n_independent

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Proposal:
    """Candidate likes, ordered by user and note, with codes for what they have in common.

    Arrays over likes have length m, over rings r, over notes n, over authors a.

    Attributes
    ----------
    likes
        The rows of ``candidates``.
    key
        Idempotency keys, text[m].
    user, note, ring, author
        Codes, int64[m]. Each unknown author has a code of its own.
    known_author
        Whether it is known who wrote the note, bool[m].
    tier
        0 ``watch``, 1 ``review``, 2 ``purge``, int64[m].
    score
        Evidence that the like was coordinated, float64[m].
    ring_ids
        Names of the rings by code, text[r].
    ring_score, ring_q
        Scores and q-values, float64[r].
    ring_real
        Probability that each ring is one, float64[r]: its score, or what a model fitted to verdicts makes of it.
    ring_at_large
        Share of all likes of each ring's members that are none of the ring's, float64[r].
    ring_channels
        Independent channels besides lockstep that speak, int64[r].
    note_rows
        The rows of the run's ``impact`` by note code, n rows.
    note_likes, author_likes
        Kept likes by note and by author code, int64[n] and int64[a].
    kept
        Kept likes of the run.
    """

    likes: pa.Table
    key: pa.Array
    user: I64
    note: I64
    ring: I64
    author: I64
    known_author: Bools
    tier: I64
    score: F64
    ring_ids: pa.Array
    ring_score: F64
    ring_q: F64
    ring_real: F64
    ring_at_large: F64
    ring_channels: I64
    note_rows: pa.Table
    note_likes: I64
    author_likes: I64
    kept: int

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def fraction(self) -> F64:
        """Where each key lies between 0 and 1, float64[m]."""
        return fractions(self.key)

    @cached_property
    def genuine(self) -> F64:
        """Probability that a like is no ordinary one, given that its ring is one, float64[m]."""
        ring = self.ring_score[self.ring]
        return np.clip(np.divide(self.score, ring, out=np.zeros(len(self)), where=ring > 0), 0, 1)

    @cached_property
    def ordinary(self) -> F64:
        """Probability that a like is an ordinary one of its user, given that its ring is one, float64[m].

        Scores of likes suppose that all a ring's members do is ordinary, what they do for the ring included; this is of
        what else they do.
        """
        return (1 - self.genuine) * self.ring_at_large[self.ring]

    @cached_property
    def strength(self) -> I64:
        """Ring codes, strongest first: by score, then q-value, then name, int64[r]."""
        order = sorted(
            range(len(self.ring_ids)),
            key=lambda i: (-self.ring_score[i], self.ring_q[i], self.ring_ids[i].as_py()),
        )
        return np.array(order, np.int64)


def propose(run: Detection, model: Mapping[str, Any] | None = None) -> Proposal:
    """Return the candidate likes of a run as arrays.

    Parameters
    ----------
    run
        The run.
    model
        What rings of some score are worth, by ``graphkit.cases.calibrate``; scores are taken at their word without it.

    Raises
    ------
    OutputError
        When the tables of the run contradict each other.
    """
    likes, rings, notes, authors = (
        run.tables[table.name].sort_by([(name, "ascending") for name in table.sort_by])
        for table in (CANDIDATES, RINGS, IMPACT, AUTHORS)
    )
    weights = {
        name: np.nan_to_num(_floats(pc.struct_field(rings["evidence"], f"weight_{name}"))) for name, _ in CHANNELS
    }
    note = _code(likes["note_id"], notes["note_id"], "impact")
    author, n_authors = _groups(notes["author_id"].combine_chunks())
    author_likes = np.zeros(n_authors, np.int64)
    known = np.asarray(pc.is_valid(notes["author_id"]), np.bool_)
    has = _code(notes["author_id"].filter(pa.array(known)), authors["author_id"], "authors")
    author_likes[author[known]] = _ints(authors["n_likes"])[has]
    ring_score = _floats(rings["score"])
    return Proposal(
        likes=likes,
        key=like_keys(likes),
        user=_groups(likes["user_id"].combine_chunks())[0],
        note=note,
        ring=_code(likes["ring_id"], rings["ring_id"], "rings"),
        author=author[note],
        known_author=known[note],
        tier=_code(likes["tier"], pa.array(TIERS), "the tiers"),
        score=_floats(likes["score"]),
        ring_ids=rings["ring_id"].combine_chunks(),
        ring_score=ring_score,
        ring_q=_floats(rings["q_value"]),
        ring_real=ring_score if model is None else probability(model, ring_score),
        ring_at_large=_at_large(run.members, rings["ring_id"]),
        ring_channels=n_independent(weights, float(run.info["config"]["scoring"]["channel_nats"])),
        note_rows=notes,
        note_likes=_ints(notes["likes_before"]),
        author_likes=author_likes,
        kept=int(run.info["counts"]["kept"]),
    )


def _at_large(members: pa.Table, ring_ids: pa.ChunkedArray) -> F64:
    """Return the share of members' likes that are no ring likes, one more supposed than was seen: none is not never."""
    ring = _code(members["ring_id"], ring_ids, "rings")
    likes, of_ring = (
        np.bincount(ring, weights=_ints(members[name]), minlength=len(ring_ids)) for name in ("n_likes", "n_ring_likes")
    )
    share: F64 = np.clip((likes - of_ring + 1) / (likes + 1), 0, 1)
    return share


def _floats(values: pa.ChunkedArray | pa.Array) -> F64:
    return np.asarray(values.cast(pa.float64()).fill_null(np.nan), np.float64)


def _ints(values: pa.ChunkedArray) -> I64:
    return np.asarray(values, np.int64)


def _code(values: pa.ChunkedArray, among: pa.ChunkedArray | pa.Array, table: str) -> I64:
    found = pc.index_in(values, among)
    if found.null_count:
        first = values.filter(pc.is_null(found))[0].as_py()
        raise OutputError(
            f"the run proposes likes of {first!r}, which is not in {table}",
            wanted="tables of one run",
            todo="detect again",
        )
    return np.asarray(found, np.int64)


def _groups(values: pa.Array) -> tuple[I64, int]:
    """Return a code for each value and their number; every null is a group of its own."""
    codes = np.asarray(pc.fill_null(values.dictionary_encode().indices, -1), np.int64)
    alone = codes < 0
    n = int(codes.max(initial=-1)) + 1
    codes[alone] = n + np.arange(int(alone.sum()))
    return codes, n + int(alone.sum())
