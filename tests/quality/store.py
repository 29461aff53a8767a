"""Measurements are kept as they come in, so that an interrupted suite goes on where it was.

A measurement is one file, named after the digests of the code and of everything that says what is measured.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from graphkit import evaluation
from graphkit.report import text
from tests.quality.cases import ROOT, Case, Measured, code_digest, run_case

CACHE = ROOT / ".quality"
#: Whose versions stand beside the figures.
PACKAGES = ("numpy", "numba", "pyarrow", "scipy", "igraph", "duckdb")
_CLASS = "~"


def pack(value: Any) -> Any:
    """Return figures as what JSON can hold, without loss."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: pack(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {_CLASS: type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    return [pack(item) for item in value] if isinstance(value, tuple | list) else value


def unpack(value: Any) -> Any:
    """Return what `pack` was given."""
    if isinstance(value, dict):
        items = {key: unpack(item) for key, item in value.items() if key != _CLASS}
        return getattr(evaluation, value[_CLASS])(**items) if _CLASS in value else items
    return tuple(unpack(item) for item in value) if isinstance(value, list) else value


def place(case: Case, code: str) -> Path:
    """Return where the measurement of a case by this code is kept."""
    return CACHE / code / f"{case.key}.json"


def keep(case: Case, code: str, measured: Measured) -> None:
    """Write a measurement; it appears whole or not at all."""
    path = place(case, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    kept = {"case": case.name, "how": measured.how, "found": pack(measured.found), "batches": pack(measured.batches)}
    partial.write_text(json.dumps(kept), encoding="utf-8")
    partial.replace(path)


def look_up(case: Case, code: str) -> Measured | None:
    """Return the measurement of a case by this code, if there is one."""
    path = place(case, code)
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Measured(unpack(data["found"]), unpack(data["batches"]), data["how"])


def _work(case: Case, code: str, threads: int) -> Measured:
    """Measure one case in a worker; code that changed meanwhile is an error, not a figure."""
    measured = run_case(case, threads)
    if code_digest() != code:
        raise RuntimeError("the code changed while it was measured; start again")
    return measured


def measure(cases: Sequence[Case], jobs: int = 1) -> list[Measured]:
    """Return the measurements of all cases, taking those that are missing.

    Parameters
    ----------
    cases
        What to measure.
    jobs
        Processes; each gets its share of the cores.

    Raises
    ------
    SystemExit
        When a case failed; the others are kept.
    """
    code = code_digest()
    done = {case: kept for case in cases if (kept := look_up(case, code)) is not None}
    missing = [case for case in dict.fromkeys(cases) if case not in done]
    say(f"{len(cases)} measurements, {len(done)} of them kept from before; code {code}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads, start, failed = max(1, cores // jobs), time.perf_counter(), []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        running = {workers.submit(_work, case, code, threads): case for case in missing}
        try:
            for number, future in enumerate(as_completed(running), start=1):
                case = running[future]
                error = future.exception()
                if error is None:
                    done[case] = future.result()
                    keep(case, code, done[case])
                else:
                    failed.append(f"{case.name}: {type(error).__name__}: {error}")
                spent = time.perf_counter() - start
                left = text.duration(spent / number * (len(missing) - number))
                outcome = line_of(done[case]) if case in done else failed[-1]
                say(f"[{number}/{len(missing)}, {left} left] {case.name}: {outcome}")
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        raise SystemExit("\n".join([f"{len(failed)} failed; what succeeded is kept", *failed]))
    return [done[case] for case in cases]


def line_of(measured: Measured) -> str:
    """Return a measurement in a line."""
    found, seconds = measured.found, measured.how["seconds"]
    honest, recall = found.likes_honest["purge"], found.likes_found
    told = f"{honest.of:,} to purge, {text.percent(honest.share)} honest"
    if recall["purge"].of:
        told += f", found {text.percent(recall['purge'].share)} / {text.percent(recall['proposed'].share)}"
    return f"{told}; " + ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())


def context() -> str:
    """Return day, code and machine of a measurement, in a sentence."""
    from tests.benchmark.process import machine

    git = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    day, where = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", machine(PACKAGES)
    return f"Measured on {day} with the code of commit {commit or 'unknown'} (digest {code_digest()}) on {where}."


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
