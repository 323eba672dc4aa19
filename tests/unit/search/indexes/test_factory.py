from pathlib import Path

import numpy as np
import pytest

from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import Engine, ExactIndexes
from services.search.ports import Entry
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import Metric
from tests.support.vectors import space

RANDOM = np.random.default_rng(6)


def made(
    folder: Path, kind: ProjectionKind, images: int, metric: Metric = "cosine", engine: Engine = "float32"
) -> ExactIndex:
    factory = ExactIndexes(kind, 4, engine, folder)
    wanted = factory.sample_size(space(8, metric), images)
    sample = RANDOM.standard_normal((wanted, 8)).astype(np.float32)
    return factory.new(space(8, metric), sample, images)


def learned(index: ExactIndex) -> tuple[bool, int]:
    """Whether the mean is removed, and how many dimensions are kept."""
    return index.projection.mean is not None, index.projection.output_dimensions


@pytest.mark.parametrize(
    ("kind", "images", "expected"),
    [
        ("auto", 0, (False, 8)),
        ("auto", 1, (True, 8)),
        ("auto", 15, (True, 8)),
        ("auto", 16, (True, 4)),
        ("none", 100, (False, 8)),
        ("centre", 100, (True, 8)),
        ("pca", 3, (True, 8)),
        ("pca", 4, (True, 4)),
    ],
)
def test_what_is_learned_depends_on_how_many_images_there_are(
    tmp_path: Path, kind: ProjectionKind, images: int, expected: tuple[bool, int]
) -> None:
    assert learned(made(tmp_path, kind, images)) == expected


def test_nothing_is_learned_of_a_euclidean_space(tmp_path: Path) -> None:
    index = made(tmp_path, "pca", 100, "euclidean")
    assert learned(index) == (False, 8)
    index.apply({f"{number}": Entry(np.ones(8, np.float32)) for number in range(300)})
    assert not index.outgrown


def test_directions_are_not_looked_for_where_there_are_no_more_than_are_kept(tmp_path: Path) -> None:
    factory = ExactIndexes("pca", 8, "float32", tmp_path)
    assert learned(factory.new(space(8), RANDOM.standard_normal((100, 8)).astype(np.float32), 100)) == (True, 8)


def test_a_collection_is_learned_from_a_bounded_sample(tmp_path: Path) -> None:
    factory = ExactIndexes("auto", 4, "float32", tmp_path)
    assert [factory.sample_size(space(8), images) for images in (0, 10, 10**7)] == [0, 10, 8192]
    assert ExactIndexes("none", 4, "float32", tmp_path).sample_size(space(8), 100) == 0
    assert factory.sample_size(space(8, "euclidean"), 100) == 0


def test_an_index_is_outgrown_once_its_collection_has_doubled(tmp_path: Path) -> None:
    index = made(tmp_path, "auto", 5)
    for number in range(10):
        assert not index.outgrown
        index.apply({f"{number}": Entry(np.ones(8, np.float32))})
    assert index.outgrown


def test_an_index_of_nothing_is_outgrown_by_the_first_image(tmp_path: Path) -> None:
    index = made(tmp_path, "auto", 0)
    assert not index.outgrown
    index.apply({"a": Entry(np.ones(8, np.float32))})
    assert index.outgrown


def test_an_index_that_learns_nothing_is_never_outgrown(tmp_path: Path) -> None:
    index = made(tmp_path, "none", 1)
    index.apply({f"{number}": Entry(np.ones(8, np.float32)) for number in range(100)})
    assert not index.outgrown


@pytest.mark.parametrize("engine", ["float32", "int8", "brute", "ball_tree"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_every_engine_serves_every_space(tmp_path: Path, engine: Engine, metric: Metric) -> None:
    """Compact storage, which codes vectors of length 1 alone, makes way in a Euclidean space."""
    index = made(tmp_path, "auto", 20, metric, engine)
    index.apply({f"{number}": Entry(row) for number, row in enumerate(RANDOM.standard_normal((5000, 8)).astype("f4"))})
    assert len(index.ids("", 10_000)) == len(index) == 5000
