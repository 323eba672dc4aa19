"""Distances between random images of a collection: what a distance is worth here."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.scans.scan import Floats
from services.search.indexes.segment import Layer
from services.search.ports import Matrix

_PAIRS = 4096
"""The share of pairs on one side of a distance is then known to within 0.8 percentage points (standard error)."""
_READ_AT_ONCE = 64


def sample_distances(layers: Sequence[Layer], seed: int) -> NDArray[np.float32]:
    """Draw pairs of different images, all of them if there are few, and give their distances, ascending."""
    first, second = draw_pairs(sum(layer.count for layer in layers), seed)
    return measured(Reader(layers), first, second)


def draw_pairs(count: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw pairs of different numbers below `count`, all of them if there are few."""
    if count * (count - 1) // 2 <= _PAIRS:
        return np.triu_indices(count, 1)
    random = np.random.default_rng(seed)
    first = random.integers(0, count, _PAIRS)
    return first, (first + random.integers(1, count, _PAIRS)) % count


def measured(
    read: Callable[[NDArray[np.intp]], Matrix], first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Give the distances between the rows with these numbers, ascending."""
    distances = [np.empty(0)]
    for start in range(0, len(first), _READ_AT_ONCE):
        some = slice(start, start + _READ_AT_ONCE)
        distances.append(np.linalg.norm(read(first[some]).astype(np.float64) - read(second[some]), axis=1))
    return np.sort(np.concatenate(distances)).astype(np.float32)


def percentiles(pairs: NDArray[np.float32], distances: Floats) -> Floats | None:
    """Give for each distance the share of pairs that are farther apart; None where there is no pair."""
    if not len(pairs):
        return None
    shares: Floats = 1 - np.searchsorted(pairs, distances.astype(np.float32), side="right") / len(pairs)
    return shares


class Reader:
    """Reads rows by their number among all that are alive."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._segments = [(layer.segment.rows, np.flatnonzero(~layer.dead)) for layer in layers]
        self._ends = np.cumsum([layer.count for layer in layers])

    def __call__(self, numbers: NDArray[np.intp]) -> Matrix:
        rows = np.empty((len(numbers), self._segments[0][0].shape[1]), np.float32)
        places = np.searchsorted(self._ends, numbers, side="right")
        for place in np.unique(places):
            matrix, alive = self._segments[place]
            start = self._ends[place] - len(alive)
            rows[places == place] = matrix[alive[numbers[places == place] - start]]
        return rows
