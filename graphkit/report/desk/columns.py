"""What the page lists of rings: members, targets, likes, ties and traffic, laid out for all rings at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphkit._kernels.distinct import pack, unpack
from graphkit._kernels.grouping import group_pointers
from graphkit.detection import Detection
from graphkit.explain import RingStory
from graphkit.explain.claims import Bools, likes_behind
from graphkit.explain.places import NOWHERE, Places, codes
from graphkit.explain.raw import burst_shares, outside_likes, raw_likes
from graphkit.likes.model import F64, I64
from graphkit.plots.layout import Ties, lay_out, strongest
from graphkit.report.desk.overview import text_or_none
from graphkit.schemas import CHANNELS

#: Members, targets and likes of a ring that the page holds; the page says what it left out.
MAX_MEMBERS = 2_000
MAX_TARGETS = 2_000
MAX_LIKES = 20_000
#: A title longer than this is cut; `notes` has it whole.
MAX_TITLE = 200
#: Bins of the traffic on a ring's targets.
_BINS = 240
#: Codes of lists beyond which they are made dense again, so that none overflows.
_MOST_CODES = 2**62
#: How exactly shares and scores are written.
_DIGITS = 4

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that the page shows, ring by ring.

    Attributes
    ----------
    ptr
        Those of ring r are entries ``ptr[r]:ptr[r + 1]`` of each column, int64[n_rings + 1].
    columns
        By name, as the page calls them; masked where a value is not known.
    """

    ptr: I64
    columns: Mapping[str, Column]

    def of(self, ring: int) -> dict[str, list[Any]]:
        """Return the columns of one ring as lists, ``None`` for what is not known."""
        return {name: column[self.ptr[ring] : self.ptr[ring + 1]].tolist() for name, column in self.columns.items()}


@dataclass(frozen=True, slots=True)
class Behind:
    """Which likes the claims of one channel rest on.

    Attributes
    ----------
    shown
        Of the likes shown, bool[likes].
    usual
        By ring, whether it is every like that is proposed and no other, shown or not, bool[n_rings].
    """

    shown: Bools
    usual: Bools


@dataclass(frozen=True, slots=True)
class Columns:
    """What the page lists of the rings of a run; ring r is row r of ``run.rings``.

    Attributes
    ----------
    member_row
        The rows of ``run.members`` that are shown, int64[members].
    members, targets, likes, ties
        The rows shown. Likes and ties name members and targets by their place among those shown of the ring.
    reasons
        Lists of reason codes, to which `why` of members and likes points.
    behind
        By channel; ``None`` where nobody could tell.
    n_likes
        Likes of each ring, shown or not, int64[n_rings].
    first_ms
        When the first of them was given, milliseconds, int64[n_rings].
    traffic
        Likes on a ring's targets by time, of members and of everybody else; ``None`` where that is not known.
    """

    member_row: I64
    members: Rows
    targets: Rows
    likes: Rows
    ties: Rows
    reasons: Rows
    behind: Mapping[str, Behind | None]
    n_likes: I64
    first_ms: I64
    traffic: Sequence[dict[str, Any] | None]

    def likes_behind(self, channel: str, ring: int) -> list[int] | str:
        """Return which of a ring's shown likes a claim rests on: places, ``all`` that are proposed, or ``unknown``."""
        behind = self.behind[channel]
        if behind is None:
            return "unknown"
        if behind.usual[ring]:
            return "all"
        here = behind.shown[self.likes.ptr[ring] : self.likes.ptr[ring + 1]]
        return list(np.flatnonzero(here).tolist())

    def place(self, ring: int) -> tuple[list[int], list[int]]:
        """Return where the members shown of a ring stand in the drawing of its ties, x and y in thousandths of it."""
        own = slice(self.ties.ptr[ring], self.ties.ptr[ring + 1])
        a, b = (self.ties.columns[end][own] for end in ("a", "b"))
        at = lay_out(int(self.members.ptr[ring + 1] - self.members.ptr[ring]), a, b)
        x, y = np.rint(at * 1000).astype(np.int64).T.tolist()
        return x, y


