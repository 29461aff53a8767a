"""The page and the files beside it: one document that needs no network and trusts nothing it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from graphkit.detection import Detection
from graphkit.detection.parts import in_blocks
from graphkit.engines import LocalEngine
from graphkit.explain import RingStory, ring_stories
from graphkit.explain.raw import coded
from graphkit.explain.words import SENTENCES
from graphkit.report.desk.columns import MAX_TITLE, Columns, Rows, lay_columns_out, lay_rests_out
from graphkit.report.desk.dossier import both, dossier
from graphkit.report.desk.overview import milliseconds, most_affected, overview
from graphkit.report.desk.since import since
from graphkit.report.rows import TIERS, ring_rows
from graphkit.schemas import CHANNELS
from graphkit.scoring.reasons import REASONS

if TYPE_CHECKING:
    import jinja2

    from graphkit.cases.compare import Comparison

#: The page, and the folder of what it does not hold itself.
PAGE = "report.html"
FOLDER = "report"
#: Bytes of details that the page holds, and that each file beside it holds, at most (or one ring).
PAGE_BYTES = 6_000_000
FILE_BYTES = 2_000_000
#: Rows of the tables whose rings are told at once: what is made of them is larger than what the page keeps.
_BLOCK_ROWS = 200_000
#: The script, in the order in which its parts build on one another.
SCRIPTS = (
    "memory",
    "dom",
    "words",
    "table",
    "canvas",
    "raster",
    "network",
    "verdicts",
    "overview",
    "since",
    "ring",
    "main",
)
#: Where a sentence has a number.
_PLACE = re.compile(r"\{[^}]*\}")


def report_files(run: Detection, lang: str | None = None, *, before: Comparison | None = None) -> dict[str, str]:
    """Return the page of a run, and what it reads beside it, by path.

    Parameters
    ----------
    run
        The run. With its likes at hand the page says more: titles, likes that are not proposed, shares of bursts.
    lang
        The language in which the page opens, ``"en"`` or ``"zh"``; the browser's where absent.
    before
        The comparison with the run before, for the page to tell what became of its rings, of purges and of verdicts.

    Returns
    -------
    dict of str to str
        `PAGE`, and files of `FOLDER` where the details of all rings are more than `PAGE_BYTES`. The policy of the page
        forbids every request but for these.
    """
    rows = ring_rows(run)
    titles = _titles(run)
    packs: list[str] = []  # what the page holds, then what each file beside it holds
    pack: list[str] = []
    size, limit = 0, PAGE_BYTES
    place: list[int] = []
    for part in _dossiers(run, [row["ring_id"] for row in rows], titles):
        text = encode(part)
        n = len(text.encode())
        if pack and size + n > limit:
            packs.append(",".join(pack))
            pack = []
            size, limit = 0, FILE_BYTES
        pack.append(text)
        place.append(len(packs))
        size += n
    packs.append(",".join(pack))
    beside = {}
    for number in range(1, len(packs)):
        content = f"graphkitRings({number}, [{packs[number]}]);\n"
        packs[number] = ""
        # Named by what it holds: a page never meets the files of another.
        beside[f"{FOLDER}/{hashlib.sha256(content.encode()).hexdigest()[:16]}.js"] = content
    data = {
        "run": run.run_id,
        "language": lang,
        "words": _words(),
        "codes": {code: _glossary(code) for code in REASONS},
        "likeCodes": [reason.code for reason in REASONS.values() if reason.level == "like"],
        "files": [*beside],
        "rings": [_index(row, file) for row, file in zip(rows, place, strict=True)],
        "since": None if before is None else since(before),
        **overview(run, rows, titles),
    }
    return {PAGE: _page(encode(data), f"[{packs[0]}]", beside=bool(beside)), **beside}


def encode(value: Any) -> str:
    """Return JSON that neither ends the element that holds it nor begins another."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    for c in "<>&\u2028\u2029":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text


def _dossiers(run: Detection, ring_ids: list[str], titles: dict[Any, str]) -> Iterator[dict[str, Any]]:
    """Yield the details of some rings, in this order."""
    blocks = in_blocks(coded(run), ring_ids, _BLOCK_ROWS)
    # Laying out is the work of pyarrow and numpy, telling of the interpreter: the one does not wait for the other.
    with LocalEngine(2).ahead(_laid_out(block, titles) for block in blocks) as laid_out:
        for stories, columns, rests in laid_out:
            unknown = [both(said) for said in stories[0].not_known]
            for number, story in enumerate(stories):
                yield dossier(story, columns, rests, number, unknown)


def _laid_out(run: Detection, titles: dict[Any, str]) -> tuple[list[RingStory], Columns, Rows]:
    """Return the stories of the rings of a run, what the page lists of them, and what rests on each member."""
    stories, columns = ring_stories(run), lay_columns_out(run, titles)
    return stories, columns, lay_rests_out(run, stories, columns)


def _titles(run: Detection) -> dict[Any, str]:
    """Return the known titles of targets and of the notes most affected; a run read back from disk knows none."""
    if run.likes is None or run.likes.notes.title is None:
        return {}
    notes = run.likes.notes
    wanted = pa.chunked_array([run.targets["note_id"].combine_chunks(), most_affected(run)["note_id"].combine_chunks()])
    shown = wanted.unique()
    found = run.likes.notes.title.take(pc.index_in(shown, value_set=notes.ids))
    pairs = zip(shown.to_pylist(), found.to_pylist(), strict=True)
    return {note: title[:MAX_TITLE] for note, title in pairs if title}


def _index(row: dict[str, Any], file: int) -> dict[str, Any]:
    return {
        "id": row["ring_id"],
        "tier": row["tier"],
        "kind": row["kind"],
        "score": row["score"],
        "q": row["q_value"],
        "users": row["n_users"],
        "notes": row["n_notes"],
        "authors": row["n_authors"],
        "likes": row["n_likes"],
        "window_s": row["window_s"],
        "first": milliseconds(row["first_ts"]),
        "last": milliseconds(row["last_ts"]),
        "file": file,
    }


@cache
def _words() -> dict[str, tuple[str, str]]:
    """Return the page's own words in English and Chinese; channels and tiers are called as explanations call them."""
    import tomllib

    words = {key: (en, zh) for key, (en, zh) in tomllib.loads(_asset("words.toml")).items()}
    named = {f"channel.{name}": f"CHANNEL_{name.upper()}" for name, _ in CHANNELS}
    named |= {f"tier.{tier}": f"TIER_{tier.upper()}" for tier in TIERS}
    return words | {key: (SENTENCES[code]["en"], SENTENCES[code]["zh"]) for key, code in named.items()}


def _glossary(code: str) -> tuple[str, str]:
    reason = REASONS[code]
    return _PLACE.sub("…", reason.en), _PLACE.sub("…", reason.zh)


def _page(data: str, details: str, *, beside: bool) -> str:
    script, style = _script(), _asset("desk.css")
    # Files beside the page are scripts, since pages on disk may load nothing else: those that our script asks for.
    sources = f"'{_digest(script)}'" + (" 'strict-dynamic'" if beside else "")
    return _template().render(
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {sources}; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'",
        data=data,
        details=details,
    )


@cache
def _script() -> str:
    data = 'const DATA = JSON.parse(document.getElementById("data").textContent);'
    parts = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{data}\n{parts}}})();\n'


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    """Return one of our own files, which the page holds as it is."""
    return files("graphkit.report.desk").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(_asset("desk.html.j2"))
