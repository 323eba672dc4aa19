"""Vectors as embedders give them: in clusters, of length 1, and the same ones from the same seed."""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.search.ports import Matrix

_CLUSTERS = 1000
_SPREAD = 0.7
"""Standard deviation of a vector's coordinates around its cluster's centre; that of the centres is 1."""
_AT_ONCE = 20_000


class Clusters:
    """Draws vectors around centres that it has drawn first.

    Args:
        dimensions: Length of the vectors.
        seed: Of all that is drawn.
    """

    def __init__(self, dimensions: int, seed: int = 7) -> None:
        self._random = np.random.default_rng(seed)
        self._centres = self._random.standard_normal((_CLUSTERS, dimensions), np.float32)

    def draw(self, count: int) -> Matrix:
        """Draw vectors; shape (count, dimensions)."""
        vectors = np.empty((count, self._centres.shape[1]), np.float32)
        for start in range(0, count, _AT_ONCE):
            block = vectors[start : start + _AT_ONCE]
            self._random.standard_normal(dtype=np.float32, out=block)
            block *= _SPREAD
            block += self._centres[self._random.integers(0, _CLUSTERS, len(block))]
            block /= np.linalg.norm(block, axis=1, keepdims=True)
        return vectors


def nearest_rows(vectors: Matrix, queries: Matrix, k: int) -> NDArray[np.intp]:
    """Find the k nearest vectors of each query by the definition, in float64; shape (len(queries), k)."""
    found = []
    for query in queries.astype(np.float64):
        distances = np.concatenate([np.linalg.norm(block - query, axis=1) for block in _blocks(vectors)])
        found.append(np.argsort(distances, kind="stable")[:k])
    return np.stack(found)


def key_of(number: int) -> str:
    """Give an image id: as long and as random as those that are made from bytes, with the number at its end."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:24] + f"{number:08x}"


def number_of(key: str) -> int:
    """Give the number that an id was made of."""
    return int(key[-8:], 16)


def _blocks(vectors: Matrix) -> Iterator[Matrix]:
    return (vectors[start : start + _AT_ONCE] for start in range(0, len(vectors), _AT_ONCE))
