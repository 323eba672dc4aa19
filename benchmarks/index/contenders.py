"""What is measured side by side: each is built of the same vectors and asked the same questions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from usearch.index import Index

from benchmarks.index.ours import Ours
from services.search.ports import Matrix

_EXPANSION = 64
"""How many nodes a search in a graph keeps in sight."""


class Contender(Protocol):
    """Something that has been built of vectors."""

    def search(self, queries: Matrix, k: int) -> Sequence[NDArray[Any]]:
        """Give the numbers of the k nearest vectors of each query."""


class Product:
    """NumPy's product of the matrix and the queries: it reads what an exact search has to read, and selects nothing."""

    def __init__(self, vectors: Matrix) -> None:
        self._vectors = vectors

    def search(self, queries: Matrix, _: int) -> Sequence[NDArray[Any]]:
        self._vectors @ (queries[0] if len(queries) == 1 else queries.T)
        return []


class Neighbors:
    """scikit-learn's `NearestNeighbors`; of unit vectors the Euclidean order is that of the cosine."""

    def __init__(self, vectors: Matrix, algorithm: str, metric: str = "euclidean") -> None:
        with sklearn.config_context(assume_finite=True):
            self._model = NearestNeighbors(algorithm=algorithm, metric=metric).fit(vectors)

    def search(self, queries: Matrix, k: int) -> Sequence[NDArray[Any]]:
        with sklearn.config_context(assume_finite=True):
            rows: Sequence[NDArray[Any]] = self._model.kneighbors(queries, k, return_distance=False)
        return rows


class Faiss:
    """A FAISS index."""

    def __init__(self, vectors: Matrix, index: Any) -> None:
        index.add(vectors)
        self._index = index

    def search(self, queries: Matrix, k: int) -> Sequence[NDArray[Any]]:
        rows: Sequence[NDArray[Any]] = self._index.search(queries, k)[1]
        return rows


class USearch:
    """A graph of usearch, over float16."""

    def __init__(self, vectors: Matrix) -> None:
        self.index = Index(ndim=vectors.shape[1], metric="ip", dtype="f16", expansion_search=_EXPANSION)
        self.index.add(np.arange(len(vectors)), vectors)

    def search(self, queries: Matrix, k: int) -> Sequence[NDArray[Any]]:
        found = np.asarray(self.index.search(queries, k).keys)
        return list(found.reshape(len(queries), -1))


@dataclass(frozen=True)
class Recipe:
    """How a contender is made, and up to how many values (vectors x dimensions) that is bearable."""

    make: Callable[[Matrix, Path], Contender]
    most_values: float = np.inf


def _ours(engine: Any) -> Callable[[Matrix, Path], Contender]:
    def make(vectors: Matrix, folder: Path) -> Contender:
        ours = Ours(engine, vectors.shape[1], folder)
        ours.add(vectors)
        return ours

    return make


def _flat(vectors: Matrix, _: Path) -> Contender:
    return Faiss(vectors, faiss.IndexFlatIP(vectors.shape[1]))


def _hnsw(vectors: Matrix, _: Path) -> Contender:
    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = _EXPANSION
    return Faiss(vectors, index)


RECIPES: Mapping[str, Recipe] = {
    "Lookalike, `float32`": Recipe(_ours("float32")),
    "Lookalike, `int8`": Recipe(_ours("int8")),
    "NumPy's product alone": Recipe(lambda vectors, _: Product(vectors)),
    "scikit-learn, brute force, Euclidean": Recipe(lambda vectors, _: Neighbors(vectors, "brute")),
    "scikit-learn, brute force, cosine": Recipe(lambda vectors, _: Neighbors(vectors, "brute", "cosine"), 250e6),
    "scikit-learn, ball tree": Recipe(lambda vectors, _: Neighbors(vectors, "ball_tree"), 25e6),
    "FAISS, flat": Recipe(_flat),
    "FAISS, HNSW": Recipe(_hnsw, 60e6),
    "usearch, HNSW": Recipe(lambda vectors, _: USearch(vectors), 60e6),
}
