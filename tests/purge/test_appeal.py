"""Appeals: what was taken and why, and the way back, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphkit.cases import compare, database
from graphkit.cases.decisions import Subject
from graphkit.cases.store import CaseStore
from graphkit.columns import Kind
from graphkit.detection import Detection
from graphkit.errors import ConfigError, InputError, OutputError
from graphkit.purge.appeal import Appellant, appeal, decide
from graphkit.purge.notices import reference_of
from graphkit.schemas import IMPACT, RESTORE
from tests.cases.made import AT, DAY, RUN, run_of, with_integer_ids
from tests.cli.support import assert_refused, graphkit

LATER = run_of({"R-x": range(5)}, day=1)


def user(name: str) -> Appellant:
    return Appellant("user", name)


def with_impact(run: Detection, code: Callable[[str], Any] = str) -> Detection:
    """Return the run with the notes of its candidates in `impact`, by the authors of its targets."""
    rows = [
        {
            "note_id": row["note_id"],
            "author_id": None if row["author_id"] is None else code(row["author_id"]),
            **dict.fromkeys(("likes_before", "likes_purge", "likes_review", "likes_after"), 1),
        }
        for row in run.targets.to_pylist()
    ]
    author = pa.array([row["author_id"] for row in rows])
    types = {**run.id_types, Kind.AUTHOR_ID: author.type}
    return Detection({**run.tables, "impact": pa.Table.from_pylist(rows, schema=IMPACT.arrow(types))}, run.info)


def purged(cases: Path, run: Detection = RUN) -> Path:
    """Record a batch of all candidates of a run."""
    run = run if run.impact.num_rows else with_impact(run)
    keys = pa.array([f"k{i}" for i in range(run.candidates.num_rows)])
    with CaseStore.open(cases, write=True) as store:
        likes = run.candidates.append_column("key", keys)
        store.record_batch("B-1", likes, path=cases.parent / "batch", run=run, made_at=AT)
    return cases


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A store with one batch: three likes of u1-0, three of u2-0."""
    return purged(tmp_path / "cases")


def granted(cases: Path, out: Path, note: Any = None, **how: Any) -> Any:
    return decide(cases, user("u1-0"), note, grant=True, reviewer="Ada", out=out, at=AT + DAY, **how)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("cases.sqlite*")}


def test_appeal__names_batch_ring_and_evidence(cases: Path) -> None:
    found = appeal(cases, user("u1-0"), run=LATER, at=AT)
    assert [(like["batch_id"], like["note_id"], like["name"]) for like in found.likes] == [
        ("B-1", f"n1-{n}", "L-000001") for n in range(3)
    ]
    assert [ring["ring_id"] for ring in found.then["rings"]] == ["R-000001"]
    assert [member["reasons"] for member in found.then["members"]] == [["TIED", "DEVOTED"]]
    assert found.now == {"rings": [], "members": [], "candidates": []}
    assert found.held == {}


def test_appeal__evidence_stands_once_whatever_batches_took(cases: Path) -> None:
    """As canary and rest do, which are of one run."""
    likes = RUN.candidates.append_column("key", pa.array([f"k{i}" for i in range(RUN.candidates.num_rows)]))
    with CaseStore.open(cases, write=True) as store:
        store.record_batch("B-2", likes.slice(0, 1), path=cases.parent / "rest", run=RUN, made_at=AT + DAY)
    found = appeal(cases, user("u1-0"), at=AT)
    assert [ring["ring_id"] for ring in found.then["rings"]] == ["R-000001"]
    assert len(found.then["members"]) == 1


def test_appeal__about_one_like(cases: Path) -> None:
    assert [like["note_id"] for like in appeal(cases, user("u1-0"), "n1-2").likes] == ["n1-2"]


def test_appeal__what_is_known_now(cases: Path) -> None:
    found = appeal(cases, user("u1-0"), run=RUN, at=AT).now
    assert found is not None
    assert [row["user_id"] for row in found["members"]] == ["u1-0"]
    assert len(found["candidates"]) == 3
    assert [ring["ring_id"] for ring in found["rings"]] == ["R-000001"]


def test_appeal__of_somebody_who_lost_nothing(cases: Path) -> None:
    with pytest.raises(
        InputError, match=r"no batch in .* took a like of user 'u9'; wanted somebody whose like was taken"
    ):
        appeal(cases, user("u9"))
    with pytest.raises(InputError, match="of user 'u1-0', note 'n2-0'"):
        appeal(cases, user("u1-0"), "n2-0")


