"""Options that several commands share, and what they add up to."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphkit.errors import ConfigError

if TYPE_CHECKING:
    from graphkit.config import Config
    from graphkit.engines import Engine, Room
    from graphkit.likes import Likes
    from graphkit.progress import Progress

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
cases_option = click.option(
    "--cases", type=click.Path(path_type=Path), metavar="DIR", help="Case store; cases beside the run by default."
)
now_option = click.option("--now", metavar="T", help="The moment (UTC); by the clock where absent.")

_READING = (
    click.argument("likes", metavar="LIKES"),
    click.option("--users", metavar="F", help="Table of users."),
    click.option("--notes", metavar="F", help="Table of notes."),
    click.option("--config", "config_file", metavar="F.toml", help="Settings and column names."),
    click.option("--since", metavar="T", help="Only likes at or after this time (UTC), as in 2026-11-22T08:00."),
    click.option("--until", metavar="T", help="Only likes before this time (UTC)."),
    click.option("--ts-unit", type=click.Choice(["s", "ms", "us", "ns"]), help="Unit of integer times."),
)


_MACHINE = (
    click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Threads; all by default."),
    click.option("--memory", metavar="SIZE", help="Memory to use, as in 6GB; half of what is free by default."),
    click.option(
        "--scratch", type=click.Path(path_type=Path), metavar="DIR", help="Folder for what memory does not hold."
    ),
)


_ENGINE = (
    click.option("--engine", type=click.Choice(["local", "spark"]), default="local", help="Where to compute."),
    click.option("--master", metavar="URL", help="Spark's master, as in spark://host:7077."),
    click.option("--conf", multiple=True, metavar="K=V", help="A property of Spark; may be given again."),
)


@dataclass(frozen=True)
class Reading:
    """What is read, and how: the values of the options of `reading_options`."""

    likes: str
    users: str | None
    notes: str | None
    config_file: str | None
    since: str | None
    until: str | None
    ts_unit: str | None

    @property
    def inputs(self) -> dict[str, str | None]:
        """Paths by table name."""
        return {"likes": self.likes, "users": self.users, "notes": self.notes}

    def config(self, ladder: str | None = None) -> Config:
        """Return the settings of the config file with those of the command line over them.

        Raises
        ------
        ConfigError
            When the file or a value makes no sense.
        """
        from graphkit.config import load_config, parse_ladder

        since, until = parse_time(self.since, "--since"), parse_time(self.until, "--until")
        return load_config(
            self.config_file,
            input={"since": since, "until": until, "ts_unit": self.ts_unit},
            projection={"windows_s": None if ladder is None else parse_ladder(ladder)},
        )

    def read(self, config: Config, engine: Engine, progress: Progress) -> Likes:
        """Read the likes; raises as :func:`graphkit.likes.read_likes` does."""
        from graphkit.likes import read_likes

        return read_likes(**self.inputs, config=config.input, engine=engine, progress=progress)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add LIKES and the options that say how it is read; the command gets them as one `Reading`, ``reading``."""
    return _gathered(command, _READING, Reading, "reading")


@dataclass(frozen=True)
class Machine:
    """What of this machine may be used: the values of the options of `machine_options`."""

    threads: int | None
    memory: str | None
    scratch: Path | None

    def room(self, folder: Path | None = None) -> Room:
        """Return the room for large arrays; `folder` is for what memory does not hold, where none was named.

        Raises
        ------
        ConfigError
            When the size or the folder makes no sense.
        """
        from graphkit.engines import Room

        return Room(None if self.memory is None else _parse_size(self.memory), self.scratch or folder)


def machine_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that bound threads and memory; the command gets them as one `Machine`, ``machine``."""
    return _gathered(command, _MACHINE, Machine, "machine")


def _parse_size(text: str) -> int:
    from pydantic import ByteSize, TypeAdapter, ValidationError

    try:
        return TypeAdapter(ByteSize).validate_python(text)
    except ValidationError:
        raise ConfigError(f"--memory {text!r}", wanted="a size such as 500MB or 6GB", todo="mend it") from None


@dataclass(frozen=True)
class Chosen:
    """The engine that was asked for: the values of the options of `engine_options`."""

    engine: str
    master: str | None
    conf: tuple[str, ...]

    def open(self, threads: int | None, room: Room) -> AbstractContextManager[Engine]:
        """Return a context in which the engine runs; raises as :func:`graphkit.engines.choice.open_engine` does."""
        from graphkit.engines.choice import open_engine

        conf = {}
        for text in self.conf:
            name, mark, value = text.partition("=")
            if not mark or not name.startswith("spark."):
                raise ConfigError(f"--conf {text!r}", wanted="spark.property=value", todo="mend it")
            conf[name] = value
        return open_engine(self.engine, threads=threads, room=room, master=self.master, conf=conf)


def engine_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where to compute; the command gets them as one `Chosen`, ``chosen``."""
    return _gathered(command, _ENGINE, Chosen, "chosen")


def _gathered(
    command: Callable[..., None], options: tuple[Callable[..., Any], ...], kind: type[Any], name: str
) -> Callable[..., None]:
    names = [field.name for field in fields(kind)]

    @functools.wraps(command)
    def call(**values: Any) -> None:
        command(**{name: kind(**{option: values.pop(option) for option in names})}, **values)

    for decorate in reversed(options):
        call = decorate(call)
    return call


def parse_time(text: str | None, option: str) -> dt.datetime | None:
    """Return the time in a text in ISO 8601; without a zone it is UTC."""
    if text is None:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{option} {text!r}", wanted="a date or time such as 2026-11-22 or 2026-11-22T08:00+08:00", todo="mend it"
        ) from None
