"""What hard rules would block, laid beside what a run says of the same likes.

Truth is unknown, so *bought* and *honest* are the run's own estimates: a candidate like counts as bought with its score
and as honest with the rest; any other like counts as honest, which is in favour of the people and against the rule
where the run has missed a ring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.config import Config
from graphkit.detection.run import Detection
from graphkit.errors import InputError
from graphkit.likes.model import F64, I64, NO_TIME, UNKNOWN, Likes
from graphkit.purge.batch import Batch, load_batch
from graphkit.purge.make import load_checked
from graphkit.purge.rules import (
    AgeRule,
    BurstRule,
    CompletionRule,
    DwellRule,
    Rule,
    Rules,
    ViewsRule,
    load_rules,
    name_of,
)
from graphkit.schemas import AUDIT

Bools = npt.NDArray[np.bool_]
#: How a like is connected with rings, strongest first: a candidate by tier, another like of a member, or none of these.
SIGNS = ("purge", "review", "member", "none")
_US_D = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule reads of every like, and where it draws the line.

    Attributes
    ----------
    values
        The number it reads, NaN where unknown, float64[m].
    limit
        Where it draws the line.
    below
        Whether it blocks what lies below the line, else what lies above.
    """

    values: F64
    limit: float
    below: bool

    @property
    def blocked(self) -> Bools:
        """Which likes it blocks, bool[m]; never what it knows nothing of."""
        return np.asarray(self.values < self.limit if self.below else self.values > self.limit, np.bool_)


def audit(
    run: Detection | str | Path,
    rules: Rules | str | Path,
    *,
    batches: Sequence[Batch | str | Path] = (),
    likes: Likes | None = None,
) -> dict[str, Any]:
    """Say what rules would block, whom they would hit, and how far they could be loosened beside a purge.

    Parameters
    ----------
    run
        The run, or its directory.
    rules
        The rules, or a TOML file of them.
    batches
        The batches of the run, or their directories, that rules stand beside, such as a canary and its rest; all of
        tier `purge` where there are none.
    likes
        The likes it was made from; read again from where they were, with the settings of the run, where absent.

    Returns
    -------
    dict
        ``run_id``; ``purge``, the ``batches`` by their ids, and ``blocked``, ``by_sign``, ``bought``, ``honest`` and
        ``honest_per_bought`` of what they take; and ``rules``, for each its ``name``, ``off`` (the column that is
        missing, else null), ``blocked``, ``unknown`` (likes it knows nothing of), ``by_sign`` (blocked likes by
        `SIGNS`), ``bought``, ``honest``, ``honest_per_bought``, ``limit``, and the loosest limit of equal catch: by
        itself (``loosest``), and together with the purge (``loosest_beside``), which alone may already catch as much
        (``needless``).

    Raises
    ------
    ConfigError
        When the rules make no sense.
    InputError
        When the likes are not those of the run, or a batch is of another.
    OutputError
        When the run or a batch is incomplete or was changed.
    """
    rules = rules if isinstance(rules, Rules) else load_rules(rules)
    run = run if isinstance(run, Detection) else load_checked(run)
    likes = likes or run.likes or _read(run)
    if likes.fingerprint != run.info["input"]["fingerprint"]:
        raise InputError(
            "these are not the likes that the run was made from", wanted="the same likes", todo="pass them as --likes"
        )
    sign, bought = _signs(run, likes)
    beside = [batch if isinstance(batch, Batch) else load_batch(batch) for batch in batches]
    taken = _taken(run, likes, beside) if beside else sign == SIGNS.index("purge")
    return {
        "run_id": run.run_id,
        "purge": {"batches": [batch.batch_id for batch in beside], **_worth(taken, sign, bought)},
        "rules": [_audit(rule, likes, sign, bought, taken) for rule in rules.rule],
    }


def audit_table(found: Mapping[str, Any]) -> pa.Table:
    """Return what :func:`audit` found as a table.

    Parameters
    ----------
    found
        What it returned.

    Returns
    -------
    pyarrow.Table
        As ``schemas.AUDIT``.
    """
    purge = found["purge"]
    first = {"subject": "purge", "name": " ".join(purge["batches"]) or "tier purge", **purge}
    rows = [first, *({"subject": "rule", **rule} for rule in found["rules"])]
    rows = [row | {f"blocked_{sign}": n for sign, n in row.get("by_sign", {}).items()} for row in rows]
    return pa.Table.from_pylist(rows, schema=AUDIT.arrow({}))


def _read(run: Detection) -> Likes:
    from graphkit.likes import read_likes

    given = {name: run.info["input"].get(name) for name in ("likes", "users", "notes")}
    if given["likes"] is None:
        raise InputError("the run does not say where its likes are", wanted="likes", todo="pass them as --likes")
    return read_likes(**given, config=Config.model_validate(run.info["config"]).input)


def _taken(run: Detection, likes: Likes, batches: Sequence[Batch]) -> Bools:
    """Tell which likes some batches take, bool[m]."""
    for batch in batches:
        if batch.info["run_id"] != run.run_id:
            raise InputError(
                f"batch {batch.batch_id} is of run {batch.info['run_id']} and not of {run.run_id}",
                wanted="a batch of this run",
                todo="pass that to --batch",
            )
    taken: Bools = np.logical_or.reduce([_rows(batch.purge, likes)[1] for batch in batches])
    return taken


