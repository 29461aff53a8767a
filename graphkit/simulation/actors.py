"""The kinds of ring and look-alike, with every parameter and its default.

A pair of numbers is a range: each group draws its own value from it, log-uniform where both are positive.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= value[0] <= value[1]:
        raise ValueError("a range is (low, high) with 0 <= low <= high")
    return value


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]


class Model(BaseModel):
    """Frozen, and without unknown or infinite parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Actor(Model):
    """A kind of group; `count` groups of it are made.

    Attributes
    ----------
    name
        Names the group's random stream and ids; by default the kind. Needed where a kind stands twice.
    count
        Groups.
    size
        Members of a group; a share of all users where thousands are meant.
    """

    is_ring: ClassVar[bool] = False
    #: Whether `size` is a share of all users rather than a number.
    of_all: ClassVar[bool] = False
    name: str = ""
    count: int = Field(1, ge=0)
    size: Range = (30, 200)


class Ring(Actor):
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


class Farm(Ring):
    """Bots that do each job within seconds or minutes."""

    kind: Literal["farm"] = "farm"
    size: Range = (50, 500)
    jobs: Range = (10, 60)


class Rotating(Ring):
    """A large farm of which each job uses another small part."""

    kind: Literal["rotating"] = "rotating"
    size: Range = (500, 900)
    jobs: Range = (60, 110)
    participation: Range = (0.08, 0.13)
    spread_s: Range = (400, 800)


class Micro(Ring):
    """A dozen accounts of one operator who pushes a few shops of his own."""

    kind: Literal["micro"] = "micro"
    size: Range = (8, 15)
    jobs: Range = (10, 40)
    participation: Range = (0.6, 0.95)
    spread_s: Range = (120, 1500)
    shops: Range = (2, 4)


class Drip(Ring):
    """A farm that spreads each job over a day or two."""

    kind: Literal["drip"] = "drip"
    size: Range = (60, 300)
    jobs: Range = (15, 40)
    participation: Range = (0.35, 0.9)
    spread_s: Range = (86400, 172800)


class PartTime(Ring):
    """Real people who like for pay when an order appears in their chat group."""

    kind: Literal["part_time"] = "part_time"
    size: Range = (60, 300)
    jobs: Range = (25, 60)
    participation: Range = (0.2, 0.6)
    spread_s: Range = (600, 3600)
    camouflage: Range = (0, 0)
    dwell_s: Range = (10, 25)


class Disposable(Ring):
    """A farm whose accounts do a handful of jobs and are replaced."""

    kind: Literal["disposable"] = "disposable"
    size: Range = (40, 120)
    jobs: Range = (20, 50)
    participation: Range = (0.6, 0.95)
    spread_s: Range = (60, 900)
    life_jobs: Range = (3, 6)


class Exchange(Ring):
    """Authors who like each other's notes within hours."""

    kind: Literal["exchange"] = "exchange"
    size: Range = (20, 80)
    jobs: Range = (30, 120)
    participation: Range = (0.3, 0.7)
    spread_s: Range = (3600, 14400)
    camouflage: Range = (0, 0)
    dwell_s: Range = (8, 20)


class OneShot(Ring):
    """Accounts used once, around one note."""

    kind: Literal["one_shot"] = "one_shot"
    size: Range = (40, 200)
    jobs: Range = (1, 1)
    participation: Range = (0.9, 1.0)
    spread_s: Range = (60, 1800)
    camouflage: Range = (0, 1.5)


class Superfans(Actor):
    """Fans of one author who like every note minutes after its publication."""

    kind: Literal["superfans"] = "superfans"
    size: Range = (30, 200)
    participation: Range = (0.3, 0.85)
    spread_s: Range = (180, 1200)


class Lottery(Actor):
    """Hunters who like the same prize notes of several authors, list in hand, over hours."""

    kind: Literal["lottery"] = "lottery"
    size: Range = (150, 500)
    rounds: Range = (2, 6)
    prizes: Range = (3, 8)
    participation: Range = (0.4, 0.8)
    spread_s: Range = (3600, 28800)


class Friends(Actor):
    """Friends, a class or an office that pass links around."""

    kind: Literal["friends"] = "friends"
    size: Range = (6, 16)
    links: Range = (4, 14)
    participation: Range = (0.3, 0.8)
    spread_s: Range = (180, 3600)


class Niche(Actor):
    """A small community around few authors of one topic."""

    kind: Literal["niche"] = "niche"
    size: Range = (60, 150)
    authors: Range = (5, 12)
    participation: Range = (0.15, 0.45)
    spread_s: Range = (14400, 86400)


class Binge(Actor):
    """Single users who like dozens of notes within minutes."""

    kind: Literal["binge"] = "binge"
    size: Range = (1, 1)
    likes: Range = (40, 80)
    spread_s: Range = (420, 900)


class Viral(Actor):
    """A note that a good part of everyone likes within the hour."""

    of_all: ClassVar[bool] = True
    kind: Literal["viral"] = "viral"
    size: Range = (0.02, 0.08)
    spread_s: Range = (1200, 5400)


class Push(Actor):
    """An editors' push: habitual openers like its notes within minutes."""

    of_all: ClassVar[bool] = True
    kind: Literal["push"] = "push"
    size: Range = (0.03, 0.1)
    pushes: Range = (3, 7)
    notes: Range = (1, 3)
    participation: Range = (0.1, 0.35)
    spread_s: Range = (120, 600)


class CreatorTesting(Actor):
    """An author who likes dozens of others' notes in a row to be noticed."""

    kind: Literal["creator_testing"] = "creator_testing"
    size: Range = (1, 1)
    likes: Range = (20, 60)
    bursts: Range = (1, 5)
    spread_s: Range = (600, 2400)


class Collaborators(Actor):
    """Two authors who publish together; their audiences overlap."""

    kind: Literal["collaborators"] = "collaborators"
    size: Range = (40, 150)
    participation: Range = (0.3, 0.7)
    spread_s: Range = (600, 7200)


class Newcomers(Actor):
    """Honest newcomers of the same days and the same dormitory, shown the same first list."""

    kind: Literal["newcomers"] = "newcomers"
    size: Range = (40, 200)
    first_list: Range = (8, 16)
    participation: Range = (0.15, 0.4)


class Frontpage(Actor):
    """Readers who open the application at the same moment and are shown the same list in the same order.

    `attendance` is the share of members at each page, `participation` the share of the list a reader likes.
    """

    of_all: ClassVar[bool] = True
    kind: Literal["frontpage"] = "frontpage"
    size: Range = (0.02, 0.06)
    pages: Range = (3, 8)
    notes: Range = (12, 24)
    attendance: Range = (0.1, 0.4)
    participation: Range = (0.12, 0.3)
    spread_s: Range = (60, 600)


AnyActor = Annotated[
    Farm | Rotating | Micro | Drip | PartTime | Disposable | Exchange | OneShot
    | Superfans | Lottery | Friends | Niche | Binge | Viral | Push | CreatorTesting | Collaborators
    | Newcomers | Frontpage,
    Field(discriminator="kind"),
]  # fmt: skip
