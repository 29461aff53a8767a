"""Guard rails: pure functions from candidate likes to what holds each of them, asked in the order of ``rails.toml``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit.likes.model import F64, I64
from graphkit.purge.policy import Policy
from graphkit.purge.proposal import Proposal
from graphkit.purge.rails import RAILS
from graphkit.scoring.tiers import TIERS

Bools = npt.NDArray[np.bool_]
#: Marks a like that nothing holds.
FREE = -1


@dataclass(frozen=True)
class Marks:
    """What is known of the likes beside the run itself, bool[m] each.

    Attributes
    ----------
    purged_before
        An earlier batch took it.
    protected_user, protected_note, protected_author
        On the list of the protected.
    disputed, cleared_like, cleared_user, cleared_ring, unsure
        What reviewers said of the like, its user or its ring.
    vouched
        A person's confirmation stands in for tier, score, q-value and shares.
    first
        It went with the canary, whose rest this batch is; ``None`` where the batch comes before its canary is judged.
    """

    purged_before: Bools
    protected_user: Bools
    protected_note: Bools
    protected_author: Bools
    disputed: Bools
    cleared_like: Bools
    cleared_user: Bools
    cleared_ring: Bools
    unsure: Bools
    vouched: Bools
    first: Bools | None = None


@dataclass(frozen=True)
class Asked:
    """What a rail is asked about.

    Attributes
    ----------
    proposal
        The candidate likes.
    policy
        The policy.
    marks
        What is known of them beside.
    honest
        Expected honest likes, by like, float64[m].
    standing
        Likes that no rail before this one holds, bool[m].
    """

    proposal: Proposal
    policy: Policy
    marks: Marks
    honest: F64
    standing: Bools


def _tier(a: Asked) -> Bools:
    return ~a.marks.vouched & (a.proposal.tier < TIERS.index(a.policy.min_tier))


def _score(a: Asked) -> Bools:
    return np.asarray(~a.marks.vouched & ~(a.proposal.score >= a.policy.min_score))


def _q_value(a: Asked) -> Bools:
    return np.asarray(~a.marks.vouched & ~(a.proposal.ring_q[a.proposal.ring] <= a.policy.max_q))


def _channels(a: Asked) -> Bools:
    return np.asarray(a.proposal.ring_channels[a.proposal.ring] < a.policy.min_channels)


def _note_share(a: Asked) -> Bools:
    return _too_large_a_share(a, a.proposal.note, a.proposal.note_likes, a.policy.max_note_share)


def _author_share(a: Asked) -> Bools:
    """Of an unknown author nothing is known but the note, whose own share was asked before."""
    p = a.proposal
    return p.known_author & _too_large_a_share(a, p.author, p.author_likes, a.policy.max_author_share)


def _too_large_a_share(a: Asked, group: I64, of: I64, most: float) -> Bools:
    """Hold what nobody vouches for in groups that would lose too much; what earlier batches took counts."""
    taken = np.bincount(group[a.standing | a.marks.purged_before], minlength=len(of))
    return np.asarray(~a.marks.vouched & (taken > most * of)[group])


#: Rails that hold a like whatever happens to others, or by the sum of what stands.
_EACH: dict[str, Callable[[Asked], Bools]] = {
    "purged_before": lambda a: a.marks.purged_before,
    "protected_user": lambda a: a.marks.protected_user,
    "protected_note": lambda a: a.marks.protected_note,
    "protected_author": lambda a: a.marks.protected_author,
    "disputed": lambda a: a.marks.disputed,
    "cleared_like": lambda a: a.marks.cleared_like,
    "cleared_user": lambda a: a.marks.cleared_user,
    "cleared_ring": lambda a: a.marks.cleared_ring,
    "unsure": lambda a: a.marks.unsure,
    "tier": _tier,
    "score": _score,
    "q_value": _q_value,
    "channels": _channels,
    "note_share": _note_share,
    "author_share": _author_share,
}


def _caps(a: Asked) -> Iterator[tuple[str, I64]]:
    """Yield what caps hold, with the positions of the likes.

    Rings enter whole, strongest first; one that does not fit into what is left waits, and weaker ones that fit go on.
    """
    p, policy = a.proposal, a.policy
    standing = np.flatnonzero(a.standing)
    of_ring = np.split(
        standing[np.argsort(p.ring[standing], kind="stable")],
        np.cumsum(np.bincount(p.ring[standing], minlength=len(p.ring_ids)))[:-1],
    )
    touched = np.zeros(int(p.user.max(initial=-1)) + 1, np.bool_)
    n_likes, n_users, honest = 0, 0, 0.0
    for ring in p.strength.tolist():
        like = of_ring[ring]
        if not len(like):
            continue
        users = np.unique(p.user[like])
        more_users = int(np.count_nonzero(~touched[users]))
        likes, more_honest = n_likes + len(like), float(a.honest[like].sum())
        if likes > policy.max_likes:
            yield "max_likes", like
        elif likes > policy.max_like_share * p.kept:
            yield "max_like_share", like
        elif n_users + more_users > policy.max_users:
            yield "max_users", like
        elif honest + more_honest > policy.max_honest_share * likes:
            yield "honest_share", like
        else:
            touched[users] = True
            n_likes, n_users, honest = likes, n_users + more_users, honest + more_honest


def _canary(a: Asked) -> Bools:
    """Hold all but the canary; once that was judged, only what went with it, as purged before.

    A canary is never empty where anything stands: else nothing would be judged.
    """
    fraction = a.proposal.fraction
    least = np.min(fraction, where=a.standing, initial=np.inf)
    return np.asarray((fraction >= a.policy.canary_share) & (fraction > least))


def hold(proposal: Proposal, policy: Policy, marks: Marks, honest: F64) -> I64:
    """Ask every guard rail, and say which is the first to hold each like.

    Whatever is held, is held before shares and caps are counted, so that what stands in the end exceeds none of them.
    The canary comes last: with its rest it is what would have gone without one.

    Parameters
    ----------
    proposal
        The candidate likes.
    policy
        The policy.
    marks
        What is known of them beside the run.
    honest
        Expected honest likes, by like, float64[m].

    Returns
    -------
    int64[m]
        Position in `RAILS`, or `FREE`.
    """
    number = {name: i for i, name in enumerate(RAILS)}
    held = np.full(len(proposal), FREE, np.int64)

    def asked() -> Asked:
        return Asked(proposal, policy, marks, honest, held == FREE)

    for name, rail in _EACH.items():
        held[(held == FREE) & rail(asked())] = number[name]
    for name, likes in [*_caps(asked())]:
        held[likes] = number[name]
    if marks.first is not None:
        held[(held == FREE) & marks.first] = number["purged_before"]
    elif policy.canary_share > 0:
        held[(held == FREE) & _canary(asked())] = number["canary"]
    return held