def test_granted__restore_batch_has_the_likes_and_nothing_else(cases: Path, tmp_path: Path) -> None:
    granted(cases, tmp_path / "restore")
    table = pq.read_table(tmp_path / "restore" / "restore.parquet")
    assert table.column_names == list(RESTORE.names)
    wanted = [row for row in RUN.candidates.to_pylist() if row["user_id"] == "u1-0"]
    assert [(row["user_id"], row["note_id"], row["ts"]) for row in table.to_pylist()] == [
        (row["user_id"], row["note_id"], row["ts"]) for row in wanted
    ]
    assert table["key"].to_pylist() == ["k0", "k1", "k2"]
    told = json.loads((tmp_path / "restore" / "restore.json").read_text())
    assert (told["batches"], told["likes"], told["reviewer"]) == (["B-1"], 3, "Ada")
    assert set(told["files"]) == {"restore.csv", "restore.parquet"}


def test_granted__clears_the_user_with_the_evidence_of_then_and_now(cases: Path, tmp_path: Path) -> None:
    granted(cases, tmp_path / "restore", run=LATER, comment="a fan")
    with CaseStore.open(cases) as store:
        (row,) = store.decisions()
        held = store.standings(AT + DAY)
    assert (row["user_id"], row["note_id"], row["verdict"], row["comment"]) == ("u1-0", None, "cleared", "a fan")
    assert [ring["ring_id"] for ring in row["evidence"]["rings"]] == ["R-000001"]
    assert row["evidence"]["now"]["members"] == []
    assert held[Subject.USER, "u1-0"].verdict == "cleared"


def test_granted_for_a_like__gives_that_back_and_clears_like_and_user(cases: Path, tmp_path: Path) -> None:
    granted(cases, tmp_path / "restore", "n1-1")
    with CaseStore.open(cases) as store:
        assert {key: one.verdict for key, one in store.standings(AT + DAY).items()} == {
            (Subject.USER, "u1-0"): "cleared",
            (Subject.LIKE, "u1-0", "n1-1"): "cleared",
        }
        assert [like["note_id"] for like in store.purged() if like["restored"]] == ["n1-1"]
    assert pq.read_table(tmp_path / "restore" / "restore.parquet")["note_id"].to_pylist() == ["n1-1"]


def test_granted__counts_against_the_ring(cases: Path, tmp_path: Path) -> None:
    granted(cases, tmp_path / "restore", "n1-1")
    found = compare(RUN, LATER, cases, at=AT + DAY)
    (ring,) = found.given_back
    assert (ring["name"], ring["taken"], ring["restored"]) == ("L-000001", 3, 1)
    users = {row["subject"]: row["cleared"] for row in found.precision}
    assert users == {"user": 1, "like": 1}


