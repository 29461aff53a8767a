"""Notices: everybody concerned is told, in plain words, and of nobody else."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

import pyarrow as pa
import pytest

from graphkit.columns import TIMESTAMP
from graphkit.purge.notices import templates, write_notices
from graphkit.scoring.reasons import REASONS
from tests.purge.made import START, Like, made_run, plan

LIKES = [
    Like("user-one", "note-one"),
    Like("user-one", "note-two"),
    Like("user-two", "note-one"),
    Like("user-three", "note-three"),
]
RUN = made_run(LIKES, authors={"note-one": "author-one", "note-two": "author-one"})
NOTICES = plan(RUN).tables["notices"].to_pylist()


def to(person: str) -> dict[str, object]:
    (notice,) = [n for n in NOTICES if person in (n["user_id"], n["author_id"])]
    return notice


def test_notices__one_for_each_user_and_each_known_author() -> None:
    assert Counter((n["recipient"], n["user_id"], n["author_id"]) for n in NOTICES) == Counter(
        [("author", None, "author-one"), *(("user", f"user-{x}", None) for x in ("one", "three", "two"))]
    )


def test_notices__only_who_loses_likes_is_told() -> None:
    run = made_run([Like("u0", "n0"), Like("u1", "n1", tier="review")], authors={"n0": "a0", "n1": "a1"})
    assert [(n["user_id"], n["author_id"]) for n in plan(run).tables["notices"].to_pylist()] == [
        (None, "a0"),
        ("u0", None),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_notices__name_nobody(lang: str) -> None:
    ids = {"user-", "note-", "author-", "R-a"}
    assert [n[lang] for n in NOTICES if any(part in n[lang] for part in ids)] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_notices__tell_no_number_but_the_users_own_likes_and_days(lang: str) -> None:
    for notice in NOTICES:
        left = notice[lang].replace(notice["reference"], "")
        left = re.sub(r"\d{4}-\d\d-\d\d", "", left)
        numbers = re.findall(r"\d+", left)
        own = {"user-one": ["2"], "user-two": ["1"], "user-three": ["1"]}.get(notice["user_id"], [])
        assert numbers == ([] if lang == "en" and own == ["1"] else own)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_notices__quote_a_reference_of_their_own(lang: str) -> None:
    references = [n["reference"] for n in NOTICES]
    assert len(set(references)) == len(references)
    assert all(n["reference"] in n[lang] for n in NOTICES)
    assert all(re.fullmatch(r"GK-[0-9A-F]{6}-[0-9A-F]{6}", reference) for reference in references)


@pytest.mark.parametrize(
    ("hours", "en", "zh"),
    [
        ((0, 1), "2 likes that you gave on 2026-11-22 (UTC) will", "您在 2026-11-22（UTC）给出的 2 个点赞将"),
        (
            (0, 24),
            "2 likes that you gave between 2026-11-22 and 2026-11-23 (UTC) will",
            "您在 2026-11-22 至 2026-11-23（UTC）给出的 2 个点赞将",
        ),
    ],
)
def test_notices__of_one_day_name_it_once(hours: tuple[int, ...], en: str, zh: str) -> None:
    batch = plan(made_run([Like("u0", f"n{i}") for i in range(len(hours))]))
    moved = batch.purge.set_column(2, "ts", pa.array([START + dt.timedelta(hours=hour) for hour in hours], TIMESTAMP))
    assert moved.num_rows == len(hours)
    nobody = pa.array([None] * len(hours), pa.string())
    (told,) = write_notices(moved, nobody, "B", RUN.id_types).to_pylist()
    assert told["en"].startswith(en)
    assert told["zh"].startswith(zh)


def test_references__differ_between_batches() -> None:
    other = plan(RUN, min_score=0.5).tables["notices"]["reference"].to_pylist()
    assert set(other).isdisjoint(n["reference"] for n in NOTICES)


@pytest.mark.parametrize(("lang", "appeal"), [("en", "please appeal"), ("zh", "申诉")])
def test_notices__say_why_and_how_to_appeal(lang: str, appeal: str) -> None:
    for notice in NOTICES:
        assert appeal in notice[lang]
        assert notice["reasons"] == ["IN_COMPANY", "CAPTURE"]
        assert all(templates()["reasons"][code][lang] in notice[lang] for code in notice["reasons"])


def test_notices__do_not_accuse_the_author() -> None:
    assert "This says nothing about you" in str(to("author-one")["en"])
    assert "这并不是对您的判断" in str(to("author-one")["zh"])


def test_templates__every_reason_of_a_like_or_ring_has_plain_words() -> None:
    wanted = {code for code, reason in REASONS.items() if reason.level in {"like", "ring"}}
    assert set(templates()["reasons"]) == wanted
    for words in templates()["reasons"].values():
        assert set(words) == {"en", "zh"}
        assert re.search(r"[{}\d]", words["en"] + words["zh"]) is None


def test_reasons__of_the_ring_are_the_three_strongest_of_other_channels() -> None:
    from graphkit.purge.notices import _chosen

    codes = ["IN_COMPANY", "UNREAD", "SHORT_DWELL", "LOCKSTEP", "CAPTURE", "TIGHT", "DEVOTION", "ARRIVAL"]
    assert _chosen([codes, ["IN_COMPANY"]]) == ["IN_COMPANY", "UNREAD", "CAPTURE", "TIGHT", "DEVOTION"]
