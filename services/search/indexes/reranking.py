"""Orders the nearest images anew, by what each of them has in common with its own neighbours among them.

A picture may show what is looked for and yet be farther from the query than one that does not; its own neighbours
often tell. Each of the nearest rows is moved to the weighted mean of itself and the rows most like it, and compared
with the query again. Turcot and Lowe (2009) do so with a whole database; here it is done with the few rows that a query
has found, so that nothing has to be kept and a write costs nothing.
"""

import numpy as np
from numpy.typing import NDArray

from services.search.indexes.scans.scan import Floats
from services.search.ports import Matrix, Vector

_NEIGHBOURS = 10
_POWER = 3
"""Of a cosine, as a weight: neighbours that are less alike count much less."""
_OWN = 0.1
"""Share of an image's own cosine in its new one."""


def rerank(rows: Matrix, query: Vector) -> tuple[NDArray[np.intp], Floats]:
    """Order rows of a cosine space anew.

    Args:
        rows: Of length 1, nearest first; shape (n, d), n at least 1.
        query: Of length 1; shape (d,).

    Returns:
        The places of the rows in their new order, and the distances that their new cosines have on unit vectors,
        ascending; both of shape (n,).
    """
    cosines = (1 - _OWN) * (_moved(rows) @ query) + _OWN * (rows @ query)
    order = np.argsort(-cosines, kind="stable")
    distances: Floats = np.sqrt(np.maximum(0, 2 - 2 * cosines[order].astype(np.float64)))
    return order, distances


def _moved(rows: Matrix) -> Matrix:
    """Move each row to the mean of itself and its nearest, weighted by powers of their cosines; of length 1."""
    cosines = np.maximum(rows @ rows.T, 0)
    np.fill_diagonal(cosines, 1)
    if len(rows) > _NEIGHBOURS + 1:
        least = np.partition(cosines, -(_NEIGHBOURS + 1), axis=1)[:, -(_NEIGHBOURS + 1)]
        cosines[cosines < least[:, None]] = 0
    moved = cosines**_POWER @ rows
    lengths: Floats = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Matrix = moved / lengths
    return unit
