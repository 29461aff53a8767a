"""What programs read: one JSON document."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.report.rows import ring_rows

if TYPE_CHECKING:
    from graphkit.detection import Detection


def to_json(document: Any) -> str:
    """Return a document as JSON in ASCII: times in ISO 8601, numbers that are none as null."""
    return json.dumps(_plain(document), indent=2, allow_nan=False)


def run_json(run: Detection, where: str | Path | None = None) -> str:
    """Return a run as JSON: where it is, ``info`` as in ``run.json``, and the rows of ``rings``, strongest first."""
    return to_json({"run": None if where is None else str(where), "info": run.info, "rings": ring_rows(run)})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value
