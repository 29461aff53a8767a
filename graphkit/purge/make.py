"""From a run directory and what people handed in to a batch: the files read, the store asked, the batch planned."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.cases.calibrate import read_model
from graphkit.cases.decisions import Decisions, login_name, read_decisions
from graphkit.detection.run import Detection, load
from graphkit.detection.rundir import INFO, check_files
from graphkit.purge.batch import Batch, load_batch, plan_batch
from graphkit.purge.policy import Policy, load_policy
from graphkit.purge.protect import Protected, read_protected

if TYPE_CHECKING:
    from graphkit.cases.store import CaseStore


def purge(
    run: Detection | str | Path,
    *,
    policy: Policy | str | Path | None = None,
    decisions: Decisions | str | Path | None = None,
    protect: Protected | str | Path | None = None,
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
        Verdicts on this run, or a file of them, as ``schemas.DECISIONS``.
    protect
        Whom and what no purge touches, or a file of it, as ``schemas.PROTECTED``.
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
        said = decisions if isinstance(decisions, Decisions) else hand_in(decisions, run, now)
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
        protected=read_protected(protect, run.id_types) if isinstance(protect, str | Path) else protect,
        earlier=earlier,
        canary=canary,
        model=None if model is None else read_model(model),
    )


def hand_in(decisions: str | Path, run: Detection, now: dt.datetime) -> Decisions:
    """Read verdicts on a run; who is not named there is who is logged in, and a time that is not given is `now`.

    Raises
    ------
    InputError
        When the file cannot be read, or a row is wrong or about what the run does not hold.
    """
    return read_decisions(decisions, ids=run.id_types, reviewer=login_name(), at=now, run=run)


def load_checked(path: str | Path) -> Detection:
    """Read a run directory back after a check that its files are those that were written.

    Raises
    ------
    OutputError
        When it is not a complete run, of another form, or a file of it was changed.
    """
    folder, checked = Path(path), False
    # Before its tables are read, where it says what they were: a damaged one is then named.
    with suppress(OSError, ValueError):
        info = json.loads((folder / INFO).read_text(encoding="utf-8"))
        if isinstance(info, dict) and "files" in info:
            check_files(folder, info)
            checked = True
    run = load(folder)
    if not checked:
        check_files(folder, run.info)
    return run