def test_granted__what_was_given_back_is_not_given_again(cases: Path, tmp_path: Path) -> None:
    granted(cases, tmp_path / "one", "n1-1")
    granted(cases, tmp_path / "rest")
    assert pq.read_table(tmp_path / "rest" / "restore.parquet")["note_id"].to_pylist() == ["n1-0", "n1-2"]
    with pytest.raises(InputError, match="3 likes of user 'u1-0' were given back before; nothing is left"):
        granted(cases, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_granted__same_decision_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        granted(purged(tmp_path / name / "cases"), tmp_path / name / "restore")
    one, other = ({p.name: p.read_bytes() for p in (tmp_path / n / "restore").iterdir()} for n in ("a", "b"))
    assert one == other


def test_refused__confirms_and_restores_nothing(cases: Path) -> None:
    decide(cases, user("u1-0"), grant=False, reviewer="Ada", at=AT + DAY)
    decide(cases, user("u2-0"), "n2-1", grant=False, reviewer="Ada", at=AT + DAY)
    with CaseStore.open(cases) as store:
        assert {key: one.verdict for key, one in store.standings(AT + DAY).items()} == {
            (Subject.USER, "u1-0"): "confirmed",
            (Subject.LIKE, "u2-0", "n2-1"): "confirmed",
        }
        assert not any(like["restored"] for like in store.purged())


def test_place_taken__stores_nothing(cases: Path, tmp_path: Path) -> None:
    (tmp_path / "restore").mkdir()
    with pytest.raises(OutputError, match="exists; wanted a new directory"):
        granted(cases, tmp_path / "restore")
    with CaseStore.open(cases) as store:
        assert store.decisions() == []


def test_store_that_cannot_keep_it__leaves_no_restore_batch(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graphkit.cases.lineagefile.Lineage.write", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        granted(cases, tmp_path / "restore")
    assert not (tmp_path / "restore").exists()


def test_grant_without_a_place__and_refusal_with_one(cases: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="granted without a restore batch; wanted --out with --grant"):
        decide(cases, user("u1-0"), grant=True, reviewer="Ada")
    with pytest.raises(ConfigError, match="refused with a restore batch"):
        decide(cases, user("u1-0"), grant=False, reviewer="Ada", out=tmp_path / "restore")


# --------------------------------------------------------------------------------------------------
# The command


def test_command__tells_batch_evidence_and_options(cases: Path, tmp_path: Path) -> None:
    run = LATER.save(tmp_path / "later")
    result = graphkit("appeal", cases, "--user", "u1-0", "--run", run)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "3 likes of user u1-0 taken." in lines
    assert "Batch      B-1 of 2026-11-24 09:00:00 UTC" in lines
    assert f"           {tmp_path / 'batch'}" in lines
    assert "           - Meets 3 other members more often than chance allows." in lines
    assert "Now        the later run has the user in no ring" in lines
    assert "Options    --grant --out RESTORE gives back 3 likes and clears" in lines


def test_command__grants_and_says_where(cases: Path, tmp_path: Path) -> None:
    before = content(cases)
    result = graphkit(
        "appeal",
        cases,
        "--user",
        "u1-0",
        "--grant",
        "--reviewer",
        "Ada",
        "--out",
        tmp_path / "r",
        "--now",
        "2026-11-25",
    )
    assert result.exit_code == 0, result.stderr
    assert f"Restore    {tmp_path / 'r'}" in result.stdout
    assert content(cases) != before
    told = json.loads(graphkit("appeal", cases, "--user", "u1-0", "--json").stdout)
    assert [like["restored"] for like in told["likes"]] == [True] * 3
    assert told["held"][0]["verdict"] == "cleared"


def test_command__integer_ids(tmp_path: Path) -> None:
    cases = purged(tmp_path / "cases", with_integer_ids(RUN))
    result = graphkit("appeal", cases, "--user", "4", "--note", "3", "--json")
    assert [like["note_id"] for like in json.loads(result.stdout)["likes"]] == [3]
    result = graphkit("appeal", cases, "--user", "four")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "user_id 'four'; wanted an integer" in result.stderr


def test_command__nobody_by_that_name(cases: Path) -> None:
    result = graphkit("appeal", cases, "--user", "nobody")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("command", [["appeal", "--user", "u1-0"], ["calibrate"]])
def test_command__where_no_case_store_is(tmp_path: Path, command: list[str]) -> None:
    """Who only reads would else be told of an empty one: of nobody whose like was taken."""
    result = graphkit(command[0], tmp_path / "here", *command[1:])
    assert_refused(
        result, tmp_path / "here", f"{tmp_path / 'here'} holds no case store; wanted a folder with cases.sqlite"
    )


def test_command__by_the_reference_of_a_notice(cases: Path) -> None:
    reference = reference_of("B-1", "user", "u2-0")
    told = json.loads(graphkit("appeal", cases, "--reference", f" {reference.lower()} ", "--json").stdout)
    assert told["user_id"] == "u2-0"
    told = json.loads(graphkit("appeal", cases, "--reference", reference_of("B-1", "author", "a1"), "--json").stdout)
    assert told["author_id"] == "a1"
    result = graphkit("appeal", cases, "--reference", reference_of("B-2", "author", "a1"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "no notice has the reference 'GK-" in result.stderr


# --------------------------------------------------------------------------------------------------
# Authors

A1 = Appellant("author", "a1")


def test_author__appeals_against_the_likes_on_own_notes(cases: Path) -> None:
    found = appeal(cases, A1, run=RUN, at=AT)
    assert {(like["user_id"], like["note_id"]) for like in found.likes} == {("u1-0", "n1-1"), ("u2-0", "n2-1")}
    assert [ring["ring_id"] for ring in found.then["rings"]] == ["R-000001", "R-000002"]
    assert found.then["members"] == []
    assert found.now is not None
    assert [ring["ring_id"] for ring in found.now["rings"]] == ["R-000001", "R-000002"]
    assert (len(found.now["candidates"]), found.now["members"]) == (2, [])
    later = appeal(cases, A1, run=LATER, at=AT).now
    assert later == {"rings": [], "members": [], "candidates": []}


def test_author__about_one_note(cases: Path) -> None:
    assert [like["user_id"] for like in appeal(cases, A1, "n2-1").likes] == ["u2-0"]
    with pytest.raises(InputError, match="took a like on notes of author 'a1', note 'n2-0'; wanted"):
        appeal(cases, A1, "n2-0")


def test_author__granted_clears_the_likes_and_nobody(cases: Path, tmp_path: Path) -> None:
    decide(cases, A1, grant=True, reviewer="Ada", out=tmp_path / "restore", run=LATER, at=AT + DAY)
    assert pq.read_table(tmp_path / "restore" / "restore.parquet")["note_id"].to_pylist() == ["n1-1", "n2-1"]
    with CaseStore.open(cases) as store:
        assert {key: one.verdict for key, one in store.standings(AT + DAY).items()} == {
            (Subject.LIKE, "u1-0", "n1-1"): "cleared",
            (Subject.LIKE, "u2-0", "n2-1"): "cleared",
        }
        rows = store.decisions()
        assert [like["note_id"] for like in store.purged() if like["restored"]] == ["n1-1", "n2-1"]
    for row in rows:
        assert [(one["user_id"], one["note_id"]) for one in row["evidence"]["candidates"]] == [
            (row["user_id"], row["note_id"])
        ]
        assert row["evidence"]["now"] == {"candidates": []}
    with pytest.raises(InputError, match="2 likes on notes of author 'a1' were given back before"):
        decide(cases, A1, grant=True, reviewer="Ada", out=tmp_path / "again")


def test_author__what_was_given_back_to_a_user_is_not_given_again(cases: Path, tmp_path: Path) -> None:
    granted(cases, tmp_path / "user")
    decide(cases, A1, grant=True, reviewer="Ada", out=tmp_path / "author", at=AT + DAY)
    assert pq.read_table(tmp_path / "author" / "restore.parquet")["note_id"].to_pylist() == ["n2-1"]


def test_author__refused_confirms_the_likes(cases: Path) -> None:
    decide(cases, A1, grant=False, reviewer="Ada", at=AT + DAY)
    with CaseStore.open(cases) as store:
        assert {one.verdict for one in store.standings(AT + DAY).values()} == {"confirmed"}
        assert {key[0] for key in store.standings(AT + DAY)} == {Subject.LIKE}


def test_author__command_names_users_notes_and_rings(cases: Path, tmp_path: Path) -> None:
    result = graphkit("appeal", cases, "--author", "a1", "--run", LATER.save(tmp_path / "later"))
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "2 likes on notes of author a1 taken." in lines
    assert any(line.strip().startswith("user u1-0, note n1-1, ") for line in lines)
    assert [line.split(",")[0] for line in lines if "ring R-" in line and "tier" in line] == [
        "Then       ring R-000001",
        "Then       ring R-000002",
    ]
    assert "Now        the later run proposes none of these likes" in lines
    assert not [line for line in lines if "other members" in line]


def test_author__integer_ids(tmp_path: Path) -> None:
    cases = purged(tmp_path / "cases", with_impact(RUN, lambda name: int(name[1:])))
    told = json.loads(graphkit("appeal", cases, "--author", "1", "--json").stdout)
    assert told["author_id"] == 1
    assert len(told["likes"]) == 2
    result = graphkit("appeal", cases, "--author", "one")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "author_id 'one'; wanted an integer" in result.stderr


def test_store_of_before__takes_authors_from_now_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        scripts = database._migrations()
        patch.setattr(database, "_migrations", lambda: scripts[:1])
        with CaseStore.open(tmp_path / "cases", write=True):
            pass
    assert len(appeal(purged(tmp_path / "cases"), A1).likes) == 2


@pytest.mark.parametrize("who", [[], ["--user", "u1-0", "--reference", "GK-1"], ["--user", "u1-0", "--author", "a1"]])
def test_command__wants_one_who_appeals(cases: Path, who: list[str]) -> None:
    result = graphkit("appeal", cases, *who)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "wanted one of --user, --author and --reference" in result.stderr
