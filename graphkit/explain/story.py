"""The story of a ring: why, what speaks against it, who innocent looks like it, and what would change the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection import Detection, Ring
from graphkit.detection.parts import alone, apart, by_ring
from graphkit.explain.claims import Bools, Claim, claims, likes_behind, neutral_points
from graphkit.explain.innocent import Innocent, innocents
from graphkit.explain.leave_one_out import leave_one_out
from graphkit.explain.places import codes
from graphkit.explain.raw import raw_likes
from graphkit.explain.verdict import Verdict, run_config, what_lowers, what_raises
from graphkit.explain.words import Said, channel_name


@dataclass(frozen=True)
class RingStory:
    """Everything a run can say about one ring, in sentences whose language is still open and in numbers.

    Attributes
    ----------
    ring
        The ring, of a run that has no other.
    row
        Its row of ``rings``.
    verdict
        What decides its tier; answers what-ifs.
    headline
        One sentence: who, what, how sure, what is proposed.
    claims
        What every channel says, beside what is usual, in the order of ``schemas.CHANNELS``.
    not_known
        Which channels could not be asked, and the columns they want.
    innocents
        The honest explanations, the closest first.
    lowers, raises
        What would have lowered the verdict, and what is missing for a stronger one.
    members
        What rests on each member, as `graphkit.explain.leave_one_out` gives it.
    """

    ring: Ring = field(repr=False)
    row: Mapping[str, Any] = field(repr=False)
    verdict: Verdict = field(repr=False)
    headline: Said
    claims: tuple[Claim, ...]
    not_known: tuple[Said, ...]
    innocents: tuple[Innocent, ...]
    lowers: tuple[Said, ...]
    raises: tuple[Said, ...]
    members: pa.Table = field(repr=False)

    @property
    def reasons(self) -> tuple[Claim, ...]:
        """The claims for the ring, strongest first."""
        return tuple(sorted((c for c in self.claims if c.nats > 0), key=lambda c: -c.nats))

    @property
    def counter_evidence(self) -> tuple[Claim, ...]:
        """The claims against the ring, strongest first."""
        return tuple(sorted((c for c in self.claims if c.nats < 0), key=lambda c: c.nats))

    @property
    def closest(self) -> Innocent:
        """The honest explanation that the least excludes."""
        return self.innocents[0]

    @cached_property
    def likes(self) -> pa.Table:
        """The likes of members on targets, as `graphkit.explain.raw.raw_likes` gives them."""
        return raw_likes(self.ring.run)

    def behind(self, claim: Claim) -> Bools | None:
        """Tell which of `likes` a claim rests on; ``None`` where only the likes of the run could tell."""
        return likes_behind(self.ring.run, claim.channel, self.likes)

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return the story as plain values, sentences in one language."""
        row = self.row
        closest = self.closest
        return {
            "ring": {name: row[name] for name in ("ring_id", "kind", "tier", "score", "q_value", "window_s")}
            | {name: row[name] for name in ("n_users", "n_notes", "n_authors", "n_likes", "first_ts", "last_ts")},
            "headline": self.headline.text(lang),
            "reasons": [claim.to_dict(lang) for claim in self.reasons],
            "counter_evidence": [claim.to_dict(lang) for claim in self.counter_evidence],
            "not_known": [said.text(lang) for said in self.not_known],
            "innocent_explanation": {
                "name": closest.name,
                "open": closest.is_open,
                "text": closest.story.text(lang),
                "verdict": closest.verdict.text(lang),
                "checks": [{"holds": check.holds, "text": check.finding.text(lang)} for check in closest.checks],
            },
            "lowers": [said.text(lang) for said in self.lowers],
            "raises": [said.text(lang) for said in self.raises],
            "members": self.members.to_pylist(),
        }


def ring_story(run: Detection, ring_id: str) -> RingStory:
    """Tell the story of a ring.

    Parameters
    ----------
    run
        The run; read back from disk it is enough, with its likes at hand :meth:`RingStory.behind` says more.
    ring_id
        The ring, or a beginning of its id that no other shares.

    Returns
    -------
    RingStory

    Raises
    ------
    InputError
        When no ring, or more than one, is called so.
    OutputError
        When the run was made with settings that this version does not know.
    """
    (story,) = ring_stories(alone(run.ring(ring_id)))
    return story


def ring_stories(run: Detection) -> list[RingStory]:
    """Tell the stories of all rings of a run, in the order of ``run.rings``: what is the same work is done at once.

    Parameters
    ----------
    run
        The run.

    Raises
    ------
    OutputError
        When the run was made with settings that this version does not know.
    """
    config = run_config(run.info)
    off = frozenset(row["channel"] for row in run.info["evidence_off"])
    not_known = _not_known(run.info)
    verdicts = Verdict.of(run.rings, config.scoring)
    neutral = {channel: points.tolist() for channel, points in neutral_points(verdicts.numbers).items()}
    rows = run.rings.to_pylist()
    headlines, closest = _headlines(run, rows), innocents(verdicts)
    lowers, raises = what_lowers(verdicts), what_raises(verdicts, off)
    rests = leave_one_out(run, verdicts, config.partition.min_users)
    of_ring, nobody = by_ring(rests), rests.slice(0, 0)
    return [
        RingStory(
            ring,
            row,
            verdict,
            headlines[i],
            claims(row, verdict, {channel: points[i] for channel, points in neutral.items()}),
            not_known,
            closest[i],
            lowers[i],
            raises[i],
            of_ring.get(ring.ring_id, nobody).drop_columns("ring_id"),
        )
        for i, (ring, row, verdict) in enumerate(zip(apart(run), rows, verdicts.each(), strict=True))
    ]


def _headlines(run: Detection, rows: list[dict[str, Any]]) -> list[Said]:
    """Return by ring who it is, and how many of its likes are proposed."""
    ring = codes(run.candidates["ring_id"], run.rings["ring_id"])
    counts = {
        f"n_{tier}": np.bincount(
            ring[np.asarray(pc.equal(run.candidates["tier"], tier), np.bool_)], minlength=run.rings.num_rows
        ).tolist()
        for tier in ("purge", "review")
    }
    return [
        Said(f"RING_{row['tier'].upper()}", row | {name: of[i] for name, of in counts.items()})
        for i, row in enumerate(rows)
    ]


def _not_known(info: Mapping[str, Any]) -> tuple[Said, ...]:
    columns: dict[str, list[str]] = {}
    for row in info["evidence_off"]:
        columns.setdefault(row["column"], []).append(row["channel"])
    return tuple(
        Said("NOT_KNOWN", {"column": column, "channels": tuple(map(channel_name, names))})
        for column, names in columns.items()
    )
