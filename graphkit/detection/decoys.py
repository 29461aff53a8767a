"""Decoys: the same likes with coordination destroyed, and what is honest about them kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from graphkit._kernels.grouping import group_members, group_pointers
from graphkit.bipartite import time_order
from graphkit.likes.model import I32, I64, Likes

_US = 1_000_000
#: Likes of one user at most this far apart are one session.
_SESSION_US = 1800 * _US
#: Sessions are moved by up to so many windows.
_MOVED_WINDOWS = 20


def move_sessions(likes: Likes, window_s: int, seed: int) -> Likes:
    """Return the likes with each session of each user moved whole, by up to twenty windows either way.

    Who likes what stays, in which order and at which pace; that two users do so within one window does not. What
    honest people share who saw one list at one time mostly stays too, since their sessions are long beside a window.
    A like stays after its note's publication (or its first like where that is unknown) and within the period: each
    session is moved at random within what that leaves of the twenty windows.

    Parameters
    ----------
    likes
        The likes.
    window_s
        The window, seconds.
    seed
        Of the moves; users and sessions are numbered canonically, so that equal likes make equal decoys.

    Returns
    -------
    Likes
        O(m log m).
    """
    if len(likes) == 0:
        return likes
    order = _ordered_by(likes.user, time_order(likes.ts), likes.n_users)
    user, ts = likes.user[order], likes.ts[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (user[1:] != user[:-1]) | (ts[1:] - ts[:-1] > _SESSION_US)
    session = np.cumsum(fresh) - 1
    starts = np.flatnonzero(fresh)
    reach = _MOVED_WINDOWS * window_s * _US
    born = likes.publication[likes.note[order]]
    earliest = np.maximum(-np.minimum.reduceat(ts - born, starts), -reach)
    latest = np.minimum(ts.max() - np.maximum.reduceat(ts, starts), reach)
    move = np.random.default_rng(seed).integers(earliest, latest, endpoint=True)
    moved = np.empty(len(order), np.int64)
    moved[order] = ts + move[session]
    return _reordered(likes, moved)


def _reordered(likes: Likes, ts: I64) -> Likes:
    """Return the likes at other times, in the order of these."""
    by_user = _ordered_by(likes.user, np.arange(len(likes), dtype=np.int32), likes.n_users)
    order = _ordered_by(likes.note, by_user[time_order(ts[by_user])], likes.n_notes)
    columns = ("user", "note", "repeats", "dwell_ms", "completed", "device", "ip", "source")
    moved: dict[str, Any] = {
        name: None if (column := getattr(likes, name)) is None else column[order] for name in columns
    }
    return replace(likes, ts=ts[order], **moved)


def _ordered_by(codes: I32, order: I32, n_codes: int) -> I32:
    """Return positions by code, those of one code in the order given."""
    return group_members(codes, order, group_pointers(codes, n_codes))
