"""How many examples a property test looks at: fewer in the quick tests, all of them in the full ones."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

#: Of the examples of a test, quick tests look at one in so many, but not at fewer than `_LEAST`.
_ONE_IN = 5
_LEAST = 5
_QUICK = "quick"

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
_CHOSEN = os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev")


def examples(n: int) -> settings:
    """Return the settings of a test that looks at `n` examples."""
    return settings(max_examples=max(_LEAST, n // _ONE_IN) if _CHOSEN == _QUICK else n)


def load_profile() -> None:
    """Set what holds for every property test; HYPOTHESIS_PROFILE chooses among ``dev``, ``ci`` and ``quick``."""
    # No deadline: the first call of a kernel compiles it.
    settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    dev = settings.get_profile("dev")
    settings.register_profile("ci", dev, derandomize=True, print_blob=True)
    settings.register_profile(_QUICK, dev, max_examples=dev.max_examples // _ONE_IN)
    settings.load_profile(_CHOSEN)
