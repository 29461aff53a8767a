"""Which ring of one run is which ring of another: the rule, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graphkit.detection.run import Detection

#: Share of the smaller ring's members that suffices alone, and that which suffices where half the targets agree.
_MEMBERS = 0.5
_MEMBERS_WITH_TARGETS = 0.2
_TARGETS = 0.5
#: Least members, or targets, in common, however small the rings.
_LEAST = 3
#: A ring grew when it has more members than this share of what it had; it shrank by the same rule the other way round.
_GREW = 1.25


class Change(StrEnum):
    """What became of a ring."""

    CONTINUES = "continues"
    GREW = "grew"
    SHRANK = "shrank"
    SPLIT = "split"
    MERGED = "merged"
    DORMANT = "dormant"
    RETURNED = "returned"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Body:
    """What a ring consists of.

    Attributes
    ----------
    users
        Its members.
    notes
        Its targets.
    """

    users: Set[Any]
    notes: Set[Any]


@dataclass(frozen=True, slots=True)
class Link:
    """Two rings that are versions of one.

    Attributes
    ----------
    earlier, later
        The rings.
    users, notes
        Members and targets they have in common.
    share
        `users` over all members of either (Jaccard).
    """

    earlier: str
    later: str
    users: int
    notes: int
    share: float

    @property
    def rank(self) -> tuple[object, ...]:
        """Strongest first, without regard to which run was first."""
        return (-self.users, -self.share, -self.notes, *sorted((self.earlier, self.later)), self.earlier)


@dataclass(frozen=True, slots=True)
class Match:
    """How the rings of two runs belong together.

    Attributes
    ----------
    heirs
        By later ring, the link to the earlier one that it goes on from: each is the other's strongest.
    broke_off
        By later ring that is no heir, the link to the earlier one it came from.
    went_over
        By earlier ring without an heir, the link to the later one it went over into.
    """

    heirs: Mapping[str, Link]
    broke_off: Mapping[str, Link]
    went_over: Mapping[str, Link]


def bodies(run: Detection) -> dict[str, Body]:
    """Return members and targets of every ring of a run."""
    users: dict[str, set[Any]] = defaultdict(set)
    notes: dict[str, set[Any]] = defaultdict(set)
    for ring, user in zip(run.members["ring_id"].to_pylist(), run.members["user_id"].to_pylist(), strict=True):
        users[ring].add(user)
    for ring, note in zip(run.targets["ring_id"].to_pylist(), run.targets["note_id"].to_pylist(), strict=True):
        notes[ring].add(note)
    return {ring: Body(users[ring], notes[ring]) for ring in run.rings["ring_id"].to_pylist()}


def links(earlier: Mapping[str, Body], later: Mapping[str, Body]) -> list[Link]:
    """Return the pairs of rings that are versions of one, strongest first.

    They share at least three members, and these are half of the smaller ring's; or a fifth of them, while at least
    three targets, and half of the smaller ring's targets, are shared too. Accounts alone are replaced and jobs alone
    are ordered from several farms, so targets may bear members out but never stand for them.

    Parameters
    ----------
    earlier, later
        Rings by name; within a run no user is in two rings.

    Returns
    -------
    list of Link
    """
    ring_of = {user: ring for ring, body in earlier.items() for user in body.users}
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for ring, body in later.items():
        for user in body.users:
            if user in ring_of:
                shared[ring_of[user], ring] += 1
    found = []
    for (a, b), users in shared.items():
        one, other = earlier[a], later[b]
        notes = len(one.notes & other.notes)
        part = users / min(len(one.users), len(other.users))
        borne_out = share_targets(one, other) and part >= _MEMBERS_WITH_TARGETS
        if users >= _LEAST and (part >= _MEMBERS or borne_out):
            found.append(Link(a, b, users, notes, users / len(one.users | other.users)))
    return sorted(found, key=lambda link: link.rank)


def share_targets(one: Body, other: Body) -> bool:
    """Tell whether at least three targets, and half of those of the ring with fewer, are shared."""
    notes = len(one.notes & other.notes)
    return notes >= _LEAST and notes >= _TARGETS * min(len(one.notes), len(other.notes))


def match(earlier: Mapping[str, Body], later: Mapping[str, Body]) -> Match:
    """Say of every ring what it goes on from, or breaks off from, or goes over into.

    A ring and its strongest link's other end are the same ring when that link is the strongest of both. Which run was
    first does not matter: matching the other way round gives the same heirs, and `broke_off` and `went_over` in each
    other's place.
    """
    strongest: tuple[dict[str, Link], dict[str, Link]] = ({}, {})
    for link in links(earlier, later):
        strongest[0].setdefault(link.earlier, link)
        strongest[1].setdefault(link.later, link)
    heirs = {ring: link for ring, link in strongest[1].items() if strongest[0][link.earlier] == link}
    followed = {link.earlier for link in heirs.values()}
    return Match(
        heirs,
        {ring: link for ring, link in strongest[1].items() if ring not in heirs},
        {ring: link for ring, link in strongest[0].items() if ring not in followed},
    )


def growth(before: int, after: int) -> Change:
    """Say what became of a ring that goes on, by its numbers of members."""
    if after > _GREW * before:
        return Change.GREW
    return Change.SHRANK if before > _GREW * after else Change.CONTINUES
