"""Which windows of the ladder the times can bear."""

from __future__ import annotations

from graphkit.errors import InputError
from graphkit.warning import warning

_NAMES = {1: "microsecond", 1_000: "millisecond", 1_000_000: "second", 60_000_000: "minute", 3_600_000_000: "hour"}


def usable_windows(windows_s: tuple[int, ...], resolution_us: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Widen windows that are finer than the times themselves.

    Two likes of one minute may lie a minute apart or none when times are cut to the minute, so a window below
    twice the resolution counts chance as lockstep. Such windows are widened to twice the resolution.

    Parameters
    ----------
    windows_s
        The ladder in seconds, ascending.
    resolution_us
        Finest step of the times, microseconds.

    Returns
    -------
    windows_s : tuple of int
        The ladder to use, ascending, without repeats.
    warnings : tuple of str
        One line per window that was widened.

    Raises
    ------
    InputError
        When every window is finer than the times and twice the resolution exceeds a day: nothing can be said.
    """
    least = max(1, 2 * resolution_us // 1_000_000) if resolution_us > 1_000_000 else 1
    name = _NAMES.get(resolution_us, "day")
    if least > 86400 and max(windows_s) < least:
        raise InputError(
            f"times of {name} resolution and windows of at most {max(windows_s)} s",
            wanted=f"windows of at least {least} s, or finer times",
            todo=f"pass --window {least}s, or dump the likes with finer times",
        )
    usable = tuple(sorted({max(w, least) for w in windows_s}))
    warnings = tuple(
        warning("WINDOW_WIDENED", window_s=str(w), resolution=name, least_s=str(least)) for w in windows_s if w < least
    )
    return usable, warnings
