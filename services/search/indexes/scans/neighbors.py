"""The scans that scikit-learn does: its brute force, which is the reference, and its ball tree."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import sklearn
from sklearn.neighbors import NearestNeighbors

from services.search.indexes.attributes import Mask
from services.search.indexes.scans.keys import Float32Keys
from services.search.indexes.scans.product import ProductScan
from services.search.indexes.scans.scan import Candidates
from services.search.ports import Matrix
from shared.contracts.embedding import Metric

_ROUNDING = 1e-6
"""Bound on the error of a squared distance of x and y as scikit-learn computes it, relative to |x|^2 + |y|^2.

Its brute force computes |x|^2 - 2xy + |y|^2 from norms rounded to float32: measured 1.2e-7 at most.
"""
_SPARE = 64


class NeighborsScan:
    """Asks a `NearestNeighbors` that is fitted to the rows. Brute force reads these; a tree copies them, as float64.

    It knows no filters: where more than a few rows are not admitted, matrix products answer in its place.

    Args:
        rows: Shape (n, d), C-contiguous.
        metric: Of the space; in a cosine space the rows have length 1, so the Euclidean order is that of the cosine.
        algorithm: Of `NearestNeighbors`.
    """

    def __init__(self, rows: Matrix, metric: Metric, algorithm: Literal["brute", "ball_tree"]) -> None:
        self._rows = rows
        with sklearn.config_context(assume_finite=True):
            self._model = NearestNeighbors(algorithm=algorithm, metric="euclidean").fit(rows)
        self._product = ProductScan(Float32Keys(rows, metric))

    def candidates(self, queries: Matrix, count: int, admitted: Sequence[Mask | None]) -> list[Candidates]:
        refused = max((0 if mask is None else int(np.count_nonzero(~mask)) for mask in admitted), default=0)
        if refused > count + _SPARE:
            return self._product.candidates(queries, count, admitted)
        asked = min(count + refused, len(self._rows))
        with sklearn.config_context(assume_finite=True):
            distances, rows = self._model.kneighbors(queries, asked)
        lengths = np.linalg.norm(queries.astype(np.float64), axis=1, keepdims=True)
        # A row is no longer than the query and the distance together.
        errors = _ROUNDING * (lengths**2 + (lengths + distances) ** 2)
        least = np.sqrt(np.maximum(distances**2 - errors, 0))
        found = []
        for number, mask in enumerate(admitted):
            floor = np.inf if asked == len(self._rows) else float(least[number, -1])
            kept = slice(None) if mask is None else mask[rows[number]]
            found.append(Candidates(rows[number][kept], least[number][kept], floor))
        return found