def _codes(values: pa.ChunkedArray, ids: pa.Array) -> I64:
    return np.asarray(pc.index_in(values, ids), np.int64)


def _rows(found: pa.Table, likes: Likes) -> tuple[I64, Bools]:
    """Return for each like a row of a table of some likes, and whether it is that like's, int64[m] and bool[m]."""
    pair = likes.user.astype(np.int64) * likes.n_notes + likes.note
    own = _codes(found["user_id"], likes.users.ids) * likes.n_notes + _codes(found["note_id"], likes.notes.ids)
    if not len(own):
        return np.zeros(len(pair), np.int64), np.zeros(len(pair), np.bool_)
    order = np.argsort(own)
    row = order[np.minimum(np.searchsorted(own[order], pair), len(own) - 1)]
    return row, own[row] == pair


def _signs(run: Detection, likes: Likes) -> tuple[I64, F64]:
    """Return how each like is connected with rings, and the probability that it was bought, int64[m] and float64[m]."""
    found = run.candidates
    row, hit = _rows(found, likes)
    tier = np.asarray(pc.index_in(found["tier"], pa.array(SIGNS)), np.int64)
    member = np.zeros(likes.n_users, np.bool_)
    member[_codes(run.members["user_id"], likes.users.ids)] = True
    sign = np.where(member[likes.user], SIGNS.index("member"), SIGNS.index("none"))
    bought = np.zeros(len(sign))
    sign[hit], bought[hit] = tier[row[hit]], np.asarray(found["score"], np.float64)[row[hit]]
    return sign, bought


def _worth(chosen: Bools, sign: I64, bought: F64) -> dict[str, Any]:
    n, caught = int(chosen.sum()), float(bought[chosen].sum())
    counts = np.bincount(sign[chosen], minlength=len(SIGNS)).tolist()
    return {
        "blocked": n,
        "by_sign": dict(zip(SIGNS, counts, strict=True)),
        "bought": caught,
        "honest": n - caught,
        "honest_per_bought": (n - caught) / caught if caught else None,
    }


def _audit(rule: Rule, likes: Likes, sign: I64, bought: F64, taken: Bools) -> dict[str, Any]:
    judged = _judge(rule, likes)
    if isinstance(judged, str):
        return {"name": name_of(rule), "off": judged}
    blocked = judged.blocked
    caught = float(bought[blocked].sum())
    left = caught - float(bought[taken].sum())
    graded = not isinstance(rule, CompletionRule)
    return {
        "name": name_of(rule),
        "off": None,
        "unknown": int(np.isnan(judged.values).sum()),
        **_worth(blocked, sign, bought),
        "limit": judged.limit if graded else None,
        "loosest": loosest(judged, bought, caught) if graded and caught > 0 else None,
        "loosest_beside": loosest(judged, np.where(taken, 0.0, bought), left) if graded and left > 0 else None,
        "needless": left <= 0,
    }


def loosest(judged: Judged, bought: F64, catch: float) -> float:
    """Return the loosest limit at which a rule still catches as much.

    Parameters
    ----------
    judged
        What the rule reads.
    bought
        What each like counts, float64[m].
    catch
        What is to be caught, positive.

    Returns
    -------
    float
        A value that occurs among the likes, or the rule's own limit.
    """
    inside = np.flatnonzero(judged.blocked)
    turned = judged.values[inside] if judged.below else -judged.values[inside]
    order = np.argsort(turned, kind="stable")
    reached = np.cumsum(bought[inside][order]) >= catch * (1 - 1e-9)
    if not reached.any():
        return judged.limit
    last = turned[order][int(np.argmax(reached))]
    beyond = turned[turned > last]
    limit = float(beyond.min()) if len(beyond) else (judged.limit if judged.below else -judged.limit)
    return limit if judged.below else -limit


def _judge(rule: Rule, likes: Likes) -> Judged | str:
    """Return what a rule reads, or the column that it lacks."""
    match rule:
        case DwellRule():
            return "likes.dwell_ms" if likes.dwell_ms is None else Judged(likes.dwell_ms / 1000, rule.under_s, True)
        case CompletionRule():
            if likes.completed is None:
                return "likes.completed"
            return Judged(np.where(likes.completed == UNKNOWN, np.nan, likes.completed), 0.5, True)
        case BurstRule():
            return Judged(_within(likes, rule.window_s * 1000), rule.over, False)
        case AgeRule():
            registered = likes.users.registered_at
            if registered is None:
                return "users.registered_at"
            known = registered[likes.user]
            age = (likes.ts - np.where(known == NO_TIME, 0, known)) / _US_D
            return Judged(np.where(known == NO_TIME, np.nan, age), rule.under_d, True)
        case ViewsRule():
            views = likes.users.views
            return "users.views" if views is None else Judged(views[likes.user], rule.under, True)


def _within(likes: Likes, window_ms: int) -> F64:
    """Return for each like the likes that its user gave within a window up to and including it, float64[m]."""
    order = np.lexsort((likes.ts, likes.user))
    time_ms = (likes.ts[order] - likes.ts.min()) // 1000
    place = likes.user[order].astype(np.int64) * (int(time_ms.max()) + window_ms + 1) + time_ms
    count = np.empty(len(order))
    count[order] = np.arange(len(order)) - np.searchsorted(place, place - window_ms, "left") + 1
    return count
