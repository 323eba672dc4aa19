import numpy as np
import pytest

from services.search.indexes.precedence import at_once
from services.search.indexes.scans import SCANS
from services.search.ports import Matrix
from shared.contracts.embedding import Metric

RANDOM = np.random.default_rng(9)
FEW = np.zeros(6000, np.bool_)
FEW[::100] = True
MANY = np.ones(6000, np.bool_)
MANY[::3] = False


def rows_of(metric: Metric, amount: int, scale: float) -> Matrix:
    rows = RANDOM.standard_normal((amount, 32)).astype(np.float32)
    if metric == "cosine":
        return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    return np.ascontiguousarray(rows * np.float32(scale) + np.float32(scale))


@pytest.mark.parametrize(
    ("scan", "metric", "scale"),
    [("float32", "cosine", 1), ("float32", "euclidean", 1), ("float32", "euclidean", 1000), ("int8", "cosine", 1)],
)
@pytest.mark.parametrize("together", [1, 3])
def test_bounds_hold_of_all_rows_for_every_query_of_a_batch(
    scan: str, metric: Metric, scale: float, together: int
) -> None:
    rows = rows_of(metric, 6000, scale)
    queries = rows_of(metric, together, scale)
    masks = [None, FEW, MANY][:together]
    for query, mask, found in zip(
        queries, masks, SCANS[scan](rows, metric, at_once).candidates(queries, 20, masks), strict=True
    ):
        admitted = np.arange(6000) if mask is None else np.flatnonzero(mask)
        distances = np.linalg.norm(rows.astype(np.float64) - query, axis=1)
        assert len(found.rows) >= 20
        assert np.isin(found.rows, admitted).all()
        assert (found.least <= distances[found.rows]).all()
        others = np.setdiff1d(admitted, found.rows)
        assert (distances[others] >= found.floor).all()


def test_rows_of_a_sparse_filter_are_all_candidates_where_they_are_few() -> None:
    rows = rows_of("cosine", 6000, 1)
    [found] = SCANS["float32"](rows, "cosine", at_once).candidates(rows[:1], 100, [FEW])
    assert sorted(found.rows.tolist()) == np.flatnonzero(FEW).tolist()
    assert found.floor == np.inf
