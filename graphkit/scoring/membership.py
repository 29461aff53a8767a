"""Who belongs to which ring: members by code, each user in at most one ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphkit.likes.model import I32, I64

#: In no ring.
NO_RING = -1


@dataclass(frozen=True, slots=True)
class Membership:
    """Rings as a labelling of users.

    Attributes
    ----------
    ring_of
        Ring of each user, `NO_RING` where none, int32[n_users].
    window_s
        Window that shows each ring best, seconds, int32[n_rings].
    attached
        True for members found through the ring's jobs rather than through ties of their own, bool[n_users].
    """

    ring_of: I32
    window_s: I32
    attached: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def n_rings(self) -> int:
        """Number of rings, empty ones included."""
        return len(self.window_s)

    @property
    def sizes(self) -> I64:
        """Members of each ring, int64[n_rings]."""
        return np.bincount(self.ring_of[self.ring_of != NO_RING], minlength=self.n_rings)
