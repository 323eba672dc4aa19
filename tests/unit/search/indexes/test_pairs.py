import numpy as np
import pytest

from services.search.indexes.pairs import percentiles, sample_distances
from services.search.indexes.projection import Projection
from services.search.indexes.segment import Layer, Segment, encoded
from services.search.indexes.storage import InMemory
from services.search.ports import Entry, Matrix
from tests.support.vectors import space


def layer_of(rows: Matrix, name: str = "image") -> Layer:
    entries = {f"{name}-{number:05}": Entry(row) for number, row in enumerate(rows)}
    projection = Projection.none(space(rows.shape[1], "euclidean"))
    return Layer.whole(Segment.of(entries, projection, InMemory("euclidean")))


def line(*places: float) -> Matrix:
    return np.array([[place, 0] for place in places], np.float32)


def test_all_pairs_of_a_few_images_are_there_through_all_segments() -> None:
    layers = [layer_of(line(0, 1)), layer_of(line(3))]
    assert sample_distances(layers, seed=0).tolist() == [1, 2, 3]


def test_images_that_were_removed_make_no_pairs() -> None:
    layers = [layer_of(line(0, 100, 1)).without(encoded(["image-00001"])), layer_of(line(3))]
    assert sample_distances(layers, seed=0).tolist() == [1, 2, 3]


def test_less_than_two_images_make_none() -> None:
    assert sample_distances([], seed=0).tolist() == []
    assert sample_distances([layer_of(line(5))], seed=0).tolist() == []
    assert percentiles(sample_distances([layer_of(line(5))], seed=0), np.ones(1)) is None


def test_of_many_images_a_fair_sample_of_pairs_is_drawn_and_no_image_is_its_own_partner() -> None:
    random = np.random.default_rng(4)
    first, second = random.standard_normal((2, 1500, 8)).astype(np.float32)
    pairs = sample_distances([layer_of(first), layer_of(second + 2)], seed=1)
    rows = np.concatenate([first, second + 2]).astype(np.float64)
    squares = np.square(rows).sum(axis=1)
    everything = np.sqrt(np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0))[np.triu_indices(3000, 1)]
    assert pairs.min() > 0
    assert (np.diff(pairs) >= 0).all()
    expected = [0.1, 0.5, 0.9]
    assert percentiles(pairs, np.quantile(everything, [0.9, 0.5, 0.1])) == pytest.approx(expected, abs=0.03)


def test_a_percentile_is_the_share_of_pairs_that_are_farther_apart() -> None:
    pairs = np.array([1, 2, 2, 3], np.float32)
    shares = percentiles(pairs, np.array([0, 1, 2, 2.5, 3, 9]))
    assert shares is not None
    assert shares.tolist() == [1, 0.75, 0.25, 0.25, 0, 0]
