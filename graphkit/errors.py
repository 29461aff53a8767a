"""The exception tree; every message is one line: what was found, what was wanted, what to do.

::

    GraphkitError
    ├── InputError              a table, file or column that cannot be used as it is
    ├── ConfigError             a setting or command-line value that makes no sense
    ├── OutputError             a place that cannot be written, or a run that cannot be read back
    ├── CapacityError           more memory or disk is needed than there is
    ├── EngineError             a cluster that does not do the work
    └── MissingDependencyError  an extra that is not installed

The command line prints the message of a :class:`GraphkitError` on standard error and exits with its
``exit_code``; any other exception is a defect of graphkit and keeps its traceback.
"""

from __future__ import annotations


class GraphkitError(Exception):
    """Base of every error graphkit raises on purpose.

    Parameters
    ----------
    found
        What was found, naming file and column where there are any.
    wanted
        What was expected instead; left out of the message when empty.
    todo
        What the reader should do next; left out of the message when empty.

    Attributes
    ----------
    exit_code : int
        The exit status of the command line (2 for every mistake a user can mend).
    """

    exit_code: int = 2

    def __init__(self, found: str, *, wanted: str = "", todo: str = "") -> None:
        self.found = found
        self.wanted = wanted
        self.todo = todo
        parts = [found]
        if wanted:
            parts.append(f"wanted {wanted}")
        if todo:
            parts.append(todo)
        super().__init__(" ".join("; ".join(parts).split()))


class InputError(GraphkitError):
    """A table, file or column that cannot be used as it is."""


class ConfigError(GraphkitError):
    """A setting or command-line value that makes no sense."""


class OutputError(GraphkitError):
    """A place that cannot be written to, or a run directory that cannot be read back."""


class CapacityError(GraphkitError):
    """More memory or disk is needed than there is."""


class EngineError(GraphkitError):
    """A cluster that does not do the work; the input is not at fault."""

    exit_code = 1


class MissingDependencyError(GraphkitError):
    """A feature whose extra is not installed."""
