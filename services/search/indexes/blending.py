"""Several examples as one query: what is liked and what is not (J. J. Rocchio, 1971).

Rocchio's feedback moves a query to the mean of the documents that were judged relevant, and away from the mean of
those that were not ("Relevance feedback in information retrieval", in The SMART Retrieval System, pages 313 to 323).
Here weights from -1 to 1 are the judgements. Taking the mean of either side keeps ten images that are disliked from
drowning the one that is liked.
"""

from collections.abc import Sequence

import numpy as np

from services.search.indexes.scans.scan import Floats
from services.search.ports import Matrix, Vector
from shared.contracts.embedding import Metric

_NOTHING = 1e-4
"""Of a blend's length, relative to the weights: shorter ones have no direction but that of rounding."""


def blend(metric: Metric, rows: Matrix, weights: Sequence[float]) -> Vector | None:
    """Combine projected vectors to one of the same space.

    In a cosine space the rows have length 1, and the origin is the mean of the collection: "less like this" takes away
    what distinguishes an image from the collection's mean. Images are then ranked by the weighted mean of their
    cosines to what is liked plus that of their cosines to what is not.

    A Euclidean space has no origin that means anything. There what is looked for is the weighted mean of what is liked,
    moved away from the weighted mean of what is not, by their difference times the mean weight w of the latter. Images
    are then ranked by (1 + w) times the squared distance to the one mean, less w times that to the other.

    Args:
        metric: Of the space.
        rows: Shape (n, d).
        weights: One a row, none of them 0, at least one above.

    Returns:
        Shape (d,), of length 1 in a cosine space; None where the examples cancel each other out.
    """
    signed = np.array(weights, np.float64)
    if metric == "cosine":
        signed /= np.abs(signed).max()
    liked, disliked = signed > 0, signed < 0
    target, mean_weight = _mean(rows[liked], signed[liked])
    if metric == "cosine":
        target *= mean_weight
    if disliked.any():
        avoided, distaste = _mean(rows[disliked], -signed[disliked])
        target += distaste * (target - avoided) if metric == "euclidean" else -distaste * avoided
        mean_weight += distaste
    if metric == "euclidean":
        return target.astype(np.float32)
    length = float(np.linalg.norm(target))
    return None if length <= _NOTHING * mean_weight else (target / length).astype(np.float32)


def _mean(rows: Matrix, weights: Floats) -> tuple[Floats, float]:
    """Give the weighted mean of rows, and the mean weight."""
    largest = weights.max()  # the smallest weights of all have no digits left to be summed with
    mean: Floats = np.average(rows, axis=0, weights=weights / largest)
    return mean, float(weights.mean())
