"""From runs and truths to figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.detection import Detection, load
from graphkit.errors import InputError
from graphkit.evaluation.calibration import calibrate
from graphkit.evaluation.figures import Evaluation, GroupFigures, KindFigures, LookalikeFigures
from graphkit.evaluation.laid import MOSTLY, NONE, PURGE, REVIEW, TIERS, WATCH, Laid, Tier, lay
from graphkit.evaluation.shares import Loss, Share, join
from graphkit.evaluation.truth import CAMOUFLAGE, Bools, Truth
from graphkit.likes.model import I64

if TYPE_CHECKING:
    from graphkit.simulation import Simulation

    ARun = Detection | str | Path
    ATruth = Truth | Simulation | str | Path

#: Share of a ring's members of true rings that may be of other rings than its main one.
_MIXED = 0.1


def evaluate(run: ARun | Sequence[ARun], truth: ATruth | Sequence[ATruth]) -> Evaluation:
    """Lay the truth beside a run, or beside several.

    Parameters
    ----------
    run
        A run, or the directory of one; or several of them, as over several seeds.
    truth
        What `run` was made from: a made world, or the directory that ``graphkit simulate`` wrote; as many as runs.

    Returns
    -------
    Evaluation
        Over several runs, shares are of their sums, with intervals over runs, and with the worst of them.

    Raises
    ------
    InputError
        When a directory is no truth, when a truth is about another log than its run, or when there is not one truth
        for each run.
    OutputError
        When a directory is not a complete run.
    """
    runs = list(run) if isinstance(run, Sequence) and not isinstance(run, str) else [run]
    truths = list(truth) if isinstance(truth, Sequence) and not isinstance(truth, str) else [truth]
    if len(runs) != len(truths) or not runs:
        raise InputError(
            f"{len(runs)} runs and {len(truths)} truths", wanted="one truth for each run", todo="give them in pairs"
        )
    return pool(_one(a, b, i) for i, (a, b) in enumerate(zip(runs, truths, strict=True)))


def pool(parts: Iterable[Evaluation]) -> Evaluation:
    """Return evaluations of one run or several as a single one, runs in the order given."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    figures: dict[str, Any] = {}
    for field in dataclasses.fields(Evaluation):
        values = [getattr(part, field.name) for part in parts]
        if field.name in {"names", "n_likes", "n_bought", "warnings"}:
            figures[field.name] = tuple(item for value in values for item in value)
        elif field.name == "groups":
            before = np.cumsum([0, *(part.n_runs for part in parts)]).tolist()
            figures["groups"] = tuple(
                dataclasses.replace(group, run=group.run + offset)
                for offset, groups in zip(before, values, strict=False)
                for group in groups
            )
        else:
            figures[field.name] = join(values, [part.n_runs for part in parts])
    return Evaluation(**figures)


def _one(run: ARun, truth: ATruth, position: int) -> Evaluation:
    name = str(run) if isinstance(run, str | Path) else f"run {position + 1}"
    detection = run if isinstance(run, Detection) else load(run)
    return judge(lay(detection, truth if isinstance(truth, Truth) else Truth.of(truth), name))


