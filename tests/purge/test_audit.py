"""What hard rules would block, by hand."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.columns import TIMESTAMP
from graphkit.detection import Detection, load
from graphkit.errors import ConfigError, InputError
from graphkit.purge.audit import SIGNS, Judged, audit, audit_table, loosest
from graphkit.purge.batch import load_batch
from graphkit.purge.rules import load_rules
from graphkit.schemas import AUDIT
from tests.cli.support import graphkit
from tests.purge.made import START, Like, made_run, plan

RULES = """
[[rule]]
kind = "dwell"
under_s = 15
[[rule]]
kind = "completion"
[[rule]]
kind = "burst"
over = 2
window_s = 60
[[rule]]
kind = "age"
under_d = 7
[[rule]]
kind = "views"
under = 1
"""
#: user, note, seconds after the start, dwell in seconds, seen to the end
ROWS: list[tuple[str, str, float, float | None, bool]] = [
    ("u0", "n0", 0, 2, False),  # a candidate for purge, score 0.9
    ("u0", "n1", 60, 8, True),  # for review, score 0.5
    ("u0", "n2", 61, 14, True),  # another like of the member
    ("x0", "n0", 0, 12, False),
    ("x0", "n1", 30, None, True),
    ("x0", "n2", 60, 15, True),
]
USERS = pa.table(
    {
        "user_id": ["u0", "x0"],
        "registered_at": pa.array([START - dt.timedelta(days=3), START - dt.timedelta(days=7)], TIMESTAMP),
        "views": [0, 5],
    }
)


def table() -> pa.Table:
    users, notes, seconds, dwell, completed = zip(*ROWS, strict=True)
    ts = pa.array([START + dt.timedelta(seconds=s) for s in seconds], TIMESTAMP)
    dwell_ms = pa.array([None if d is None else 1000.0 * d for d in dwell])
    return pa.table({"user_id": users, "note_id": notes, "ts": ts, "dwell_ms": dwell_ms, "completed": completed})


LIKES = gk.read_likes(table(), users=USERS)


def run_on(likes: gk.Likes, where: str | None = None) -> Detection:
    found = [Like("u0", "n0", score=0.9), Like("u0", "n1", tier="review", score=0.5)]
    return made_run(found, info={"input": {"likes": where, "fingerprint": likes.fingerprint}})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


@pytest.fixture
def found(rules: Path) -> dict[str, Any]:
    return audit(run_on(LIKES), rules, likes=LIKES)


def by_name(found: dict[str, Any], part: str) -> dict[str, Any]:
    (rule,) = [rule for rule in found["rules"] if part in rule["name"]]
    return dict(rule)


@pytest.mark.parametrize(
    ("rule", "by_sign", "unknown"),
    [
        ("dwell", {"purge": 1, "review": 1, "member": 1, "none": 1}, 1),
        ("seen to the end", {"purge": 1, "review": 0, "member": 0, "none": 1}, 0),
        # Of x0 the third like within 60 s, ends included; of u0 the likes at 0, 60 and 61 s never are three.
        ("likes in 60 s", {"purge": 0, "review": 0, "member": 0, "none": 1}, 0),
        ("younger", {"purge": 1, "review": 1, "member": 1, "none": 0}, 0),
        ("opened", {"purge": 1, "review": 1, "member": 1, "none": 0}, 0),
    ],
)
def test_rules__block_what_they_say(found: dict[str, Any], rule: str, by_sign: dict[str, int], unknown: int) -> None:
    row = by_name(found, rule)
    assert row["by_sign"] == by_sign
    assert (row["blocked"], row["unknown"]) == (sum(by_sign.values()), unknown)


def test_cost__is_honest_per_bought_by_scores(found: dict[str, Any]) -> None:
    row = by_name(found, "dwell")
    assert (row["bought"], row["honest"]) == (pytest.approx(1.4), pytest.approx(2.6))
    assert row["honest_per_bought"] == pytest.approx(2.6 / 1.4)
    assert found["purge"]["honest_per_bought"] == pytest.approx(0.1 / 0.9)


def test_loosest__by_itself_and_beside_the_purge(found: dict[str, Any]) -> None:
    """By itself both candidates must be caught, at 2 and 8 s; beside tier purge only 1.4 - 0.9 = 0.5, at 8 s too."""
    row = by_name(found, "dwell")
    assert (row["loosest"], row["loosest_beside"], row["needless"]) == (12, 12, False)
    assert by_name(found, "seen to the end")["needless"]


def test_loosest__stays_the_limit_where_nothing_can_be_spared() -> None:
    judged = Judged(np.array([1.0, 2.0, 30.0]), 15.0, True)
    assert loosest(judged, np.array([1.0, 1.0, 1.0]), 2.0) == 15.0
    assert loosest(judged, np.array([1.0, 0.0, 1.0]), 1.0) == 2.0


def test_loosest__of_a_rule_that_blocks_above() -> None:
    judged = Judged(np.array([3.0, 5.0, 9.0, 1.0]), 2.0, False)
    assert loosest(judged, np.array([0.0, 0.0, 1.0, 1.0]), 1.0) == 5.0
    assert loosest(judged, np.array([1.0, 0.0, 1.0, 1.0]), 2.0) == 2.0


def test_batches__take_the_place_of_tier_purge(rules: Path) -> None:
    """The batch takes the like for review too, which costs 0.6 honest for 1.4 bought; then no dwell rule is wanted."""
    run = run_on(LIKES)
    batch = plan(run, min_tier="review", min_score=0.5)
    found = audit(run, rules, batches=[batch], likes=LIKES)
    assert found["purge"]["batches"] == [batch.batch_id]
    assert found["purge"]["by_sign"] == {"purge": 1, "review": 1, "member": 0, "none": 0}
    assert found["purge"]["honest_per_bought"] == pytest.approx(0.6 / 1.4)
    row = by_name(found, "dwell")
    assert (row["loosest"], row["loosest_beside"], row["needless"]) == (12, None, True)


def test_batches__several_are_one_purge(rules: Path, tmp_path: Path) -> None:
    run = run_on(LIKES)
    one, other = (plan(run, min_tier="review", min_score=score).save(tmp_path / str(score)) for score in (0.5, 0.9))
    found = audit(run, rules, batches=[other, one], likes=LIKES)
    assert found["purge"]["blocked"] == 2
    assert len(set(found["purge"]["batches"])) == 2


def test_batches__that_take_nothing(rules: Path) -> None:
    run = run_on(LIKES)
    found = audit(run, rules, batches=[plan(run, min_score=0.99)], likes=LIKES)
    assert (found["purge"]["blocked"], found["purge"]["honest_per_bought"]) == (0, None)
    assert not any(rule["needless"] for rule in found["rules"] if rule["bought"])


def test_refused__a_batch_of_another_run(rules: Path) -> None:
    with pytest.raises(InputError, match=r"is of run \w+ and not of \w+; wanted a batch of this run"):
        audit(run_on(LIKES), rules, batches=[plan(made_run([Like("u0", "n0")]))], likes=LIKES)


def test_table__has_the_purge_first_and_then_every_rule(rules: Path) -> None:
    found = audit(run_on(LIKES), rules, likes=LIKES)
    rows = audit_table(found).to_pylist()
    assert [row["subject"] for row in rows] == ["purge"] + 5 * ["rule"]
    assert [row["name"] for row in rows[1:]] == [rule["name"] for rule in found["rules"]]
    assert (rows[0]["name"], rows[0]["blocked"], rows[0]["unknown"]) == ("tier purge", 1, None)
    assert [rows[1][f"blocked_{sign}"] for sign in SIGNS] == [1, 1, 1, 1]
    assert rows[1]["honest_per_bought"] == pytest.approx(2.6 / 1.4)


def test_table__of_a_rule_that_is_off(rules: Path) -> None:
    bare = gk.read_likes(table().select(["user_id", "note_id", "ts"]))
    row = audit_table(audit(run_on(bare), rules, likes=bare)).to_pylist()[1]
    assert row.pop("off") == "likes.dwell_ms"
    assert {name for name, value in row.items() if value is not None} == {"subject", "name"}


def test_off__a_rule_without_its_column(rules: Path) -> None:
    bare = gk.read_likes(table().select(["user_id", "note_id", "ts"]))
    found = audit(run_on(bare), rules, likes=bare)
    assert [rule["off"] for rule in found["rules"]] == [
        "likes.dwell_ms",
        "likes.completed",
        None,
        "users.registered_at",
        "users.views",
    ]


def test_refused__other_likes(rules: Path) -> None:
    with pytest.raises(InputError, match="not the likes that the run was made from"):
        audit(run_on(LIKES), rules, likes=gk.read_likes(table().slice(1)))


@pytest.mark.parametrize(
    "text", ["", "rule = []", '[[rule]]\nkind = "mood"', '[[rule]]\nkind = "dwell"\nunder_s = -1', "[[rule]]\nover = 1"]
)
def test_refused__rules_that_make_no_sense(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_rules(tmp_path / "r.toml")
    assert "\n" not in str(caught.value)


def test_command__reads_the_likes_where_the_run_found_them(tmp_path: Path, rules: Path) -> None:
    pq.write_table(table(), tmp_path / "likes.parquet")
    likes = gk.read_likes(tmp_path / "likes.parquet")
    run = run_on(likes, str(tmp_path / "likes.parquet")).save(tmp_path / "run")
    batch = plan(load(run)).save(tmp_path / "batch")
    result = graphkit("audit", run, "--rules", rules)
    assert result.exit_code == 0, result.output
    (line,) = [line.split() for line in result.stdout.splitlines() if line.startswith("dwell under 15 s")]
    assert line == ["dwell", "under", "15", "s", "4", "1", "1", "1", "1", "1.86", "12", "12"]
    found = json.loads(graphkit("audit", run, "--rules", rules, "--json").stdout, parse_constant=pytest.fail)
    assert [rule["off"] for rule in found["rules"]] == [None, None, None, "users.registered_at", "users.views"]
    beside = json.loads(graphkit("audit", run, "--rules", rules, "--batch", batch, "--json").stdout)
    assert beside["purge"]["batches"] == [load_batch(batch).batch_id]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    pq.write_table(table(), tmp_path / "likes.parquet")
    likes = gk.read_likes(tmp_path / "likes.parquet")
    return run_on(likes, str(tmp_path / "likes.parquet")).save(tmp_path / "run")


def test_command__writes_the_same_table_as_csv_and_parquet(tmp_path: Path, rules: Path, saved: Path) -> None:
    for name in ("a.csv", "a.parquet"):
        result = graphkit("audit", saved, "--rules", rules, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
        assert str(tmp_path / name) in result.stdout
    wanted = pq.read_table(tmp_path / "a.parquet")
    assert wanted.schema == AUDIT.arrow({})
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["name"] for row in rows] == wanted["name"].to_pylist()
    assert [float(row["bought"]) if row["bought"] else None for row in rows] == wanted["bought"].to_pylist()
    assert rows[1]["needless"] == "false"
    assert not [*tmp_path.glob(".*")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.txt", "wanted a name that ends in .parquet or .csv"),
        ("no/a.csv", "wanted a file in a directory that is there"),
        ("there.csv", "exists; wanted a new file; choose another --out, or pass --force"),
    ],
)
def test_command__a_place_that_cannot_be_is_told_before_the_work(
    tmp_path: Path, rules: Path, saved: Path, name: str, told: str
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    result = graphkit("audit", saved, "--rules", rules, "--out", tmp_path / name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert graphkit("audit", saved, "--rules", rules, "--out", tmp_path / "there.csv", "--force").exit_code == 0
