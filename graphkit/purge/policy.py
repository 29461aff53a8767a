"""The policy of a purge: every guard rail with its default, frozen, units in the names, TOML in, one digest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from graphkit.cases.standing import CLEARED_D
from graphkit.config import Model, digest_of, read_toml, validated
from graphkit.schemas import CHANNELS
from graphkit.scoring.tiers import n_independent

#: Independent channels besides lockstep that there are.
N_CHANNELS = int(n_independent({name: np.ones(1) for name, _ in CHANNELS}, 1.0)[0])


class Policy(Model):
    """What may go into a batch. A like that any of these holds stays where it is.

    Attributes
    ----------
    min_tier
        Weakest tier whose likes may go: ``purge``, or ``review`` to take also what nobody has looked at.
    min_score
        Least score of a like.
    max_q
        Largest q-value of its ring.
    min_channels
        Least independent channels of evidence, besides lockstep, that speak for its ring; channels of one act, such as
        dwell and completion, count once.
    admit_confirmed
        Whose ``confirmed`` by a person stands in for tier, score, q-value and the shares of notes and authors:
        ``rings``, that of a ring, a user or a like; ``likes``, that of a user or a like; ``none``, no one's.
    min_reviewers
        Different people who must have confirmed, and none of them otherwise.
    min_genuine
        Least probability that a like of a confirmed ring or user is no ordinary one (its score over its ring's): who
        confirms a ring has not confirmed each of its likes.
    max_note_share
        Largest share of a note's likes that batches may take; above it all its likes are held until a person confirms
        them, so that a creator at whom likes were thrown is seen by a person. What earlier batches took counts.
    max_author_share
        Largest share of the likes on all notes of one known author, likewise.
    max_likes
        Most likes in a batch.
    max_users
        Most users who lose likes.
    max_like_share
        Largest share of all kept likes of the run.
    max_honest_share
        Largest share of honest likes that the run's own scores and q-values may lead to expect in a batch.
    cleared_d
        Days for which a clearance of a user or ring holds; that of a like holds for good.
    canary_share
        Share of the likes, by their keys, that goes first; the rest waits for ``--after-canary``. 0 for no canary.
    max_run_age_d
        Days after a run was made in which it may be purged from.
    require_decoys
        Whether a run without decoys is refused.
    max_quarantined_share
        Largest share of quarantined rows of a run.
    refuse_warnings
        Parts of warnings; a run with such a warning is refused. All warnings stand in the batch.
    """

    min_tier: Literal["purge", "review"] = "purge"
    min_score: float = Field(0.95, ge=0, le=1)
    max_q: float = Field(0.05, ge=0, le=1)
    min_channels: int = Field(2, ge=1)
    admit_confirmed: Literal["none", "likes", "rings"] = "rings"
    min_reviewers: int = Field(1, ge=1)
    min_genuine: float = Field(0.9, ge=0, le=1)
    max_note_share: float = Field(0.8, gt=0, le=1)
    max_author_share: float = Field(0.5, gt=0, le=1)
    max_likes: int = Field(100_000, ge=1)
    max_users: int = Field(20_000, ge=1)
    max_like_share: float = Field(0.05, gt=0, le=1)
    max_honest_share: float = Field(0.005, gt=0, le=1)
    cleared_d: int = Field(CLEARED_D, ge=0)
    canary_share: float = Field(0.1, ge=0, lt=1)
    max_run_age_d: float = Field(7.0, gt=0)
    require_decoys: bool = True
    max_quarantined_share: float = Field(0.01, ge=0, le=1)
    refuse_warnings: tuple[str, ...] = ()

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the fields that do not go together or let nothing pass, and what is wrong with them."""
        if self.max_users > self.max_likes:
            found = f"found {self.max_users} and {self.max_likes}"
            yield ("max_users", "max_likes"), f"max_users must not exceed max_likes, or it limits nothing; {found}"
        if self.admit_confirmed == "none" and self.min_reviewers > 1:
            yield (
                ("admit_confirmed", "min_reviewers"),
                "min_reviewers asks for confirmations that admit_confirmed rules out",
            )
        if self.min_score == 1:
            yield ("min_score",), "min_score of 1 lets nothing pass"
        if self.min_channels > N_CHANNELS:
            yield ("min_channels",), f"min_channels of {self.min_channels} lets nothing pass; there are {N_CHANNELS}"
        if "" in self.refuse_warnings:
            yield ("refuse_warnings",), "an empty text in refuse_warnings refuses every warning"

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of the policy, defaults included."""
        return digest_of(self)


def load_policy(path: str | Path | None = None) -> Policy:
    """Read a policy.

    Parameters
    ----------
    path
        A TOML file, which may be empty, or none for the defaults.

    Returns
    -------
    Policy

    Raises
    ------
    ConfigError
        When the file cannot be read, is not TOML, or holds an unknown, senseless or contradictory field; all faults at
        once.
    """
    return Policy() if path is None else validated(Policy, read_toml(path, "--policy"), str(path))
