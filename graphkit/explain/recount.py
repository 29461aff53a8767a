"""What the tables of a run no longer hold, counted again from its likes by the functions that counted it first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.bipartite import BipartiteGraph
from graphkit.detection import Detection
from graphkit.errors import InputError
from graphkit.explain.verdict import run_config
from graphkit.likes.model import I32, I64, Likes
from graphkit.projection.partners import Partners, find_partners
from graphkit.projection.project import Edges, WindowView
from graphkit.projection.traffic import Traffic
from graphkit.projection.windows import usable_windows
from graphkit.scoring.attach import find_jobs
from graphkit.scoring.company import Company
from graphkit.scoring.coordination import ANY_NOTE, Coordination, coordinate
from graphkit.scoring.membership import NO_RING, Membership

_US = 1_000_000


@dataclass(frozen=True, slots=True)
class LikeTest:
    """The test of one like of a ring's member, as the run made it.

    Attributes
    ----------
    company, expected
        Other members on the note within the window, and how many the null expects.
    window_s
        The window that shows the like best, seconds.
    p_value
        Poisson tail of the company, times the windows tried.
    passed
        Whether it is evidence of coordination.
    """

    company: int
    expected: float
    window_s: int
    p_value: float
    passed: bool


@dataclass(frozen=True)
class Recount:
    """A run beside its likes.

    Attributes
    ----------
    run
        The run.
    likes
        The likes that it was made from.
    """

    run: Detection
    likes: Likes

    @cached_property
    def graph(self) -> BipartiteGraph:
        """The bipartite graph."""
        return self.likes.bipartite()

    @cached_property
    def key(self) -> I32:
        """What breadth counts, by like."""
        return self.likes.breadth_keys(run_config(self.run.info).projection.fresh_s)

    @cached_property
    def windows_s(self) -> tuple[int, ...]:
        """The ladder that the run used, seconds."""
        return usable_windows(run_config(self.run.info).projection.windows_s, self.likes.resolution_us)[0]

    @cached_property
    def traffic(self) -> Traffic:
        """What is ordinary around each like."""
        return Traffic.of(self.graph, run_config(self.run.info).projection)

    @cached_property
    def _views(self) -> tuple[WindowView, ...]:
        return tuple(WindowView(window_s, Edges.none(), self.traffic, 0, 0, 0) for window_s in self.windows_s)

    @cached_property
    def members(self) -> Membership:
        """Who belongs to which ring; ring i is row i of ``run.rings``."""
        table = self.run.members
        user = np.asarray(_codes(table["user_id"], self.likes.users.ids, "users"), np.int64)
        ring = pc.index_in(table["ring_id"], value_set=self.run.rings["ring_id"].combine_chunks())
        ring_of = np.full(len(self.likes.users), NO_RING, np.int32)
        ring_of[user] = np.asarray(ring, np.int32)
        window_s = np.asarray(self.run.rings["window_s"], np.int32)
        return Membership(ring_of, window_s, np.zeros(len(ring_of), np.bool_))

    @cached_property
    def tested(self) -> Coordination:
        """Every like of every member, tested."""
        together = Company.of(self.graph, self._views, self.members.ring_of, least=0)
        tested = coordinate(together, self._views, self.members, run_config(self.run.info).scoring)
        return tested.bound(self.graph, self._note_of)

    @property
    def _note_of(self) -> I32:
        """The one note that counts for each member of a ring of a single note, `ANY_NOTE` for everybody else."""
        rings, targets = self.run.rings, self.run.targets
        ring = np.asarray(pc.index_in(targets["ring_id"], value_set=rings["ring_id"].combine_chunks()), np.int64)
        note = np.full(len(rings), ANY_NOTE, np.int32)
        note[ring] = _codes(targets["note_id"], self.likes.notes.ids, "notes")
        note[~np.asarray(pc.equal(rings["kind"], "one_shot"), np.bool_)] = ANY_NOTE
        ring_of = self.members.ring_of
        bound = np.full(len(ring_of), ANY_NOTE, np.int32)
        bound[ring_of != NO_RING] = note[ring_of[ring_of != NO_RING]]
        return bound

    @property
    def line(self) -> float:
        """The p-value that one more tie could at most have had, beside the ties that the run kept."""
        n_edges = sum(view["edges"] for view in self.run.info["windows"])
        fdr = run_config(self.run.info).projection.fdr
        return fdr * (int(n_edges) + 1) / int(self.run.info["n_tests"])

    def user(self, user: Any) -> int:
        """Return the code of a user.

        Raises
        ------
        InputError
            When the user liked nothing.
        """
        return _code(user, self.likes.users.ids, "user")

    def note(self, note: Any) -> int:
        """Return the code of a note.

        Raises
        ------
        InputError
            When nobody liked the note.
        """
        return _code(note, self.likes.notes.ids, "note")

    def likes_of(self, user: int) -> I64:
        """Return the positions of a user's likes, by note."""
        ptr = self.graph.user_ptr
        return self.graph.by_user[ptr[user] : ptr[user + 1]].astype(np.int64)

    def position(self, user: int, note: int) -> int | None:
        """Return where the like of a user on a note stands among all likes; ``None`` where there is none."""
        mine = self.likes_of(user)
        found = mine[self.graph.note[mine] == note]
        return int(found[0]) if len(found) else None

    def partners(self, user: int) -> list[Partners]:
        """Return whom a user met, window by window."""
        return [find_partners(self.key, user, self.traffic, window_s) for window_s in self.windows_s]

    def test(self, like: int) -> LikeTest | None:
        """Return the test of a like; ``None`` where its user is in no ring."""
        one = self.tested.where(self.tested.like == like)
        if len(one.like) == 0:
            return None
        return LikeTest(
            int(one.company[0]),
            float(one.expected[0]),
            int(one.window_s[0]),
            float(one.p_value[0]),
            bool(one.passed[0]),
        )

    def jobs_met(self, user: int) -> I64:
        """Return for each ring at how many of its jobs a user was, within the ring's window; int64[n_rings]."""
        jobs = find_jobs(self.graph, self._views, self.members, self.tested)
        reach = self.members.window_s[jobs.ring].astype(np.int64) * _US
        at = np.full(self.graph.n_notes, np.iinfo(np.int64).min)
        mine = self.likes_of(user)
        at[self.graph.note[mine]] = self.graph.ts[mine]
        there = (at[jobs.note] >= jobs.first - reach) & (at[jobs.note] <= jobs.last + reach)
        return np.bincount(jobs.ring[there], minlength=self.members.n_rings)


def _codes(ids: pa.ChunkedArray, known: pa.Array, what: str) -> pa.ChunkedArray:
    found = pc.index_in(ids, value_set=known)
    if found.null_count:
        raise InputError(
            f"{found.null_count} {what} of the run's rings are not in these likes",
            wanted="the likes that the run was made from",
            todo="pass them with --likes",
        )
    return found


def _code(value: Any, ids: pa.Array, what: str) -> int:
    at = pc.index(ids, pa.scalar(value, ids.type)).as_py()
    if at < 0:
        raise InputError(f"no {what} {value!r} in the likes", wanted=f"a {what} of this run", todo="check the id")
    return int(at)
