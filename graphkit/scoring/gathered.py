"""Accounts that seldom meet one another, found by the gatherings that share them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphkit.bipartite import BipartiteGraph
from graphkit.config import Config
from graphkit.engines import Engine
from graphkit.likes.model import I32, Likes
from graphkit.partition import UserGraph, partition
from graphkit.progress import SILENT, Progress
from graphkit.projection.gatherings import Gatherings, find_reunions
from graphkit.projection.project import Projection, WindowView
from graphkit.scoring.attach import Jobs, attach, beside_passers_by
from graphkit.scoring.membership import NO_RING, Membership


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the gatherings of one window showed.

    Attributes
    ----------
    window_s
        The window, seconds.
    n_gatherings, n_reunions
        Gatherings, and pairs of them that share more users than strangers would.
    jobs
        The gatherings of each community, as jobs of a ring: all who came count as its own.
    """

    window_s: int
    n_gatherings: int
    n_reunions: int
    jobs: Jobs


def find_gathered(
    likes: Likes,
    graph: BipartiteGraph,
    projection: Projection,
    config: Config,
    engine: Engine,
    progress: Progress = SILENT,
) -> tuple[Gathered, ...]:
    """Cut the gatherings that share users into communities, for each window up to `timing_window_s`.

    Beyond it tastes bring people together again and again, and gatherings say nothing that pairs do not.

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    projection
        For its windows and their baseline rates.
    config
        Settings of the projection, of the partition, and `timing_window_s`.
    engine
        Where gatherings are compared.
    progress
        Told about the work.

    Returns
    -------
    tuple of Gathered
        By window, ascending.
    """
    views = [view for view in projection.views if view.window_s <= config.scoring.timing_window_s]
    out = []
    with progress.stage("gather", len(views), "windows") as advance:
        for view in views:
            found = Gatherings.of(graph, view.traffic, view.window_s)
            n_tests = len(views) * (len(found) * (len(found) - 1) // 2)
            met = find_reunions(graph, found, likes.author_key, n_tests, config.projection, engine)
            groups = partition(UserGraph(met.one, met.other, len(found)), config.partition)
            out.append(Gathered(view.window_s, len(found), len(met), _jobs(found, groups, view)))
            advance(1)
    return tuple(out)


def _jobs(found: Gatherings, groups: tuple[I32, ...], view: WindowView) -> Jobs:
    """Return the gatherings of each community, ordered by (note, community, first)."""
    of = np.full(len(found), NO_RING, np.int32)
    for number, members in enumerate(groups):
        of[members] = number
    inside = np.flatnonzero(of[found.gathering] != NO_RING)
    rate = np.bincount(
        found.gathering[inside], weights=view.rates(found.like[inside]), minlength=len(found)
    ) / np.maximum(found.n_likes, 1)
    at = np.flatnonzero(of != NO_RING)
    at = at[np.lexsort((found.first[at], of[at], found.note[at]))]
    n_likes = found.n_likes[at]
    return Jobs(found.note[at], of[at], found.first[at], found.last[at], n_likes, n_likes, rate[at])


def add_gathered(
    graph: BipartiteGraph, key: I32, members: Membership, gathered: tuple[Gathered, ...], config: Config
) -> Membership:
    """Add a ring for each community of gatherings: users in no ring who come to them beyond what their likes explain.

    As `graphkit.scoring.attach.attach` has it, every gathering at the rate of its passers-by at the least; narrow
    windows first.

    Parameters
    ----------
    graph
        The bipartite graph.
    key
        What breadth counts, by like, int32[m].
    members
        Members so far.
    gathered
        The communities of gatherings by window.
    config
        False discovery rate and the smallest ring.

    Returns
    -------
    Membership
        The same rings, and the new ones after them, of at least `min_users` each.
    """
    for found in gathered:
        members = _joined(members, _who_came(graph, key, members, found.jobs, config), found.window_s, config)
    return members


def _who_came(graph: BipartiteGraph, key: I32, members: Membership, jobs: Jobs, config: Config) -> Membership:
    """Return the communities of the gatherings with users who are in no ring yet; who is in one stands in the last."""
    n = int(jobs.ring.max(initial=NO_RING)) + 1
    # Gatherings know when they began and ended: nobody came within a window of them who is not among them.
    exactly = np.zeros(n + 1, np.int32)
    nobody = Membership(np.where(members.ring_of == NO_RING, NO_RING, n).astype(np.int32), exactly, members.attached)
    beside = beside_passers_by(graph, key, nobody, jobs, np.ones(len(jobs), np.bool_))
    return attach(graph, key, nobody, beside, config.projection.fdr)


def _joined(members: Membership, new: Membership, window_s: int, config: Config) -> Membership:
    """Return the members with those of new rings, the last of which is of those who are members already."""
    fresh = (members.ring_of == NO_RING) & (new.ring_of != NO_RING)
    size = np.bincount(new.ring_of[fresh], minlength=new.n_rings)
    large = size >= config.partition.min_users
    number = np.where(large, members.n_rings + np.cumsum(large) - 1, NO_RING).astype(np.int32)
    ring_of = members.ring_of.copy()
    ring_of[fresh] = number[new.ring_of[fresh]]
    window = np.full(int(large.sum()), window_s, np.int32)
    came = members.attached | (fresh & (ring_of != NO_RING))
    return Membership(ring_of, np.concatenate([members.window_s, window]), came)
