"""The page of a run: one file that needs no network and trusts nothing it shows."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphkit.report import text
from graphkit.report.page import accounting, off, period, took
from graphkit.report.rows import TIER_MEANINGS, TIERS, Row, reason, ring_rows
from graphkit.schemas import CHANNELS, EVIDENCE
from graphkit.scoring.reasons import REASONS

if TYPE_CHECKING:
    import jinja2

    from graphkit.detection import Detection

#: Rings in the table, and of them those with all their details.
MAX_LISTED = 2_000
MAX_RINGS = 100
#: Members and targets listed for each ring, and what the page aims at for all rings together.
MAX_ROWS = 200
_ROWS_IN_ALL = 16_000
_LEAST_ROWS = 20
#: Ids and titles longer than this are cut; the Parquet files have them whole.
MAX_CELLS = 64
#: Bins of a ring's timeline.
_BINS = 120
#: Numbers of ``schemas.EVIDENCE`` that are shares.
_SHARES = frozenset(
    (
        "density",
        "capture",
        "burst_capture",
        "devotion",
        "arrival_percentile",
        "arrival_early",
        "dwell_short",
        "completed",
        "device_sharing",
        "ip_sharing",
        "reciprocity",
    )
)
#: Half of the bar chart's width, in nats: no channel adds more.
_NATS = 5.0
#: Where a sentence has a number.
_PLACE = re.compile(r"\{[^}]*\}")


def render_report(run: Detection) -> str:
    """Return the page of a run as HTML.

    The strongest `MAX_RINGS` rings are shown with reasons, evidence, members and targets, at most `MAX_ROWS` of each;
    the page says what it left out and which Parquet file has it.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    str
        A whole HTML document; its policy forbids every request.
    """
    info = run.info
    rows = ring_rows(run)
    detailed = rows[:MAX_RINGS]
    most = min(MAX_ROWS, max(_LEAST_ROWS, _ROWS_IN_ALL // (2 * max(len(detailed), 1))))
    members = _by_ring(run.members, detailed, most, ("score", "n_ring_likes"))
    targets = _by_ring(run.targets, detailed, most, ("n_ring_likes", "n_likes"))
    timelines = _timelines(run, detailed)
    titles = _titles(run, targets)
    off_channels = {row["channel"] for row in info["evidence_off"]}
    rings = [
        {
            "row": row,
            "anchor": f"ring-{i}",
            "reasons": [(code, reason(code, row), reason(code, row, "zh")) for code in row["reasons"]],
            "weights": _weights(row, off_channels),
            "evidence": _evidence(row),
            "members": members.get(row["ring_id"], []),
            "targets": [
                {**target, "title": titles.get(target["note_id"])} for target in targets.get(row["ring_id"], [])
            ],
            "timeline": timelines.get(row["ring_id"]),
        }
        for i, row in enumerate(detailed)
    ]
    script, style = _asset("report.js"), _asset("report.css")
    return _template().render(
        info=info,
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'",
        accounting=accounting(info["counts"]),
        period=period(info["period"]["first_ts"], info["period"]["last_ts"], info["resolution_us"]),
        off=off(info["evidence_off"]),
        seconds=took(info),
        tiers=TIERS,
        tier_meanings=TIER_MEANINGS,
        listed=rows[:MAX_LISTED],
        left_out=len(rows) - min(len(rows), MAX_LISTED),
        n_rings=len(rows),
        rings=rings,
        most=most,
        reasons=_glossary(rings),
        bins=_BINS,
        nats=_NATS,
    )


def _by_ring(
    table: Any, rings: list[dict[str, Any]], most: int, by: tuple[str, ...]
) -> dict[str, list[dict[str, Any]]]:
    """Return the first rows of each ring, by falling columns, then by the table's own order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array([row["ring_id"] for row in rings], pa.string())
    table = table.filter(pc.is_in(table["ring_id"], value_set=wanted))
    # Ids last: the order of rows with equal numbers is that of the table.
    table = table.append_column("_row", pa.array(range(table.num_rows), pa.int64()))
    table = table.sort_by([("ring_id", "ascending"), *((name, "descending") for name in by), ("_row", "ascending")])
    names = table["ring_id"].to_pylist()
    starts = [i for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
    return {
        names[start]: table.slice(start, min(end - start, most)).drop_columns("_row").to_pylist()
        for start, end in pairwise([*starts, len(names)])
    }


def _titles(run: Detection, targets: dict[str, list[dict[str, Any]]]) -> dict[Any, str]:
    """Return the known titles of the targets shown; a run read back from disk knows none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if run.likes is None or run.likes.notes.title is None:
        return {}
    notes, title = run.likes.notes, run.likes.notes.title
    shown = pa.array({row["note_id"] for rows in targets.values() for row in rows}, notes.ids.type)
    at = pc.index_in(shown, value_set=notes.ids)
    pairs = zip(shown.to_pylist(), title.take(at).to_pylist(), strict=True)
    return {note: words for note, words in pairs if words}


def _timelines(run: Detection, rings: list[dict[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Return for each ring the bins of the period that hold candidate likes, and their height from 0 to 1."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    likes = run.candidates
    code = {row["ring_id"]: i for i, row in enumerate(rings)}
    of = pc.index_in(likes["ring_id"], value_set=pa.array([*code], pa.string()))
    known = pc.is_valid(of)
    ring = np.asarray(of.filter(known).combine_chunks(), np.int64)
    ts = np.asarray(likes["ts"].filter(known).cast(pa.int64()).combine_chunks(), np.int64)
    if len(ts) == 0:
        return {}
    first, last = _microseconds(run.info["period"]["first_ts"]), _microseconds(run.info["period"]["last_ts"])
    place = np.clip((ts - first) * _BINS // max(last - first + 1, 1), 0, _BINS - 1)
    heights = np.zeros((len(rings), _BINS))
    np.add.at(heights, (ring, place), 1)
    heights /= np.maximum(heights.max(axis=1, keepdims=True), 1)
    return {
        name: [(int(b), round(float(heights[i, b]), 3)) for b in np.flatnonzero(heights[i])]
        for name, i in code.items()
        if heights[i].any()
    }


def _microseconds(time: str) -> int:
    import numpy as np

    return int(np.datetime64(text.moment(time), "us").astype(np.int64))


def _weights(row: Row, off_channels: set[str]) -> list[dict[str, Any]]:
    """Return the channels with what each adds to the ring's log-odds; ``None`` where a channel was off."""
    evidence = row["evidence"] or {}
    out = []
    for name, meaning in CHANNELS:
        nats = None if name in off_channels else evidence.get(f"weight_{name}")
        out.append({"name": name, "meaning": meaning, "nats": nats, "width": min(abs(nats or 0), _NATS)})
    return out


def _evidence(row: Row) -> list[dict[str, str]]:
    """Return the known numbers of the ring, each beside what is usual."""
    evidence = row["evidence"] or {}
    names = {name for name, _ in EVIDENCE}
    out = []
    for name, meaning in EVIDENCE:
        if name.startswith("weight_") or "_expected" in name or evidence.get(name) is None:
            continue
        usual = next(
            (n for n in (f"{name}_expected", re.sub(r"_d$", "_expected_d", name)) if n in names - {name}), None
        )
        show = text.percent if name in _SHARES else text.amount
        out.append(
            {
                "name": name,
                "meaning": meaning.replace("`", ""),
                "value": show(evidence[name]),
                "usual": "" if usual is None else show(evidence.get(usual)),
            }
        )
    return out


def _glossary(rings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return code, English and Chinese sentence of the members' reasons that the page shows."""
    codes = {code for ring in rings for member in ring["members"] for code in member["reasons"] or ()}
    shown = [REASONS[code] for code in sorted(codes & REASONS.keys())]
    return [(r.code, _PLACE.sub("…", r.en), _PLACE.sub("…", r.zh)) for r in shown]


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _asset(name: str) -> str:
    """Return one of our own files, which the page holds as it is."""
    return files("graphkit.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("graphkit.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": text.count,
        "amount": text.amount,
        "percent": text.percent,
        "score": text.score,
        "window": text.window,
        "moment": text.moment,
        "duration": text.duration,
        "memory": text.memory,
        "foreign": lambda value: text.NOTHING if value is None else text.cut(text.clean(value), MAX_CELLS),
        "clean": text.clean,
        "joined": ", ".join,
    }
    return environment.get_template("report.html.j2")
