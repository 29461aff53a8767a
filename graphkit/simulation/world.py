"""What a world is made of: honest life and the groups in it; TOML in and out."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from graphkit.errors import ConfigError
from graphkit.simulation.actors import AnyActor, Model, Ring

Share = Annotated[float, Field(ge=0, le=1)]


class Background(Model):
    """Honest life: who reads when, what they are shown, what they like.

    Attributes
    ----------
    likes_per_user_day
        Mean likes of a user and day met while reading; following authors adds about a fifth.
    likes_per_session
        Mean likes of a session.
    activity_sigma
        Log-normal spread of the users' activity.
    notes_per_user_day
        Notes published per user and day.
    authors_share
        Share of users that publish.
    quality_sigma
        Log-normal spread of the notes' appeal.
    topics
        Topics in a world of 20,000 users; their number grows with the root of the users.
    front_share, search_share
        Shares of likes met on the front page that everyone is shown, and by search; the rest come from the
        feed of a topic.
    refresh_s
        How long a feed shows the same list, in seconds.
    feed_length
        Notes on a list.
    night_share
        Share of sessions that keep no hours.
    undone_share, repeated_share
        Shares of likes that are taken back (half of them given again), and sent twice.
    """

    likes_per_user_day: float = Field(1.2, gt=0)
    likes_per_session: float = Field(3.5, ge=1)
    activity_sigma: float = Field(1.1, ge=0)
    notes_per_user_day: float = Field(0.018, gt=0)
    authors_share: float = Field(0.12, gt=0, le=1)
    quality_sigma: float = Field(1.6, ge=0)
    topics: int = Field(30, ge=2)
    front_share: Share = 0.2
    search_share: Share = 0.25
    refresh_s: int = Field(600, ge=60)
    feed_length: int = Field(24, ge=4)
    night_share: Share = 0.12
    undone_share: Share = 0.01
    repeated_share: Share = 0.005


class World(Model):
    """All parameters of a made world.

    Attributes
    ----------
    name
        What the world is called.
    users, days
        Honest users (a cohort of newcomers comes on top), and the period.
    start
        First day of the period; local midnight (UTC+8) begins it.
    ids
        `hex` for 24 hexadecimal digits, `int` for int64.
    dirty_share
        Share of rows added that are exact duplicates (most), miss an id or a time, or have an impossible time.
    background
        Honest life.
    actors
        Rings and look-alikes.
    """

    name: str = "world"
    users: int = Field(20_000, ge=500)
    days: int = Field(14, ge=2)
    start: dt.date = dt.date(2026, 11, 2)
    ids: Literal["hex", "int"] = "hex"
    dirty_share: float = Field(0.003, ge=0, le=0.1)
    background: Background = Background()
    actors: tuple[AnyActor, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> World:
        names = [actor.name or actor.kind for actor in self.actors]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"actors need names of their own: {', '.join(twice)} stands twice")
        return self

    @classmethod
    def load(cls, path: str | Path) -> World:
        """Read a world from a TOML file.

        Parameters
        ----------
        path
            The file, such as the ``world.toml`` that :meth:`Simulation.save` writes.

        Returns
        -------
        World

        Raises
        ------
        ConfigError
            When the file cannot be read, is not TOML, or holds an unknown or senseless parameter; all at once.
        """
        try:
            data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
            data.pop("seed", None)
            return cls.model_validate(data)
        except OSError as e:
            raise ConfigError(f"{path}: {e.strerror}", wanted="a readable TOML file", todo="check the path") from None
        except ValidationError as e:
            faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
            raise ConfigError(f"{path}: {faults}", todo="mend these parameters") from None
        except ValueError as e:
            raise ConfigError(f"{path}: {e}", wanted="TOML", todo="mend the file") from None

    def scaled(self, users: int | None = None, days: int | None = None) -> World:
        """Return this world with so many users and days: groups keep pace with users, jobs with days.

        Raises
        ------
        ConfigError
            When there are fewer than 500 users or 2 days.
        """
        if users is not None and users < 500:
            raise ConfigError(f"users {users}", wanted="at least 500", todo="make a larger world")
        if days is not None and days < 2:
            raise ConfigError(f"days {days}", wanted="at least 2", todo="make a longer world")
        users, days = users or self.users, days or self.days
        actors = []
        for actor in self.actors:
            pace = 1.0 if actor.of_all else users / self.users
            change: dict[str, Any] = {"count": max(min(actor.count, 1), round(actor.count * pace))}
            if isinstance(actor, Ring) and actor.kind != "one_shot" and days != self.days:
                change["jobs"] = tuple(max(5.0, round(j * days / self.days)) for j in actor.jobs)
            actors.append(actor.model_copy(update=change))
        return self.model_copy(update={"users": users, "days": days, "actors": tuple(actors)})

    def to_toml(self, **extra: int) -> str:
        """Return the world as TOML that :meth:`load` reads back; `extra` stands above the parameters."""
        data: dict[str, Any] = {**extra, **self.model_dump(mode="json")}
        background, actors = data.pop("background"), data.pop("actors")
        lines = [*_pairs(data), "", "[background]", *_pairs(background)]
        for actor in actors:
            lines += ["", "[[actors]]", *_pairs(actor)]
        return "\n".join(lines) + "\n"


def _pairs(values: dict[str, Any]) -> list[str]:
    # JSON's strings, numbers and lists are TOML as they stand.
    return [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in values.items()]