def lay_columns_out(run: Detection, titles: Mapping[Any, str]) -> Columns:
    """Lay out what the page lists of the rings of a run.

    Parameters
    ----------
    run
        The run. With its likes at hand more can be told.
    titles
        Known titles by note id.

    Returns
    -------
    Columns
        O(rows log rows).
    """
    raw, ring = _raw(run)
    n = run.rings.num_rows
    members = _Shown.of(run, run.members, "user_id", ["score", "n_ring_likes"], MAX_MEMBERS)
    targets = _Shown.of(run, run.targets, "note_id", ["n_ring_likes"], MAX_TARGETS)
    member, target = members.places(ring, raw["user_id"]), targets.places(ring, raw["note_id"])
    shown = np.flatnonzero((member != NOWHERE) & (target != NOWHERE))
    shown = shown[_within(ring[shown], n) < MAX_LIKES]
    ms = _milliseconds(raw)
    n_likes = np.bincount(ring, minlength=n)
    first = np.concatenate([[0], np.cumsum(n_likes)])[:-1]
    first_ms = np.where(n_likes > 0, np.append(ms, 0)[np.minimum(first, len(ms))], 0)
    likes = raw if len(shown) == raw.num_rows else raw.take(pa.array(shown))
    why_member, why_like, reasons = _reasons(
        run.members["reasons"].take(pa.array(members.row)), members.ring, likes["reasons"], ring[shown], n
    )
    return Columns(
        members.row,
        Rows(members.ptr, _members(run.members.take(pa.array(members.row))) | {"why": why_member}),
        Rows(targets.ptr, _targets(run, titles, targets.row)),
        Rows(
            group_pointers(ring[shown], n),
            {"member": member[shown], "target": target[shown], "at": ms[shown] - first_ms[ring[shown]]}
            | _likes(likes, ring[shown], n)
            | {"why": why_like},
        ),
        _ties(run, members),
        reasons,
        _behind(run, raw, ring, shown),
        n_likes,
        first_ms,
        _traffic(run, ring, ms - first_ms[ring], first_ms),
    )


def _raw(run: Detection) -> tuple[pa.Table, I64]:
    """Return the likes of members on targets, by ring and time, and their rings."""
    raw = raw_likes(run)
    ring = _ring(run, raw)
    if np.any(ring[1:] < ring[:-1]):  # where rings do not stand in the order of their names
        order = np.argsort(ring, kind="stable")
        raw, ring = raw.take(pa.array(order)), ring[order]
    return raw, ring


def _ring(run: Detection, table: pa.Table) -> I64:
    """Return the ring of each row of a table."""
    return codes(table["ring_id"], run.rings["ring_id"])


def _within(ring: I64, n: int) -> I64:
    """Return the place of each row, all of which stand by ring, among the rows of its ring."""
    return np.arange(len(ring)) - group_pointers(ring, n)[ring]


@dataclass(frozen=True, slots=True)
class _Shown:
    """The first rows of each ring in a table of users or notes.

    Attributes
    ----------
    row, ring
        The rows shown and their rings, in the order shown, int64[k].
    ptr
        Those of ring r are entries ``ptr[r]:ptr[r + 1]``, int64[n_rings + 1].
    place
        By row of the table, its place among those shown of its ring, `NOWHERE` where it is not; int64[rows].
    among
        Finds rows of the table.
    """

    row: I64
    ring: I64
    ptr: I64
    place: I64
    among: Places

    @classmethod
    def of(cls, run: Detection, table: pa.Table, name: str, by: list[str], most: int) -> _Shown:
        """Take up to `most` rows of each ring: those with the largest numbers, then by id."""
        ring, n = _ring(run, table), run.rings.num_rows
        keys = [("ring", "ascending"), *((number, "descending") for number in by), (name, "ascending")]
        order = np.asarray(pc.sort_indices(table.append_column("ring", pa.array(ring)), keys), np.int64)
        within = _within(ring[order], n)
        place = np.full(len(order), NOWHERE, np.int64)
        place[order] = np.where(within < most, within, NOWHERE)
        row = order[within < most]
        return cls(row, ring[row], group_pointers(ring[row], n), place, Places(ring, table[name]))

    def places(self, ring: I64, ids: pa.ChunkedArray) -> I64:
        """Return the place of each ring and id, `NOWHERE` for those not shown."""
        return np.append(self.place, NOWHERE)[self.among.find(ring, ids)]


def _milliseconds(table: pa.Table) -> I64:
    return np.asarray(table["ts"].combine_chunks().cast(pa.int64()), np.int64) // 1000


def _objects(values: Sequence[Any]) -> Column:
    """Return Python's own values as a column."""
    out = np.empty(len(values), np.object_)
    out[:] = values
    return out


