"""Whose account is like those of a ring's members: registered when they were, seen where they were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphkit._kernels.distinct import distinct_pairs, pack
from graphkit._kernels.grouping import expand_ranges, group_pointers
from graphkit.likes.model import F64, I32, I64, NO_TIME, UNKNOWN, Likes
from graphkit.scoring.membership import NO_RING, Membership

#: Members whose registration is known tell when a ring's accounts were made from this many on.
_LEAST = 8


@dataclass(frozen=True, slots=True)
class Kinship:
    """How much more likely than anybody's an account is to be of a ring, by what is known of it beside its likes.

    Weights of hypotheses (Genovese, Roeder and Wasserman 2006): a p-value divided by a weight that was chosen without
    looking at it is as good as before, where weights are 1 on average over everybody who could be asked about.

    Attributes
    ----------
    likes
        The likes, for what is known of accounts.
    members
        Who belongs to which ring.
    """

    likes: Likes
    members: Membership

    def weights(self, user: I64, ring: I64) -> F64:
        """Return the weight of each user's belonging to a ring.

        The mean of what registration, devices and addresses say, as far as they are given: a half for everybody, and
        the other half for those only who were registered while half of the members were, or were seen on a device or
        address where a member was. The fewer others these are, the more each of them gets.

        Parameters
        ----------
        user, ring
            Users and the rings they are not of, int64[k].

        Returns
        -------
        float64[k]
            1 where nothing is given. O(k log k + m log m) in the likes m at places where members were.
        """
        said = []
        registered_at = self.likes.users.registered_at
        if registered_at is not None:
            said.append(self._by_registration(registered_at, user, ring))
        said += [self._by_place(place, user, ring) for place in (self.likes.device, self.likes.ip) if place is not None]
        return np.mean(said, axis=0) if said else np.ones(len(user))

    def _by_registration(self, at: I64, user: I64, ring: I64) -> F64:
        ring_of, n = self.members.ring_of, self.members.n_rings
        known = at != NO_TIME
        ordered = np.sort(at[known])
        inside = np.flatnonzero(known & (ring_of != NO_RING))
        inside = inside[np.lexsort((at[inside], ring_of[inside]))]
        ptr, time = group_pointers(ring_of[inside], n), at[inside]
        out = np.ones(len(user))
        by_ring = np.argsort(ring, kind="stable")
        asked = group_pointers(ring, n)
        for r in np.flatnonzero((np.diff(ptr) >= _LEAST) & (np.diff(asked) > 0)).tolist():
            mine = time[ptr[r] : ptr[r + 1]]
            half = (len(mine) + 1) // 2
            begin = int(np.argmin(mine[half - 1 :] - mine[: len(mine) - half + 1]))
            first, last = mine[begin], mine[begin + half - 1]
            n_like = int(np.searchsorted(ordered, last, "right") - np.searchsorted(ordered, first, "left"))
            n_like -= int(np.searchsorted(mine, last, "right") - np.searchsorted(mine, first, "left"))
            rows = by_ring[asked[r] : asked[r + 1]]
            when = at[user[rows]]
            likely = _weight((when >= first) & (when <= last), n_like, len(ordered) - len(mine))
            out[rows] = np.where(when == NO_TIME, 1.0, likely)
        return out

    def _by_place(self, place: I32, user: I64, ring: I64) -> F64:
        """Weigh who was seen where a member was; users without a known place are users who were not."""
        likes, ring_of, n = self.likes, self.members.ring_of, self.members.n_rings
        known = np.flatnonzero(place != UNKNOWN)
        of_member = known[ring_of[likes.user[known]] != NO_RING]
        # Each place with the rings seen there, and everybody seen at such a place.
        at, whose, _ = distinct_pairs(place[of_member], ring_of[likes.user[of_member]])
        ptr = group_pointers(at, int(place.max(initial=UNKNOWN)) + 1)
        there = known[np.diff(ptr)[place[known]] > 0]
        where, guest, _ = distinct_pairs(place[there], likes.user[there])
        ring_there = whose[expand_ranges(ptr[where], ptr[where + 1])]
        guest = np.repeat(guest, np.diff(ptr)[where])
        other = ring_of[guest] != ring_there
        near_ring, near_user, _ = distinct_pairs(ring_there[other], guest[other])
        n_like = np.bincount(near_ring, minlength=n)
        near = np.isin(pack(ring, user), pack(near_ring, near_user))
        return _weight(near, n_like[ring], len(ring_of) - self.members.sizes[ring])


def _weight(
    like_them: npt.NDArray[np.bool_], n_like: int | npt.NDArray[np.integer], n_others: int | npt.NDArray[np.integer]
) -> F64:
    """Give half of all weight to everybody and half to those who are like the members, `n_like` of `n_others`."""
    return 0.5 + 0.5 * like_them * n_others / np.maximum(n_like, 1)
