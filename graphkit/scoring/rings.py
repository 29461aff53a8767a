"""From communities to scored rings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graphkit.bipartite import BipartiteGraph
from graphkit.config import Config
from graphkit.likes.model import F64, I32, Likes
from graphkit.progress import SILENT, Progress
from graphkit.projection.project import Projection
from graphkit.scoring.attach import Jobs, attach, find_jobs, telling_jobs
from graphkit.scoring.bursts import find_bursts
from graphkit.scoring.channels import weigh
from graphkit.scoring.company import Company
from graphkit.scoring.coordination import ANY_NOTE, Coordination, coordinate
from graphkit.scoring.evidence import Numbers, early_shares, gather, gather_beyond_timing
from graphkit.scoring.fuse import fuse
from graphkit.scoring.gathered import Gathered, add_gathered
from graphkit.scoring.kinship import Kinship
from graphkit.scoring.membership import NO_RING, Membership
from graphkit.scoring.tiers import WITNESS_CHANNELS, assign_tiers, log_odds, n_witnesses, open_explanations

#: Witnesses beyond timing that back a ring: all its jobs tell then; and without them a crowd at one note is no finding.
BACKING_WITNESSES = 2
#: Rounds of attaching accounts; each may reveal jobs that attach more.
_MAX_ROUNDS = 3
#: A narrower window is preferred when it shows this share of the meetings beyond expectation that the best one shows.
_ENOUGH = 0.5
#: Share of a ring's likes in bursts at publication beyond which it comes as followers do.
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Rings:
    """Scored rings.

    Attributes
    ----------
    members
        Who belongs to which.
    tested
        Every like of a member that had company, tested.
    jobs
        Bursts of coordinated likes.
    numbers
        Every number of ``schemas.EVIDENCE`` but the weights, by ring, NaN where unknown.
    weights
        Nats by channel and ring.
    nats
        The weights added up, as far as no honest explanation is left open, float64[n_rings].
    score
        Evidence that each is a ring, 0 to 1, float64[n_rings].
    q_value
        Expected share of non-rings among rings at least this strong, float64[n_rings]; ``1 - score`` before rings have
        competed with decoys (`graphkit.scoring.competition`).
    tier
        `WATCH`, `REVIEW` or `PURGE`, int8[n_rings].
    """

    members: Membership
    tested: Coordination
    jobs: Jobs
    numbers: Numbers
    weights: Numbers
    nats: F64
    score: F64
    q_value: F64
    tier: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return self.members.n_rings


def find_rings(
    likes: Likes,
    graph: BipartiteGraph,
    key: I32,
    projection: Projection,
    communities: tuple[I32, ...],
    gathered: tuple[Gathered, ...],
    config: Config,
    progress: Progress = SILENT,
    *,
    single_notes: bool = True,
) -> Rings:
    """Score communities: which likes of theirs are coordinated, who else took part, what speaks for a ring.

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    key
        What breadth counts, by like (`Likes.breadth_keys`), int32[m].
    projection
        The significant edges, and the baseline rates of each window.
    communities
        Members of each community, disjoint.
    gathered
        Communities of gatherings by window: who comes to these without a tie of their own (`find_gathered`).
    config
        Settings.
    progress
        Told about the work.
    single_notes
        Whether to look for bursts on a single note, too. Not in decoys: what tells of these is who came, and moving
        sessions does not touch that.

    Returns
    -------
    Rings
        Communities without enough members that have coordinated likes are left out.
    """
    with progress.stage("score", len(communities), "communities"):
        ring_of = np.full(graph.n_users, NO_RING, np.int32)
        for ring, users in enumerate(communities):
            ring_of[users] = ring
        nobody = np.zeros(graph.n_users, np.bool_)
        together = Company.of(graph, projection.views, ring_of)
        work = _Work.shown(graph, projection, nobody, together, config)
        work = work.fused(likes, graph, projection, config)
        work = work.grown(likes, graph, key, projection, config)
        ring_of = add_gathered(graph, key, projection.moments, work.members.ring_of, gathered, config)
        found = ring_of != work.members.ring_of
        if found.any():
            work = work.with_rings(ring_of, work.members.attached | found, graph, projection, config)
            work = work.fused(likes, graph, projection, config)
            work = work.grown(likes, graph, key, projection, config)
        if single_notes:
            work = work.with_bursts(likes, graph, projection, config)
        work = work.active(graph, projection, config)
        numbers = gather(likes, graph, projection, work.members, work.tested, work.jobs, config.scoring)
        weights = weigh(numbers)
        numbers |= open_explanations(numbers, weights, config.scoring)
        nats = log_odds(numbers, weights, config.scoring)
        score = 1 / (1 + np.exp(-nats))
        tier = assign_tiers(score, weights, 1 - score, config.scoring)
        return Rings(work.members, work.tested, work.jobs, numbers, weights, nats, score, 1 - score, tier)


@dataclass(frozen=True, slots=True)
class _Work:
    """What the members of the rings did together.

    Attributes
    ----------
    members, together, tested, jobs
        Who belongs to which ring; their likes with company; these tested; the jobs of those that passed.
    note_of
        By user, the one note whose likes count, `ANY_NOTE` for all but accounts of a burst; int32[n_users].
    """

    members: Membership
    together: Company
    tested: Coordination
    jobs: Jobs
    note_of: I32

    @classmethod
    def of(
        cls,
        graph: BipartiteGraph,
        projection: Projection,
        members: Membership,
        together: Company,
        config: Config,
        note_of: I32 | None = None,
    ) -> _Work:
        """Test the members' likes and chain those that pass into jobs; nobody is bound to a note by default."""
        note_of = np.full(graph.n_users, ANY_NOTE, np.int32) if note_of is None else note_of
        tested = coordinate(together, projection.views, members, config.scoring).bound(graph, note_of)
        return cls(members, together, tested, find_jobs(graph, projection.views, members, tested), note_of)

    @classmethod
    def shown(
        cls,
        graph: BipartiteGraph,
        projection: Projection,
        attached: npt.NDArray[np.bool_],
        together: Company,
        config: Config,
        note_of: I32 | None = None,
    ) -> _Work:
        """Return what rings did together, each in the window that shows it best."""
        members = _with_windows(together, attached, projection, config)
        return cls.of(graph, projection, members, together, config, note_of)

    def of_members(self, members: Membership, graph: BipartiteGraph, projection: Projection, config: Config) -> _Work:
        """Return what other members did together, accounts bound as before."""
        together = self.together.of_members(graph, projection.views, members.ring_of)
        return _Work.of(graph, projection, members, together, config, self.note_of)

    def active(self, graph: BipartiteGraph, projection: Projection, config: Config) -> _Work:
        """Return what is left without idle members; who had only their company may be idle then, too."""
        work = self
        while True:
            active = _drop_idle(graph, work.members, work.tested, config.partition.min_users)
            if np.array_equal(active.ring_of, work.members.ring_of):
                return work
            work = work.of_members(active, graph, projection, config)

    def n_witnesses(self, likes: Likes, graph: BipartiteGraph, config: Config) -> npt.NDArray[np.int64]:
        """Count the witnesses beyond timing for each ring."""
        told = gather_beyond_timing(likes, graph, self.members, self.tested, config.scoring)
        return n_witnesses(weigh(told, WITNESS_CHANNELS), config.scoring)

    def with_rings(
        self,
        ring_of: I32,
        attached: npt.NDArray[np.bool_],
        graph: BipartiteGraph,
        projection: Projection,
        config: Config,
    ) -> _Work:
        """Return what other rings did together, nobody bound to a note."""
        together = self.together.of_members(graph, projection.views, ring_of)
        return _Work.shown(graph, projection, attached, together, config)

    def grown(self, likes: Likes, graph: BipartiteGraph, key: I32, projection: Projection, config: Config) -> _Work:
        """Attach accounts to the rings whose jobs they met, and join rings that turn out to do the same jobs."""
        work = self
        for _ in range(_MAX_ROUNDS):
            backed = work.n_witnesses(likes, graph, config) >= BACKING_WITNESSES
            telling = telling_jobs(graph, key, projection.moments, work.members, work.jobs, backed)
            kinship = Kinship(likes, work.members)
            grown = attach(graph, key, work.members, telling, config.projection.fdr, kinship)
            if np.array_equal(grown.ring_of, work.members.ring_of):
                break
            work = work.of_members(grown, graph, projection, config).fused(likes, graph, projection, config)
        return work

    def fused(self, likes: Likes, graph: BipartiteGraph, projection: Projection, config: Config) -> _Work:
        """Join rings that did the same jobs; where nobody knows authors, none that mostly comes first with another."""
        apart = np.zeros(self.members.n_rings, np.bool_)
        if likes.notes.author is None:  # a ring that an author pays comes to what the author's followers come to
            apart = early_shares(likes, graph, self.members, self.jobs) > _MOSTLY
        one_of = fuse(self.members, self.jobs, likes.author_key, apart)
        if np.array_equal(one_of, np.arange(len(one_of))):
            return self
        number = np.unique(one_of, return_inverse=True)[1].astype(np.int32)
        was = self.members.ring_of
        ring_of = np.where(was == NO_RING, NO_RING, number[was]).astype(np.int32)
        return self.with_rings(ring_of, self.members.attached, graph, projection, config)

    def with_bursts(self, likes: Likes, graph: BipartiteGraph, projection: Projection, config: Config) -> _Work:
        """Add a ring for each burst on a single note for which two witnesses speak; the others stay as they are."""
        bursts = find_bursts(graph, self.members.ring_of != NO_RING, config.projection.fdr)
        if not bursts:
            return self
        alone = np.full(graph.n_users, NO_RING, np.int32)
        note_of = np.full(graph.n_users, ANY_NOTE, np.int32)
        for number, (note, users) in enumerate(bursts):
            alone[users] = number
            note_of[users] = note
        together = Company.of(graph, projection.views, alone)
        added = _Work.shown(graph, projection, self.members.attached, together, config, note_of)
        backed = added.n_witnesses(likes, graph, config) >= BACKING_WITNESSES
        if not backed.any():
            return self
        kept = (alone != NO_RING) & backed[alone]
        renumbered = self.members.n_rings + np.cumsum(backed) - 1
        ring_of = np.where(kept, renumbered[alone], self.members.ring_of).astype(np.int32)
        window_s = np.concatenate([self.members.window_s, added.members.window_s[backed]])
        bound = np.where(kept, note_of, self.note_of)
        return replace(self, note_of=bound).of_members(
            Membership(ring_of, window_s, self.members.attached), graph, projection, config
        )


