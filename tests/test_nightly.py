"""The nightly chain: every step once, on from where it stopped, with the status of what failed."""

from __future__ import annotations

import datetime as dt
import importlib
import itertools
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import graphkit as gk
from graphkit.columns import TIMESTAMP
from pipelines.nightly import STATE, STEPS, Night, run_night

pytestmark = pytest.mark.slow

FIRST = dt.date(2026, 11, 22)
SECOND = FIRST + dt.timedelta(1)
NIGHT = "2026-11-24"


def write_day(lake: Path, day: dt.date) -> None:
    """Write a partition: ten users like twelve notes of the day within a minute of each other, amid other people."""
    start = dt.datetime.combine(day, dt.time(), dt.UTC)
    chance = random.Random(day.toordinal())
    rows = [(f"u{u}", f"n{day}-{n}", start + dt.timedelta(hours=n, seconds=u)) for n in range(12) for u in range(10)]
    rows += [
        (
            f"x{chance.randrange(300)}",
            f"y{chance.randrange(200)}",
            start + dt.timedelta(seconds=chance.randrange(86400)),
        )
        for _ in range(1880)
    ]
    users, notes, times = zip(*rows, strict=True)
    path = lake / f"dt={day}" / "part-0.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"user_id": users, "note_id": notes, "ts": pa.array(times, TIMESTAMP)}), path)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of likes."""
    folder = tmp_path_factory.mktemp("lake")
    for day in (FIRST, SECOND):
        write_day(folder, day)
    return folder


@pytest.fixture(scope="module")
def runs(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of two nights."""
    folder = tmp_path_factory.mktemp("runs")
    for day in (FIRST, SECOND):
        assert run_night(night(lake, folder, day)) == 0
    return folder


def night(lake: Path, runs: Path, day: dt.date) -> Night:
    return Night(runs, day, {"lake": str(lake), "days": 1}, now=NIGHT)


def told(runs: Path, day: dt.date, step: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((runs / "nights" / f"dt={day}" / f"{step}.json").read_text())
    return found


def left(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield every file and when it was written."""
    return ((path.name, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file())


def test_first_night__has_a_run_and_nothing_to_compare(runs: Path) -> None:
    assert (runs / f"dt={FIRST}" / "report.html").is_file()
    names = {path.name for path in (runs / "nights" / f"dt={FIRST}").iterdir()}
    assert names == {"purge.json", "report.txt", STATE}


def test_second_night__is_compared_with_the_first(runs: Path) -> None:
    changes = told(runs, SECOND, "compare")
    ids = [gk.load(runs / f"dt={day}").run_id for day in (FIRST, SECOND)]
    assert [changes["run_a"], changes["run_b"]] == ids
    assert (runs / "cases" / "lineage.parquet").is_file()


def test_purge__is_a_dry_run(runs: Path) -> None:
    assert told(runs, SECOND, "purge")["batch"] is None
    with gk.CaseStore.open(runs / "cases") as store:
        assert store.batches() == []


def test_night__done_twice_is_done_once(lake: Path, runs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = [*left(runs)]
    assert run_night(night(lake, runs, SECOND)) == 0
    assert [*left(runs)] == before
    assert capfd.readouterr().err.count("finished already") == len(STEPS)
    # the run of an earlier night is not compared with a later one
    assert night(lake, runs, FIRST).before() is None


def test_night__goes_on_where_it_stopped(
    lake: Path, runs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("nonsense = 1")
    stopped = Night(runs, SECOND, {"lake": str(lake), "days": 1}, policy=str(policy), now=NIGHT)
    assert run_night(stopped) == 2
    said = capfd.readouterr().err
    assert "error: step purge ended with status 2; run this again to go on from there" in said
    assert "nonsense" in said
    policy.write_text("")
    assert run_night(stopped) == 0
    said = capfd.readouterr().err
    assert "compare: finished already" in said
    assert "purge: done" in said


def test_report__is_made_with_the_likes_at_hand(lake: Path, runs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_night(night(lake, runs, FIRST), ["report"], force=True) == 0
    assert capfd.readouterr().err == "report: done\n"  # without them the command says so


def test_report__tells_of_the_run_before(runs: Path) -> None:
    first, second = ((runs / f"dt={day}" / "report.html").read_text(encoding="utf-8") for day in (FIRST, SECOND))
    assert '"since":null' in first
    assert f'"since":{{"run":"{gk.load(runs / f"dt={FIRST}").run_id}"' in second


def test_night__without_partitions_fails_with_the_status_of_its_step(lake: Path, tmp_path: Path) -> None:
    empty = night(lake, tmp_path / "runs", FIRST - dt.timedelta(9))
    assert run_night(empty) == 2
    assert not (tmp_path / "runs").exists()


def test_step_before_its_run__is_one_line(lake: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from pipelines.nightly import main

    given = ["--lake", str(lake), "--runs", str(tmp_path), "--date", str(FIRST), "--step", "purge"]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 2
    assert "is not a complete run directory" in result.stderr
    assert result.stderr.count("\n") == 1


def test_airflow__every_step_is_a_task_in_order() -> None:
    pytest.importorskip("airflow", reason="Airflow is no dependency, not even of the tests")
    from pipelines.airflow_nightly import dag

    assert [task.task_id for task in dag.topological_sort()] == list(STEPS)


def test_airflow__the_example_hands_over_to_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Airflow is absent, stand-ins for the three names that the example takes from it."""
    order: list[tuple[str, str]] = []

    class Operator:
        def __init__(self, *, task_id: str, bash_command: str) -> None:
            self.task_id, self.command = task_id, bash_command

        def __rshift__(self, following: Operator) -> None:
            order.append((self.task_id, following.task_id))

    class Dag:
        def __init__(self, dag_id: str, **how: object) -> None:
            self.dag_id, self.how = dag_id, how

        def __enter__(self) -> Dag:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    for name, held in {
        "airflow": {"DAG": Dag},
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.bash": {"BashOperator": Operator},
    }.items():
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "pipelines.airflow_nightly", raising=False)
    example = importlib.import_module("pipelines.airflow_nightly")
    monkeypatch.delitem(sys.modules, "pipelines.airflow_nightly")
    assert order == [*itertools.pairwise(STEPS)]
    assert example.dag.how["max_active_runs"] == 1
    assert all(f" --step {task.task_id}" in task.command for task in example.tasks)
