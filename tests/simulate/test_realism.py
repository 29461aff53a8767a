"""No single feature gives the truth away, and honest people coincide.

Measured per like that stands in the standard world, bought or not: for each feature the likes are cut into a
hundred quantile bins, the share of bought likes per bin is learnt on one half of the likes (so a feature may
separate in any shape, not just by a threshold), and the area under the ROC curve is taken on the other half.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from graphkit.simulation import Simulation, simulate

pytestmark = pytest.mark.slow

DAY_S = 86400.0


@pytest.fixture(scope="module")
def standard() -> Simulation:
    return simulate("standard", seed=1)


@pytest.fixture(scope="module")
def likes(standard: Simulation) -> pd.DataFrame:
    assert standard.users is not None
    assert standard.notes is not None
    key = ["user_id", "note_id"]
    log = standard.likes.to_pandas()
    log = log[log.action == "like"].dropna(subset=key).drop_duplicates(key, keep="last")
    d = standard.truth_likes.to_pandas().merge(log.drop(columns=["ts", "action"]), on=key, how="left")
    d = d.merge(standard.users.to_pandas(), on="user_id", how="left")
    d = d.merge(standard.notes.to_pandas(), on="note_id", how="left", suffixes=("", "_note"))
    d = d.sort_values("ts", kind="stable").reset_index(drop=True)
    return pd.DataFrame(d.assign(second=(d.ts - d.ts.min()).dt.total_seconds()))


def features(d: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what a one-rule detector would look at."""
    by_user, by_note = d.groupby("user_id"), d.groupby("note_id")
    lag, lead = by_note.second.diff(), -by_note.second.diff(-1)
    f = {
        "likes of the user": by_user.second.transform("size"),
        "likes of the note": by_note.second.transform("size"),
        "likes of the author": d.groupby("author_id").second.transform("size"),
        "age of the note": (d.ts - d.published_at).dt.total_seconds(),
        "hour": d.ts.dt.hour + d.ts.dt.minute / 60,
        "lag on the note": lag,
        "nearest on the note": np.fmin(lag, lead),
        "lag of the user": by_user.second.diff(),
        "lead of the user": -by_user.second.diff(-1),
        "dwell": d.dwell_ms,
        "mean dwell of the user": by_user.dwell_ms.transform("mean"),
        "completed": d.completed.map({True: 1.0, False: 0.0}),
        "source": d.source.map({"feed": 0, "search": 1, "profile": 2, "link": 3}),
        "age of the account": (d.ts - d.registered_at).dt.total_seconds(),
        "verified": d.verified.astype(float),
        "followers": d.followers,
        "views per like of the user": d.views / by_user.second.transform("size"),
        "users of the device": d.groupby("device_id").user_id.transform("nunique"),
        "users of the address": d.groupby("ip").user_id.transform("nunique"),
        "devices of the user": by_user.device_id.transform("nunique"),
        "addresses of the user": by_user.ip.transform("nunique"),
        "authors per like of the user": by_user.author_id.transform("nunique") / by_user.second.transform("size"),
        "topics of the user": by_user.topic.transform("nunique"),
        "topic": d.topic.astype("category").cat.codes,
        "user id": d.user_id.str[:6].map(lambda x: int(x, 16)),
        "note id": d.note_id.str[:6].map(lambda x: int(x, 16)),
    }
    for name in ("views_note", "saves", "comments", "shares"):
        f[f"{name} per like"] = d[name] / by_note.second.transform("size")
    return f


