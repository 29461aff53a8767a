"""Every setting with its default: frozen models, units in the names, TOML in and out, one digest.

Only what changes the tables is a setting here. How a run is executed (threads, memory, progress) never
changes a byte of them and is passed beside the config.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from graphkit.errors import ConfigError

_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


M = TypeVar("M", bound=BaseModel)


class Model(BaseModel):
    """Settings that are frozen, refuse what they do not know, and say everything that is wrong with them at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the fields that do not go together, and what is wrong with them."""
        return iter(())

    @model_validator(mode="wrap")
    @classmethod
    def _every_fault(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Add to the faults of single fields what the sound ones say against one another."""
        faults: list[InitErrorDetails] = []
        unsound: set[Any] = set()
        try:
            model = handler(data)
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            faults = [_again(told) for told in error.errors()]
            unsound = {told["loc"][0] for told in error.errors() if told["loc"]}
            try:
                model = handler({name: value for name, value in data.items() if name not in unsound})
            except ValidationError:
                raise error from None
        for fields, text in model.contradictions():
            if unsound.isdisjoint(fields):  # else the default, which nobody wrote, would be blamed
                faults.append(InitErrorDetails(type=_contradiction(text), loc=(), input=data))
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return model


def _contradiction(text: str) -> PydanticCustomError:
    return PydanticCustomError("contradiction", "{text}", {"text": text})


def _again(told: ErrorDetails) -> InitErrorDetails:
    """Return a fault that was told, to be told beside others."""
    kind = _contradiction(told["msg"]) if told["type"] == "contradiction" else told["type"]
    return InitErrorDetails(type=kind, loc=told["loc"], input=told["input"], ctx=told.get("ctx", {}))


class InputConfig(Model):
    """How the likes are read.

    Attributes
    ----------
    ts_unit
        Unit of integer times; needed only when the time columns are integers.
    earliest, latest
        Times before `earliest` or at or after `latest` are impossible and quarantined (UTC).
    max_bad_share
        Largest share of quarantined rows; above it the run stops.
    since, until
        Only likes with ``since <= ts < until`` are read (UTC); open where absent.
    columns
        ``{"user_id": "uid"}`` reads the file's column ``uid`` as ``user_id``. For a name that means
        different things in two tables, prefix it: ``{"notes.views": "pv"}``.
    """

    ts_unit: Literal["s", "ms", "us", "ns"] | None = None
    earliest: dt.datetime = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    latest: dt.datetime = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    max_bad_share: float = Field(0.01, ge=0, le=1)
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    columns: dict[str, str] = Field(default_factory=dict)

    @field_validator("earliest", "latest", "since", "until")
    @classmethod
    def _utc(cls, value: dt.datetime | None) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the fields that do not go together, and what is wrong with them."""
        if self.earliest >= self.latest:
            yield ("earliest", "latest"), "earliest must lie before latest"
        if self.since is not None and self.until is not None and self.since >= self.until:
            yield ("since", "until"), "since must lie before until"


class ProjectionConfig(Model):
    """How users are joined by co-likes.

    Attributes
    ----------
    windows_s
        The ladder of windows in seconds, ends included, ascending.
    min_weight
        Least co-liked notes of a pair that is tested.
    min_breadth
        Least distinct authors among them; co-likes long after publication count by note.
    fresh_s
        Age of a note up to which a like of it may be a follower's and counts for the author.
    horizon_s
        Half-width H of the baseline around a like; at least four windows are always used.
    burst_s
        Widest window whose burst is left out of the baseline. A note's whole news may lie within a wider one: there
        its rate is the larger of that around the window and that within it.
    hot_rate
        A like is at a hot moment, and takes no part in the projection, when its note's ordinary flow, the burst
        left out, would bring more than this many likes within the window.
    hot_max
        It also is when more than this many likes of the note lie within the window.
    fdr
        False discovery rate of edges (Benjamini-Hochberg over every pair that could have been tested).
    reunion_fdr
        The same of pairs of gatherings that share users. Larger, since false ones hold no community together.
    """

    windows_s: tuple[int, ...] = (60, 600, 3600, 21600)
    min_weight: int = Field(3, ge=2)
    min_breadth: int = Field(3, ge=1)
    fresh_s: int = Field(86400, ge=0)
    horizon_s: int = Field(21600, ge=1)
    burst_s: int = Field(600, ge=1)
    hot_rate: float = Field(100.0, gt=0)
    hot_max: int = Field(5000, ge=2)
    fdr: float = Field(0.02, gt=0, lt=1)
    reunion_fdr: float = Field(0.1, gt=0, lt=1)

    @field_validator("windows_s")
    @classmethod
    def _ladder(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value:
            raise ValueError("at least one window is wanted")
        if min(value) < 1:
            raise ValueError("windows must be at least 1 s")
        if len(set(value)) != len(value):
            raise ValueError("windows must differ")
        return tuple(sorted(value))

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the fields that do not go together, and what is wrong with them."""
        if self.min_breadth > self.min_weight:
            yield ("min_breadth", "min_weight"), "min_breadth must not exceed min_weight"


