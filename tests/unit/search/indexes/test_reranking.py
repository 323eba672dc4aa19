import numpy as np
import pytest

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.indexes.reranking import rerank
from services.search.indexes.storage import InMemory
from services.search.ports import Entry, Query, Vector
from tests.support.vectors import space


def unit(*values: float) -> Vector:
    vector = np.array(values, np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


QUERY = unit(1, 0, 0)
CROWD = {f"crowd-{number}": unit(1, 1 + number / 8, 0) for number in range(5)}
"""Five that are much alike, of which the last is farther from the query than the lonely one, which is like none."""
LONELY = unit(1, -1.45, 0)


def index() -> ExactIndex:
    index = ExactIndex(Projection.none(space(3)), InMemory("cosine"))
    index.apply({key: Entry(vector) for key, vector in (*CROWD.items(), ("lonely", LONELY))})
    return index


def found(reranked: int, **options: float) -> list[tuple[str, float, float]]:
    hits = index().search([Query(QUERY, 6, rerank=reranked, **options)])[0]  # type: ignore[arg-type]
    return [(hit.id, hit.distance, hit.score) for hit in hits]


def test_a_picture_in_company_of_its_like_comes_before_a_lonely_one() -> None:
    plain, anew = ([key for key, _, _ in found(reranked)] for reranked in (0, 100))
    assert plain.index("lonely") < plain.index("crowd-4")
    assert anew.index("lonely") > anew.index("crowd-4")
    assert sorted(plain) == sorted(anew)


def test_distances_ascend_and_scores_belong_to_them() -> None:
    for reranked in (1, 3, 100):
        hits = found(reranked)
        distances = [distance for _, distance, _ in hits]
        assert distances == sorted(distances)
        assert [score for _, _, score in hits] == pytest.approx([1 - distance**2 / 2 for distance in distances])


def test_what_is_not_reranked_keeps_its_place() -> None:
    plain, anew = ([key for key, _, _ in found(reranked)] for reranked in (0, 3))
    assert anew[3:] == plain[3:]
    assert set(anew[:3]) == set(plain[:3])


def test_a_page_is_a_part_of_the_same_list() -> None:
    whole = [key for key, _, _ in found(100)]
    assert [hit.id for hit in index().search([Query(QUERY, 2, offset=3, rerank=100)])[0]] == whole[3:5]


def test_queries_that_are_answered_together_are_each_answered_as_they_ask() -> None:
    plain, anew = index().search([Query(QUERY, 6), Query(QUERY, 6, rerank=100)])
    assert [hit.id for hit in plain] == [key for key, _, _ in found(0)]
    assert [hit.id for hit in anew] == [key for key, _, _ in found(100)]


def test_a_euclidean_space_is_left_as_it_is() -> None:
    euclidean = ExactIndex(Projection.none(space(3, "euclidean")), InMemory("euclidean"))
    euclidean.apply({"far": Entry(np.array([9, 0, 0], np.float32)), "near": Entry(np.array([2, 0, 0], np.float32))})
    assert [(hit.id, hit.distance) for hit in euclidean.search([Query(QUERY, 2, rerank=100)])[0]] == [
        ("near", 1),
        ("far", 8),
    ]


def test_an_empty_index_finds_nothing() -> None:
    empty = ExactIndex(Projection.none(space(3)), InMemory("cosine"))
    assert empty.search([Query(QUERY, 5, rerank=100)]) == [[]]


def test_a_single_row_keeps_its_cosine() -> None:
    order, distances = rerank(LONELY[None], QUERY)
    assert order.tolist() == [0]
    assert distances[0] == pytest.approx(np.linalg.norm(LONELY - QUERY), abs=1e-6)


def test_rows_are_compared_as_the_weighted_means_of_themselves_and_the_twenty_most_like_them() -> None:
    rows = np.random.default_rng(3).normal((2, 0.5, 0, 0), 1, (60, 4)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    query = rows[7]
    means = []
    for row in rows:
        like = np.argsort(-(rows @ row), kind="stable")[:21]
        means.append(sum(max(0, float(row @ rows[other])) ** 3 * rows[other] for other in like))
    moved = np.stack(means) / np.linalg.norm(means, axis=1, keepdims=True)
    cosines = 0.9 * (moved @ query) + 0.1 * (rows @ query)
    order, distances = rerank(rows, query)
    np.testing.assert_allclose(distances, np.sqrt(2 - 2 * cosines[order]), atol=1e-5)
    assert (np.diff(distances) >= 0).all()
