"""Whether a run may be purged from at all: its calibration, its input and its age."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow.compute as pc

from graphkit.detection.run import Detection
from graphkit.errors import InputError
from graphkit.purge.policy import Policy


def check_run(run: Detection, policy: Policy, now: dt.datetime) -> None:
    """Refuse a run that nothing should be purged from.

    Parameters
    ----------
    run
        The run.
    policy
        What it must satisfy.
    now
        The moment of the purge.

    Raises
    ------
    InputError
        With everything that speaks against it.
    """
    faults = list(_faults(run, policy, now))
    if faults:
        raise InputError(
            "this run may not be purged from: " + ", and ".join(faults),
            wanted="a run that passes the checks of the policy",
            todo="make a new run, or change the policy",
        )


def _faults(run: Detection, policy: Policy, now: dt.datetime) -> Iterator[str]:
    info = run.info
    if policy.require_decoys and not info["config"]["scoring"]["decoys"]:
        yield "it has no decoys, so its q-values are not calibrated (require_decoys)"
    scores, q_values = run.rings["score"], run.rings["q_value"]
    for name, values in (("score", scores), ("q_value", q_values)):
        outside = pc.invert(pc.and_(pc.greater_equal(values, 0), pc.less_equal(values, 1)))
        if pc.any(pc.fill_null(outside, True)).as_py():
            yield f"a ring has a {name} that is none"
    yield from _age(info, policy, now)
    counts = info["counts"]
    share = counts["quarantined"] / counts["read"] if counts["read"] else 0.0
    if share > policy.max_quarantined_share:
        yield f"{share:.2%} of its rows were quarantined (max_quarantined_share)"
    for warning in info["warnings"]:
        if any(part in warning for part in policy.refuse_warnings):
            yield f"it warned {warning!r} (refuse_warnings)"


def _age(info: Mapping[str, Any], policy: Policy, now: dt.datetime) -> Iterator[str]:
    age_d = (now - dt.datetime.fromisoformat(info["made_at"])).total_seconds() / 86_400
    if age_d > policy.max_run_age_d:
        yield f"it was made {age_d:.1f} days ago (max_run_age_d)"