class PartitionConfig(Model):
    """How the projection is cut into communities.

    Attributes
    ----------
    resolution
        Two parts of a community are cut apart when the ties between them are fewer than this share of those that
        their members' numbers of ties would give.
    tie_p
        Largest p-value of a member's tie to its community (binomial, edges at random).
    min_users
        Least members of a community.
    seed
        Seed of the partitioner's own random state.
    iterations
        Leiden iterations, each a full pass; negative means until nothing moves.
    """

    resolution: float = Field(0.5, gt=0)
    tie_p: float = Field(1e-3, gt=0, lt=1)
    min_users: int = Field(4, ge=3)
    seed: int = 1
    iterations: int = 4


class ScoringConfig(Model):
    """How communities become rings and likes become candidates.

    Attributes
    ----------
    like_p
        Largest p-value of a candidate like: as many members on the note around it, at ordinary rates.
    session_gap_s
        Ring likes farther apart than this belong to different episodes.
    short_dwell_ms
        Dwell below this counts as short.
    prior_log_odds
        Log-odds (nats) that a significant community is a ring, before its channels are read.
    purge_score, review_score
        Least score of a ring in tier `purge` and in tier `review`.
    max_q
        Largest q-value of a ring in tier `purge`.
    open_score
        Largest score of a ring while an honest explanation is left open; below `purge_score`, or it holds nothing back.
    decoys
        Sets of decoys that rings compete with; each is the likes with sessions moved, once for every window.
    decoy_seed
        Seed of the decoys.
    min_channels
        Least independent channels, besides lockstep, that speak for a ring in tier `purge`.
    channel_nats
        Log-odds from which a channel is said to speak.
    witness_nats
        Log-odds from which a witness beyond timing counts against the honest explanations.
    min_episodes
        Separate occasions from which a ring that acted in small bursts is no circle of friends, where two witnesses
        beyond timing speak for it.
    timing_episodes
        The same where they do not.
    circle_size
        Size of burst, reached by half of its likes, from which a ring is too large to be a circle of friends, whatever
        its occasions.
    timing_window_s
        Widest window, in seconds, at which timing alone excludes that a taste in common explains a ring or a like.
    early_nats
        Log-odds from which arrival says that a ring may be followers: its likes within an hour of publication are
        held for `review`, and where authors are unknown the ring itself.
    min_job_share
        Least likes of a job, as a share of the size of job that half of the ring's likes reach, for tier `purge`.
    purge_like_score
        Least probability that a like of a ring in tier `purge` is not an ordinary one; below it: `review`.
    """

    like_p: float = Field(1e-4, gt=0, lt=1)
    session_gap_s: int = Field(1800, ge=1)
    short_dwell_ms: int = Field(15000, ge=1)
    prior_log_odds: float = 0.0
    purge_score: float = Field(0.95, gt=0, lt=1)
    review_score: float = Field(0.5, gt=0, lt=1)
    max_q: float = Field(0.05, ge=0, le=1)
    open_score: float = Field(0.9, gt=0, lt=1)
    decoys: int = Field(1, ge=0)
    decoy_seed: int = Field(1, ge=0)
    min_channels: int = Field(2, ge=0)
    channel_nats: float = Field(0.5, gt=0)
    witness_nats: float = Field(0.6, gt=0)
    min_episodes: int = Field(8, ge=1)
    timing_episodes: int = Field(10, ge=1)
    circle_size: int = Field(30, ge=2)
    timing_window_s: int = Field(3600, ge=1)
    early_nats: float = Field(0.25, gt=0)
    min_job_share: float = Field(0.25, ge=0, le=1)
    purge_like_score: float = Field(0.9, ge=0, le=1)

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the fields that do not go together, and what is wrong with them."""
        if self.review_score > self.purge_score:
            yield ("review_score", "purge_score"), "review_score must not exceed purge_score"
        if self.open_score >= self.purge_score:
            yield (
                ("open_score", "purge_score"),
                "open_score must lie below purge_score, or nothing keeps doubtful rings out of purge",
            )


class Config(Model):
    """All settings of a run."""

    input: InputConfig = InputConfig()
    projection: ProjectionConfig = ProjectionConfig()
    partition: PartitionConfig = PartitionConfig()
    scoring: ScoringConfig = ScoringConfig()

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of the settings, defaults included."""
        return digest_of(self)


