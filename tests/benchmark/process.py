"""A command as a process of its own, and what it took; the machine it ran on.

Linux counts the peak of the process that starts another for that one, so whoever measures stays small: nothing heavy
is imported here, nor in the modules that measure.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Warm means that Python has its compiled modules, too.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
#: Seconds between looks at whether it has ended, and at its memory.
_LOOK_S, _LOOK_MEMORY_S = 0.02, 0.2


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took, with all that it started.

    Attributes
    ----------
    wall_s, cpu_s
        Seconds by the clock; seconds of all processors, user and system.
    peak
        Largest resident set, bytes; of several processes the largest sum, looked at five times a second.
    output
        What it wrote to standard output.
    stopped
        Why it did not end well: ``time`` or ``memory`` where it was stopped, its status where it failed, else nothing.
    """

    wall_s: float
    cpu_s: float
    peak: int
    output: str
    stopped: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended well."""
        return not self.stopped


def measure(
    *command: str,
    limit_s: float = 7200,
    limit_bytes: int | None = None,
    may_fail: bool = False,
    beside: Sequence[int] = (),
) -> Cost:
    """Run a command in a session of its own, stop it at the limits, and return what it took.

    Memory is counted with that of other sessions that work for it (`beside`), processor time without.

    Raises
    ------
    SystemExit
        When it fails, and may not.
    """
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, cwd=ROOT, env=ENVIRONMENT, start_new_session=True)
        stopped, together, looked = "", 0, start
        try:
            while True:
                pid, status, used = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                now = time.perf_counter()
                if now - looked > _LOOK_MEMORY_S:
                    looked, together = now, max(together, _resident({child.pid, *beside}))
                if not stopped:
                    stopped = (
                        "time" if now - start > limit_s else "memory" if together > (limit_bytes or together) else ""
                    )
                    if stopped:
                        os.killpg(child.pid, signal.SIGKILL)
                time.sleep(_LOOK_S)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if child.returncode and not stopped:
        stopped = f"status {child.returncode}"
        if not may_fail:
            raise SystemExit(f"{' '.join(command)} failed with {stopped}")
    return Cost(wall, used.ru_utime + used.ru_stime, max(together, used.ru_maxrss * 1024), text, stopped)


def _resident(sessions: set[int]) -> int:
    """Return the resident sets of all processes of sessions added up, bytes; 0 where the system does not tell."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) in sessions:
            total += int(fields[21]) * _PAGE_BYTES
    return total


def memory() -> int:
    """Return how much memory the machine has, bytes."""
    return _PAGE_BYTES * os.sysconf("SC_PHYS_PAGES")


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def machine(packages: Sequence[str]) -> str:
    """Return what this runs on, in one line, with the versions of those packages that are there."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    versions = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return (
        f"{name}, {cores()} cores, {memory() / 2**30:.0f} GiB, load {os.getloadavg()[0]:.1f} at the start; "
        f"{', '.join(versions)}"
    )
