"""What each channel of evidence, each view and each switch adds: the suite's figures without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphkit.config import Config
from graphkit.evaluation import Evaluation, pool
from graphkit.report import text
from graphkit.scoring.channels import CHANNELS
from tests.quality.cases import Case, Measured
from tests.quality.page import points, table

#: World and whether it is bare.
WORLDS = (("standard", False), ("lookalikes", False), ("standard", True))
WHOLE = "nothing left out"


def variants() -> dict[str, dict[str, object]]:
    """Return what may be left out, by name, as fields of a case; read from the channels and the settings.

    A setting that lists several things (the ladder of windows) is tried without each of them, and one that is on by
    default is tried switched off.
    """
    out: dict[str, dict[str, object]] = {WHOLE: {}}
    for channel in CHANNELS:
        out[f"channel `{channel.name}`"] = {"channel": channel.name}
    for section, values in Config():
        for name, value in values:
            if value is True:
                out[f"`{name}` switched off"] = {"settings": ((section, name, False),)}
            elif isinstance(value, tuple) and len(value) > 1:
                for item in value:
                    rest = tuple(other for other in value if other != item)
                    shown = text.window(item) if name == "windows_s" else str(item)
                    out[f"`{name}` without {shown}"] = {"settings": ((section, name, rest),)}
    return out


def cases(
    seeds: int, first: int, only: Sequence[str], users: int | None, days: int | None
) -> dict[tuple[str, str], list[Case]]:
    """Return the cases by world and by what is left out."""
    out = {}
    for world, bare in WORLDS:
        for name, change in variants().items():
            if only and name != WHOLE and not any(part in name for part in only):
                continue
            title = f"{world}, bare" if bare else world
            out[title, name] = [
                Case(world, seed, bare, users, days, **change)  # type: ignore[arg-type]
                for seed in range(first, first + seeds)
            ]
    return out


def section(measured: Mapping[tuple[str, str], Sequence[Measured]]) -> Iterator[str]:
    """Yield the section of the ablation, its head apart."""
    pooled = {key: pool(one.found for one in ones) for key, ones in measured.items()}
    for world in dict.fromkeys(world for world, _ in pooled):
        whole = pooled[world, WHOLE]
        yield f"### {world}"
        yield ""
        yield (
            f"With everything: {text.percent(whole.likes_honest['purge'].share)} of the likes in tier purge honest, "
            f"{text.percent(whole.likes_found['purge'].share)} of the bought ones found in purge and "
            f"{text.percent(whole.likes_found['proposed'].share)} in purge or review. Below, what changes without one "
            "thing, in points of per cent (likes and rings in numbers), and the kind of ring that loses most of its "
            "likes in purge / in purge or review. Where nothing changes, it is dead weight here."
        )
        yield ""
        rows = [_row(name, whole, found) for (of, name), found in pooled.items() if of == world and name != WHOLE]
        head = [
            "without", "honest in purge", "found in purge", "in purge or review", "largest fall of a kind",
            "likes of look-alikes in purge", "rings mistaken in purge", "in review",
        ]  # fmt: skip
        yield from table(head, rows)


def _row(name: str, whole: Evaluation, found: Evaluation) -> list[str]:
    before, after = whole.likes_found, found.likes_found
    change = {
        kind: [found.kinds[kind].likes[tier].share - figures.likes[tier].share for tier in ("purge", "proposed")]
        for kind, figures in whole.kinds.items()
        if kind in found.kinds
    }
    worst = min(change, key=lambda kind: sum(change[kind]), default="")
    fell = bool(worst) and sum(change[worst]) < -0.001
    hit = f"`{worst}` {' / '.join(f'{100 * x:+.1f}' for x in change[worst])}" if fell else text.NOTHING
    wrong = {tier: found.rings_mistaken[tier].n - whole.rings_mistaken[tier].n for tier in ("purge", "review")}
    return [
        name,
        points(_share(found), _share(whole)),
        points(after["purge"].share, before["purge"].share),
        points(after["proposed"].share, before["proposed"].share),
        hit,
        f"{_touched(found) - _touched(whole):+,}",
        f"{wrong['purge']:+,}",
        f"{wrong['review']:+,}",
    ]


def _share(found: Evaluation) -> float:
    """Return the honest share of tier purge, nought where nothing is in it."""
    honest = found.likes_honest["purge"]
    return honest.share if honest.of else 0.0


def _touched(found: Evaluation) -> int:
    return sum(figures.likes["purge"].n for figures in found.lookalikes.values())