def _texts(column: pa.ChunkedArray) -> Column:
    return _objects([text_or_none(value) for value in column.to_pylist()])


def _named(column: pa.ChunkedArray, none: str | None = None) -> Column:
    """Return a column of few distinct texts, `none` for what is none."""
    names = column.combine_chunks().dictionary_encode()
    known = _objects([*names.dictionary.to_pylist(), none])
    return known[np.asarray(names.indices.fill_null(len(names.dictionary)), np.int64)]


def _numbers(column: pa.ChunkedArray) -> Column:
    """Return a column of numbers, masked where there is none."""
    whole = column.combine_chunks()
    values = np.asarray(whole.fill_null(0))
    return values if whole.null_count == 0 else np.ma.masked_array(values, np.asarray(pc.is_null(whole)))


def shares(values: F64) -> Column:
    """Return shares and scores to four digits, masked where there is none; what is less than 1 stays so."""
    short = np.where(values == 1, 1.0, np.minimum(np.round(values, _DIGITS), 0.9999))
    unknown = np.isnan(values)
    return np.ma.masked_array(short, unknown) if unknown.any() else short


def _floats(column: pa.ChunkedArray) -> F64:
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), np.float64)


def lay_rests_out(run: Detection, stories: Sequence[RingStory], columns: Columns) -> Rows:
    """Lay out what rests on each of the members shown, as the stories of the rings tell it."""
    # Stories have the members of each ring in the order of the table; rings may be mixed there.
    by_story = np.empty(run.members.num_rows, np.int64)
    by_story[np.argsort(_ring(run, run.members), kind="stable")] = np.arange(run.members.num_rows)
    told = pa.concat_tables(story.members for story in stories).take(pa.array(by_story[columns.member_row]))
    return Rows(
        columns.members.ptr,
        {
            "ties": shares(_floats(told["tie_share"])),
            "rests": shares(_floats(told["like_share"])),
            "without": shares(_floats(told["score_without"])),
            "without_tier": _named(told["tier_without"]),
        },
    )


def _members(rows: pa.Table) -> dict[str, Column]:
    return {
        "id": _texts(rows["user_id"]),
        "tier": _named(rows["tier"]),
        "score": shares(_floats(rows["score"])),
        "n": _numbers(rows["n_ring_likes"]),
        "likes": _numbers(rows["n_likes"]),
        "partners": _numbers(rows["n_partners"]),
    }


def _targets(run: Detection, titles: Mapping[Any, str], row: I64) -> dict[str, Column]:
    rows = run.targets.take(pa.array(row))
    known = [titles.get(note) for note in rows["note_id"].to_pylist()]
    return {
        "id": _texts(rows["note_id"]),
        "author": _texts(rows["author_id"]),
        "title": _objects([None if title is None else title[:MAX_TITLE] for title in known]),
        "n": _numbers(rows["n_ring_likes"]),
        "all": _numbers(rows["n_likes"]),
        "burst": shares(burst_shares(run)[row]),
    }


def _likes(likes: pa.Table, ring: I64, n: int) -> dict[str, Column]:
    columns = {"tier": _named(likes["tier"], "none"), "score": shares(_floats(likes["score"]))}
    if "dwell_ms" in likes.column_names:
        columns["dwell"] = _numbers(pc.cast(pc.round(likes["dwell_ms"]), pa.int64()))
    if "completed" in likes.column_names:
        columns["completed"] = _numbers(likes["completed"])
    for name in ("device", "ip"):
        if name in likes.column_names:
            known = np.asarray(pc.is_valid(likes[name]))
            code = np.asarray(pc.fill_null(likes[name], 0), np.int64)
            number = np.zeros(len(ring), np.int64)
            number[known] = _as_they_come(ring[known], code[known], n)[0]
            columns[name] = np.ma.masked_array(number, ~known)
    return columns


def _as_they_come(ring: I64, code: I64, n: int) -> tuple[I64, I64, I64]:
    """Give numbers to the distinct codes of each ring in the order in which they come first.

    Returns
    -------
    number : int64[k]
        Of each row.
    codes : int64[d]
        The distinct codes, by ring and number.
    ptr : int64[n + 1]
        Those of ring r are ``codes[ptr[r]:ptr[r + 1]]``.
    """
    pairs, first, which = np.unique(pack(ring, code), return_index=True, return_inverse=True)
    its_ring, its_code = unpack(pairs)
    order = np.lexsort((first, its_ring))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    ptr = group_pointers(its_ring, n)
    return place[which] - ptr[ring], its_code[order], ptr