def judge(laid: Laid) -> Evaluation:
    """Return all figures of one run."""
    truth = laid.truth
    tier, user_tier = laid.tier_of_like, laid.user_tier
    groups = tuple(_groups(laid))
    paying = laid.proposed_by_ring > 0
    rings = [g for g in groups if g.is_ring]
    main = laid.group_of_ring[laid.group_of_ring >= 0]
    of_ring = np.bincount(main, minlength=len(truth.group_ids))[truth.is_ring]
    return Evaluation(
        names=((laid.run_name, truth.name),),
        n_likes=(len(truth.bought),),
        n_bought=(int(truth.bought.sum()),),
        likes_honest=_in_tier(tier, ~truth.bought, "purge", "review", "proposed"),
        likes_found=_of_all(tier, truth.bought, "purge", "review", "proposed"),
        members_honest=_in_tier(user_tier, ~truth.in_ring, *TIERS, "proposed", "any"),
        members_found=_of_all(user_tier, truth.in_ring, *TIERS, "proposed", "any"),
        rings_mistaken=_in_tier(laid.ring_tier, laid.mistaken, *TIERS, "proposed", "any"),
        rings_honest=_in_tier(laid.ring_tier[paying], laid.honest_by_ring[paying], "purge", "review", "proposed"),
        rings_found=_found(rings),
        rings_split=Share.one(int((of_ring > 1).sum()), int((of_ring > 0).sum())),
        rings_mixed=_mixed(laid),
        kinds={kind: _kind([g for g in rings if g.kind == kind]) for kind in _kinds(truth, True)},
        lookalikes={
            kind: _lookalike([g for g in groups if g.kind == kind and not g.is_ring]) for kind in _kinds(truth, False)
        },
        honest_kinds=_honest_kinds(laid),
        lost_by_user=_lost(laid, truth.like_user, len(truth.user_ids), ~truth.bought & ~_camouflage(truth)),
        lost_by_note=_lost(laid, truth.like_note, len(truth.note_ids), ~truth.bought),
        calibration=calibrate(laid),
        groups=groups,
        warnings=laid.warnings,
    )


def _kinds(truth: Truth, rings: bool) -> list[str]:
    """Return the kinds of rings or of look-alikes, in the order of the truth."""
    return list(dict.fromkeys(k for k, ring in zip(truth.kinds, truth.is_ring, strict=True) if ring == rings))


def _within(tier: Tier, name: str) -> Bools:
    """Tell what is in a tier by its name."""
    if name in TIERS:
        return np.asarray(tier == TIERS.index(name))
    return np.asarray(tier <= REVIEW if name == "proposed" else tier < NONE)


def _in_tier(tier: Tier, true: Bools, *names: str) -> dict[str, Share]:
    """Return, of what is in each tier, the share for which `true` holds."""
    inside = {name: _within(tier, name) for name in names}
    return {name: Share.one(int((rows & true).sum()), int(rows.sum())) for name, rows in inside.items()}


def _of_all(tier: Tier, true: Bools, *names: str) -> dict[str, Share]:
    """Return, of everything for which `true` holds, the share in each tier."""
    return {name: Share.one(int((_within(tier, name) & true).sum()), int(true.sum())) for name in names}


def _mixed(laid: Laid) -> Share:
    real = laid.group_of_ring >= 0
    if not real.any():
        return Share.one(0, 0)
    main = laid.members_by_group[np.flatnonzero(real), laid.group_of_ring[real]]
    paid = np.bincount(laid.member_ring[laid.truth.in_ring[laid.member_user]], minlength=laid.n_rings)[real]
    return Share.one(int((main < (1 - _MIXED) * paid).sum()), int(real.sum()))


def _honest_kinds(laid: Laid) -> dict[str, dict[str, Share]]:
    names, kind = laid.truth.like_kind
    honest, n = ~laid.truth.bought, len(names)
    of = np.bincount(kind[honest], minlength=n)
    hit = {
        name: np.bincount(kind[honest & _within(laid.tier_of_like, name)], minlength=n)
        for name in ("purge", "review", "proposed")
    }
    return {
        names[i]: {name: Share.one(int(counts[i]), int(of[i])) for name, counts in hit.items()}
        for i in range(n)
        if of[i]
    }


def _camouflage(truth: Truth) -> Bools:
    """Tell which likes hide a ring's own accounts: nobody is hurt by their loss."""
    names, kind = truth.like_kind
    return np.asarray(kind == names.index(CAMOUFLAGE))


def _lost(laid: Laid, owner: I64, n: int, honest: Bools) -> dict[str, Loss]:
    """Return the honest likes lost by user or note, were the tier purged."""
    had = np.bincount(owner[honest], minlength=n)
    return {
        name: Loss.one(np.bincount(owner[honest & _within(laid.tier_of_like, name)], minlength=n), had)
        for name in ("purge", "proposed")
    }


