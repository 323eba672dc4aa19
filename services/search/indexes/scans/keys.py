"""Keys: numbers that order rows by their nearness to a query, and what they tell of the distance."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.scans.scan import Floats
from services.search.ports import Matrix
from shared.contracts.embedding import Metric

Selector = slice | NDArray[np.intp]
"""Which rows: a block of them, or some by their numbers."""


class Keys(Protocol):
    """Computes keys for the rows of a segment; a larger key means a nearer row."""

    def __len__(self) -> int:
        """Count the rows."""

    def of(self, rows: Selector, queries: Matrix) -> Matrix:
        """Compute the keys of m rows for b queries; a new matrix of shape (b, m)."""

    def least_distance(self, query: NDArray[np.float32], keys: Floats, /) -> Floats:
        """Bound from below how far from the query rows with such keys are."""


class Float32Keys:
    """Keys from the rows themselves: q.x - |x|^2 / 2, or q.x alone where all rows have length 1.

    Args:
        rows: Shape (n, d), C-contiguous. In a cosine space they have length 1.
        metric: Of the space.
    """

    def __init__(self, rows: Matrix, metric: Metric) -> None:
        self._rows = rows
        self._half_squares: NDArray[np.float32] | None = None
        if metric == "euclidean":
            squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
            self._half_squares = (squares / 2).astype(np.float32)
        # Errors of a sum of d products add up like steps of a random walk; BLAS keeps at least 16 sums apart.
        self._rounding = float(np.finfo(np.float32).eps) * (4 + math.sqrt(rows.shape[1] / 16))

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, rows: Selector, queries: Matrix) -> Matrix:
        block = self._rows[rows]
        # One query reads memory once; of several, the product with the rows on the left is the faster one.
        keys = (block @ queries[0])[np.newaxis] if len(queries) == 1 else np.ascontiguousarray((block @ queries.T).T)
        if self._half_squares is not None:
            keys -= self._half_squares[rows]
        return keys

    def least_distance(self, query: NDArray[np.float32], keys: Floats) -> Floats:
        squares: Floats
        if self._half_squares is None:
            squares = 2 - 2 * keys - 4 * self._rounding
            return np.sqrt(np.maximum(squares, 0))
        square = float(np.dot(query.astype(np.float64), query))
        squares = np.maximum(square - 2 * keys, 0)
        # A row is no longer than the query and the distance together.
        longest = (np.sqrt(square) + np.sqrt(squares)) ** 2
        squares -= 4 * self._rounding * (square + longest)
        return np.sqrt(np.maximum(squares, 0))