def _reasons(
    of_members: pa.ChunkedArray, member_ring: I64, of_likes: pa.ChunkedArray, like_ring: I64, n: int
) -> tuple[I64, I64, Rows]:
    """Give numbers to the lists of reason codes of each ring as they come, those of members first."""
    both = pa.chunked_array([*of_members.chunks, *of_likes.chunks], of_members.type).combine_chunks()
    code, lists = _list_codes(both)
    number, its_code, ptr = _as_they_come(np.concatenate([member_ring, like_ring]), code, n)
    return number[: len(member_ring)], number[len(member_ring) :], Rows(ptr, {"codes": lists[its_code]})


def _list_codes(lists: pa.ListArray) -> tuple[I64, Column]:
    """Return a number for each list of texts, equal where the lists are, and the lists by number; none is empty."""
    words = pc.list_flatten(lists).dictionary_encode()
    word = np.append(np.asarray(words.indices, np.int64) + 1, 0)
    size = np.asarray(pc.fill_null(pc.list_value_length(lists), 0), np.int64)
    end = np.cumsum(size)
    code, n_codes, base = np.zeros(len(size), np.int64), 1, len(words.dictionary) + 1
    for i in range(int(size.max(initial=0))):
        if n_codes * base > _MOST_CODES:
            code = np.unique(code, return_inverse=True)[1]
            n_codes = int(code.max()) + 1
        code = code * base + word[np.where(size > i, end - size + i, len(word) - 1)]
        n_codes *= base
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    return code, _objects([row or [] for row in lists.take(pa.array(first)).to_pylist()])


def _ties(run: Detection, members: _Shown) -> Rows:
    """Return the strongest ties between members shown."""
    ties, ring = run.ties, _ring(run, run.ties)
    a, b = (members.places(ring, ties[end]) for end in ("user_a", "user_b"))
    known = (a != NOWHERE) & (b != NOWHERE)
    begin = members.ptr[ring[known]]
    both = Ties(begin + a[known], begin + b[known], np.asarray(ties["weight"].combine_chunks(), np.int64)[known])
    order = np.argsort(ring[known], kind="stable")
    kept = strongest(Ties(*(column[order] for column in both)))
    rows = np.flatnonzero(known)[order][kept]
    columns = {"a": a[rows], "b": b[rows], "weight": both.weight[order][kept]}
    return Rows(group_pointers(ring[rows], run.rings.num_rows), columns)


def _behind(run: Detection, raw: pa.Table, ring: I64, shown: I64) -> dict[str, Behind | None]:
    proposed = np.asarray(pc.is_valid(raw["tier"]), np.bool_)
    out: dict[str, Behind | None] = {}
    for channel, _ in CHANNELS:
        told = likes_behind(run, channel, raw)
        if told is not None:
            differs = np.bincount(ring[told != proposed], minlength=run.rings.num_rows)
            out[channel] = Behind(told[shown], differs == 0)
        else:
            out[channel] = None
    return out


def _traffic(run: Detection, ring: I64, ms: I64, first_ms: I64) -> list[dict[str, Any] | None]:
    """Return likes on the targets of each ring by time in `_BINS` equal bins, times since the ring's first like."""
    n = run.rings.num_rows
    if run.likes is None:
        return [None] * n
    n_likes = np.bincount(ring, minlength=n)
    last = np.zeros(n, np.int64)
    np.maximum.at(last, ring, ms)
    room = np.maximum(last // 30, 60_000)
    low, high = -room, last + room

    def counts(ring: I64, ms: I64) -> I64:
        inside = (ms >= low[ring]) & (ms <= high[ring])
        ring, ms = ring[inside], ms[inside]
        at = np.minimum((ms - low[ring]) * _BINS // (high - low)[ring], _BINS - 1)
        return np.bincount(ring * _BINS + at, minlength=n * _BINS).reshape(n, _BINS)

    own, rest = counts(ring, ms), np.zeros((n, _BINS), np.int64)
    for its_ring, ts in outside_likes(run, run.likes):
        rest += counts(its_ring, ts // 1000 - first_ms[its_ring])
    return [
        {"low": int(low[r]), "high": int(high[r]), "own": own[r].tolist(), "others": rest[r].tolist()}
        if n_likes[r]
        else None
        for r in range(n)
    ]
