"""From scores to probabilities by what people found: fitted, judged by cross-validation, kept as readable JSON.

A model says how probable it is that a ring of some score is one. It changes no tier and no table: whoever wants it
asks for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from graphkit.cases.monitoring import share
from graphkit.cases.samples import Samples, judged_rings
from graphkit.cases.store import CaseStore
from graphkit.errors import InputError
from graphkit.likes.model import F64

Method = Literal["logistic", "isotonic"]
Parameters = Mapping[str, Any]

FORMAT = "graphkit-calibration-1"
_WANTED = f"a model of graphkit calibrate ({FORMAT})"
#: Least judged rings of either sort, and in all: ten a parameter for the curve of two, and what isotonic steps need.
MIN_EACH = 20
MIN_ALL = {"logistic": 2 * MIN_EACH, "isotonic": 1000}
FOLDS = 5
#: Scores are kept this far from 0 and 1, where the logarithm ends.
_EDGE = 1e-6
#: Bins of the reliability table: where tiers end, and finer above.
BINS = (0.0, 0.5, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class Calibration:
    """A fitted model, and how well it does on rings it did not see.

    Attributes
    ----------
    method
        ``logistic``, with `intercept` and `slope` over the log-odds of the score; or ``isotonic``, with the knots
        `score` and `probability`.
    parameters
        The numbers of the method.
    provenance
        Version, verdicts, runs and weights it was fitted on, and a digest of them.
    before, after
        `brier` and `log_loss` of the score taken as a probability, and of the model in cross-validation.
    reliability
        By bin of the score: rings, mean score, mean probability in cross-validation, and the share that was bought with
        its 95 % interval.
    """

    method: Method
    parameters: Parameters
    provenance: Mapping[str, Any]
    before: Mapping[str, float]
    after: Mapping[str, float]
    reliability: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain types, as it stands in the file."""
        return {
            "format": FORMAT,
            "method": self.method,
            "parameters": dict(self.parameters),
            "provenance": dict(self.provenance),
            "before": dict(self.before),
            "after": dict(self.after),
            "reliability": self.reliability,
        }


def calibrate(cases: str | Path, *, method: Method = "logistic", at: dt.datetime | None = None) -> Calibration:
    """Fit how probable it is that a ring of some score is one, to the verdicts on rings in a case store.

    Parameters
    ----------
    cases
        The case store.
    method
        ``logistic``: two numbers, for few verdicts. ``isotonic``: any rising curve, for very many.
    at
        The moment up to which verdicts count; now, where absent.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        When there are too few verdicts.
    """
    with CaseStore.open(cases) as store:
        samples = judged_rings(store, at or dt.datetime.now(dt.UTC))
    _check(samples, method)
    everything = np.ones(len(samples.names), np.bool_)
    held_out = np.empty(len(samples.names), np.float64)
    fold = folds(samples)
    for number in range(FOLDS):
        out = fold == number
        held_out[out] = _evaluate(method, _fit(method, samples, ~out), samples.score[out])
    return Calibration(
        method,
        _fit(method, samples, everything),
        _provenance(samples),
        _losses(samples.score, samples),
        _losses(held_out, samples),
        _reliability(held_out, samples),
    )


def probability(model: Mapping[str, Any], score: npt.ArrayLike) -> F64:
    """Return the probability that rings of these scores are rings.

    Parameters
    ----------
    model
        What :func:`read_model` returns, or ``Calibration.to_dict()``.
    score
        Scores of rings, 0 to 1.

    Returns
    -------
    float64 array of the same shape
    """
    return _evaluate(model["method"], model["parameters"], np.asarray(score, np.float64))


def read_model(path: str | Path) -> dict[str, Any]:
    """Read a model back.

    Raises
    ------
    InputError
        When it cannot be read, or is none.
    """
    try:
        model: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(f"{path}: {_told(e)}", wanted=_WANTED, todo="fit it again") from None
    fault = _fault(model)
    if fault:
        raise InputError(f"{path}: {fault}", wanted=_WANTED, todo="fit it again")
    return model


def _fault(model: Mapping[str, Any]) -> str:
    """Say why something is no model; nothing where it is one."""
    try:
        if model["format"] != FORMAT:
            return f"format {model['format']!r}"
        sound = np.isfinite(probability(model, [0.5])).all() and model["provenance"]["digest"]
    except (ValueError, KeyError, TypeError) as e:
        return _told(e)
    return "" if sound else "numbers that are none"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _check(samples: Samples, method: Method) -> None:
    bought = int(samples.bought.sum())
    honest = len(samples.names) - bought
    if min(bought, honest) < MIN_EACH or bought + honest < MIN_ALL[method]:
        raise InputError(
            f"{bought} confirmed and {honest} cleared rings",
            wanted=f"at least {MIN_EACH} of each and {MIN_ALL[method]:,} in all for {method}",
            todo="review more rings, above all of the rarer sort",
        )


