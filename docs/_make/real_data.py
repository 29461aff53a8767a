"""Make the tables of ``docs/real-data.md`` from the real data sets: ``python docs/_make/real_data.py``.

The data lie in ``shared/data`` beside the checkout, or where GRAPHKIT_DATA says. With ``--print`` the tables are
printed and the page is left alone.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import graphkit as gk
from graphkit.scoring.tiers import EXPLANATIONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "real-data.md"
SETS = ("polis_votes", "german_elections_2021", "coortweet_ru", "daostack_votes")
GERMAN = "german_elections_2021"
TIERS = ("purge", "review", "watch")
LIKES = ("likes to purge", "to review")
SECOND = 1_000_000
SESSION_GAP_S = 1800
SEED = 1

I64 = npt.NDArray[np.int64]


def folder() -> Path:
    """Return where the real data lie."""
    return Path(os.environ.get("GRAPHKIT_DATA") or ROOT.parent / "shared" / "data")


@cache
def read(name: str) -> gk.Likes:
    """Read one set, with its notes where it has any."""
    notes = folder() / name / "notes.parquet"
    return gk.read_likes(folder() / name / "likes.parquet", notes=notes if notes.exists() else None)


@cache
def run(name: str) -> gk.Detection:
    """Detect in one set with the defaults."""
    return gk.detect(read(name))


def shift_sessions(likes: gk.Likes, width_s: int, seed: int = SEED) -> I64:
    """Return times in which every session of every user is moved whole by up to `width_s` either way, int64[m]."""
    order = np.lexsort((likes.ts, likes.user))
    user, ts = likes.user[order], likes.ts[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (user[1:] != user[:-1]) | (np.diff(ts) > SESSION_GAP_S * SECOND)
    session = np.cumsum(fresh) - 1
    shift = np.random.default_rng(seed).integers(-width_s, width_s, session[-1] + 1, endpoint=True) * SECOND
    out = np.empty(len(order), np.int64)
    out[order] = ts + shift[session]
    return out


def shuffle_users(likes: gk.Likes, width_s: int, seed: int = SEED) -> I64:
    """Return users shuffled among the likes of the same slot of `width_s` seconds, int64[m]."""
    slot = likes.ts // (width_s * SECOND)
    before = np.argsort(slot, kind="stable")
    after = np.lexsort((np.random.default_rng(seed).random(len(slot)), slot))
    out = np.empty(len(slot), np.int64)
    out[before] = likes.user[after]
    return out


def decoy(name: str, shift_s: int = 0, shuffle_s: int = 0) -> gk.Detection:
    """Detect in a set whose coordination was destroyed by moving sessions or shuffling users."""
    likes = read(name)
    user = shuffle_users(likes, shuffle_s) if shuffle_s else likes.user
    ts = shift_sessions(likes, shift_s) if shift_s else likes.ts
    table = pa.table(
        {
            "user_id": likes.users.ids.take(pa.array(user)),
            "note_id": likes.notes.ids.take(pa.array(likes.note)),
            "ts": pa.array(ts).cast(pa.timestamp("us", "UTC")),
        }
    )
    return gk.detect(gk.read_likes(table))


def row(*cells: object) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(f"{c:,}" if isinstance(c, int) else str(c) for c in cells) + " |"


def head(*cells: str) -> Iterator[str]:
    """Yield the head of a table: the first column flush left, the others flush right."""
    yield row(*cells)
    yield row("---", *("---:" for _ in cells[1:]))


def proposed(candidates: pa.Table) -> tuple[int, int]:
    """Return how many likes are proposed for purge and for review."""
    tiers = Counter(candidates["tier"].to_pylist())
    return tiers["purge"], tiers["review"]


def accounting() -> Iterator[str]:
    """Yield where every row of every set went."""
    columns = ("read", "kept", "duplicate", "undone", "quarantined", "users", "notes")
    yield from head("set", *columns)
    for name in SETS:
        c = run(name).info["counts"]
        yield row(
            f"`{name}`", *(c[k] for k in ("read", "kept", "duplicate", "undone", "quarantined", "users", "notes"))
        )


def found() -> Iterator[str]:
    """Yield what was found in every set."""
    windows = [w["window_s"] for w in run(SETS[0]).info["windows"]]
    yield from head("set", "pairs and windows tested", *(f"edges {w} s" for w in windows), *TIERS, *LIKES)
    for name in SETS:
        info = run(name).info
        edges = (w["edges"] for w in info["windows"])
        rings = (info["tiers"][tier]["rings"] for tier in TIERS)
        yield row(f"`{name}`", info["n_tests"], *edges, *rings, *proposed(run(name).candidates))


def german_rings() -> Iterator[str]:
    """Yield the German rings, strongest first."""
    yield from head(
        "ring", "tier", "score", "q", "window", "members", "tied pairs", "targets", *LIKES,
        "first to last on a target", "left open",
    )  # fmt: skip
    detection = run(GERMAN)
    together = detection.in_company
    for ring in sorted(detection.rings.to_pylist(), key=lambda r: (-r["score"], r["ring_id"])):
        mine = detection.ring(ring["ring_id"])
        kinds = Counter(user.partition("_")[0] for user in mine.members["user_id"].to_pylist())
        n = ring["n_users"]
        times: dict[str, list[float]] = {}
        for like in together.filter(pc.equal(together["ring_id"], ring["ring_id"])).to_pylist():
            times.setdefault(like["note_id"], []).append(like["ts"].timestamp())
        left_open = [name.removeprefix("may_be_") for name in EXPLANATIONS if ring["evidence"][name]]
        spread = f"{median(max(t) - min(t) for t in times.values()):,.0f} s" if times else "–"
        yield row(
            f"`{ring['ring_id']}`", ring["tier"], f"{ring['score']:.3f}", f"{ring['q_value']:.3f}",
            f"{ring['window_s']:,} s",
            " + ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
            f"{mine.ties.num_rows:,} of {n * (n - 1) // 2:,}", ring["n_notes"], *proposed(mine.likes), spread,
            ", ".join(left_open) or "–",
        )  # fmt: skip


def german_decoys() -> Iterator[str]:
    """Yield what is left of the German rings when coordination is destroyed."""
    variants = [
        ("as they are", run(GERMAN)),
        ("sessions moved by up to 20 min", decoy(GERMAN, shift_s=1200)),
        ("sessions moved by up to 20 h", decoy(GERMAN, shift_s=72_000)),
        ("sessions moved by up to 5 d", decoy(GERMAN, shift_s=432_000)),
        ("users shuffled within 6 h", decoy(GERMAN, shuffle_s=21_600)),
    ]
    windows = [w["window_s"] for w in variants[0][1].info["windows"]]
    yield from head("likes", *(f"edges {w} s" for w in windows), *TIERS, *LIKES)
    for name, d in variants:
        edges = (w["edges"] for w in d.info["windows"])
        yield row(name, *edges, *(d.info["tiers"][t]["rings"] for t in TIERS), *proposed(d.candidates))


def german_windows() -> Iterator[str]:
    """Yield the German rings by window and tier."""
    rings = run(GERMAN).rings
    yield from head("window of the ring", *TIERS, "members", *LIKES)
    for window in sorted(set(rings["window_s"].to_pylist())):
        mine = rings.filter(pc.equal(rings["window_s"], window))
        tiers = Counter(mine["tier"].to_pylist())
        names = mine["ring_id"].to_pylist()
        likes = pa.concat_tables(run(GERMAN).ring(name).likes for name in names)
        yield row(f"{window:,} s", *(tiers[t] for t in TIERS), pc.sum(mine["n_users"]).as_py(), *proposed(likes))


TABLES = {
    "accounting": accounting,
    "found": found,
    "german rings": german_rings,
    "german windows": german_windows,
    "german decoys": german_decoys,
}
_BLOCK = "<!-- made by docs/_make/real_data.py: {} -->\n{}<!-- end -->"
_PATTERN = re.compile(re.escape(_BLOCK).replace(r"\{\}", "(.*?)"), re.DOTALL)


def tables_of(page: str) -> dict[str, str]:
    """Return the tables of the page by name, as they stand."""
    return dict(_PATTERN.findall(page))


def made(name: str) -> str:
    """Return a table as it ought to stand."""
    return "".join(f"{line}\n" for line in TABLES[name]())


def main() -> None:
    """Write the tables into the page, or print them."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    fresh = _PATTERN.sub(lambda m: _BLOCK.format(m[1], made(m[1])), page)
    if "--print" in sys.argv:
        sys.stdout.write("\n".join(made(name) for name in TABLES))
    else:
        PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