def _with_windows(
    together: Company, attached: npt.NDArray[np.bool_], projection: Projection, config: Config
) -> Membership:
    """Give each ring the window that shows it best."""
    excess, present = together.excess, together.present
    ladder = np.array([view.window_s for view in projection.views], np.int32)
    # argmax finds the first, that is narrowest, window with enough of what the best one shows, and enough members.
    most = present.max(axis=0, initial=0)
    able = present >= np.minimum(np.maximum(_ENOUGH * most, config.partition.min_users), most)
    enough = able & (excess >= _ENOUGH * np.where(able, excess, 0).max(axis=0, initial=0))
    window = ladder[np.argmax(enough, axis=0)] if enough.size else ladder[:0]
    return Membership(together.ring_of, window, attached)


def _drop_idle(graph: BipartiteGraph, members: Membership, tested: Coordination, min_users: int) -> Membership:
    """Drop members without coordinated likes, and rings too small without them; renumber the rest."""
    active = np.zeros(graph.n_users, np.bool_)
    active[graph.user[tested.like[tested.passed]]] = True
    ring_of = np.where(active, members.ring_of, NO_RING).astype(np.int32)
    size = np.bincount(ring_of[ring_of != NO_RING], minlength=members.n_rings)
    keep = size >= min_users
    number = np.where(keep, np.cumsum(keep) - 1, NO_RING).astype(np.int32)
    ring_of = np.where(ring_of == NO_RING, NO_RING, number[ring_of] if len(number) else NO_RING).astype(np.int32)
    return Membership(ring_of, members.window_s[keep], members.attached & (ring_of != NO_RING))