def folds(samples: Samples) -> npt.NDArray[np.int64]:
    """Return the fold of each ring, by a hash of its name, bought and honest dealt out evenly, int64[n]."""
    digest = np.array([hashlib.blake2b(name.encode(), digest_size=8).hexdigest() for name in samples.names])
    order = np.lexsort((digest, samples.bought))
    fold = np.empty(len(order), np.int64)
    fold[order] = np.arange(len(order)) % FOLDS
    return fold


def _log_odds(score: F64) -> F64:
    from scipy.special import logit

    return np.asarray(logit(np.clip(score, _EDGE, 1 - _EDGE)), np.float64)


def _fit(method: Method, samples: Samples, used: npt.NDArray[np.bool_]) -> dict[str, Any]:
    score, bought, weight = samples.score[used], samples.bought[used].astype(np.float64), samples.weight[used]
    return _fit_isotonic(score, bought, weight) if method == "isotonic" else _fit_logistic(score, bought, weight)


def _fit_logistic(score: F64, bought: F64, weight: F64) -> dict[str, float]:
    """Fit two numbers by weighted likelihood; the slope is not negative, so that more evidence never counts less.

    Targets are drawn in from 0 and 1 as Platt (1999) has it, so that perfect separation gives no infinite slope.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    x = _log_odds(score)
    n = len(score)
    n_bought = float((weight * bought).sum()) * n / float(weight.sum())
    target = np.where(bought > 0, (n_bought + 1) / (n_bought + 2), 1 / (n - n_bought + 2))

    def loss(parameters: F64) -> tuple[float, F64]:
        z = parameters[0] + parameters[1] * x
        slack = weight * (expit(z) - target)
        value = weight @ (np.logaddexp(0, z) - target * z)
        return float(value), np.array([slack.sum(), slack @ x])

    found = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None)])
    return {"intercept": float(found.x[0]), "slope": float(found.x[1])}


def _fit_isotonic(score: F64, bought: F64, weight: F64) -> dict[str, list[float]]:
    """Fit the rising steps of least weighted squares; equal scores are pooled first."""
    from scipy.optimize import isotonic_regression

    knots, of = np.unique(score, return_inverse=True)
    mass = np.bincount(of, weight)
    mean = np.bincount(of, weight * bought) / mass
    fitted = isotonic_regression(mean, weights=mass).x
    return {"score": knots.tolist(), "probability": np.asarray(fitted).tolist()}


def _evaluate(method: Method, parameters: Parameters, score: F64) -> F64:
    from scipy.special import expit

    if method == "isotonic":
        return np.asarray(np.interp(score, parameters["score"], parameters["probability"]), np.float64)
    return np.asarray(expit(parameters["intercept"] + parameters["slope"] * _log_odds(score)), np.float64)


def _losses(predicted: F64, samples: Samples) -> dict[str, float]:
    """Return the weighted Brier score and log loss (nats)."""
    p = np.clip(predicted, _EDGE, 1 - _EDGE)
    surprise = -np.log(np.where(samples.bought, p, 1 - p))
    return {
        "brier": float(np.average((predicted - samples.bought) ** 2, weights=samples.weight)),
        "log_loss": float(np.average(surprise, weights=samples.weight)),
    }


def _reliability(held_out: F64, samples: Samples) -> list[dict[str, Any]]:
    which = np.clip(np.searchsorted(BINS, samples.score, side="right") - 1, 0, len(BINS) - 2)
    rows = []
    for i in range(len(BINS) - 1):
        here = which == i
        n = int(here.sum())
        if n:
            observed = share(int(samples.bought[here].sum()), n)
            rows.append(
                {
                    "from": BINS[i],
                    "to": BINS[i + 1],
                    "rings": n,
                    "score": float(samples.score[here].mean()),
                    "probability": float(held_out[here].mean()),
                    "bought": observed["precision"],
                    "low": observed["low"],
                    "high": observed["high"],
                }
            )
    return rows


def _provenance(samples: Samples) -> dict[str, Any]:
    bought = int(samples.bought.sum())
    return {
        "graphkit": version("graphkit"),
        "confirmed": bought,
        "cleared": len(samples.names) - bought,
        "first_verdict": None if samples.first is None else samples.first.isoformat(),
        "last_verdict": None if samples.last is None else samples.last.isoformat(),
        "runs": list(samples.runs),
        "tiers": samples.tiers,
        "folds": FOLDS,
        "digest": samples.digest,
    }
