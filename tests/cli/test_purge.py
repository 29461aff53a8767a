"""``graphkit purge``: batches by the command line, and everything it refuses."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.cases.store import CaseStore
from graphkit.purge import purge
from tests.cli.support import assert_refused, graphkit, process
from tests.purge.made import NOW, Like, Ring, made_run

RUN = made_run(
    [Like(f"u{i}", f"n{i % 5}", f"R-{i % 2}", score=0.998) for i in range(20)],
    {f"R-{i}": Ring(score=0.999, q_value=0.001) for i in range(2)},
    others=20,
)
AT = ("--now", NOW.isoformat())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return RUN.save(tmp_path / "runs" / "day1")


@pytest.fixture
def open_policy(tmp_path: Path) -> Path:
    return written(tmp_path / "policy.toml", "canary_share = 0\nmax_honest_share = 0.5")


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def batches(run: Path) -> list[str]:
    with CaseStore.open(run.parent / "cases") as store:
        return [row["batch_id"] for row in store.batches()]


def test_purge__writes_says_and_remembers(run: Path, open_policy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "batch"
    result = graphkit("purge", run, "--policy", open_policy, "--out", out, *AT)
    assert result.exit_code == 0, result.output
    batch = gk.load_batch(out)
    assert "20 likes to be taken, 0 held." in result.stdout
    assert f"{out}/purge.parquet" in result.stdout
    assert batches(run) == [batch.batch_id]
    assert max(len(line) for line in result.stdout.splitlines() if str(out) not in line) <= 100


def test_purge__json(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "batch"
    result = graphkit("purge", run, "--out", out, "--json", *AT)
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert found["batch"] == str(out)
    assert found["info"]["part"] == "canary"
    assert found["difference"] is None


def test_purge__python_and_command_line_agree(run: Path, tmp_path: Path) -> None:
    graphkit("purge", run, "--out", tmp_path / "a", *AT)
    purge(run, now=NOW).save(tmp_path / "b")
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()
    }


def test_canary__then_its_rest(run: Path, tmp_path: Path) -> None:
    graphkit("purge", run, "--out", tmp_path / "canary", *AT)
    result = graphkit("purge", run, "--after-canary", tmp_path / "canary", "--out", tmp_path / "rest", *AT)
    assert result.exit_code == 0, result.output
    canary, rest = gk.load_batch(tmp_path / "canary"), gk.load_batch(tmp_path / "rest")
    assert len(canary.keys) + len(rest.keys) == 20
    assert canary.keys.isdisjoint(rest.keys)


def test_next_day__never_takes_the_same_like_twice(run: Path, open_policy: Path, tmp_path: Path) -> None:
    """The same likes proposed by another run, as by windows that overlap."""
    graphkit("purge", run, "--policy", open_policy, "--out", tmp_path / "first", *AT)
    later = gk.Detection(RUN.tables, {**RUN.info, "input": {**RUN.info["input"], "fingerprint": "0" * 32}})
    graphkit("purge", later.save(run.parent / "day2"), "--policy", open_policy, "--out", tmp_path / "second", *AT)
    second = gk.load_batch(tmp_path / "second")
    assert second.info["held_by"] == {"purged_before": 20}


def test_previous__does_so_without_a_store(run: Path, open_policy: Path, tmp_path: Path) -> None:
    how = ("--policy", open_policy, *AT)
    graphkit("purge", run, "--out", tmp_path / "first", "--cases", tmp_path / "one", *how)
    policy = written(tmp_path / "other.toml", "canary_share = 0\nmax_honest_share = 0.4")
    graphkit(
        "purge", run, "--out", tmp_path / "second", "--cases", tmp_path / "two",
        "--previous", tmp_path / "first", "--policy", policy, *AT,
    )  # fmt: skip
    assert gk.load_batch(tmp_path / "second").info["held_by"] == {"purged_before": 20}


def test_made_again__the_same_bytes(run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert graphkit("purge", run, "--out", tmp_path / name, *AT).exit_code == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert len(batches(run)) == 1


def test_dry_run__says_what_differs_and_writes_nothing(run: Path, open_policy: Path, tmp_path: Path) -> None:
    before = sorted(p.name for p in tmp_path.rglob("*"))
    first = graphkit("purge", run, "--policy", open_policy, "--dry-run", *AT)
    assert "20 likes would be taken" in first.stdout
    assert "20 likes more, 0 the same, 0 no longer" in first.stdout
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
    graphkit("purge", run, "--policy", open_policy, "--out", tmp_path / "first", *AT)
    written(tmp_path / "decisions.csv", "ring_id,verdict\nR-1,cleared\n")
    second = graphkit(
        "purge", run, "--policy", open_policy, "--decisions", tmp_path / "decisions.csv", "--dry-run", *AT
    )
    assert "0 likes more, 0 the same, 20 no longer" in second.stdout
    assert "20 held by purged_before" in second.stdout


def test_decisions_and_protect__are_honoured(run: Path, open_policy: Path, tmp_path: Path) -> None:
    decisions = written(tmp_path / "decisions.csv", "ring_id,user_id,verdict\nR-1,,cleared\n,u0,unsure\n")
    protect = written(tmp_path / "protect.csv", "note_id\nn2\n")
    out = tmp_path / "batch"
    result = graphkit(
        "purge", run, "--policy", open_policy, "--decisions", decisions, "--protect", protect, "--out", out, *AT
    )
    assert result.exit_code == 0, result.output
    assert gk.load_batch(out).info["held_by"] == {"protected_note": 4, "cleared_ring": 8, "unsure": 1}


# --------------------------------------------------------------------------------------------------
# Refused


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "batch"


@pytest.mark.parametrize(
    ("text", "said"),
    [("max_lkes = 7", "max_lkes"), ("max_likes = 5", "max_users must not exceed max_likes"), ("=", "wanted TOML")],
)
def test_refused__a_policy(run: Path, out: Path, tmp_path: Path, text: str, said: str) -> None:
    policy = written(tmp_path / "policy.toml", text)
    assert_refused(graphkit("purge", run, "--policy", policy, "--out", out, *AT), out, str(policy), said)
    assert not (run.parent / "cases").exists()


def test_refused__decisions_on_unknown_rings(run: Path, out: Path, tmp_path: Path) -> None:
    decisions = written(tmp_path / "d.csv", "ring_id,verdict\nR-9,cleared\nR-1,cleared\nR-8,unsure\n")
    result = graphkit("purge", run, "--decisions", decisions, "--out", out, *AT)
    assert_refused(result, out, "2 of 3 rows are wrong", "no ring 'R-9'")
    assert not (run.parent / "cases").exists()


def test_refused__a_list_of_the_protected(run: Path, out: Path, tmp_path: Path) -> None:
    protect = written(tmp_path / "protect.csv", "user\nu1\n")
    assert_refused(graphkit("purge", run, "--protect", protect, "--out", out, *AT), out, "unknown column 'user'")
    assert not (run.parent / "cases").exists()


@pytest.mark.parametrize(
    "asked",
    [
        ["purge", "{run}", "--out", "{out}", *AT],
        ["purge", "{run}", "--dry-run", *AT],
        ["review", "{run}"],
        ["compare", "{run}", "{run}"],
        ["explain", "{run}", "--ring", "R-1"],
        ["report", "{run}"],
        ["audit", "{run}", "--rules", "{rules}"],
    ],
    ids=lambda asked: " ".join(asked[:3:2]),
)
@pytest.mark.parametrize("damage", ["other rows", "cut off"])
def test_refused__a_tampered_run(run: Path, out: Path, tmp_path: Path, asked: list[str], damage: str) -> None:
    """Whatever is told of a run, or stored about it, is told of what was detected."""
    file = run / "candidates.parquet"
    if damage == "cut off":
        file.write_bytes(file.read_bytes()[:-9])
    else:
        pq.write_table(RUN.candidates.slice(1), file)
    rules = written(tmp_path / "rules.toml", '[[rule]]\nkind = "completion"')
    given = [part.format(run=run, out=out, rules=rules) for part in asked]
    assert_refused(graphkit(*given), out, "candidates.parquet: not what was written")
    assert not (run.parent / "cases").exists()


@pytest.mark.parametrize("form", ["", '"format": 2,'])
def test_refused__a_run_of_another_form(run: Path, out: Path, form: str) -> None:
    info = (run / "run.json").read_text().replace('"format": 1,', form)
    (run / "run.json").write_text(info)
    assert_refused(graphkit("purge", run, "--out", out, *AT), out, "wanted format 1")


def test_refused__an_old_run(run: Path, out: Path) -> None:
    assert_refused(graphkit("purge", run, "--out", out, "--now", "2027-01-01"), out, "max_run_age_d")
    assert not (run.parent / "cases").exists()


@pytest.mark.parametrize("option", ["--after-canary", "--previous"])
def test_refused__a_tampered_batch(run: Path, out: Path, tmp_path: Path, option: str) -> None:
    graphkit("purge", run, "--out", tmp_path / "canary", *AT)
    with (tmp_path / "canary" / "purge.csv").open("a") as file:
        file.write("u9,n9\n")
    result = graphkit("purge", run, option, tmp_path / "canary", "--out", out, *AT)
    assert_refused(result, out, "purge.csv: not what was written")


def test_refused__a_canary_of_another_run(run: Path, out: Path, tmp_path: Path) -> None:
    other = gk.Detection(RUN.tables, {**RUN.info, "config_digest": "another"}).save(tmp_path / "other")
    graphkit("purge", other, "--out", tmp_path / "canary", *AT)
    result = graphkit("purge", run, "--after-canary", tmp_path / "canary", "--out", out, *AT)
    assert_refused(result, out, "is of run", "wanted the canary of this run and policy")


def test_refused__while_another_writes(run: Path, out: Path) -> None:
    with CaseStore.open(run.parent / "cases", write=True):
        result = graphkit("purge", run, "--out", out, *AT)
    assert_refused(result, out, "is being written by another process")


@pytest.mark.parametrize("given", [(), ("--dry-run", "--out", "somewhere")])
def test_refused__neither_or_both_of_out_and_dry_run(run: Path, out: Path, given: tuple[str, ...]) -> None:
    assert_refused(graphkit("purge", run, *given), out, "--out", "--dry-run")


def test_refused__a_place_that_is_taken(run: Path, tmp_path: Path) -> None:
    result = graphkit("purge", run, "--out", run, "--force", *AT)
    assert "is not a batch directory" in result.stderr
    assert gk.load(run).rings.equals(RUN.rings)


@pytest.mark.slow
def test_no_room__one_line_nothing_left_and_nothing_remembered(run: Path, open_policy: Path, out: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    with CaseStore.open(run.parent / "cases", write=True):
        pass  # a store that is there already, larger than the limit
    result = process("purge", run, "--policy", open_policy, "--out", out, *AT, preexec_fn=limit)
    assert_refused(result, out, "graphkit: error: ")
    assert batches(run) == []


@pytest.mark.slow
def test_killed__nothing_is_remembered_and_the_next_attempt_works(run: Path, open_policy: Path, out: Path) -> None:
    """Killed when the batch is written and its record is not yet kept."""
    code = (
        "import os, signal, sys; from graphkit.cases.store import CaseStore; from graphkit.cli import main\n"
        "CaseStore.record_batch = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"main({['purge', str(run), '--policy', str(open_policy), '--out', str(out), *AT]!r})"
    )
    import subprocess
    import sys

    killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert batches(run) == []
    shutil.rmtree(out, ignore_errors=True)
    assert graphkit("purge", run, "--policy", open_policy, "--out", out, *AT).exit_code == 0
    assert batches(run) == [gk.load_batch(out).batch_id]
    assert os.listdir(out.parent) == ["batch"]  # noqa: PTH208
