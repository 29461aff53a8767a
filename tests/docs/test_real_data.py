"""The page on real data says what detection says: its tables are made anew, and its main claims are tested."""

from __future__ import annotations

import importlib.util
from itertools import combinations
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page(real_data: Path) -> ModuleType:
    """The script that makes the page's tables; it remembers its runs."""
    spec = importlib.util.spec_from_file_location("real_data_page", ROOT / "docs" / "_make" / "real_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.folder() == real_data
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", ["polis_votes", "german_elections_2021", "coortweet_ru", "daostack_votes"])
def test_real_data__every_row_is_accounted_for(page: ModuleType, name: str) -> None:
    import pyarrow.parquet as pq

    counts = page.run(name).info["counts"]
    rows = pq.read_table(page.folder() / name / "likes.parquet", columns=["user_id", "note_id"])
    assert counts["read"] == rows.num_rows
    assert counts["read"] == counts["kept"] + counts["duplicate"] + counts["undone"] + counts["quarantined"]
    assert counts["kept"] == rows.group_by(["user_id", "note_id"]).aggregate([]).num_rows


def test_polis__nothing_is_in_the_purge_tier(page: ModuleType) -> None:
    assert page.run("polis_votes").info["tiers"]["purge"] == {"rings": 0, "users": 0, "likes": 0}


def test_polis__nothing_is_proposed_and_scores_are_low(page: ModuleType) -> None:
    detection = page.run("polis_votes")
    assert detection.candidates.num_rows == 0
    assert max(detection.rings["score"].to_pylist(), default=0) < 0.2


@pytest.mark.parametrize("name", ["coortweet_ru", "daostack_votes"])
def test_quiet_sets__nothing_is_found(page: ModuleType, name: str) -> None:
    assert page.run(name).rings.num_rows == 0


def test_german__a_ring_of_nine_whose_members_are_all_tied(page: ModuleType) -> None:
    detection = page.run(page.GERMAN)
    nine = [detection.ring(r["ring_id"]) for r in detection.rings.to_pylist() if r["n_users"] == 9]
    complete = []
    for ring in nine:
        members = sorted(ring.members["user_id"].to_pylist())
        tied = set(zip(ring.ties["user_a"].to_pylist(), ring.ties["user_b"].to_pylist(), strict=True))
        if tied == set(combinations(members, 2)):
            complete.append(ring)
    assert len(complete) == 1
    times: dict[str, set[object]] = {}
    for note, ts in zip(complete[0].likes["note_id"].to_pylist(), complete[0].likes["ts"].to_pylist(), strict=True):
        times.setdefault(note, set()).add(ts)
    one_second = sum(len(t) == 1 for t in times.values())
    assert 2 * one_second > len(times)  # on most links the whole ring acts within one second
    assert complete[0].row["tier"] == "purge"


def test_german__a_block_of_nineteen_is_one_ring(page: ModuleType) -> None:
    rings = page.run(page.GERMAN).rings.to_pylist()
    (block,) = [r for r in rings if r["n_users"] == 19]
    assert page.run(page.GERMAN).ring(block["ring_id"]).ties.num_rows == 19 * 18 // 2


def test_german__tight_edges_are_lockstep_and_not_taste(page: ModuleType) -> None:
    as_they_are = page.run(page.GERMAN).info["windows"][0]
    moved = page.decoy(page.GERMAN, shift_s=1200).info["windows"][0]
    assert as_they_are["window_s"] == moved["window_s"] == 60
    assert as_they_are["edges"] > 500
    assert moved["edges"] < as_they_are["edges"] / 50


def test_german__shuffling_users_leaves_no_ring(page: ModuleType) -> None:
    assert page.decoy(page.GERMAN, shuffle_s=21_600).rings.num_rows == 0


def test_german__most_of_the_block_of_nineteen_is_found(page: ModuleType) -> None:
    detection = page.run(page.GERMAN)
    (block,) = [r for r in detection.rings.to_pylist() if r["n_users"] == 19]
    assert block["tier"] == "purge"
    members = detection.ring(block["ring_id"]).members
    assert sum(members["n_ring_likes"].to_pylist()) > 0.7 * sum(members["n_likes"].to_pylist())


def test_german__tastes_alone_purge_nothing(page: ModuleType) -> None:
    """Sessions moved by up to 20 h keep tastes: communities remain, and none of them is purged."""
    moved = page.decoy(page.GERMAN, shift_s=72_000)
    assert moved.rings.num_rows > 0
    assert page.proposed(moved.candidates)[0] == 0
    assert moved.info["tiers"]["purge"]["rings"] == 0


def test_german__slow_company_purges_nothing(page: ModuleType) -> None:
    detection = page.run(page.GERMAN)
    slow = [r["ring_id"] for r in detection.rings.to_pylist() if r["window_s"] == 21_600]
    purge, review = (sum(n) for n in zip(*(page.proposed(detection.ring(s).likes) for s in slow), strict=True))
    assert purge == 0 < review


def test_german__what_an_hour_shows_is_taken_for_lockstep(page: ModuleType) -> None:
    """The page says that the rule trusts the hour: 20 min more or less leave most of `purge` in place."""
    as_they_are, moved = page.run(page.GERMAN), page.decoy(page.GERMAN, shift_s=1200)
    assert page.proposed(moved.candidates)[0] > 0.5 * page.proposed(as_they_are.candidates)[0]


def test_german__a_scheduler_alone_on_its_links_is_for_purge(page: ModuleType) -> None:
    """Without times of publication it gives the first share, and is not taken for a follower for that."""
    detection = page.run(page.GERMAN)
    purge, review = page.proposed(detection.ring("R-31852628a8").likes)
    assert (purge > 200, review) == (True, 0)


@pytest.mark.parametrize(
    ("ring_id", "explanation"), [("R-0ee2429d58", "may_be_circle"), ("R-2578bfff2b", "may_be_fans")]
)
def test_german__quick_rings_with_an_honest_explanation_are_for_review(
    page: ModuleType, ring_id: str, explanation: str
) -> None:
    (ring,) = [r for r in page.run(page.GERMAN).rings.to_pylist() if r["ring_id"] == ring_id]
    assert ring["window_s"] == 60
    assert ring["evidence"][explanation] == 1
    assert ring["tier"] == "review"


def test_german__no_ring_with_an_open_explanation_is_purged(page: ModuleType) -> None:
    for ring in page.run(page.GERMAN).rings.to_pylist():
        assert ring["tier"] != "purge" or not any(ring["evidence"][name] for name in page.EXPLANATIONS)


def test_german__no_ring_loses_to_its_echo(page: ModuleType) -> None:
    assert max(page.run(page.GERMAN).rings["q_value"].to_pylist()) < 1


@pytest.mark.parametrize("member", ["fb_13359", "fb_3560"])
def test_german__networks_of_two_paces_are_found(page: ModuleType, member: str) -> None:
    detection = page.run(page.GERMAN)
    everyone = (detection.ring(r).members["user_id"].to_pylist() for r in detection.rings["ring_id"].to_pylist())
    assert [len(users) for users in everyone if member in users] == [4]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accounting", "found", "german rings", "german windows", "german decoys"])
def test_page__its_tables_are_what_detection_says_now(page: ModuleType, name: str) -> None:
    """Run ``python docs/_make/real_data.py`` to make them anew."""
    shown = page.tables_of(page.PAGE.read_text(encoding="utf-8"))
    assert set(shown) == set(page.TABLES)
    assert shown[name] == page.made(name)
