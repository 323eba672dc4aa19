"""Blended queries against what they are said to mean: a ranking by means of scores, or of squared distances."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.search.indexes.blending import blend
from services.search.indexes.factory import ExactIndexes
from services.search.ports import Entry, Examples, Matrix, Query
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import Metric
from tests.support.indexes import NOWHERE
from tests.support.vectors import space

Floats = NDArray[np.float64]

seeds = st.integers(0, 2**32 - 1)
weights = st.lists(st.floats(-1, 1).filter(lambda weight: abs(weight) > 0.01), min_size=1, max_size=16).filter(
    lambda drawn: max(drawn) > 0
)


def rows(seed: int, count: int, dimensions: int = 6) -> Matrix:
    drawn = np.random.default_rng(seed).standard_normal((count, dimensions))
    directions: Matrix = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return directions


def mean_by_weight(values: Floats, given: Sequence[float], sign: int) -> Floats | None:
    """The weighted mean over the examples of one sign; `values` has a column for each example."""
    side = [place for place, weight in enumerate(given) if sign * weight > 0]
    if not side:
        return None
    amounts = np.abs(np.array([given[place] for place in side]))
    mean: Floats = (values[:, side] * amounts).sum(axis=1) / amounts.sum()
    return mean


def mean_weight(given: Sequence[float], sign: int) -> float:
    return float(np.mean([sign * weight for weight in given if sign * weight > 0]))


def preference(metric: Metric, images: Matrix, examples: Matrix, given: Sequence[float]) -> Floats:
    """How much each image is wanted: computed from its score or distance to each example, one by one."""
    exact, given_rows = images.astype(np.float64), examples.astype(np.float64)
    if metric == "cosine":
        near = exact @ given_rows.T
    else:
        near = np.square(exact[:, np.newaxis] - given_rows[np.newaxis]).sum(axis=2)
    liked, disliked = mean_by_weight(near, given, 1), mean_by_weight(near, given, -1)
    assert liked is not None
    if metric == "cosine":
        wanted = mean_weight(given, 1) * liked
        return wanted if disliked is None else wanted - mean_weight(given, -1) * disliked
    if disliked is None:
        return -liked
    distaste = mean_weight(given, -1)
    preferred: Floats = distaste * disliked - (1 + distaste) * liked
    return preferred


@pytest.mark.parametrize(
    ("metric", "projection"), [("cosine", "none"), ("cosine", "centre"), ("cosine", "pca"), ("euclidean", "auto")]
)
@given(seed=seeds, drawn=weights)
def test_images_are_ranked_by_what_is_liked_of_them_less_what_is_not(
    metric: Metric, projection: ProjectionKind, seed: int, drawn: list[float]
) -> None:
    """In the index's space: where the mean is removed, disliking an image spares what all images share."""
    examples, images = rows(seed, len(drawn)), rows(seed + 1, 40)
    index = ExactIndexes(projection, 4, "float32", NOWHERE).new(space(6, metric), images, len(images))
    index.apply({f"{number:02}": Entry(image) for number, image in enumerate(images)})
    blended = index.blend(Examples(examples, tuple(drawn)))
    assume(blended is not None)
    assert blended is not None
    [hits] = index.search([Query(blended, 40, blended=True)])
    wanted = preference(metric, index.projection.apply(images), index.projection.apply(examples), drawn)
    in_order = [wanted[int(hit.id)] for hit in hits]
    assert len(in_order) == 40
    assert all(first >= second - 1e-5 for first, second in pairwise(in_order))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@given(seed=seeds, weight=st.floats(1e-300, 1), count=st.integers(1, 16))
def test_the_same_image_several_times_is_that_image(metric: Metric, seed: int, weight: float, count: int) -> None:
    row = rows(seed, 1)
    assert blend(metric, np.repeat(row, count, axis=0), [weight] * count) == pytest.approx(row[0], abs=1e-6)


@given(seed=seeds, weight=st.floats(0.01, 1), count=st.integers(1, 8))
def test_an_image_liked_and_disliked_alike_leaves_nothing_of_directions(seed: int, weight: float, count: int) -> None:
    assert blend("cosine", np.repeat(rows(seed, 1), 2 * count, axis=0), [weight, -weight] * count) is None


@given(seed=seeds, drawn=weights)
def test_a_blend_of_directions_has_length_1(seed: int, drawn: list[float]) -> None:
    blended = blend("cosine", rows(seed, len(drawn)), drawn)
    assert blended is None or np.linalg.norm(blended) == pytest.approx(1, abs=1e-6)


@given(seed=seeds, drawn=weights)
def test_places_do_not_depend_on_where_the_origin_is(seed: int, drawn: list[float]) -> None:
    examples, moved = rows(seed, len(drawn)), np.float32(3)
    here, there = blend("euclidean", examples, drawn), blend("euclidean", examples + moved, drawn)
    assert here is not None
    assert there == pytest.approx(here + moved, abs=1e-5)


def test_one_image_that_is_liked_is_not_drowned_by_many_that_are_not() -> None:
    examples = np.eye(16, dtype=np.float32)
    blended = blend("cosine", examples, [1.0] + [-1.0] * 15)
    assert blended is not None
    assert blended[0] > 0.95


def test_blended_and_plain_queries_are_answered_together() -> None:
    images = rows(3, 20)
    index = ExactIndexes("centre", 4, "float32", NOWHERE).new(space(6), images, len(images))
    index.apply({f"{number:02}": Entry(image) for number, image in enumerate(images)})
    blended = index.blend(Examples(images[:2], (1, 1)))
    assert blended is not None
    queries = [Query(images[4], 5), Query(blended, 5, blended=True), Query(images[7], 5)]
    together = index.search(queries)
    assert together == [index.search([query])[0] for query in queries]
