"""How far a number can be trusted: percentile intervals of the bootstrap over the queries (Efron, 1979)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cli.evaluation.classification import MACRO, macro
from cli.evaluation.measures import Values
from cli.evaluation.relevance import Relevance

RESAMPLES = 1000
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure of this draw of queries, and the interval that 95 % of other draws would be expected in."""

    value: float
    low: float
    high: float


def of_means(values: dict[str, Values]) -> dict[str, Estimate]:
    """Estimate the mean of each measure over the queries that have it."""
    return {name: _of_mean(value[~np.isnan(value)]) for name, value in values.items() if not np.isnan(value).all()}


def of_macro(relevance: Relevance) -> dict[str, Estimate]:
    """Estimate macro precision, recall and F1 of the nearest neighbour's label."""
    wanted, predicted, labels = relevance.wanted, relevance.found[:, 0], len(relevance.labels)
    resampled = _resampled(len(wanted), lambda drawn: macro(wanted[drawn], predicted[drawn], labels))
    lows, highs = np.percentile(resampled, _INTERVAL, axis=0).tolist()
    values = macro(wanted, predicted, labels)
    return {f"macro {name}": Estimate(*numbers) for name, *numbers in zip(MACRO, values, lows, highs, strict=True)}


def _of_mean(values: Values) -> Estimate:
    means = _resampled(len(values), lambda drawn: values[drawn].mean())
    low, high = np.percentile(means, _INTERVAL).tolist()
    return Estimate(float(values.mean()), low, high)


def _resampled(count: int, statistic: Callable[[NDArray[np.int64]], object]) -> NDArray[np.float64]:
    chance = np.random.default_rng(0)
    return np.array([statistic(chance.integers(0, count, count)) for _ in range(RESAMPLES)], np.float64)
