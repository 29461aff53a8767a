"""Parameters: registered worlds, TOML, sizes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphkit.errors import ConfigError
from graphkit.simulation import WORLDS, World, simulate
from graphkit.simulation.actors import Farm, Micro, Ring, Viral
from graphkit.simulation.worlds import find_world


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_toml_round_trip(name: str, tmp_path: Path) -> None:
    world = find_world(name, seed=3)
    path = tmp_path / "world.toml"
    path.write_text(world.to_toml(seed=3), encoding="utf-8")
    assert World.load(path) == world
    assert "seed = 3" in path.read_text(encoding="utf-8")


def test_random_world_differs_by_seed() -> None:
    assert find_world("random", 1) != find_world("random", 2)
    assert find_world("random", 1) == find_world("random", 1)
    assert find_world("standard", 1) == find_world("standard", 2)


def test_ringfree_world_has_no_ring() -> None:
    assert not any(isinstance(a, Ring) for a in find_world("ringfree").actors)
    assert sum(isinstance(a, Ring) for a in find_world("standard").actors) == 8


def test_unknown_world_lists_the_known() -> None:
    with pytest.raises(ConfigError) as e:
        simulate("stadnard")
    assert "stadnard" in str(e.value)
    assert all(name in str(e.value) for name in WORLDS)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("users = 3", "users"),
        ("colour = 1", "colour"),
        ("[[actors]]\nkind = 'farm'\nsize = [9, 3]", "size"),
        ("[[actors]]\nkind = 'barn'", "barn"),
        ("[[actors]]\nkind = 'farm'\n[[actors]]\nkind = 'farm'", "farm stands twice"),
        ("users = ", "TOML"),
    ],
)
def test_senseless_toml_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as e:
        World.load(path)
    assert "w.toml" in str(e.value)
    assert "\n" not in str(e.value)


def test_missing_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        World.load(tmp_path / "none.toml")


def test_scaling_keeps_groups_in_step_with_users_and_jobs_with_days() -> None:
    world = World(users=1000, days=10, actors=(Farm(count=4, jobs=(20, 40)), Micro(count=0), Viral(count=2)))
    farm, micro, viral = world.scaled(users=3000, days=20).actors
    assert (farm.count, micro.count, viral.count) == (12, 0, 2)  # a viral note grows with the users by itself
    assert isinstance(farm, Farm)
    assert farm.jobs == (40, 80)
    assert world.scaled() == world


@pytest.mark.parametrize(("users", "days"), [(10, None), (None, 1)])
def test_senseless_size_is_refused(users: int | None, days: int | None) -> None:
    with pytest.raises(ConfigError, match="at least"):
        simulate("small", users=users, days=days)
