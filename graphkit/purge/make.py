"""From a run directory and what people handed in to a batch: the files read, the store asked, the batch planned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.cases.calibrate import read_model
from graphkit.cases.decisions import login_name, read_decisions
from graphkit.detection.run import Detection, load
from graphkit.detection.rundir import check_files
from graphkit.purge.batch import Batch, load_batch, plan_batch
from graphkit.purge.policy import Policy, load_policy
from graphkit.purge.protect import read_protected

if TYPE_CHECKING:
    from graphkit.cases.store import CaseStore


def purge(
    run: Detection | str | Path,
    *,
    policy: Policy | str | Path | None = None,
    decisions: str | Path | None = None,
    protect: str | Path | None = None,
    store: CaseStore | None = None,
    previous: Sequence[Batch | str | Path] = (),
    after_canary: Batch | str | Path | None = None,
    model: str | Path | None = None,
    now: dt.datetime | None = None,
) -> Batch:
    """Make a batch from a run: the candidate likes that every guard rail lets pass.

    Nothing is written; :meth:`Batch.save` does.

    Parameters
    ----------
    run
        The run, or its directory, whose files are checked against their digests.
    policy
        The policy, or a TOML file of one; the defaults where absent.
    decisions
        A file of verdicts on this run, as ``schemas.DECISIONS``.
    protect
        A file of whom and what no purge touches, as ``schemas.PROTECTED``.
    store
        The case store: its verdicts are honoured, and what its batches took is not taken again.
    previous
        Batches, or their directories, whose likes are not taken again.
    after_canary
        The canary, or its directory, whose rest is wanted.
    model
        A file that ``graphkit calibrate`` wrote: expected honest likes, and what is bounded by them, follow it.
    now
        The moment, with a zone; by the clock where absent.

    Returns
    -------
    Batch

    Raises
    ------
    ConfigError
        When the policy makes no sense.
    InputError
        When a file cannot be used, or the run may not be purged from.
    OutputError
        When the run or a batch is incomplete or was changed.
    """
    now = now or dt.datetime.now(dt.UTC)
    policy = policy if isinstance(policy, Policy) else load_policy(policy)
    run = run if isinstance(run, Detection) else load_checked(run)
    verdicts: list[dict[str, Any]] = [] if store is None else store.decisions_for(run)
    if decisions is not None:
        said = read_decisions(decisions, ids=run.id_types, reviewer=login_name(), at=now)
        said.check_against(run)
        verdicts += [{**row, "run_id": run.run_id} for row in said.table.to_pylist()]
    batches = [batch if isinstance(batch, Batch) else load_batch(batch) for batch in previous]
    earlier: dict[str, Collection[str]] = {batch.batch_id: batch.keys for batch in batches}
    earlier |= {} if store is None else store.keys_by_batch()
    canary = load_batch(after_canary) if isinstance(after_canary, str | Path) else after_canary
    return plan_batch(
        run,
        policy=policy,
        now=now,
        verdicts=verdicts,
        protected=None if protect is None else read_protected(protect, run.id_types),
        earlier=earlier,
        canary=canary,
        model=None if model is None else read_model(model),
    )


def load_checked(path: str | Path) -> Detection:
    """Read a run directory back after a check that its files are those that were written.

    Raises
    ------
    OutputError
        When it is not a complete run, of another form, or a file of it was changed.
    """
    run = load(path)
    check_files(Path(path), run.info)
    return run