def _groups(laid: Laid) -> list[GroupFigures]:
    """Return the figures of every group of the truth."""
    truth, n = laid.truth, len(laid.truth.group_ids)
    own = (truth.like_group >= 0) & (truth.bought | ~truth.ring_of_group[truth.like_group])
    group, tier, note = truth.like_group[own], laid.tier_of_like[own], truth.like_note[own]
    by_tier = [np.bincount(group[tier == t], minlength=n) for t in (PURGE, REVIEW)]
    users = [np.bincount(truth.group[laid.user_tier[truth.member] == t], minlength=n) for t in (PURGE, REVIEW, WATCH)]
    pairs = np.unique(group * len(truth.note_ids) + note) // max(len(truth.note_ids), 1)
    notes, likes = np.bincount(pairs, minlength=n), np.bincount(group, minlength=n)
    size, shared = np.bincount(truth.group, minlength=n), laid.members_by_group
    taken = [_taken(laid, t) for t in (PURGE, REVIEW)]
    out = []
    for g in range(n):
        rings = np.flatnonzero(shared[:, g])
        rings = rings[np.lexsort((rings, -shared[rings, g]))]
        out.append(
            GroupFigures(
                run=0,
                group_id=truth.group_ids[g],
                kind=truth.kinds[g],
                is_ring=bool(truth.is_ring[g]),
                n_users=int(size[g]),
                n_notes=int(notes[g]),
                n_likes=int(likes[g]),
                likes_purge=int(by_tier[0][g]),
                likes_review=int(by_tier[1][g]),
                users_purge=int(users[0][g]),
                users_review=int(users[1][g]),
                users_watch=int(users[2][g]),
                taken_purge=bool(taken[0][g]),
                taken_review=bool(taken[1][g]),
                rings=tuple(
                    (laid.ring_ids[r], TIERS[laid.ring_tier[r]], int(shared[r, g]), int(laid.ring_size[r]))
                    for r in rings
                ),
            )
        )
    return out


def _taken(laid: Laid, tier: int) -> Bools:
    """Tell which groups a ring of the tier mostly is.

    For a true ring: it is the main one of a ring of the tier. For a look-alike: a ring of the tier that is none has
    most of its members there, or any ring most of the likes that it proposes in the tier.
    """
    truth, inside = laid.truth, laid.ring_tier == tier
    out = np.zeros(len(truth.group_ids), np.bool_)
    if not inside.any():
        return out
    members = laid.members_by_group >= MOSTLY * np.maximum(laid.ring_size, 1)[:, None]
    proposed = np.bincount(laid.like_ring[laid.like_tier == tier], minlength=laid.n_rings)
    likes = laid.likes_by_group(tier) >= MOSTLY * np.maximum(proposed, 1)[:, None]
    hit = (members & laid.mistaken[:, None]) | likes
    out = np.asarray(hit[inside].any(axis=0) & ~truth.is_ring)
    main = laid.group_of_ring[inside]
    out[main[main >= 0]] = True
    return out


def _found(rings: list[GroupFigures]) -> dict[str, Share]:
    paid = [g for g in rings if g.n_likes]
    counts = {"purge": [g.likes_purge for g in paid], "proposed": [g.likes_proposed for g in paid]}
    return {
        name: Share.one(sum(n >= MOSTLY * g.n_likes for n, g in zip(likes, paid, strict=True)), len(paid))
        for name, likes in counts.items()
    }


def _kind(rings: list[GroupFigures]) -> KindFigures:
    n_likes, n_users = sum(g.n_likes for g in rings), sum(g.n_users for g in rings)
    return KindFigures(
        likes={
            name: Share.one(sum(getattr(g, f"likes_{name}") for g in rings), n_likes)
            for name in ("purge", "review", "proposed")
        },
        members={
            name: Share.one(sum(getattr(g, f"users_{name}") for g in rings), n_users) for name in (*TIERS, "proposed")
        },
        rings=_found(rings),
    )


def _lookalike(groups: list[GroupFigures]) -> LookalikeFigures:
    tiers, n = ("purge", "review"), len(groups)
    return LookalikeFigures(
        likes={
            t: Share.one(sum(getattr(g, f"likes_{t}") for g in groups), sum(g.n_likes for g in groups)) for t in tiers
        },
        touched={t: Share.one(sum(getattr(g, f"likes_{t}") > 0 for g in groups), n) for t in tiers},
        taken={t: Share.one(sum(getattr(g, f"taken_{t}") for g in groups), n) for t in tiers},
    )
