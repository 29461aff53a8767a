"""The main job: from likes to rings and candidate likes."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import resource
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphkit.bipartite import BipartiteGraph
from graphkit.candidates import build_tables
from graphkit.config import Config
from graphkit.detection.decoys import Sessions
from graphkit.detection.run import Detection
from graphkit.engines import Engine, LocalEngine
from graphkit.likes.model import I32, Likes
from graphkit.partition import UserGraph, partition
from graphkit.progress import Progress
from graphkit.projection.project import Projection, project
from graphkit.projection.windows import usable_windows
from graphkit.scoring.competition import compete
from graphkit.scoring.gathered import Gathered, find_gathered
from graphkit.scoring.rings import Rings, find_rings
from graphkit.scoring.tiers import TIERS
from graphkit.warning import warning

_PACKAGES = ("numpy", "numba", "pyarrow", "scipy", "igraph")

#: What making a decoy takes at most, bytes a like.
_DECOY_BYTES = 80

#: Which columns each optional channel of evidence reads.
_NEEDS: tuple[tuple[str, str], ...] = (
    ("authors", "notes.author_id"),
    ("dwell", "likes.dwell_ms"),
    ("completion", "likes.completed"),
    ("taste", "notes.topic"),
    ("registration", "users.registered_at"),
    ("devices", "likes.device_id"),
    ("addresses", "likes.ip"),
    ("views", "users.views"),
    ("engagement", "notes.saves, notes.comments or notes.shares"),
    ("reciprocity", "notes.author_id"),
)


def detect(
    likes: Likes,
    *,
    config: Config | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    inputs: Mapping[str, str | None] | None = None,
) -> Detection:
    """Find rings among likes and list the likes they bought.

    Parameters
    ----------
    likes
        The likes, from :func:`graphkit.read_likes`.
    config
        Settings; the defaults where absent.
    engine
        Where the work is executed; this process where absent. The tables do not depend on it.
    progress
        Told about the work; what it has timed already stands in the run's timings too.
    inputs
        Names of the inputs, for ``run.json``.

    Returns
    -------
    Detection

    Raises
    ------
    InputError
        When the times are too coarse for every window of the ladder.
    CapacityError
        When neither memory nor disk suffices for so many likes.
    """
    start = time.perf_counter()
    config = config or Config()
    progress = progress or Progress(show=False)
    engine = engine or LocalEngine()
    likes.room.prepare(len(likes))
    windows_s, widened = usable_windows(config.projection.windows_s, likes.resolution_us)
    graph = likes.bipartite()
    with progress.stage("project", len(windows_s), "windows"):
        key = likes.breadth_keys(config.projection.fresh_s)
        projection = project(graph, key, windows_s, config.projection, engine, progress)
    # Side by side: igraph holds the interpreter, and while it works for one of the two, numpy does for the other.
    competes = threading.Event()
    competes.set()
    searched = _searched(_decoys(likes, graph, windows_s, config, engine), config, engine, competes)
    with ExitStack() as leaving:
        decoys = leaving.enter_context(engine.ahead(searched, len(likes) * _DECOY_BYTES))
        leaving.callback(competes.clear)
        communities = partition(UserGraph.from_projection(projection), config.partition, progress)
        gathered = find_gathered(likes, graph, projection, config, engine, progress)
        rings = find_rings(likes, graph, key, projection, communities, gathered, config, progress)
        with progress.stage("decoys", len(windows_s) * config.scoring.decoys, "decoys") as advance:
            found = next(decoys) if np.any(rings.score >= config.scoring.review_score) else []
            advance(len(windows_s) * config.scoring.decoys)
            rings = compete(rings, found, config.scoring.decoys, config.scoring)
    with progress.stage("tables", len(rings), "rings"):
        tables = build_tables(likes, graph, projection, rings, config.scoring, engine)
    info = _describe(likes, config, projection, gathered, tables, engine, inputs or {})
    info["warnings"] = [*likes.warnings, *widened, *(() if config.scoring.decoys else (warning("NO_DECOYS"),))]
    info["timings_s"] = {name: round(seconds, 3) for name, seconds in progress.seconds.items()}
    info["bytes_in_files"] = likes.room.in_files
    info["seconds"] = round(time.perf_counter() - start, 3)
    info["peak_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Detection(tables, info, likes)


@dataclass(frozen=True, slots=True)
class _Decoy:
    """Likes with their sessions moved, projected.

    Attributes
    ----------
    likes, graph, key, projection
        As those they were made from.
    """

    likes: Likes
    graph: BipartiteGraph
    key: I32
    projection: Projection


def _decoys(
    likes: Likes, graph: BipartiteGraph, windows_s: tuple[int, ...], config: Config, engine: Engine
) -> Iterator[_Decoy]:
    """Yield a decoy for each window, sessions moved by windows of that width, and only that window projected.

    A window at a time: what is moved by a multiple of one window still meets within a wider one.
    """
    if not config.scoring.decoys:
        return
    sessions = Sessions.of(likes, graph)
    for number in range(config.scoring.decoys):
        for window_s in windows_s:
            decoy = sessions.moved(window_s, config.scoring.decoy_seed + number, engine)
            its_graph = decoy.bipartite()
            key = decoy.breadth_keys(config.projection.fresh_s)
            yield _Decoy(decoy, its_graph, key, project(its_graph, key, (window_s,), config.projection, engine))


def _searched(
    decoys: Iterable[_Decoy], config: Config, engine: Engine, wanted: threading.Event
) -> Iterator[list[Rings]]:
    """Yield once what is found in the decoys that have communities; begin no further search once it is not wanted."""
    yield [rings for decoy in decoys if wanted.is_set() for rings in _found_in(decoy, config, engine)]


def _found_in(decoy: _Decoy, config: Config, engine: Engine) -> Iterator[Rings]:
    """Yield what is found in a decoy, if it has communities."""
    communities = partition(UserGraph.from_projection(decoy.projection), config.partition)
    gathered = find_gathered(decoy.likes, decoy.graph, decoy.projection, config, engine)
    if communities or any(len(found.jobs) for found in gathered):
        yield find_rings(
            decoy.likes, decoy.graph, decoy.key, decoy.projection, communities, gathered, config, single_notes=False
        )


def _describe(
    likes: Likes,
    config: Config,
    projection: Projection,
    gathered: tuple[Gathered, ...],
    tables: Mapping[str, pa.Table],
    engine: Engine,
    inputs: Mapping[str, str | None],
) -> dict[str, Any]:
    account = likes.accounting
    return {
        "graphkit": importlib.metadata.version("graphkit"),
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{p: importlib.metadata.version(p) for p in _PACKAGES}},
        "config": config.model_dump(mode="json"),
        "config_digest": config.digest,
        "input": {**{n: inputs.get(n) for n in ("likes", "users", "notes")}, "fingerprint": likes.fingerprint},
        "counts": {
            "read": account.read,
            "kept": account.kept,
            "duplicate": account.duplicate,
            "undone": account.undone,
            "quarantined": account.quarantined,
            "outside": account.outside,
            "users": likes.n_users,
            "notes": likes.n_notes,
            **{name: tables[name].num_rows for name in ("rings", "members", "targets", "candidates")},
        },
        "tiers": {tier: _count_tier(tables, tier) for tier in reversed(TIERS)},
        "period": {"first_ts": _iso(int(likes.ts.min())), "last_ts": _iso(int(likes.ts.max()))},
        "resolution_us": likes.resolution_us,
        "windows": [
            {
                "window_s": view.window_s,
                "edges": len(view.edges),
                "surviving": view.n_surviving,
                "hot": view.n_hot,
                "walked": view.n_walked,
            }
            for view in projection.views
        ],
        "n_tests": projection.n_tests,
        "gathered": [
            {"window_s": found.window_s, "gatherings": found.n_gatherings, "reunions": found.n_reunions}
            for found in gathered
        ],
        "engine": engine.name,
        "threads": engine.threads,
        "evidence_off": evidence_off(likes),
    }


def _count_tier(tables: Mapping[str, pa.Table], tier: str) -> dict[str, int]:
    def rows(name: str) -> int:
        return int(np.count_nonzero(np.asarray(pc.equal(tables[name]["tier"], tier))))

    return {"rings": rows("rings"), "users": rows("members"), "likes": rows("candidates")}


def _iso(ts: int) -> str:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=ts)).isoformat()


def evidence_off(likes: Likes) -> list[dict[str, str]]:
    """Return the channels of evidence that the input does not allow, and the column each would need.

    Parameters
    ----------
    likes
        The likes that were read.

    Returns
    -------
    list of dict
        With keys ``channel`` and ``column``, in the order of ``schemas.CHANNELS``.
    """
    notes, users = likes.notes, likes.users
    there = {
        "authors": notes.author,
        "dwell": likes.dwell_ms,
        "completion": likes.completed,
        "taste": notes.topic,
        "registration": users.registered_at,
        "devices": likes.device,
        "addresses": likes.ip,
        "views": users.views,
        "engagement": next((c for c in (notes.saves, notes.comments, notes.shares) if c is not None), None),
        "reciprocity": notes.author,
    }
    return [{"channel": channel, "column": column} for channel, column in _NEEDS if there[channel] is None]
