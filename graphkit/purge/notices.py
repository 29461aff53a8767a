"""What people are told whose likes go, and authors whose notes lose some; the words are in ``notices.toml``."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import pyarrow as pa

from graphkit.columns import Kind
from graphkit.schemas import NOTICES
from graphkit.scoring.reasons import REASONS

#: A notice gives what is said of the likes themselves, and so many of the strongest reasons of their ring.
_RING_REASONS = 3
_REFERENCE_DIGITS = 12


@cache
def templates() -> dict[str, Any]:
    """Return the words of notices: ``user``, ``author``, ``likes``, ``days``, and ``reasons`` by code."""
    text = resources.files("graphkit.purge").joinpath("notices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def write_notices(purge: pa.Table, authors: pa.Array, batch_id: str, ids: Mapping[Kind, pa.DataType]) -> pa.Table:
    """Write a notice to each user whose likes go, and to each known author whose notes lose some.

    Parameters
    ----------
    purge
        The likes that go, as ``schemas.PURGE``.
    authors
        The author of the note of each, null where unknown.
    batch_id
        The batch; references of two batches differ.
    ids
        Types of the ids.

    Returns
    -------
    pyarrow.Table
        As ``schemas.NOTICES``, authors first, by id.
    """
    rows = purge.select(["user_id", "ts", "reasons"]).to_pylist()
    by_user: dict[Any, list[Mapping[str, Any]]] = {}
    by_author: dict[Any, list[Mapping[str, Any]]] = {}
    for row, author in zip(rows, authors.to_pylist(), strict=True):
        by_user.setdefault(row["user_id"], []).append(row)
        if author is not None:
            by_author.setdefault(author, []).append(row)
    notices = [*_notices("author", by_author, batch_id), *_notices("user", by_user, batch_id)]
    return pa.Table.from_pylist(notices, schema=NOTICES.arrow(ids))


def _notices(recipient: str, people: Mapping[Any, list[Mapping[str, Any]]], batch_id: str) -> Iterator[dict[str, Any]]:
    for person in sorted(people):
        likes = people[person]
        said = _chosen(like["reasons"] for like in likes)
        reference = reference_of(batch_id, recipient, person)
        days = [like["ts"].date().isoformat() for like in likes]
        filled = {"reference": reference, "first": min(days), "last": max(days)}
        yield {
            "recipient": recipient,
            "user_id": person if recipient == "user" else None,
            "author_id": person if recipient == "author" else None,
            "reference": reference,
            "reasons": said,
            **{lang: _text(recipient, lang, said, len(likes), filled) for lang in ("zh", "en")},
        }


def _chosen(reasons: Iterable[list[str]]) -> list[str]:
    """Return the codes that a notice gives: all about the likes, then the ring's strongest of other channels."""
    seen = dict.fromkeys(code for codes in reasons for code in codes if code in templates()["reasons"])
    likes = [code for code in seen if REASONS[code].level == "like"]
    told = {REASONS[code].channel for code in likes}
    ring = [code for code in seen if REASONS[code].level == "ring" and REASONS[code].channel not in told]
    return likes + ring[:_RING_REASONS]


def reference_of(batch_id: str, recipient: str, person: Any) -> str:
    """Return what an appeal quotes: one for each person and batch, and no way back to either."""
    text = json.dumps([batch_id, recipient, person])
    digits = hashlib.blake2b(text.encode(), digest_size=_REFERENCE_DIGITS // 2).hexdigest().upper()
    return f"GK-{digits[:6]}-{digits[6:]}"


def _text(recipient: str, lang: str, said: list[str], n: int, filled: Mapping[str, str]) -> str:
    words = templates()
    number = words["likes"].get(f"{lang}_one") if n == 1 else None
    likes = number or words["likes"][lang].format(n=f"{n:,}")
    days = words["days"][f"{lang}_one" if filled["first"] == filled["last"] else lang].format(**filled)
    lines = "\n".join(f"- {words['reasons'][code][lang]}" for code in said)
    return str(words[recipient][lang].strip().format(reasons=lines, likes=likes, days=days, **filled))
