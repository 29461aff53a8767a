"""One line a group: where recall is lost, and which look-alikes are touched."""

from __future__ import annotations

from collections.abc import Iterator

import graphkit as gk
from graphkit.evaluation import GroupFigures
from graphkit.report import text

#: Rings of a run shown for a group; the others are counted.
_SHOWN = 4


def group_lines(found: gk.Evaluation) -> Iterator[str]:
    """Yield a table of the true rings and one of the look-alikes that a run touched."""
    rings = [group for group in found.groups if group.is_ring]
    yield from _table(rings)
    others = [group for group in found.groups if not group.is_ring and (group.likes_proposed or _held(group))]
    if others:
        yield ""
        yield from _table(others)
    untouched = sum(not group.is_ring for group in found.groups) - len(others)
    yield f"look-alikes without a like proposed, and of which no ring of the run mostly is: {untouched}"
    honest, recall = found.likes_honest, found.likes_found
    yield (
        f"purge: {honest['purge'].of:,} likes, {honest['purge'].n:,} honest ({text.percent(honest['purge'].share)}); "
        f"recall {_share(recall['purge'].n, recall['purge'].of)} in purge, "
        f"{_share(recall['proposed'].n, recall['proposed'].of)} in purge or review; rings that are none: "
        f"{found.rings_mistaken['purge'].n} in purge, {found.rings_mistaken['review'].n} in review"
    )


def _held(group: GroupFigures) -> bool:
    """Tell whether a ring of the run has most of its members in the group."""
    return any(2 * shared >= size for _, _, shared, size in group.rings)


def _table(groups: list[GroupFigures]) -> Iterator[str]:
    head = ["group", "kind", "users", "notes", "likes", "purge", "both", "users: purge", "both", "rings of the run"]
    rows = []
    for g in groups:
        held = [f"{ring} {tier} {shared}/{size}" for ring, tier, shared, size in g.rings[:_SHOWN]]
        if len(g.rings) > _SHOWN:
            held.append(f"and {len(g.rings) - _SHOWN} more")
        rows.append(
            [
                g.group_id, g.kind, f"{g.n_users:,}", f"{g.n_notes:,}", f"{g.n_likes:,}",
                _share(g.likes_purge, g.n_likes), _share(g.likes_proposed, g.n_likes), _share(g.users_purge, g.n_users),
                _share(g.users_proposed, g.n_users), " · ".join(held) or "–",
            ]
        )  # fmt: skip
    yield from text.table([head, *rows], [2 <= i < 9 for i in range(10)])


def _share(n: int, of: int) -> str:
    return f"{n / of:.2f}" if of else "–"
