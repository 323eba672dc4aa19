"""Whether one setup is better than another: paired tests on the same queries, however difficult each of them is."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from cli.evaluation.measures import Values

SIGNIFICANT = 0.05
_NOTHING = 1e-5
"""Saved values have six digits: a smaller difference is rounding."""
_RESAMPLES = 10_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """How the second of two setups differs from the first in one measure.

    Attributes:
        first: Mean over the queries that both have.
        second: The same.
        low: Bounds of the 95 % bootstrap interval of second - first.
        high: The same.
        p: How likely a difference at least as large is by chance alone, in either direction: McNemar's exact test for
            measures that are 0 or 1, else a permutation of signs.
        queries: How many were compared.
    """

    first: float
    second: float
    low: float
    high: float
    p: float
    queries: int

    @property
    def fell(self) -> bool:
        """Whether the second is significantly worse."""
        return self.second < self.first and self.p < SIGNIFICANT


def compare(first: Values, second: Values) -> Difference:
    """Compare the values of the same queries, in the same order."""
    both = ~(np.isnan(first) | np.isnan(second))
    first, second = first[both], second[both]
    gains = np.where(np.abs(second - first) < _NOTHING, 0, second - first)
    if not len(gains):
        return Difference(np.nan, np.nan, np.nan, np.nan, 1.0, 0)
    binary = np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()
    p = mcnemar(gains) if binary else permutation(gains)
    low, high = np.percentile(_means(gains), (2.5, 97.5)).tolist()
    return Difference(float(first.mean()), float(second.mean()), low, high, p, len(gains))


def mcnemar(gains: Values) -> float:
    """Test, exactly, whether as many queries were won as were lost."""
    won, lost = int((gains > 0).sum()), int((gains < 0).sum())
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def permutation(gains: Values) -> float:
    """Test the mean gain by giving each query's gain a random sign."""
    gains = gains[gains != 0]
    if not len(gains):
        return 1.0
    chance, as_far = np.random.default_rng(0), 0
    for _ in range(_RESAMPLES // _AT_ONCE):
        signs = chance.integers(0, 2, (_AT_ONCE, len(gains)), np.int8) * 2 - 1
        as_far += int((np.abs(signs @ gains) >= abs(gains.sum()) - 1e-12).sum())
    return (as_far + 1) / (_RESAMPLES + 1)


def _means(gains: Values) -> Values:
    chance = np.random.default_rng(0)
    return np.array([gains[chance.integers(0, len(gains), len(gains))].mean() for _ in range(1000)])