def digest_of(model: BaseModel) -> str:
    """Return the first 16 hex digits of the SHA-256 of a model's values, defaults included."""
    text = json.dumps(model.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse_window(text: str) -> int:
    """Return the seconds in a text such as ``60s``, ``10m``, ``1h``, ``2d`` or ``600``.

    Raises
    ------
    ConfigError
        When the text is not a whole positive number with one of these units.
    """
    match = re.fullmatch(r"\s*(\d+)\s*(s|m|min|h|d)?\s*", text)
    if match is None or int(match[1]) == 0:
        raise ConfigError(
            f"window {text!r}", wanted="a whole number with a unit, such as 60s, 10m, 1h", todo="mend --window"
        )
    return int(match[1]) * _UNIT_S[match[2] or "s"]


def parse_ladder(text: str) -> tuple[int, ...]:
    """Return the windows in seconds of a comma-separated ladder such as ``60s,10m,1h,6h``."""
    return tuple(sorted({parse_window(part) for part in text.split(",")}))


def load_config(path: str | Path | None = None, **overrides: Any) -> Config:
    """Read a config file and lay overrides over it.

    Parameters
    ----------
    path
        A TOML file, or none for the defaults. ``[columns]`` at the top level is short for
        ``[input.columns]``.
    **overrides
        Settings by section, such as ``projection={"windows_s": (60,)}``; a value of ``None`` leaves the
        setting as it is.

    Returns
    -------
    Config

    Raises
    ------
    ConfigError
        When the file cannot be read, is not TOML, or holds an unknown or senseless setting; all faults at once.
    """
    data: dict[str, Any] = {}
    where = "the settings"
    if path is not None:
        where = str(path)
        data = read_toml(path, "--config")
        if "columns" in data:
            section = data.setdefault("input", {})
            if not isinstance(section, dict) or "columns" in section:
                raise ConfigError(
                    f"{where}: columns stand twice", wanted="[columns] or [input.columns]", todo="keep one"
                )
            section["columns"] = data.pop("columns")
    for section_name, values in overrides.items():
        given = {k: v for k, v in values.items() if v is not None}
        if given:
            section = data.setdefault(section_name, {})
            if isinstance(section, dict):
                section.update(given)
    return validated(Config, data, where)


def read_toml(path: str | Path, option: str) -> dict[str, Any]:
    """Read the TOML file that an option names.

    Raises
    ------
    ConfigError
        When it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}", wanted="a readable TOML file", todo=f"check {option}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: {e}", wanted="TOML", todo="mend the file") from None


def validated(model: type[M], data: Mapping[str, Any], where: str) -> M:
    """Return `data` as a model.

    Parameters
    ----------
    model
        The model.
    data
        Values by field.
    where
        What they come from, for the message.

    Raises
    ------
    ConfigError
        When a field is unknown or makes no sense; all faults at once.
    """
    try:
        return model.model_validate(data)
    except ValidationError as e:
        faults = "; ".join(
            f"{'.'.join(map(str, f['loc'])) or model.__name__.lower()}: {_fault(f, model)}" for f in e.errors()
        )
        raise ConfigError(f"{where}: {faults}", todo="mend these settings") from None


def _fault(told: Mapping[str, Any], model: type[BaseModel]) -> str:
    """Return what pydantic says of a value, and the value where it is one that can be shown."""
    found = told["input"]
    if told["type"] == "extra_forbidden":
        return _unknown(told["loc"], model)
    if not isinstance(found, str | int | float):
        return str(told["msg"])
    return f"{told['msg']}, found {found!r:.60}"


def _unknown(where: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Say of a field that nobody knows which one may have been meant."""
    *sections, name = map(str, where)
    for section in sections:
        field = model.model_fields.get(section)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return "unknown field"  # in a list, whose rows may be of several kinds
        model = field.annotation
    known = [*model.model_fields]
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown field; {near[0]} comes nearest" if near else f"unknown field; known are {', '.join(known)}"
