"""What a world is made of: frozen models with every parameter and its default, TOML in and out.

A pair of numbers is a range: each group draws its own value from it, log-uniform where both are positive.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from graphkit.errors import ConfigError


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= value[0] <= value[1]:
        raise ValueError("a range is (low, high) with 0 <= low <= high")
    return value


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Background(_Model):
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
    notes_per_user_day: float = Field(0.03, gt=0)
    authors_share: float = Field(0.2, gt=0, le=1)
    quality_sigma: float = Field(1.4, ge=0)
    topics: int = Field(30, ge=2)
    front_share: Share = 0.12
    search_share: Share = 0.25
    refresh_s: int = Field(600, ge=60)
    feed_length: int = Field(24, ge=4)
    night_share: Share = 0.12
    undone_share: Share = 0.01
    repeated_share: Share = 0.005


class _Actor(_Model):
    """A kind of group; `count` groups of it are made.

    Attributes
    ----------
    name
        Names the group's random stream and ids; by default the kind. Needed where a kind stands twice.
    count
        Groups.
    size
        Members of a group.
    """

    is_ring: ClassVar[bool] = False
    name: str = ""
    count: int = Field(1, ge=0)
    size: Range = (30, 200)


class _Ring(_Actor):
    """A group that is paid.

    Attributes
    ----------
    jobs
        Notes the group is ordered to like.
    participation
        Share of members on a job.
    spread_s
        Seconds over which a job is done.
    camouflage
        Likes of other notes per bought like.
    capture
        Share of a target's likes that the customer ends up having bought, as far as such notes exist.
    dwell_s
        Median seconds on the note.
    """

    is_ring: ClassVar[bool] = True
    jobs: Range = (15, 60)
    participation: Range = (0.3, 0.9)
    spread_s: Range = (20, 600)
    camouflage: Range = (0.2, 1.0)
    capture: Range = (0.05, 0.95)
    dwell_s: Range = (5, 20)


class Farm(_Ring):
    """Bots that do each job within seconds or minutes."""

    kind: Literal["farm"] = "farm"
    size: Range = (50, 500)
    jobs: Range = (10, 60)


class Rotating(_Ring):
    """A large farm of which each job uses another small part."""

    kind: Literal["rotating"] = "rotating"
    size: Range = (500, 900)
    jobs: Range = (60, 110)
    participation: Range = (0.08, 0.13)
    spread_s: Range = (400, 800)


class Micro(_Ring):
    """A dozen accounts of one operator who pushes a few shops of his own."""

    kind: Literal["micro"] = "micro"
    size: Range = (8, 15)
    jobs: Range = (10, 40)
    participation: Range = (0.6, 0.95)
    spread_s: Range = (120, 1500)
    shops: Range = (2, 4)


class Drip(_Ring):
    """A farm that spreads each job over a day or two."""

    kind: Literal["drip"] = "drip"
    size: Range = (60, 300)
    jobs: Range = (15, 40)
    participation: Range = (0.35, 0.9)
    spread_s: Range = (86400, 172800)


class PartTime(_Ring):
    """Real people who like for pay when an order appears in their chat group."""

    kind: Literal["part_time"] = "part_time"
    size: Range = (60, 300)
    jobs: Range = (25, 60)
    participation: Range = (0.2, 0.6)
    spread_s: Range = (600, 3600)
    camouflage: Range = (0, 0)
    dwell_s: Range = (10, 25)


class Disposable(_Ring):
    """A farm whose accounts do a handful of jobs and are replaced."""

    kind: Literal["disposable"] = "disposable"
    size: Range = (40, 120)
    jobs: Range = (20, 50)
    participation: Range = (0.6, 0.95)
    spread_s: Range = (60, 900)
    life_jobs: Range = (3, 6)


class Exchange(_Ring):
    """Authors who like each other's notes within hours."""

    kind: Literal["exchange"] = "exchange"
    size: Range = (20, 80)
    jobs: Range = (30, 120)
    participation: Range = (0.3, 0.7)
    spread_s: Range = (3600, 14400)
    camouflage: Range = (0, 0)
    dwell_s: Range = (8, 20)


class OneShot(_Ring):
    """Accounts used once, around one note."""

    kind: Literal["one_shot"] = "one_shot"
    size: Range = (40, 200)
    jobs: Range = (1, 1)
    participation: Range = (0.9, 1.0)
    spread_s: Range = (60, 1800)
    camouflage: Range = (0, 1.5)


