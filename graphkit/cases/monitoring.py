"""What came of purges and verdicts, seen from a later run: what came back, who re-formed, how often we were right."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphkit.cases.decisions import Subject, Verdict
from graphkit.cases.identity import bodies, share_targets
from graphkit.cases.lineage import body_of
from graphkit.cases.standing import last_words, standings
from graphkit.detection.run import Detection

Row = dict[str, Any]

#: Least rings in either run for their scores to be compared.
MIN_RINGS = 5
#: Tables of a run that hold the tier of a subject, as the evidence of a verdict keeps them.
_TABLE = {Subject.RING: "rings", Subject.USER: "members", Subject.LIKE: "candidates"}


def returned_pairs(run: Detection, purged: Iterable[Mapping[str, Any]]) -> Row:
    """Count the pairs of user and note that batches took a like from and that the run proposes again.

    Parameters
    ----------
    run
        The run.
    purged
        Likes that batches took and nobody gave back, from ``CaseStore.purged``.

    Returns
    -------
    dict
        `pairs` taken in all; `came_back`, liked again later; `still_there`, the very like that was to go, as where a
        batch was not executed yet; `rows`, those of both sorts with `user_id`, `note_id`, `ts` and `name` of the ring.
    """
    taken = {(row["user_id"], row["note_id"]): row for row in purged if not row["restored"]}
    found: dict[bool, list[Row]] = {True: [], False: []}
    names = ("user_id", "note_id", "ts")
    for user, note, ts in zip(*(run.candidates[name].to_pylist() for name in names), strict=True):
        before = taken.get((user, note))
        if before is not None:
            again = ts > before["ts"]
            row = {"user_id": user, "note_id": note, "ts": ts, "name": before["name"], "came_back": again}
            found[again].append(row)
    return {
        "pairs": len(taken),
        "came_back": len(found[True]),
        "still_there": len(found[False]),
        "rows": found[True] + found[False],
    }


def reformed(run: Detection, placed: Sequence[Mapping[str, Any]], purged: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return the rings that likes were taken from and that are there again, with which accounts.

    A ring is there again under its name; or, having no heir, with other accounts, where a ring of the run shares half
    the targets of the smaller of both and at least three.

    Parameters
    ----------
    run
        The run.
    placed
        Its rows of the lineage.
    purged
        Rows of the lineage, with ids, of the rings likes were taken from; of several for one name the last counts.

    Returns
    -------
    list of dict
        `name`, `ring_id` in the run, `by` (``members`` or ``targets``), `users_before`, and the ids `users_kept` and
        `users_new`, by `name`.
    """
    now = bodies(run)
    heirs = {row["name"]: row["ring_id"] for row in placed}
    last = {row["name"]: row for row in purged}
    out = []
    for name, row in sorted(last.items()):
        before = body_of(row)
        again = {heirs[name]: "members"} if name in heirs else {}
        again = again or {ring: "targets" for ring, body in sorted(now.items()) if share_targets(before, body)}
        for ring, by in again.items():
            out.append(
                {
                    "name": name,
                    "ring_id": ring,
                    "by": by,
                    "users_before": len(before.users),
                    "users_kept": sorted(before.users & now[ring].users),
                    "users_new": sorted(now[ring].users - before.users),
                }
            )
    return out


def precision(decisions: Sequence[Mapping[str, Any]], at: dt.datetime) -> list[Row]:
    """Return how often verdicts so far bore a run out, by subject and by the tier it had then.

    What is held now counts, clearances for ever, once a subject; the unsure and the disputed are counted and left out
    of the share. It is precision among what was reviewed, which nobody drew at random.

    Parameters
    ----------
    decisions
        From ``CaseStore.decisions``.
    at
        The moment.

    Returns
    -------
    list of dict
        `subject`, `tier`, `confirmed`, `cleared`, `open`, and `precision` with its interval `low` to `high` (Wilson,
        95 %; ``None`` where nothing was decided).
    """
    held = standings(decisions, at, period_d=None)
    words = last_words(row for row in decisions if row["time"] <= at)
    counts: Counter[tuple[Subject, str, str]] = Counter()
    for key, standing in held.items():
        newest = max(words[key].values(), key=lambda row: row["time"])
        rows = newest["evidence"][_TABLE[key[0]]]
        verdict = standing.verdict if standing.verdict in {Verdict.CONFIRMED, Verdict.CLEARED} else "open"
        if rows:
            counts[key[0], rows[0]["tier"], verdict] += 1
    out = []
    for subject in Subject:
        for tier in ("purge", "review", "watch"):
            n = {verdict: counts[subject, tier, verdict] for verdict in (Verdict.CONFIRMED, Verdict.CLEARED, "open")}
            if any(n.values()):
                right, wrong = n[Verdict.CONFIRMED], n[Verdict.CLEARED]
                row = {"subject": str(subject), "tier": tier, "confirmed": right, "cleared": wrong, "open": n["open"]}
                out.append(row | share(right, right + wrong))
    return out


def given_back(purged: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return by ring how many likes were taken and given back on appeal, and what its precision can be at most.

    Most people who lose a like do not appeal: what was not given back may still have been honest.

    Returns
    -------
    list of dict
        `name`, `taken`, `restored`, and `precision` with its interval `low` to `high`; rings that gave nothing back are
        left out.
    """
    rows = list(purged)
    taken = Counter(row["name"] for row in rows)
    back = Counter(row["name"] for row in rows if row["restored"])
    return [
        {"name": name, "taken": taken[name], "restored": n} | share(taken[name] - n, taken[name])
        for name, n in sorted(back.items())
    ]


def share(right: int, n: int) -> Row:
    """Return `precision`, the share of `right` in `n`, and its 95 % interval of Wilson, `low` to `high`."""
    from scipy.stats import binomtest

    if n == 0:
        return {"precision": None, "low": None, "high": None}
    interval = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return {"precision": right / n, "low": float(interval.low), "high": float(interval.high)}


def drift(one: Detection, other: Detection) -> Row | None:
    """Return how far the scores of the rings of two runs lie apart (two-sample Kolmogorov-Smirnov).

    Returns
    -------
    dict or None
        `statistic`, the largest difference of the cumulated shares, 0 to 1; `p_value`; `rings` of either run. ``None``
        where one has fewer than `MIN_RINGS`.
    """
    from scipy.stats import ks_2samp

    scores = [run.rings["score"].to_numpy() for run in (one, other)]
    if min(map(len, scores)) < MIN_RINGS:
        return None
    found = ks_2samp(*scores)
    return {
        "statistic": float(found.statistic),
        "p_value": float(found.pvalue),
        "rings": [len(values) for values in scores],
    }
