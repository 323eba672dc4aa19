from typing import Literal

import numpy as np
import pytest

from services.search.indexes.scans.neighbors import NeighborsScan
from tests.support.vectors import vector_of

ROWS = np.stack([vector_of(b"%d" % number) for number in range(500)])


def test_scikit_learn_searches_in_the_rows_themselves() -> None:
    scan = NeighborsScan(ROWS, "cosine", "brute")
    assert np.shares_memory(scan._model._fit_X, ROWS)


@pytest.mark.parametrize("algorithm", ["brute", "ball_tree"])
@pytest.mark.parametrize("refused", [0, 10, 50, 400, 500])
def test_the_nearest_admitted_rows_are_candidates_however_many_are_refused(
    algorithm: Literal["brute", "ball_tree"], refused: int
) -> None:
    scan = NeighborsScan(ROWS, "cosine", algorithm)
    query = vector_of(b"query")
    distances = np.linalg.norm(ROWS.astype(np.float64) - query, axis=1)
    order = np.argsort(distances)
    mask = np.ones(500, np.bool_)
    mask[order[:refused]] = False
    [found] = scan.candidates(query[np.newaxis], 5, [mask])
    assert set(order[refused : refused + 5]) <= set(found.rows.tolist())
    assert mask[found.rows].all()
    assert (found.least <= distances[found.rows]).all()
    others = np.setdiff1d(np.flatnonzero(mask), found.rows)
    assert (distances[others] >= found.floor).all()
    assert (found.floor == np.inf) == (not len(others))
