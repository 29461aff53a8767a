"""Accounts that seldom meet one another, found by the gatherings that share them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphkit._kernels.grouping import expand_ranges
from graphkit.bipartite import BipartiteGraph
from graphkit.config import Config
from graphkit.engines import Engine
from graphkit.likes.model import I32, I64, Likes
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
    """Cut the gatherings that share users into communities, for each window.

    Over hours tastes bring people together again and again, too: what is found there has the same questions to answer.

    Parameters
    ----------
    likes, graph
        The likes and their graph.
    projection
        For its windows and their baseline rates.
    config
        Settings of the projection and of the partition.
    engine
        Where gatherings are compared.
    progress
        Told about the work.

    Returns
    -------
    tuple of Gathered
        By window, ascending.
    """
    views, out = projection.views, []
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
    at = np.flatnonzero(of != NO_RING)
    at = at[np.lexsort((found.first[at], of[at], found.note[at]))]
    n_likes = found.n_likes[at]
    like = found.like[expand_ranges(found.ptr[at], found.ptr[at + 1])]
    rate = np.bincount(np.repeat(np.arange(len(at)), n_likes), view.rates(like), len(at)) / n_likes
    return Jobs(found.note[at], of[at], found.first[at], found.last[at], n_likes, n_likes, rate)


def add_gathered(
    graph: BipartiteGraph, key: I32, moments: I64, ring_of: I32, gathered: tuple[Gathered, ...], config: Config
) -> I32:
    """Add a ring for each community of gatherings: users in no ring who come to them beyond what their likes explain.

    As `graphkit.scoring.attach.attach` has it, every gathering at the rate of its passers-by at the least; narrow
    windows first.

    Parameters
    ----------
    graph
        The bipartite graph.
    key
        What breadth counts, by like, int32[m].
    moments
        Times of all likes, ascending, int64[m].
    ring_of
        Ring of each user so far, `NO_RING` where none, int32[n_users].
    gathered
        The communities of gatherings by window.
    config
        False discovery rate and the smallest ring.

    Returns
    -------
    int32[n_users]
        The same, and new rings of at least `min_users` with the next numbers.
    """
    for found in gathered:
        came = _who_came(graph, key, moments, ring_of, found.jobs, config.projection.fdr)
        fresh = came != NO_RING
        large = np.bincount(came[fresh]) >= config.partition.min_users
        number = np.where(large, ring_of.max(initial=NO_RING) + np.cumsum(large), NO_RING)
        ring_of = ring_of.copy()
        ring_of[fresh] = number[came[fresh]]
    return ring_of


def _who_came(graph: BipartiteGraph, key: I32, moments: I64, ring_of: I32, jobs: Jobs, fdr: float) -> I32:
    """Return to which community of gatherings each user in no ring comes, `NO_RING` for all others, int32[n_users]."""
    n = int(jobs.ring.max(initial=NO_RING)) + 1
    free = ring_of == NO_RING
    # Whoever is in a ring stands in one without jobs. Gatherings know when they began and ended: none reaches beyond.
    nobody = Membership(np.where(free, NO_RING, n).astype(np.int32), np.zeros(n + 1, np.int32), ~free)
    beside = beside_passers_by(graph, key, moments, nobody, jobs, np.ones(len(jobs), np.bool_))
    return np.where(free, attach(graph, key, nobody, beside, fdr).ring_of, NO_RING).astype(np.int32)
