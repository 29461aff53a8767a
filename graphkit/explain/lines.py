"""Sections that several explanations share, made from the story of a ring."""

from __future__ import annotations

from collections.abc import Iterable

from graphkit.explain.claims import Claim
from graphkit.explain.explanation import Section
from graphkit.explain.innocent import Innocent
from graphkit.explain.story import RingStory
from graphkit.explain.words import Said

#: Likes that a person is told one by one; machines get all.
_SHOWN_LIKES = 10


def weighed(claim: Claim) -> Said:
    """Return a claim's sentence with what it adds and where it would add nothing."""
    numbers = {"claim": claim.said, "nats": claim.nats, "neutral": claim.neutral}
    if claim.neutral != claim.neutral:
        return Said("CLAIM_PLAIN", numbers)
    return Said("CLAIM_SHARE" if claim.is_share else "CLAIM_AMOUNT", numbers)


def reasons(story: RingStory, own: Iterable[Said] = ()) -> Section:
    """Return what speaks for the ring; what is said of the subject itself comes first, and last what its unit means."""
    lines = (*own, *map(weighed, story.reasons))
    return Section("reasons", Said("TITLE_REASONS"), (*lines, *((Said("NATS"),) if story.reasons else ())))


def counter_evidence(story: RingStory, own: Iterable[Said] = ()) -> Section:
    """Return what speaks against, and what could not be asked; never empty."""
    against = (*own, *map(weighed, story.counter_evidence))
    lines = (*(against or (Said("NOTHING_AGAINST"),)), *story.not_known, Said("SCORE_IS_NOT"))
    return Section("counter_evidence", Said("TITLE_COUNTER"), lines)


def innocent(closest: Innocent) -> Section:
    """Return the honest explanation that comes closest, its checks, and whether it was accepted."""
    checks = (Said("EXCLUDES" if c.holds else "EXCLUDES_NOT", {"finding": c.finding}) for c in closest.checks)
    return Section("innocent_explanation", Said("TITLE_INNOCENT"), (closest.story, closest.verdict, *checks))


def what_if(story: RingStory) -> tuple[Section, ...]:
    """Return what would have lowered the verdict, and what is missing for a stronger one where there is one."""
    found = [Section("lowers", Said("TITLE_FALLS"), story.lowers)]
    if story.raises:
        found.append(Section("raises", Said("TITLE_RISES"), story.raises))
    return tuple(found)


def rests_on(with_likes: bool) -> Section:
    """Return what the explanation was made from."""
    return Section("rests_on", Said("TITLE_LIMITS"), (Said("FROM_LIKES" if with_likes else "FROM_TABLES"),))


def first_of(lines: list[Said]) -> tuple[Said, ...]:
    """Return the first likes, and how many more there are."""
    more = len(lines) - _SHOWN_LIKES
    return (*lines[:_SHOWN_LIKES], *((Said("LIKES_MORE", {"n_more": more}),) if more > 0 else ()))
