"""Explanations on a terminal, and appeal packets as a page or a document."""

from __future__ import annotations

from typing import Any

from graphkit.display import html_table, html_text
from graphkit.explain import Explanation
from graphkit.explain.words import LANGUAGES, Said
from graphkit.report import text
from graphkit.report.page import Page

_LIKE_HEAD = ("note_id", "ts", "tier", "score", "company", "expected", "dwell_ms", "completed")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{border:1px solid;padding:.2rem .6rem}h4{margin-bottom:.2rem}"
)


def explanation_text(one: Explanation, *, colour: bool, width: int) -> str:
    """Return an explanation as lines for a terminal."""
    page = Page(colour, width)
    for line in text.wrap(one.headline.text(one.lang), page.width):
        page.add(page.style(line, bold=True))
    for section in one.sections:
        page.add()
        page.add(page.style(section.title.text(one.lang), bold=True))
        for said in section.lines:
            first, *rest = text.wrap(said.text(one.lang), page.width - 2)
            page.add(f"- {first}")
            for line in rest:
                page.add(f"  {line}")
    return str(page)


def appeal_page(packet: dict[str, Any]) -> str:
    """Return an appeal packet as a page that needs no network, in both languages."""
    parts = [_told(packet, lang) for lang in LANGUAGES]
    rows = [
        [
            like["note_id"],
            f"{like['ts']:%Y-%m-%d %H:%M:%S}",
            like["tier"],
            like["score"],
            *(_known(like.get("test"), name) for name in ("company", "expected")),
            *(_known(like, name) for name in ("dwell_ms", "completed")),
        ]
        for like in packet["likes"]
    ]
    title = html_text(f"{Said('APPEAL_TITLE').text('zh')} · {Said('APPEAL_TITLE').text('en')}")
    table = html_table("Likes 点赞 (UTC)", _LIKE_HEAD, rows) if rows else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{parts[0]}{parts[1]}{table}</body></html>\n"
    )


def _known(values: dict[str, Any] | None, name: str) -> object:
    value = None if values is None else values.get(name)
    return text.NOTHING if value is None else value


def _told(packet: dict[str, Any], lang: str) -> str:
    """Return the explanation in one language, whose titles are those of its sections."""
    one = packet["explanations"][lang]
    scope = Said("APPEAL_SCOPE" if packet["likes"] else "APPEAL_NOTHING").text(lang)
    sections = "".join(
        f"<h3>{html_text(title)}</h3><ul>{''.join(f'<li>{html_text(line)}</li>' for line in lines)}</ul>"
        for title, lines in one["sections"]
    )
    return f'<section lang="{lang}"><h2>{html_text(one["headline"])}</h2><p>{html_text(scope)}</p>{sections}</section>'
