"""Lookalike's own index as a contender: through its real class, filled by its real writes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.index.clusters import key_of, number_of
from services.search.indexes.background import merging_thread
from services.search.indexes.compaction import plan
from services.search.indexes.factory import ExactIndexes
from services.search.ports import Entry, Matrix, Query, Vector
from shared.contracts.embedding import SpaceRef

_LOADED_AT_ONCE = 50_000
_LABELS = 1000


class Ours:
    """An `ExactIndex`.

    Args:
        engine: Its engine.
        dimensions: Of the vectors.
        folder: Where compact storage has its files.
    """

    def __init__(self, engine: Literal["float32", "int8"], dimensions: int, folder: Path) -> None:
        self.background = merging_thread()
        space = SpaceRef(fingerprint="0123456789abcdef", dimensions=dimensions, metric="cosine")
        factory = ExactIndexes("none", dimensions, engine, folder, self.background)
        self.index = factory.new(space, np.empty((0, dimensions), np.float32), 0)

    def add(self, vectors: Matrix, first: int = 0) -> None:
        """Add vectors under the numbers from `first` on, and wait until all that they set in motion is done."""
        for start in range(0, len(vectors), _LOADED_AT_ONCE):
            self.write(vectors[start : start + _LOADED_AT_ONCE], first + start)
            self.settle()

    def write(self, vectors: Matrix, first: int) -> None:
        """Add vectors under the numbers from `first` on."""
        self.index.apply(
            {key_of(first + number): _entry(first + number, vector) for number, vector in enumerate(vectors)}
        )

    def remove(self, numbers: Iterable[int]) -> None:
        """Remove the vectors with these numbers."""
        self.index.apply({key_of(number): None for number in numbers})

    def settle(self) -> None:
        """Wait until nothing is merged in the background."""
        while True:
            self.background.submit(int).result()
            if not plan(self.index.state.layers):
                return

    def search(self, queries: Matrix, k: int) -> list[NDArray[np.intp]]:
        """Give the numbers of the k nearest vectors of each query."""
        answers = self.index.search([Query(query, k) for query in queries])
        return [np.array([number_of(hit.id) for hit in hits], np.intp) for hits in answers]

    def close(self) -> None:
        """End its threads."""
        self.index.close()
        self.background.shutdown()


def _entry(number: int, vector: Vector) -> Entry:
    """Give an image a label and a source of its own, as the command line does."""
    label = f"label-{number % _LABELS}"
    return Entry(vector, label, {"source": f"{label}/image-{number}.jpg"})
