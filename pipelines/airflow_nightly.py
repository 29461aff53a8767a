"""The nightly chain as an Airflow DAG: an example to copy into a DAG folder and to fit to one's own lake.

Every task is one step of :mod:`pipelines.nightly`, so that retries begin where a night stopped. The places come from
the environment of the worker.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shlex
import sys

from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator

from pipelines.nightly import STEPS

_PLACES = '--lake "$GRAPHKIT_LAKE" --runs "$GRAPHKIT_RUNS" --date {{ ds }}'
_JOB = f"{shlex.quote(sys.executable)} -m pipelines.nightly {_PLACES}"

with DAG(
    "graphkit_nightly",
    schedule="0 3 * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,  # the case store has one writer
    default_args={"retries": 2, "retry_delay": dt.timedelta(minutes=10)},
    tags=["graphkit"],
) as dag:
    tasks = [BashOperator(task_id=step, bash_command=f"{_JOB} --step {step}") for step in STEPS]
    for task, following in itertools.pairwise(tasks):
        task >> following
