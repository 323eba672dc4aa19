import math

import pytest

from services.search.indexes.scoring import distance_at, score
from shared.contracts.embedding import Metric


def test_the_score_of_unit_vectors_is_their_cosine() -> None:
    assert [score("cosine", distance) for distance in (0, math.sqrt(2), 2)] == pytest.approx([1, 0, -1])


def test_the_score_of_a_euclidean_distance_falls_from_one_to_nothing() -> None:
    assert [score("euclidean", distance) for distance in (0, 1, 3)] == [1, 0.5, 0.25]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("distance", [0.0, 0.3, 1.0, 1.9])
def test_the_distance_of_a_score_leads_back_to_it(metric: Metric, distance: float) -> None:
    assert distance_at(metric, score(metric, distance)) == pytest.approx(distance)


def test_scores_that_nothing_has_lie_at_the_ends() -> None:
    assert distance_at("cosine", 1.5) == distance_at("euclidean", 1.5) == 0
    assert distance_at("euclidean", 0) == distance_at("euclidean", -1) == math.inf
