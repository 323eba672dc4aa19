import numpy as np
import pytest

from services.search.indexes.projection import Projection
from tests.support.vectors import space


def test_nothing_learned_changes_nothing_but_the_length_in_a_cosine_space() -> None:
    vectors = np.array([[3, 4], [0, 2]], np.float32)
    assert Projection.none(space(2)).apply(vectors) == pytest.approx(np.array([[0.6, 0.8], [0, 1]]))
    assert Projection.none(space(2, "euclidean")).apply(vectors).tolist() == vectors.tolist()


def test_the_zero_vector_is_given_a_direction_so_that_all_rows_have_length_one() -> None:
    rows = Projection.none(space(3)).apply(np.zeros((2, 3), np.float32))
    assert rows.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_the_vectors_that_are_projected_stay_as_they_are() -> None:
    vectors = np.array([[3, 4], [0, 0]], np.float32)
    Projection("cosine", 2, np.array([1, 0], np.float32)).apply(vectors)
    assert vectors.tolist() == [[3, 4], [0, 0]]


def test_what_all_images_share_no_longer_counts() -> None:
    random = np.random.default_rng(0)
    shared = 10 * np.ones(16)
    sample = (shared + random.standard_normal((5000, 16))).astype(np.float32)
    projection = Projection.learn(space(16), sample, 5000, None)
    before, after = (some.apply(sample[:1000]) for some in (Projection.none(space(16)), projection))
    pairs = np.triu_indices(1000, 1)
    assert (before @ before.T)[pairs].mean() > 0.9
    assert abs((after @ after.T)[pairs].mean()) < 0.01


def test_the_mean_of_a_few_images_counts_little() -> None:
    one = np.ones((1, 4), np.float32)
    mean = Projection.learn(space(4), one, 1, None).mean
    assert mean == pytest.approx(np.full(4, 1 / 17))


def test_principal_directions_keep_what_differs_most_and_are_orthogonal() -> None:
    random = np.random.default_rng(1)
    turn, _ = np.linalg.qr(random.standard_normal((64, 64)))
    spread = np.where(np.arange(64) < 8, 3, 0.01)
    sample = (random.standard_normal((1000, 64)) * spread @ turn.T).astype(np.float32)
    projection = Projection.learn(space(64), sample, 1000, 8)
    assert projection.output_dimensions == 8
    assert projection.components is not None
    lengths = np.linalg.norm(projection.components, axis=1, keepdims=True)
    directions = projection.components / lengths
    assert directions @ directions.T == pytest.approx(np.eye(8), abs=1e-5)
    assert projection.mean is not None
    kept = (sample - projection.mean) @ directions.T
    assert np.square(kept).sum() > 0.999 * np.square(sample - projection.mean).sum()


def test_directions_in_which_images_differ_most_count_a_little_less_and_none_is_blown_up() -> None:
    spread = np.array([4, 2, 1, 1e-6])
    sample = (np.random.default_rng(4).standard_normal((20_000, 4)) * spread).astype(np.float32)
    components = Projection.learn(space(4), sample, 20_000, 4).components
    assert components is not None
    lengths = np.linalg.norm(components, axis=1)
    assert lengths == pytest.approx([1, 2**0.25, 4**0.25, 1e4**0.125], rel=0.02)


def test_a_sample_without_any_difference_gives_finite_rows() -> None:
    rows = Projection.learn(space(8), np.ones((20, 8), np.float32), 20, 4).apply(np.eye(8, dtype=np.float32))
    assert np.isfinite(rows).all()


def test_the_same_sample_gives_the_same_projection() -> None:
    sample = np.random.default_rng(2).standard_normal((100, 32)).astype(np.float32)
    first, second = (Projection.learn(space(32), sample, 100, 4) for _ in range(2))
    assert first.components is not None
    assert np.array_equal(first.apply(sample), second.apply(sample))


def test_projected_rows_are_contiguous_float32_of_length_one() -> None:
    sample = np.random.default_rng(3).standard_normal((50, 32)).astype(np.float32)
    rows = Projection.learn(space(32), sample, 50, 4).apply(sample)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(50), abs=1e-6)