def auc(feature: pd.Series, truth: npt.NDArray[np.bool_], half: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, on the second half, of bought shares learnt on the first."""
    x = feature.to_numpy(dtype=float)
    edges = np.unique(np.nanquantile(x, np.linspace(0, 1, 101)))
    where = np.where(np.isnan(x), len(edges) + 1, np.searchsorted(edges, x))
    n = np.bincount(where[half], minlength=len(edges) + 2)
    bought = np.bincount(where[half], weights=truth[half], minlength=len(edges) + 2)
    score, y = ((bought + 0.1) / (n + 1))[where[~half]], truth[~half]
    rank, k = pd.Series(score).rank().to_numpy(), int(y.sum())
    return float((rank[y].sum() - k * (k + 1) / 2) / (k * (len(y) - k)))


def test_no_single_feature_separates_bought_likes(likes: pd.DataFrame) -> None:
    truth = likes.bought.to_numpy()
    half = np.random.default_rng(0).random(len(likes)) < 0.5
    found = {name: auc(feature, truth, half) for name, feature in features(likes).items()}
    assert {name: round(a, 3) for name, a in found.items() if a > 0.9} == {}
    # The measure can see.
    assert auc(likes.bought * 1.0, truth, half) == pytest.approx(1.0)


def test_ids_do_not_tell_the_role(standard: Simulation) -> None:
    users = standard.truth_users.to_pandas().drop_duplicates("user_id")
    ring = (users.role == "ring").to_numpy()
    half = np.random.default_rng(0).random(len(users)) < 0.5
    for digits in (slice(0, 6), slice(18, 24)):
        assert abs(auc(users.user_id.str[digits].map(lambda x: int(x, 16)), ring, half) - 0.5) < 0.04


def test_targets_are_captured_to_any_degree(likes: pd.DataFrame) -> None:
    share = likes.groupby("note_id").bought.agg(["mean", "sum"])
    low, middle, high = share[share["sum"] >= 5]["mean"].quantile([0.05, 0.5, 0.95])
    assert low < 0.15
    assert 0.3 < middle < 0.7
    assert high > 0.85


def test_jobs_come_at_any_age_of_the_note(likes: pd.DataFrame) -> None:
    age_h = (likes.ts - likes.published_at).dt.total_seconds()[likes.bought] / 3600
    assert age_h.quantile(0.1) < 2
    assert age_h.quantile(0.9) > 5 * 24


def test_activity_and_popularity_are_heavy_tailed(likes: pd.DataFrame) -> None:
    honest = likes[~likes.bought]
    per_user, per_note = honest.user_id.value_counts(), honest.note_id.value_counts()
    assert per_user.max() > 20 * per_user.median()
    assert per_note.iloc[: len(per_note) // 100].sum() > 0.15 * len(honest)
    by_hour = honest.ts.dt.tz_convert("Asia/Shanghai").dt.hour.value_counts(normalize=True)
    assert by_hour[21] > 5 * by_hour[4]


def test_part_timers_live_lives_of_their_own(likes: pd.DataFrame, standard: Simulation) -> None:
    users = standard.truth_users.to_pandas()
    paid = set(users[users.kind == "part_time"].user_id)
    theirs = likes[likes.user_id.isin(paid)]
    assert 0.3 < (theirs.kind == "organic").mean() < 0.9


def test_honest_readers_coincide(likes: pd.DataFrame) -> None:
    """Among honest readers alone, pairs share three notes within a minute, and many more within ten."""
    honest = likes[~likes.bought].sort_values(["note_id", "second"], kind="stable")
    note, second = honest.note_id.astype("category").cat.codes.to_numpy(), honest.second.to_numpy()
    user = honest.user_id.astype("category").cat.codes.to_numpy().astype(np.int64)
    packed = []
    for step in range(1, 400):
        near = (note[step:] == note[:-step]) & (second[step:] - second[:-step] <= 60)
        a, b = user[step:][near], user[:-step][near]
        packed.append(np.minimum(a, b) << 32 | np.maximum(a, b))
    pair, weight = np.unique(np.concatenate(packed), return_counts=True)
    strong = pair[weight >= 3]
    assert len(np.unique([strong >> 32, strong & 0xFFFFFFFF])) > 0.01 * honest.user_id.nunique()
