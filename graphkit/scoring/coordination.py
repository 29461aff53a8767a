"""Which likes of members carry evidence of coordination, like by like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graphkit.bipartite import BipartiteGraph
from graphkit.config import ScoringConfig
from graphkit.likes.model import F64, I32
from graphkit.projection.project import WindowView
from graphkit.scoring.company import MIN_COMPANY, Company
from graphkit.scoring.membership import Membership

#: Of a user who is bound to no note.
ANY_NOTE = -1


@dataclass(frozen=True, slots=True)
class Coordination:
    """The likes of members, tested, ordered by (note, ts, user).

    Attributes
    ----------
    like
        Positions among all likes, int32[k]; those that `Company` has.
    ring
        The member's ring, int32[k].
    company
        Other members on the note within the window that shows the like best, int32[k].
    expected
        Members the null expects there, float64[k].
    window_s
        That window, seconds, int32[k].
    p_value
        Poisson tail of the company, times the number of windows, at most 1; float64[k].
    passed
        Company of at least `MIN_COMPANY` and a p-value of at most `ScoringConfig.like_p`, bool[k].
    """

    like: I32
    ring: I32
    company: I32
    expected: F64
    window_s: I32
    p_value: F64
    passed: npt.NDArray[np.bool_]

    def where(self, mask: npt.NDArray[np.bool_]) -> Coordination:
        """Return the likes that `mask` selects."""
        return Coordination(*(getattr(self, name)[mask] for name in self.__slots__))

    def bound(self, graph: BipartiteGraph, note_of: I32) -> Coordination:
        """Return the same, other likes of users who are bound to a note not passed; `note_of` is by user, int32."""
        if np.all(note_of == ANY_NOTE):
            return self
        note = note_of[graph.user[self.like]]
        return replace(self, passed=self.passed & ((note == ANY_NOTE) | (note == graph.note[self.like])))


def coordinate(
    together: Company, views: tuple[WindowView, ...], members: Membership, config: ScoringConfig
) -> Coordination:
    """Test likes of members against the members' activity at the note's ordinary rate.

    A like p of member u on note n at t is expected to have ``(A_C - A_u)(t ± Δ) q_p`` other members with it: the
    likes of the other members then, on any note, times the note's baseline rate. The Poisson tail of those that
    were there is taken for each window of the ladder up to the ring's own, and the best is kept at the price of all
    (Bonferroni). Wider windows than the ring's would lend its activity to its members' ordinary likes.

    Parameters
    ----------
    together
        The members' likes and their company at each window.
    views
        The projection's windows.
    members
        Who belongs to which ring.
    config
        Largest p-value.

    Returns
    -------
    Coordination
        O(k) in the members' likes k, a window.
    """
    like, ring = together.like, together.ring
    # Where no window is able, the narrowest tells who was there.
    best = np.ones(len(like))
    company = together.met[0].copy() if views else np.zeros(len(like), np.int32)
    expected = together.expected[0].copy() if views else np.zeros(len(like))
    window_s = np.full(len(like), views[0].window_s if views else 0, np.int32)
    n_windows = np.searchsorted([view.window_s for view in views], members.window_s, "right")
    for number, (view, k, mean, p) in enumerate(
        zip(views, together.met, together.expected, together.p_value, strict=True)
    ):
        better = np.flatnonzero((p < best) & (n_windows > number)[ring])
        best[better] = p[better]
        company[better] = k[better]
        expected[better] = mean[better]
        window_s[better] = view.window_s
    p_value = np.minimum(best * n_windows[ring], 1.0)
    passed = (company >= MIN_COMPANY) & (p_value <= config.like_p)
    return Coordination(like, ring, company, expected, window_s, p_value, passed)
