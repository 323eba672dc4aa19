"""Indexes for tests of what is around them."""

from pathlib import Path

from services.search.builder import Builder
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.indexes.projection import Projection
from services.search.indexes.storage import InMemory
from services.search.ports import ImageStore, IndexFactory, Query, Vector, VectorIndex
from tests.support.vectors import space

NOWHERE = Path("/nonexistent")


def plain_index(dimensions: int = 8) -> ExactIndex:
    """An index that compares vectors as they are."""
    return ExactIndex(Projection.none(space(dimensions)), InMemory("cosine"))


def plain_indexes() -> ExactIndexes:
    return ExactIndexes("none", 512, "float32", NOWHERE)


def learning_indexes() -> ExactIndexes:
    return ExactIndexes("auto", 4, "float32", NOWHERE)


def builder_of(store: ImageStore, indexes: IndexFactory | None = None, batch: int = 100) -> Builder:
    return Builder(store, indexes or plain_indexes(), batch)


def found(index: VectorIndex, vector: Vector, k: int = 1) -> list[str]:
    """The ids of the nearest images."""
    return [hit.id for hit in index.search([Query(vector, k)])[0]]
