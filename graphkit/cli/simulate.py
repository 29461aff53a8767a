"""``graphkit simulate``: a made world with known rings."""

from __future__ import annotations

from pathlib import Path

import click

from graphkit.cli.output import check_world, replace, say


@click.command(name="simulate")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--world", default="standard", metavar="NAME|F.toml", help="A registered world, or a file of parameters.")
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="S", help="Seed; 0 by default.")
@click.option("--users", type=int, metavar="N", help="Honest users; groups keep pace.")
@click.option("--days", type=int, metavar="D", help="Days; jobs keep pace.")
@click.option("--bare", is_flag=True, help="Leave all optional columns and tables out.")
@click.option("--force", is_flag=True, help="Replace a world that stands there.")
def command(out: Path, world: str, seed: int, users: int | None, days: int | None, bare: bool, force: bool) -> None:
    """Make a world of likes with known rings and write it to OUT."""
    check_world(out, force)

    from graphkit.report.text import plural
    from graphkit.simulation import World, simulate

    made = simulate(
        World.load(world) if world.endswith(".toml") else world, seed=seed, users=users, days=days, bare=bare
    )
    if out.exists():
        replace(out, made.save)
    else:
        made.save(out)
    n_rings = sum(made.truth_groups["is_ring"].to_pylist())
    rows, n_groups = made.likes.num_rows, made.truth_groups.num_rows
    say(
        f"{out}: world {made.world.name}, seed {seed}: {plural(rows, 'row')} of likes, {plural(n_rings, 'ring')} and "
        f"{plural(n_groups - n_rings, 'look-alike')} among them"
    )
    tables = "" if bare else f" --users {out}/users.parquet --notes {out}/notes.parquet"
    say(f"next: graphkit detect {out}/likes.parquet{tables} --out RUN")
