"""Policies: defaults, and one clear line about everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphkit.errors import ConfigError
from graphkit.purge import Policy, load_policy


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_empty_file__is_all_defaults(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, "")) == load_policy() == Policy()


def test_fields__are_read(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, 'max_likes = 7\nmax_users = 3\nrefuse_warnings = ["rows without"]\n'))
    assert (policy.max_likes, policy.max_users, policy.refuse_warnings) == (7, 3, ("rows without",))


def test_digest__differs_with_any_field() -> None:
    assert Policy().digest == Policy(min_score=0.95).digest != Policy(min_score=0.96).digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_lkes = 7", "max_lkes: unknown field; max_likes comes nearest"),
        ("[policy]\nmax_likes = 7", "policy: unknown field; known are min_tier, min_score, max_q,"),
        ("max_likes = 5", "max_users must not exceed max_likes, or it limits nothing; found 20000 and 5"),
        ('admit_confirmed = "none"\nmin_reviewers = 2', "min_reviewers asks for confirmations that admit_confirmed"),
        ("min_score = 1", "min_score of 1 lets nothing pass"),
        ("min_channels = 16", "min_channels of 16 lets nothing pass; there are 15"),
        ('refuse_warnings = [""]', "refuses every warning"),
        ("max_note_share = 1.5", "max_note_share: Input should be less than or equal to 1, found 1.5"),
        ("canary_share = nan", "canary_share"),
        ('min_tier = "watch"', "min_tier"),
        ("min_score = ", "wanted TOML"),
    ],
)
def test_refused__in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(written(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refused__all_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(written(tmp_path, 'max_likes = 5\nmin_score = 1\nadmit_confirmed = "none"\nmin_reviewers = 2'))
    assert all(name in str(caught.value) for name in ("max_users", "min_score", "min_reviewers"))


def test_refused__unknown_and_contradictory_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_policy(written(tmp_path, "max_lkes = 7\nmax_q = 2\nmax_likes = 5\nmin_score = 1"))
    assert str(caught.value).count("\n") == 0
    assert [name for name in ("max_lkes", "max_q", "max_users", "min_score") if name not in str(caught.value)] == []


def test_refused__no_default_is_blamed_for_a_field_that_is_wrong(tmp_path: Path) -> None:
    """Whether 30,000 users are too many hangs on likes, which are not known."""
    with pytest.raises(ConfigError) as caught:
        load_policy(written(tmp_path, 'max_likes = "many"\nmax_users = 200_000'))
    assert "max_likes: " in str(caught.value)
    assert "max_users" not in str(caught.value)


def test_refused__no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="check --policy"):
        load_policy(tmp_path / "nothing.toml")
