"""Every table of a run: its schema, its order, and how the tables agree with one another and with the likes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import graphkit as gk
from graphkit.columns import Kind
from graphkit.explain.story import ring_stories
from graphkit.likes.model import UNKNOWN
from graphkit.schemas import OUTPUTS
from graphkit.scoring.reasons import REASONS
from graphkit.scoring.tiers import EXPLANATIONS
from graphkit.simulation import simulate
from tests.detection.runs import Tables, dense, detect, map_ids
from tests.worlds import DAY, make_likes

pytestmark = pytest.mark.kernels
TIERS = ["watch", "review", "purge"]


def assert_schema(run: gk.Detection, user: pa.DataType, note: pa.DataType, author: pa.DataType) -> None:
    assert set(run.tables) == {table.name for table in OUTPUTS}
    types = {Kind.USER_ID: user, Kind.NOTE_ID: note, Kind.AUTHOR_ID: author}
    for table in OUTPUTS:
        assert run.tables[table.name].schema.equals(table.arrow(types), check_metadata=True), table.name


def rows(run: gk.Detection, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run.tables[name].to_pylist()
    return found


# --------------------------------------------------------------------------------------------------
# Schemas


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.uint64(), pa.string(), pa.large_string()], ids=str)
def test_ids_keep_their_type(kind: pa.DataType) -> None:
    def convert(ids: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.cast(pc.add(ids, 1000 if pc.min(ids).as_py() < 0 else 1000 - 10**12), kind)

    run = detect(dense().each(lambda table: map_ids(table, convert)))
    assert run.rings.num_rows > 0
    assert_schema(run, kind, kind, pa.string())


def test_author_ids_keep_theirs(run: gk.Detection, world: Tables) -> None:
    ids = world.likes.schema.field("user_id").type
    author = pa.string() if world.notes is None else world.notes.schema.field("author_id").type
    assert_schema(run, ids, world.likes.schema.field("note_id").type, author)


@pytest.mark.parametrize("n_users", [1, 2, 50])
def test_a_run_without_rings_has_the_same_schema(n_users: int) -> None:
    run = gk.detect(make_likes([(user, user % 7, DAY + user) for user in range(n_users)]))
    assert [run.tables[table.name].num_rows for table in OUTPUTS] == [0] * len(OUTPUTS)
    assert_schema(run, pa.int64(), pa.int64(), pa.string())


def test_rows_are_sorted_by_their_keys_and_keys_are_unique(run: gk.Detection) -> None:
    for table in OUTPUTS:
        keys = [tuple(row[name] for name in table.sort_by) for row in rows(run, table.name)]
        assert keys == sorted(set(keys)), table.name


def test_the_quarantine_of_a_dirty_world_is_filled(small: Tables) -> None:
    assert detect(small).quarantine.num_rows > 0


# --------------------------------------------------------------------------------------------------
# Agreement


def test_candidates_are_kept_likes(run: gk.Detection) -> None:
    likes = run.likes
    assert likes is not None
    users, notes = likes.users.ids.to_pylist(), likes.notes.ids.to_pylist()
    kept = {
        (users[u], notes[n]): ts
        for u, n, ts in zip(likes.user.tolist(), likes.note.tolist(), likes.ts.tolist(), strict=True)
    }
    ts = pc.cast(run.candidates["ts"], pa.int64()).to_pylist()
    pairs = list(zip(run.candidates["user_id"].to_pylist(), run.candidates["note_id"].to_pylist(), strict=True))
    assert len(set(pairs)) == len(pairs) > 0
    assert [kept[pair] for pair in pairs] == ts


def test_tiers_are_ordered_by_ring(run: gk.Detection) -> None:
    tier = {row["ring_id"]: row["tier"] for row in rows(run, "rings")}
    assert set(tier.values()) <= {*TIERS}
    for row in rows(run, "candidates"):
        assert row["tier"] in {"purge", "review"}
        assert TIERS.index(row["tier"]) <= TIERS.index(tier[row["ring_id"]])
    best: dict[Any, int] = {}
    for row in rows(run, "candidates"):
        best[row["user_id"]] = max(best.get(row["user_id"], 0), TIERS.index(row["tier"]))
    for row in rows(run, "members"):
        assert TIERS.index(row["tier"]) == best.get(row["user_id"], 0)


def test_counts_of_a_ring_add_up(run: gk.Detection) -> None:
    members, targets, ties = Counter(), Counter(), Counter()
    by_member, by_target = Counter(), Counter()
    for row in rows(run, "members"):
        members[row["ring_id"]] += 1
        by_member[row["ring_id"]] += row["n_ring_likes"]
        assert 1 <= row["n_ring_likes"] <= row["n_likes"]
        assert row["n_partners"] >= 0
    for row in rows(run, "targets"):
        targets[row["ring_id"]] += 1
        by_target[row["ring_id"]] += row["n_ring_likes"]
        assert 1 <= row["n_ring_likes"] <= row["n_likes"]
    partners = Counter({(row["ring_id"], row["user_id"]): row["n_partners"] for row in rows(run, "members")})
    for row in rows(run, "ties"):
        ties[row["ring_id"], row["user_a"]] += 1
        ties[row["ring_id"], row["user_b"]] += 1
        assert row["user_a"] < row["user_b"]
        assert 3 <= row["breadth"] <= row["weight"]
        assert 0 < row["expected"] < row["breadth"]
        assert 0 <= row["p_value"] <= 1e-3
    assert +ties == +partners
    proposed = Counter(run.candidates["ring_id"].to_pylist())
    for row in rows(run, "rings"):
        ring = row["ring_id"]
        assert row["n_users"] == members[ring] >= 4
        assert row["n_notes"] == targets[ring] >= row["n_authors"] >= 1
        # Idle members are dropped, and a target is a note with a coordinated like.
        assert row["n_likes"] == by_member[ring] == by_target[ring] >= max(row["n_users"], row["n_notes"])
        # Every coordinated like of a ring is proposed, unless the ring is only watched.
        assert proposed[ring] == (0 if row["tier"] == "watch" else row["n_likes"])
        assert row["first_ts"] <= row["last_ts"]
        assert row["window_s"] in {view["window_s"] for view in run.info["windows"]}


@pytest.mark.slow
@pytest.mark.slow
def test_stragglers_are_likes_of_their_ring_and_for_review() -> None:
    made = simulate("smallrings", seed=202)
    run = gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes))
    assert run.stragglers.num_rows > 100
    assert run.stragglers.num_rows + run.in_company.num_rows == run.candidates.num_rows
    assert set(run.stragglers["tier"].to_pylist()) == {"review"}
    assert {codes[0] for codes in run.stragglers["reasons"].to_pylist()} == {"ON_TARGET"}
    test_counts_of_a_ring_add_up(run)
    test_impact_adds_up_to_the_candidates(run)
    rests = {
        (row["ring_id"], row["user_id"]): row["likes"]
        for ring in ring_stories(run) for row in ring.members.to_pylist()
        for row in [row | {"ring_id": ring.row["ring_id"]}]
    }  # fmt: skip
    assert rests == {(row["ring_id"], row["user_id"]): row["n_ring_likes"] for row in rows(run, "members")}


def test_nobody_is_idle__members_whose_only_company_was_idle() -> None:
    made = simulate("small", seed=24, bare=True)
    run = gk.detect(gk.read_likes(made.likes, users=made.users, notes=made.notes))
    assert min(run.members["n_ring_likes"].to_pylist()) >= 1
    assert min(run.rings["n_likes"].to_pylist()) >= 1


def test_members_of_a_ring_are_in_no_other(run: gk.Detection) -> None:
    users = run.members["user_id"].to_pylist()
    assert len(users) == len(set(users))


def test_impact_adds_up_to_the_candidates(run: gk.Detection) -> None:
    likes = run.likes
    assert likes is not None
    before = Counter(likes.notes.ids.take(pa.array(likes.note)).to_pylist())
    wanted: dict[str, Counter[Any]] = {"purge": Counter(), "review": Counter()}
    for row in rows(run, "candidates"):
        wanted[row["tier"]][row["note_id"]] += 1
    found = rows(run, "impact")
    assert {row["note_id"] for row in found} == set(wanted["purge"]) | set(wanted["review"])
    for row in found:
        note = row["note_id"]
        assert row["likes_before"] == before[note]
        assert (row["likes_purge"], row["likes_review"]) == (wanted["purge"][note], wanted["review"][note])
        assert row["likes_after"] == row["likes_before"] - row["likes_purge"] >= 0


def test_authors_are_those_touched_with_all_they_have(run: gk.Detection) -> None:
    likes = run.likes
    assert likes is not None
    wanted: dict[Any, list[int]] = {row["author_id"]: [0, 0] for row in rows(run, "impact")}
    wanted.pop(None, None)
    if likes.notes.author is not None and likes.notes.authors is not None:
        names = likes.notes.authors.to_pylist()
        has = Counter(likes.note.tolist())
        for note, code in enumerate(likes.notes.author.tolist()):
            if code >= 0 and names[code] in wanted:
                wanted[names[code]][0] += 1
                wanted[names[code]][1] += has[note]
    found = {row["author_id"]: [row["n_notes"], row["n_likes"]] for row in rows(run, "authors")}
    assert found == wanted


@pytest.mark.slow
def test_authors_are_none_of_the_unknown(small: Tables) -> None:
    assert small.notes is not None
    names = small.notes["author_id"].to_pylist()
    halved = pa.array([name if i % 2 else None for i, name in enumerate(names)], small.notes["author_id"].type)
    at = small.notes.schema.get_field_index("author_id")
    run = detect(small._replace(notes=small.notes.set_column(at, "author_id", halved)))
    assert None in {row["author_id"] for row in rows(run, "impact")}
    assert run.tables["authors"].num_rows
    test_authors_are_those_touched_with_all_they_have(run)


def test_authors_are_those_of_the_notes(run: gk.Detection) -> None:
    likes = run.likes
    assert likes is not None
    author: dict[Any, Any] = dict.fromkeys(likes.notes.ids.to_pylist())
    if likes.notes.author is not None and likes.notes.authors is not None:
        names = likes.notes.authors.to_pylist()
        for note, code in zip(author, likes.notes.author.tolist(), strict=True):
            author[note] = None if code == UNKNOWN else names[code]
    for name in ("targets", "impact"):
        assert [row["author_id"] for row in rows(run, name)] == [author[row["note_id"]] for row in rows(run, name)]


def test_scores_are_shares_and_rise_with_the_tier(run: gk.Detection) -> None:
    scores = {row["ring_id"]: row["score"] for row in rows(run, "rings")}
    for name in ("rings", "members", "candidates"):
        assert all(0 <= row["score"] <= 1 for row in rows(run, name))
    for row in rows(run, "candidates"):
        assert row["score"] <= scores[row["ring_id"]]


def test_a_q_value_is_a_share_and_no_less_than_the_chance_that_the_ring_is_none(run: gk.Detection) -> None:
    assert all(1 - row["score"] <= row["q_value"] <= 1 for row in rows(run, "rings"))


def test_rings_in_tier_purge_have_the_score_and_the_q_value_for_it(run: gk.Detection) -> None:
    scoring = run.info["config"]["scoring"]
    chosen = [row for row in rows(run, "rings") if row["tier"] == "purge"]
    assert all(row["score"] >= scoring["purge_score"] and row["q_value"] <= scoring["max_q"] for row in chosen)


def test_rings_in_tier_purge_leave_no_honest_explanation_open(run: gk.Detection) -> None:
    chosen = [row["evidence"] for row in rows(run, "rings") if row["tier"] == "purge"]
    assert [name for evidence in chosen for name in EXPLANATIONS if evidence[name]] == []


def test_reasons_are_known_codes_of_their_level(run: gk.Detection) -> None:
    for name, levels in (("rings", {"ring"}), ("members", {"member"}), ("candidates", {"like", "ring"})):
        for row in rows(run, name):
            assert row["reasons"], name
            assert len(set(row["reasons"])) == len(row["reasons"])
            assert {REASONS[code].level for code in row["reasons"]} <= levels


def test_evidence_is_null_where_the_input_does_not_allow_it() -> None:
    run = detect(dense())
    off = {entry["channel"] for entry in run.info["evidence_off"]}
    assert {"authors", "dwell", "devices", "registration"} <= off
    for row in rows(run, "rings"):
        assert row["evidence"]["dwell_short"] is None
        assert row["evidence"]["authors_effective"] is None
        assert row["evidence"]["co_likes"] > row["evidence"]["co_likes_expected"]
        assert all(row["evidence"][f"weight_{channel}"] == 0 for channel in off - {"arrival"})


def test_counts_of_run_json_are_those_of_the_tables(run: gk.Detection) -> None:
    counts = run.info["counts"]
    assert {name: counts[name] for name in ("rings", "members", "targets", "candidates")} == {
        name: run.tables[name].num_rows for name in ("rings", "members", "targets", "candidates")
    }
    assert counts["read"] == counts["kept"] + counts["duplicate"] + counts["undone"] + counts["quarantined"]
    for tier in TIERS:
        assert run.info["tiers"][tier] == {
            "rings": run.rings["tier"].to_pylist().count(tier),
            "users": run.members["tier"].to_pylist().count(tier),
            "likes": run.candidates["tier"].to_pylist().count(tier),
        }


# --------------------------------------------------------------------------------------------------
# One ring


def test_a_ring_by_its_name(run: gk.Detection) -> None:
    names = run.rings["ring_id"].to_pylist()
    for name in names:
        ring = run.ring(name)
        assert ring.row["ring_id"] == name
        assert ring.members.num_rows == ring.row["n_users"]
        assert ring.targets.num_rows == ring.row["n_notes"]
        assert ring.likes.num_rows in {0, ring.row["n_likes"]}
        assert name in repr(ring)
    assert run.ring(names[0][:-2]).ring_id == names[0]
    for wrong in ("R-", "nobody"):
        with pytest.raises(gk.errors.InputError, match="rings called"):
            run.ring(wrong)


def test_a_ring_as_a_graph(run: gk.Detection) -> None:
    ring = run.ring(run.rings.sort_by([("n_users", "descending")])["ring_id"][0].as_py())
    net, other = ring.to_networkx(), ring.to_igraph()
    assert [*net] == other.vs["id"] == ring.members["user_id"].to_pylist()
    assert net.number_of_edges() == other.ecount() == ring.ties.num_rows > 0
    for row in ring.ties.to_pylist():
        edge = net.edges[row["user_a"], row["user_b"]]
        assert {k: edge[k] for k in ("weight", "breadth", "p_value")} == {
            k: row[k] for k in ("weight", "breadth", "p_value")
        }
    names = other.vs["id"]
    found = {(names[e.source], names[e.target]): e["weight"] for e in other.es}
    assert found == {(row["user_a"], row["user_b"]): row["weight"] for row in ring.ties.to_pylist()}


def test_timings_of_a_run_are_its_own(small: Tables) -> None:
    # Reading told the shared silent progress about itself; a run that was given none must not repeat that.
    likes = gk.read_likes(small.likes)
    assert "read" not in gk.detect(likes).info["timings_s"]


def test_names_of_rings_differ_even_when_their_hashes_begin_alike(
    small: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphkit.candidates._ID_DIGITS", 0)
    names = detect(small).rings["ring_id"].to_pylist()
    assert len(names) > 1
    assert len(set(names)) == len(names)
