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

_NEIGHBOURS = 20
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
    own = rows @ query
    cosines = (1 - _OWN) * _cosines_of_means(rows, own) + _OWN * own
    order = np.argsort(-cosines, kind="stable")
    distances: Floats = np.sqrt(np.maximum(0, 2 - 2 * cosines[order].astype(np.float64)))
    return order, distances


def _cosines_of_means(rows: Matrix, cosines: Vector) -> Vector:
    """Compare the query with the mean of each row and its nearest, weighted by powers of their cosines.

    The means themselves are not made: what they have in common with the query follows from what the rows have, and
    their lengths from what the rows have in common with each other. That is half of the work.

    Args:
        rows: Of length 1; shape (n, d).
        cosines: Of the rows with the query; shape (n,).

    Returns:
        The cosines of the means with the query; shape (n,).
    """
    alike = rows @ rows.T
    weights = np.maximum(alike, 0)
    np.fill_diagonal(weights, 1)
    if len(rows) > _NEIGHBOURS + 1:
        least = np.partition(weights, -(_NEIGHBOURS + 1), axis=1)[:, -(_NEIGHBOURS + 1)]
        weights[weights < least[:, None]] = 0
    weights **= _POWER
    squares = np.einsum("ij,ij->i", weights @ alike, weights)
    compared: Vector = weights @ cosines / np.sqrt(squares)
    return compared