class Superfans(_Actor):
    """Fans of one author who like every note minutes after its publication."""

    kind: Literal["superfans"] = "superfans"
    size: Range = (30, 200)
    participation: Range = (0.3, 0.85)
    spread_s: Range = (180, 1200)


class Lottery(_Actor):
    """Hunters who like the same prize notes of several authors, list in hand, over hours."""

    kind: Literal["lottery"] = "lottery"
    size: Range = (150, 500)
    rounds: Range = (2, 6)
    prizes: Range = (3, 8)
    participation: Range = (0.4, 0.8)
    spread_s: Range = (3600, 28800)


class Friends(_Actor):
    """Friends, a class or an office that pass links around."""

    kind: Literal["friends"] = "friends"
    size: Range = (6, 16)
    links: Range = (4, 14)
    participation: Range = (0.3, 0.8)
    spread_s: Range = (180, 3600)


class Niche(_Actor):
    """A small community around few authors of one topic."""

    kind: Literal["niche"] = "niche"
    size: Range = (60, 150)
    authors: Range = (5, 12)
    participation: Range = (0.15, 0.45)
    spread_s: Range = (14400, 86400)


class Binge(_Actor):
    """Single users who like dozens of notes within minutes."""

    kind: Literal["binge"] = "binge"
    size: Range = (1, 1)
    likes: Range = (40, 80)
    spread_s: Range = (420, 900)


class Viral(_Actor):
    """A note that a good part of everyone likes within the hour."""

    kind: Literal["viral"] = "viral"
    size: Range = (0.02, 0.08)  # of all users
    spread_s: Range = (1200, 5400)


class Push(_Actor):
    """An editors' push: habitual openers like its notes within minutes."""

    kind: Literal["push"] = "push"
    size: Range = (0.03, 0.1)  # of all users
    pushes: Range = (3, 7)
    notes: Range = (1, 3)
    participation: Range = (0.1, 0.35)
    spread_s: Range = (120, 600)


class CreatorTesting(_Actor):
    """An author who likes dozens of others' notes in a row to be noticed."""

    kind: Literal["creator_testing"] = "creator_testing"
    size: Range = (1, 1)
    likes: Range = (20, 60)
    bursts: Range = (1, 5)
    spread_s: Range = (600, 2400)


class Collaborators(_Actor):
    """Two authors who publish together; their audiences overlap."""

    kind: Literal["collaborators"] = "collaborators"
    size: Range = (40, 150)
    participation: Range = (0.3, 0.7)
    spread_s: Range = (600, 7200)


class Newcomers(_Actor):
    """Honest newcomers of the same days and the same dormitory, shown the same first list."""

    kind: Literal["newcomers"] = "newcomers"
    size: Range = (40, 200)
    first_list: Range = (8, 16)
    participation: Range = (0.15, 0.4)


class Frontpage(_Actor):
    """Readers who open the application at the same moment and are shown the same list in the same order."""

    kind: Literal["frontpage"] = "frontpage"
    size: Range = (0.02, 0.06)  # of all users
    pages: Range = (3, 8)
    notes: Range = (12, 24)
    participation: Range = (0.12, 0.3)
    spread_s: Range = (60, 600)


AnyActor = Annotated[
    Farm | Rotating | Micro | Drip | PartTime | Disposable | Exchange | OneShot
    | Superfans | Lottery | Friends | Niche | Binge | Viral | Push | CreatorTesting | Collaborators
    | Newcomers | Frontpage,
    Field(discriminator="kind"),
]  # fmt: skip


class World(_Model):
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
    users: int = Field(20_000, ge=200)
    days: int = Field(14, ge=1)
    start: dt.date = dt.date(2026, 11, 2)
    ids: Literal["hex", "int"] = "hex"
    dirty_share: float = Field(0.003, ge=0, le=0.1)
    background: Background = Background()
    actors: tuple[AnyActor, ...] = ()

    @classmethod
    def load(cls, path: str | Path) -> World:
        """Read a world from a TOML file.

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
            When there are fewer than 200 users or 1 day.
        """
        if users is not None and users < 200:
            raise ConfigError(f"users {users}", wanted="at least 200", todo="make a larger world")
        if days is not None and days < 1:
            raise ConfigError(f"days {days}", wanted="at least 1", todo="make a longer world")
        users, days = users or self.users, days or self.days
        actors = []
        for actor in self.actors:
            change: dict[str, Any] = {"count": max(min(actor.count, 1), round(actor.count * users / self.users))}
            if isinstance(actor, _Ring) and actor.kind != "one_shot" and days != self.days:
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
