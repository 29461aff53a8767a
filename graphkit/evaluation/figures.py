"""The figures of an evaluation, by tier, by kind and by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from graphkit.evaluation.calibration import Calibration
from graphkit.evaluation.shares import Loss, Share

#: By tier; `proposed` stands for purge or review, `any` for all tiers.
ByTier = Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group of the truth in one run.

    Attributes
    ----------
    run
        Position of the run, from 0.
    group_id, kind, is_ring
        As in the truth.
    n_users, n_notes, n_likes
        Members; notes and likes that are the group's business, camouflage left out.
    likes_purge, likes_review
        Of these likes, those in the tier.
    users_purge, users_review, users_watch
        Members by their best tier.
    taken_purge, taken_review
        Whether a ring of the tier is mostly it: a look-alike's members or likes, or a true ring's members.
    rings
        Rings of the run that hold members of it: name, tier, members of the group among how many.
    """

    run: int
    group_id: str
    kind: str
    is_ring: bool
    n_users: int
    n_notes: int
    n_likes: int
    likes_purge: int
    likes_review: int
    users_purge: int
    users_review: int
    users_watch: int
    taken_purge: bool
    taken_review: bool
    rings: tuple[tuple[str, str, int, int], ...]

    @property
    def likes_proposed(self) -> int:
        """Likes of the group in tier purge or review."""
        return self.likes_purge + self.likes_review

    @property
    def users_proposed(self) -> int:
        """Members whose best tier is purge or review."""
        return self.users_purge + self.users_review

    def to_dict(self) -> dict[str, Any]:
        """Return the group for machines."""
        names = ("ring_id", "tier", "n_shared", "n_users")
        return {**asdict(self), "rings": [dict(zip(names, ring, strict=True)) for ring in self.rings]}


@dataclass(frozen=True, slots=True)
class KindFigures:
    """The true rings of one kind.

    Attributes
    ----------
    likes
        Of the likes they were paid for, those in the tier.
    members
        Of their members, those with a like in the tier.
    rings
        Of the rings, those at least half of whose bought likes are in the tier.
    """

    likes: ByTier
    members: ByTier
    rings: ByTier


@dataclass(frozen=True, slots=True)
class LookalikeFigures:
    """The look-alike groups of one kind.

    Attributes
    ----------
    likes
        Of the likes that make them look alike, those in the tier.
    touched
        Of the groups, those with any such like in the tier.
    taken
        Of the groups, those that a ring of the tier mostly is.
    """

    likes: ByTier
    touched: ByTier
    taken: ByTier


@dataclass(frozen=True)
class Evaluation:
    """What one or several runs are worth, by truth.

    Shares are over all runs; each knows its runs one by one. Tiers are `purge`, `review`, `watch`, and `proposed` for
    purge or review together, and `any` for all three.

    Attributes
    ----------
    names
        Run and truth, by run.
    n_likes, n_bought
        Likes of the truth, and those of them that were bought, by run.
    likes_honest
        Of the likes in a tier, those nobody bought.
    likes_found
        Of the bought likes, those in a tier.
    members_honest
        Of the users with a like in a tier, those who belong to no ring.
    members_found
        Of the users of true rings, those with a like in a tier; in a ring of the run at all, for `any`.
    rings_mistaken
        Of the rings of the run in a tier, those that are none.
    rings_honest
        Of the rings of the run in a tier that propose likes, those most of whose likes are honest.
    rings_found
        Of the true rings, those at least half of whose bought likes are in a tier.
    rings_split
        Of the true rings that are the main one of any ring of the run, those that are that of several.
    rings_mixed
        Of the rings of the run that are none of the mistaken, those over a tenth of whose members are of other rings.
    kinds
        The true rings by kind.
    lookalikes
        The look-alikes by kind.
    honest_kinds
        Of the honest likes of each kind (a look-alike's, `camouflage`, `organic`), those in a tier.
    lost_by_user, lost_by_note
        Honest likes lost, were the tier purged; of users, without the camouflage of accounts that a ring brought
        along, since nobody is hurt by its loss.
    calibration
        What scores and q-values promise, and what comes true.
    groups
        Every group of every run.
    warnings
        What the reader must know.
    """

    names: tuple[tuple[str, str], ...]
    n_likes: tuple[int, ...]
    n_bought: tuple[int, ...]
    likes_honest: ByTier
    likes_found: ByTier
    members_honest: ByTier
    members_found: ByTier
    rings_mistaken: ByTier
    rings_honest: ByTier
    rings_found: ByTier
    rings_split: Share
    rings_mixed: Share
    kinds: Mapping[str, KindFigures]
    lookalikes: Mapping[str, LookalikeFigures]
    honest_kinds: Mapping[str, ByTier]
    lost_by_user: Mapping[str, Loss]
    lost_by_note: Mapping[str, Loss]
    calibration: Calibration
    groups: tuple[GroupFigures, ...]
    warnings: tuple[str, ...] = ()

    @property
    def n_runs(self) -> int:
        """Runs evaluated."""
        return len(self.names)

    def __repr__(self) -> str:
        honest, found = self.likes_honest["purge"], self.likes_found
        return (
            f"<Evaluation of {self.n_runs} run{'s' if self.n_runs > 1 else ''}: {honest.n:,} of {honest.of:,} likes in "
            f"tier purge honest; {found['purge'].n:,} of {found['purge'].of:,} bought likes in purge, "
            f"{found['proposed'].n:,} in purge or review>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as one document: numbers, texts, lists and dicts; NaN where nothing was to be counted."""
        return {
            "runs": [
                {"run": run, "truth": truth, "likes": likes, "bought": bought}
                for (run, truth), likes, bought in zip(self.names, self.n_likes, self.n_bought, strict=True)
            ],
            "likes": {"honest": _plain(self.likes_honest), "found": _plain(self.likes_found)},
            "members": {"honest": _plain(self.members_honest), "found": _plain(self.members_found)},
            "rings": {
                "mistaken": _plain(self.rings_mistaken),
                "honest": _plain(self.rings_honest),
                "found": _plain(self.rings_found),
                "split": self.rings_split.to_dict(),
                "mixed": self.rings_mixed.to_dict(),
            },
            "kinds": {
                kind: {"likes": _plain(f.likes), "members": _plain(f.members), "rings": _plain(f.rings)}
                for kind, f in self.kinds.items()
            },
            "lookalikes": {
                kind: {"likes": _plain(f.likes), "touched": _plain(f.touched), "taken": _plain(f.taken)}
                for kind, f in self.lookalikes.items()
            },
            "honest_kinds": {kind: _plain(f) for kind, f in self.honest_kinds.items()},
            "lost": {
                "by_user": {tier: loss.to_dict() for tier, loss in self.lost_by_user.items()},
                "by_note": {tier: loss.to_dict() for tier, loss in self.lost_by_note.items()},
            },
            "calibration": self.calibration.to_dict(),
            "groups": [group.to_dict() for group in self.groups],
            "warnings": list(self.warnings),
        }


def _plain(shares: ByTier) -> dict[str, Any]:
    return {tier: share.to_dict() for tier, share in shares.items()}
