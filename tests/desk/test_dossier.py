"""What the page knows of one ring, against the tables of its run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graphkit.explain import ring_stories
from graphkit.report.desk import columns
from graphkit.report.desk.columns import lay_columns_out, lay_rests_out, shares
from graphkit.report.desk.dossier import dossier
from tests.desk.made import MEMBERS, TARGETS, many_rings


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The details of a ring in tier purge."""
    run = many_rings(2)
    stories = ring_stories(run)
    laid = lay_columns_out(run, {"n1-3": "A title"})
    return dossier(stories[1], laid, lay_rests_out(run, stories, laid), 1, [])


def test_likes__are_those_of_the_run_with_their_times(told: dict[str, Any]) -> None:
    rows = many_rings(2).ring("R-000001").likes.to_pylist()
    wanted = {(row["user_id"], row["note_id"], int(row["ts"].timestamp() * 1000)) for row in rows}
    likes, t0 = told["likes"], told["t0"]
    shown = {
        (told["members"]["id"][m], told["targets"]["id"][n], t0 + at)
        for m, n, at in zip(likes["member"], likes["target"], likes["at"], strict=True)
    }
    assert shown == wanted
    assert min(likes["at"]) == 0


def test_reason_codes__are_those_of_each_like(told: dict[str, Any]) -> None:
    rows = many_rings(2).ring("R-000001").likes.to_pylist()
    wanted = {(row["user_id"], row["note_id"]): row["reasons"] for row in rows}
    likes = told["likes"]
    for m, n, why in zip(likes["member"], likes["target"], likes["why"], strict=True):
        assert told["codes"][why] == wanted[told["members"]["id"][m], told["targets"]["id"][n]]


def test_claim__of_bursts_names_the_likes_with_that_reason(told: dict[str, Any]) -> None:
    (claim,) = [c for c in told["reasons"] if c["channel"] == "exclusivity"]
    assert claim["likes"] == "all"  # every like of this run has the reason


def test_claim__that_only_the_likes_could_tell_is_unknown(told: dict[str, Any]) -> None:
    claims = {c["channel"]: c["likes"] for c in told["reasons"]}
    assert claims["completion"] == "unknown"
    assert claims["recurrence"] == "all"


def test_claims__for_come_first_and_strongest_first(told: dict[str, Any]) -> None:
    nats = [claim["nats"] for claim in told["reasons"]]
    for_it = [n for n in nats if n > 0]
    assert nats[: len(for_it)] == sorted(for_it, reverse=True)
    assert all(n < 0 for n in nats[len(for_it) :])


def test_sentences__come_in_both_languages(told: dict[str, Any]) -> None:
    pairs = [told["headline"], *(claim["say"] for claim in told["reasons"]), *told["falls"], *told["rises"]]
    assert len(pairs) > 5
    for english, chinese in pairs:
        assert english.isascii()
        assert not chinese.isascii()


def test_targets__with_titles_where_known(told: dict[str, Any]) -> None:
    titles = dict(zip(told["targets"]["id"], told["targets"]["title"], strict=True))
    assert titles["n1-3"] == "A title"
    assert len(titles) == TARGETS
    assert set(titles.values()) == {"A title", None}


def test_scores__below_one_stay_below_one() -> None:
    assert shares(np.array([1.0, 0.999999, 0.5, np.nan, 0.0])).tolist() == [1.0, 0.9999, 0.5, None, 0.0]


def test_network__names_members_by_position(told: dict[str, Any]) -> None:
    ends = {*told["ties"]["a"], *told["ties"]["b"]}
    assert ends <= set(range(MEMBERS))
    assert told["all"]["ties"] == many_rings(2).ring("R-000001").ties.num_rows


@pytest.mark.parametrize("most", [1, 100, 10_000])
def test_reasons__lists_are_told_apart_whatever_room_their_codes_have(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    lists = pa.array([["B", "A"], ["A", "B"], [], ["B"], ["A", "B"], None, ["A", "A", "B"], ["B", "A", "C", "D"]])
    monkeypatch.setattr(columns, "_MOST_CODES", most)
    code, by_code = columns._list_codes(lists)
    assert [by_code[c] for c in code] == [row or [] for row in lists.to_pylist()]
    assert sorted(set(code.tolist())) == list(range(len(by_code))) == list(range(6))
