"""Indexes for tests of what is around them."""

from pathlib import Path

from services.search.builder import Builder
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.ports import ImageStore, IndexFactory, Matrix, Query, Vector, VectorIndex
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import SpaceRef

NOWHERE = Path("/nonexistent")


def plain_indexes() -> ExactIndexes:
    return ExactIndexes("none", 512, "float32", NOWHERE)


def learning_indexes() -> ExactIndexes:
    return ExactIndexes("auto", 4, "float32", NOWHERE)


class KeptIndexes(ExactIndexes):
    """Makes plain indexes, and lets tests have them."""

    def __init__(self) -> None:
        super().__init__("none", 512, "float32", NOWHERE)
        self.made: list[ExactIndex] = []

    def new(self, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None) -> ExactIndex:
        self.made.append(super().new(space, sample, images, projection))
        return self.made[-1]


def builder_of(store: ImageStore, indexes: IndexFactory | None = None, batch: int = 100) -> Builder:
    return Builder(store, indexes or plain_indexes(), batch)


def found(index: VectorIndex, vector: Vector, k: int = 1) -> list[str]:
    """The ids of the nearest images."""
    return [hit.id for hit in index.search([Query(vector, k)])[0]]
