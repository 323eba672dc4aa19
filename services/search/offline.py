"""`python -m services.search.offline FOLDER`: ranks a gallery for queries as an index does, without a store or HTTP.

FOLDER has `gallery.npy` and `queries.npy`, vectors of one embedding space of shape (n, dimensions), and `task.json`:
the `space`, the `quality` that is asked for and, where the queries are of the gallery themselves, their `places` there,
which are not to be found. The settings of the index come from the environment, as for the service. What is written is
`order.npy`, for each query the places of the gallery from the nearest to the farthest, and `distances.npy`, float32:
evaluations need all of them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances

from services.search.indexes.factory import ExactIndexes
from services.search.indexes.projection import Projection
from services.search.indexes.reranking import rerank
from services.search.neighbours import reranked
from services.search.ports import Matrix
from services.search.settings import SearchSettings
from shared.contracts.embedding import SpaceRef

_AT_ONCE = 256


def rank(folder: Path, settings: SearchSettings) -> None:
    """Read a folder's vectors, and write how near they are."""
    gallery, queries = (np.load(folder / f"{name}.npy") for name in ("gallery", "queries"))
    task = json.loads((folder / "task.json").read_text())
    projection = _projection(SpaceRef.model_validate(task["space"]), gallery, settings, folder)
    gallery, queries = projection.apply(gallery), projection.apply(queries)
    hidden = task["places"]
    shape = len(queries), len(gallery) - (hidden is not None)
    order = np.lib.format.open_memmap(folder / "order.npy", "w+", np.int32, shape)
    distances = np.lib.format.open_memmap(folder / "distances.npy", "w+", np.float32, shape)
    for start in range(0, len(queries), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        found = pairwise_distances(queries[some], gallery, metric="euclidean")
        if hidden is not None:
            found[np.arange(len(found)), hidden[some]] = np.inf
        nearest = np.argsort(found, axis=1, kind="stable")[:, : shape[1]]
        order[some] = nearest
        distances[some] = np.take_along_axis(found, nearest, axis=1)
    first = reranked(settings.index_rerank, task["quality"])
    if first and projection.metric == "cosine":
        _rerank(order, distances, gallery, queries, first)


def _rerank(
    order: NDArray[np.int32], distances: NDArray[np.float32], gallery: Matrix, queries: Matrix, first: int
) -> None:
    for number, query in enumerate(queries):
        places, near = rerank(gallery[order[number, :first]], query)
        order[number, :first] = order[number, :first][places]
        distances[number, :first] = near
        distances[number, first:] = np.maximum(distances[number, first:], near[-1])


def _projection(space: SpaceRef, gallery: Matrix, settings: SearchSettings, folder: Path) -> Projection:
    indexes = ExactIndexes(settings.index_projection, settings.index_dimensions, "float32", folder)
    count = indexes.sample_size(space, len(gallery))
    sample = gallery
    if count < len(gallery):
        sample = gallery[np.sort(np.random.default_rng(0).choice(len(gallery), count, replace=False))]
    return indexes.new(space, sample, len(gallery)).projection


if __name__ == "__main__":
    rank(Path(sys.argv[1]), SearchSettings())
