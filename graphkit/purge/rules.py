"""Hard rules that a platform uses or considers, as they stand in a ``rules.toml``: each blocks likes one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from graphkit.config import Model, read_toml, validated


class DwellRule(Model):
    """Blocks likes given after less than `under_s` seconds on the note."""

    kind: Literal["dwell"]
    under_s: float = Field(gt=0)


class CompletionRule(Model):
    """Blocks likes of notes that were not seen to the end."""

    kind: Literal["completion"]


class BurstRule(Model):
    """Blocks a user's likes beyond `over` within `window_s` seconds, ends included, to the millisecond."""

    kind: Literal["burst"]
    over: int = Field(ge=1)
    window_s: int = Field(60, ge=1)


class AgeRule(Model):
    """Blocks likes of accounts younger than `under_d` days."""

    kind: Literal["age"]
    under_d: float = Field(gt=0)


class ViewsRule(Model):
    """Blocks likes of users who opened fewer than `under` notes in the period."""

    kind: Literal["views"]
    under: float = Field(1, gt=0)


Rule = Annotated[DwellRule | CompletionRule | BurstRule | AgeRule | ViewsRule, Field(discriminator="kind")]


class Rules(Model):
    """The rules of a file, in its order: ``[[rule]]`` tables."""

    rule: tuple[Rule, ...]

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what is wrong with the rules as a whole."""
        if not self.rule:
            yield ("rule",), "at least one [[rule]] is wanted"


def load_rules(path: str | Path) -> Rules:
    """Read rules.

    Parameters
    ----------
    path
        A TOML file with a ``[[rule]]`` for each.

    Returns
    -------
    Rules

    Raises
    ------
    ConfigError
        When the file cannot be read, is not TOML, or holds an unknown or senseless rule; all faults at once.
    """
    return validated(Rules, read_toml(path, "--rules"), str(path))


def name_of(rule: Rule) -> str:
    """Return a rule in words."""
    match rule:
        case DwellRule():
            return f"dwell under {rule.under_s:g} s"
        case CompletionRule():
            return "not seen to the end"
        case BurstRule():
            return f"more than {rule.over} likes in {rule.window_s} s"
        case AgeRule():
            return f"account younger than {rule.under_d:g} d"
        case ViewsRule():
            return f"fewer than {rule.under:g} notes opened"
