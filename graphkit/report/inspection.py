"""What ``graphkit validate`` says of an input."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphkit.errors import InputError
from graphkit.report import text
from graphkit.report.page import Page, accounting, off, period
from graphkit.schemas import INPUTS

if TYPE_CHECKING:
    from graphkit.config import InputConfig, ProjectionConfig
    from graphkit.engines import Engine
    from graphkit.likes import Likes
    from graphkit.progress import Progress
    from graphkit.projection.cost import Cost

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def inspect_columns(inputs: Mapping[str, str | None], config: InputConfig, engine: Engine) -> dict[str, dict[str, Any]]:
    """Return for each input its path, the columns found with their types, and the columns absent.

    Parameters
    ----------
    inputs
        Paths by table name; ``None`` for a table that was not given.
    config
        Column names and units.
    engine
        Reads the footers of many files.

    Raises
    ------
    InputError, ConfigError
        As :func:`graphkit.likes.read_likes` does.
    """
    from graphkit.likes.columns import bind
    from graphkit.likes.source import resolve

    out: dict[str, dict[str, Any]] = {}
    for table in INPUTS:
        given = inputs.get(table.name)
        types: Mapping[str, Any] = {}
        if given is not None:
            types = bind(table, resolve(given, table.name, engine), config.columns, config.ts_unit).types
        out[table.name] = {
            "path": given,
            "found": {name: str(types[name]) for name in table.names if name in types},
            "absent": [name for name in table.names if name not in types],
        }
    return out


def inspect_cost(likes: Likes, config: ProjectionConfig, engine: Engine, progress: Progress) -> Cost | InputError:
    """Return what a run would take, or why there would be none; O(m) a window."""
    from graphkit.projection.cost import expected_cost
    from graphkit.projection.windows import usable_windows

    try:
        windows_s, _ = usable_windows(config.windows_s, likes.resolution_us)
    except InputError as error:
        return error
    with progress.stage("cost", len(windows_s), "windows") as advance:
        cost = expected_cost(likes.bipartite(), windows_s, config, engine)
        advance(len(windows_s))
    return cost


def inspect_likes(
    likes: Likes,
    columns: Mapping[str, Mapping[str, Any]],
    evidence_off: Sequence[Mapping[str, str]],
    cost: Cost | InputError,
) -> dict[str, Any]:
    """Return what there is to say of likes that were read, ready for JSON.

    Parameters
    ----------
    likes
        The likes.
    columns
        From `inspect_columns`.
    evidence_off
        Channels that a run would have to do without, as ``run.json`` has them.
    cost
        What a run would take, or why there would be none.
    """
    account = likes.accounting
    reasons = likes.quarantine["reason"].to_pylist()
    first, last = int(likes.ts.min()), int(likes.ts.max())
    return {
        "input": columns,
        "counts": {
            **{name: getattr(account, name) for name in account.__slots__},
            "users": likes.n_users,
            "notes": likes.n_notes,
        },
        "period": {
            "first_ts": (_EPOCH + dt.timedelta(microseconds=first)).isoformat(),
            "last_ts": (_EPOCH + dt.timedelta(microseconds=last)).isoformat(),
        },
        "resolution_us": likes.resolution_us,
        "quarantine": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
        "evidence_off": [*evidence_off],
        "fingerprint": likes.fingerprint,
        "cost": None
        if isinstance(cost, InputError)
        else {
            "co_likes": {str(window_s): n for window_s, n in zip(cost.windows_s, cost.co_likes, strict=True)},
            "memory_bytes": cost.memory_bytes,
            "counting_s": round(cost.counting_s, 3),
        },
        "warnings": [*likes.warnings, *([f"no run: {cost}"] if isinstance(cost, InputError) else cost.warnings)],
    }


def inspection(found: Mapping[str, Any], *, colour: bool = False, width: int = 100) -> str:
    """Return the page about an input.

    Parameters
    ----------
    found
        From `inspect_likes`.
    colour
        Whether to write ANSI escapes.
    width
        Cells in a line; at least 60 are used.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    page = Page(colour, width)
    counts = found["counts"]
    page.add()
    page.add(page.style(f"A run can use {text.plural(counts['kept'], 'like')}.", bold=True))
    page.add()
    page.item("Likes", accounting(counts))
    page.item("Period", period(found["period"]["first_ts"], found["period"]["last_ts"], found["resolution_us"]))
    page.item("From", f"{text.plural(counts['users'], 'user')}, {text.plural(counts['notes'], 'note')}")
    if found["cost"] is not None:
        cost = found["cost"]
        met = (f"{text.window(int(window_s))} {n:,}" for window_s, n in cost["co_likes"].items())
        page.item("Co-likes", f"at most, by window: {' · '.join(met)}")
        took = text.duration(max(1, math.ceil(cost["counting_s"])))
        page.item("A run", f"takes {cost['memory_bytes'] / 1e9:.1f} GB of memory, and about {took} to count pairs")
    if found["quarantine"]:
        page.item("Set aside", " · ".join(f"{reason} {n:,}" for reason, n in found["quarantine"].items()))
    page.add()
    for name, table in found["input"].items():
        if table["path"] is None:
            page.item(name, "not given", dim=True)
            continue
        page.item(name, table["path"], bold=True)
        page.item("  found", " · ".join(f"{column} ({kind})" for column, kind in table["found"].items()))
        if table["absent"]:
            page.item("  absent", " · ".join(table["absent"]), dim=True)
    page.add()
    if found["evidence_off"]:
        page.item("Evidence", "off: " + off(found["evidence_off"]), dim=True)
    page.warn(found["warnings"])
    page.item("Digest", found["fingerprint"])
    return str(page)
