"""Tables: the same for the same arguments, parts independent, truth that agrees with the log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from graphkit import schemas
from graphkit.columns import TIMESTAMP
from graphkit.errors import OutputError
from graphkit.simulation import WORLDS, Simulation, World, simulate
from graphkit.simulation.actors import Farm, Ring
from graphkit.simulation.worlds import find_world

TABLES = ("likes", "users", "notes", "truth_users", "truth_likes", "truth_groups")


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate("small", seed=5)


def kept(likes: pa.Table) -> dict[tuple[object, object], object]:
    """Return the time of the like that stands for every user and note, by the rules of reading."""
    stands: dict[tuple[object, object], object] = {}
    earliest, latest = pa.scalar(0, likes["ts"].type), pa.scalar(4_000_000_000_000_000, likes["ts"].type)
    sound = pc.and_(pc.is_valid(likes["user_id"]), pc.is_valid(likes["note_id"]))
    sound = pc.and_(sound, pc.and_(pc.greater(likes["ts"], earliest), pc.less(likes["ts"], latest)))
    likes = likes.filter(sound).sort_by("ts")
    actions = likes["action"].to_pylist() if "action" in likes.column_names else ["like"] * likes.num_rows
    for *pair, ts, action in zip(*(likes[c].to_pylist() for c in ("user_id", "note_id", "ts")), actions, strict=True):
        if action == "unlike":
            stands.pop(tuple(pair), None)
        else:
            stands.setdefault(tuple(pair), ts)
    return stands


def truth_of(s: Simulation) -> dict[tuple[object, object], object]:
    t = s.truth_likes
    columns = (t[c].to_pylist() for c in ("user_id", "note_id", "ts"))
    return {(u, n): ts for u, n, ts in zip(*columns, strict=True)}


def test_same_arguments_same_tables(small: Simulation) -> None:
    again = simulate("small", seed=5)
    for name in TABLES:
        assert getattr(again, name).equals(getattr(small, name)), name
    assert not simulate("small", seed=6).likes.equals(small.likes)


def test_every_like_that_stands_is_in_the_truth(small: Simulation) -> None:
    assert len(truth_of(small)) == small.truth_likes.num_rows
    assert kept(small.likes) == truth_of(small)


def test_bare_world_has_the_same_truth_and_three_columns(small: Simulation) -> None:
    bare = simulate("small", seed=5, bare=True)
    assert bare.likes.column_names == ["user_id", "note_id", "ts"]
    assert bare.users is None
    assert bare.notes is None
    assert bare.truth_likes.equals(small.truth_likes)
    assert kept(bare.likes) == truth_of(small)


def test_tables_follow_the_schema(small: Simulation) -> None:
    assert small.users is not None
    assert small.notes is not None
    assert small.likes.column_names == list(schemas.LIKES.names)
    assert small.users.column_names == list(schemas.USERS.names)
    assert small.notes.column_names == list(schemas.NOTES.names)
    assert small.likes.schema.field("ts").type == TIMESTAMP
    ids = {s: set(small.likes[s].drop_null().to_pylist()) for s in ("user_id", "note_id")}
    assert ids["user_id"] <= set(small.users["user_id"].to_pylist())
    assert ids["note_id"] <= set(small.notes["note_id"].to_pylist())
    assert len(set(small.users["user_id"].to_pylist())) == small.users.num_rows
    assert {len(i) for i in ids["user_id"]} == {24}
    for column in ("dwell_ms", "completed", "device_id", "ip", "source"):
        assert 0 < small.likes[column].null_count < 0.05 * small.likes.num_rows


def test_no_like_precedes_its_note_or_its_account(small: Simulation) -> None:
    truth = small.truth_likes.join(small.notes, "note_id").join(small.users, "user_id")
    for born in ("published_at", "registered_at"):
        assert pc.min(pc.subtract(truth["ts"], truth[born]).cast(pa.int64())).as_py() >= 0


def test_groups_agree_with_likes_and_users(small: Simulation) -> None:
    likes, users = small.truth_likes.to_pandas(), small.truth_users.to_pandas()
    core = likes[likes.group_id.notna() & (likes.kind != "camouflage")]
    for row in small.truth_groups.to_pylist():
        mine = core[core.group_id == row["group_id"]]
        members = users[users.group_id == row["group_id"]]
        assert row["n_users"] == len(members) > 0
        assert row["n_notes"] == mine.note_id.nunique()
        assert row["n_likes"] == len(mine)
        assert set(members.user_id) == set(likes[likes.group_id == row["group_id"]].user_id)
        assert mine.user_id.nunique() >= 0.95 * len(members)
        assert set(mine.kind) == {row["kind"]}
        assert (mine.bought == row["is_ring"]).all()
        assert set(members.role) == {"ring" if row["is_ring"] else "lookalike"}
    assert likes[likes.group_id.isna()].kind.eq("organic").all()
    assert not likes[likes.kind == "camouflage"].bought.any()
    covered = likes[likes.kind == "camouflage"][["user_id", "group_id"]].drop_duplicates()
    assert len(covered.merge(users, on=["user_id", "group_id"])) == len(covered) > 0
    assert small.users is not None
    assert set(users.user_id) == set(small.users["user_id"].to_pylist())


def test_every_kind_is_there(small: Simulation) -> None:
    kinds = {a.kind for a in small.world.actors}
    assert len(kinds) == 19
    assert set(small.truth_groups["kind"].to_pylist()) == kinds
    assert kinds | {"organic", "camouflage"} == set(small.truth_likes["kind"].to_pylist())


def test_adding_an_actor_leaves_the_others_alone() -> None:
    world = find_world("small")
    more = world.model_copy(update={"actors": (Farm(name="another", size=(40, 50)), *world.actors)})
    before, after = (simulate(w, seed=2).truth_likes for w in (world, more))
    others = after.filter(pc.invert(pc.fill_null(pc.starts_with(after["group_id"], "another-"), False)))
    assert others.num_rows < after.num_rows
    assert others.equals(before)


def test_log_is_by_time_and_a_little_dirty(small: Simulation) -> None:
    likes = small.likes
    n = likes.num_rows
    nulls = [likes[c].null_count for c in ("user_id", "note_id", "ts")]
    micros = likes["ts"].cast(pa.int64()).to_numpy()
    impossible = (micros == 0).sum() + (micros > 4e15).sum()
    sound = micros[(micros > 0) & (micros < 4e15)]
    assert (np.diff(sound) >= 0).all()
    assert sound.max() - sound.min() < small.world.days * 86_400_000_000
    assert 0 < sum(nulls) + impossible < 0.003 * n
    repeats = n - len(kept(likes)) - sum(nulls) - impossible
    assert 0.005 * n < repeats < 0.05 * n
    exact = n - likes.group_by(likes.column_names).aggregate([]).num_rows
    assert 0 < exact < 0.005 * n
    assert 0 < pc.sum(pc.equal(likes["action"], "unlike")).as_py() < 0.02 * n


def test_clean_world_has_no_dirt() -> None:
    world = find_world("small").model_copy(update={"dirty_share": 0.0, "ids": "int"})
    likes = simulate(world, users=500, bare=True).likes
    assert likes.schema.field("user_id").type == pa.int64()
    assert sum(likes[c].null_count for c in likes.column_names) == 0
    assert pc.min(likes["user_id"]).as_py() > 0


def test_save_writes_everything_once(small: Simulation, tmp_path: Path) -> None:
    out = small.save(tmp_path / "deep" / "world")
    assert sorted(p.name for p in out.iterdir()) == sorted([*(f"{t}.parquet" for t in TABLES), "world.toml"])
    assert World.load(out / "world.toml") == small.world
    assert pq.read_table(out / "likes.parquet").equals(small.likes)
    assert [p.name for p in out.parent.iterdir()] == ["world"]
    with pytest.raises(OutputError, match="exists"):
        small.save(out)


def test_failed_save_leaves_nothing(small: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graphkit.simulation.make.pq.write_table", full)
    with pytest.raises(OutputError, match="No space left"):
        small.save(tmp_path / "world")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"File exists|Not a directory"):
        small.save(tmp_path / "file" / "world")


@pytest.mark.parametrize("name", sorted(WORLDS))
@pytest.mark.parametrize(("users", "days"), [(500, 2), pytest.param(1000, 6, marks=pytest.mark.slow)])
def test_every_world_can_be_made_in_any_size(name: str, users: int, days: int) -> None:
    s = simulate(name, seed=1, users=users, days=days)
    assert kept(s.likes) == truth_of(s)
    assert s.truth_groups.num_rows > 10
    assert pc.min(s.truth_groups["n_users"]).as_py() > 0


def counts(name: str) -> dict[str, int]:
    kinds = simulate(name, seed=1, users=2000, days=7, bare=True).truth_likes["kind"].value_counts().to_pylist()
    return {k["values"]: k["counts"] for k in kinds}


def test_worlds_are_what_they_are_called() -> None:
    rings = {a.kind for a in find_world("standard").actors if isinstance(a, Ring)}
    likes = {name: counts(name) for name in ("standard", "ringfree", "camouflage", "lookalikes")}
    bought = {name: sum(n for kind, n in c.items() if kind in rings) for name, c in likes.items()}
    assert bought["ringfree"] == 0 == likes["ringfree"].get("camouflage", 0)
    assert likes["standard"]["camouflage"] < bought["standard"]
    assert likes["camouflage"]["camouflage"] > 1.5 * bought["camouflage"]
    share = {
        name: (sum(c.values()) - bought[name] - c["organic"]) / bought[name]
        for name, c in likes.items()
        if bought[name]
    }
    assert share["lookalikes"] > share["standard"]


def test_targets_are_hotter_in_hotnote() -> None:
    def capture(name: str) -> float:
        s = simulate(name, seed=1, users=6000, days=7, bare=True).truth_likes.to_pandas()
        notes = s.groupby("note_id").bought.agg(["mean", "sum"])
        return float(notes[notes["sum"] >= 5]["mean"].median())

    assert capture("hotnote") < 0.7 * capture("standard")


def test_sample_world_is_what_its_card_says() -> None:
    folder = Path(__file__).resolve().parents[2] / "datasets" / "sample_world"
    s = simulate("small", seed=7)
    assert (folder / "world.toml").read_text(encoding="utf-8") == s.world.to_toml(seed=7)
    for name in TABLES:
        assert pq.read_table(folder / f"{name}.parquet").num_rows == getattr(s, name).num_rows
    groups, card = s.truth_groups.to_pandas(), (folder / "README.md").read_text(encoding="utf-8")
    rings = groups[groups.is_ring]
    assert (len(rings), rings.kind.nunique(), len(groups) - len(rings)) == (9, 8, 17)
    assert f"{s.world.users:,} honest users with nine rings of eight kinds, and seventeen honest groups" in card
