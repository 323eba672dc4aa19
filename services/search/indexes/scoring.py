"""Distances as scores: 1 for what is identical, less for what is farther."""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.contracts.embedding import Metric

Distance = TypeVar("Distance", float, NDArray[np.float64])


def score(metric: Metric, distance: Distance) -> Distance:
    """Give the cosine of vectors of length 1 at this distance, or 1 / (1 + distance) in a Euclidean space."""
    return 1 - distance**2 / 2 if metric == "cosine" else 1 / (1 + distance)


def distance_at(metric: Metric, least_score: float) -> float:
    """Give the distance at which the score is this; 0 for scores above 1."""
    if metric == "cosine":
        return math.sqrt(max(0.0, 2 - 2 * least_score))
    return max(0.0, 1 / least_score - 1) if least_score > 0 else math.inf
