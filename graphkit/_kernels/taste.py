"""What of somebody's likes is like their other likes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphkit._kernels.jit import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@kernel
def own_shares(
    user_ptr: I64, by_user: I32, note: I32, topic: I32, group: I32, n_topics: int, n_groups: int, least: int
) -> tuple[F64, F64, I64]:
    """Add up how much of a user's other likes is of the topic of a like.

    Parameters
    ----------
    user_ptr, by_user
        Likes of user u are those at ``by_user[user_ptr[u]:user_ptr[u + 1]]``.
    note
        Note of each like, int32[m].
    topic
        Topic of each note, below `n_topics`, negative where unknown, int32[n_notes].
    group
        Group of each like, below `n_groups`, negative for the user's own, int32[m].
    n_topics, n_groups
        Numbers of topics and groups.
    least
        Own likes of known topic, the like itself left out, that a user has to have.

    Returns
    -------
    share, chance : float64[n_groups + 1]
        By group, the user's own likes last: the sum over the likes of the share of the user's own likes, but this one,
        that are of its topic; and of the same share of everybody's own likes.
    count : int64[n_groups + 1]
        How many likes were added up. O(m).
    """
    everybody = np.zeros(n_topics, np.int64)
    total = 0
    for p in range(len(note)):
        if group[p] < 0 and topic[note[p]] >= 0:
            everybody[topic[note[p]]] += 1
            total += 1
    share = np.zeros(n_groups + 1)
    chance = np.zeros(n_groups + 1)
    count = np.zeros(n_groups + 1, np.int64)
    own = np.zeros(n_topics, np.int64)
    for u in range(len(user_ptr) - 1):
        n = 0
        for k in range(user_ptr[u], user_ptr[u + 1]):
            t = topic[note[by_user[k]]]
            if group[by_user[k]] < 0 and t >= 0:
                own[t] += 1
                n += 1
        for k in range(user_ptr[u], user_ptr[u + 1]):
            t = topic[note[by_user[k]]]
            if t < 0:
                continue
            g = group[by_user[k]]
            itself = 1 if g < 0 else 0
            if n - itself >= least:
                at = g if g >= 0 else n_groups
                share[at] += (own[t] - itself) / (n - itself)
                chance[at] += everybody[t] / total
                count[at] += 1
        for k in range(user_ptr[u], user_ptr[u + 1]):
            t = topic[note[by_user[k]]]
            if t >= 0:
                own[t] = 0
    return share, chance, count
