"""The frozen graph of a recipe and a set of weights, kept on the disk: it is built once and not at every start."""

import logging
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder.artifact import Artifact
from services.embedder.extractors import network
from services.embedder.recipes import Recipe, embedding_space, fingerprint
from services.embedder.self_test import drawn
from services.embedder.weights.source import Weights
from shared.contracts.embedding import EmbeddingSpace, Precision

_VERSION = 1
"""Grows whenever the same recipe and weights would give another file."""
_GRAPH = "graph.pb"
_REFERENCE = "reference.npy"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Graph:
    """A recipe with its weights, as every runtime takes it."""

    recipe: Recipe
    weights: Weights
    folder: Path
    """For what runtimes make of the graph and keep."""

    @property
    def path(self) -> Path:
        """A file with the GraphDef that `network.frozen` describes."""
        return self.folder / "float32" / _GRAPH

    def space(self, precision: Precision, quantised_sha256: str | None = None) -> EmbeddingSpace:
        """Describe the space that its vectors belong to."""
        weights = self.weights
        return embedding_space(self.recipe, weights.name, weights.sha256, weights.network, precision, quantised_sha256)

    def reference(self) -> NDArray[np.float32]:
        """Give the vectors of `self_test.drawn`, (n, dimensions), as TensorFlow computes them in float32."""
        vectors: NDArray[np.float32] = np.load(self.folder / "float32" / _REFERENCE)
        return vectors


def obtain(recipe: Recipe, weights: Weights, cache: Path) -> Graph:
    """Find the graph in `cache`, or build it with Keras and keep it there.

    Where nothing can be written to `cache`, it is built for this process alone, in a folder for temporary files.

    Raises:
        WeightsUnavailable: The file does not hold the weights of this network.
    """
    name = f"{fingerprint(recipe, weights.sha256, weights.network)}-{_VERSION}"
    graph = Graph(recipe, weights, cache / "networks" / name)
    if _is_built(graph):
        return graph
    _log.info("building the network of the recipe %s with the weights %s, once", recipe.name, weights.name)
    try:
        _build(graph)
    except OSError as error:
        _log.warning(
            "the network is built at every start, for LOOKALIKE_CACHE cannot be written to: %s", error.strerror
        )
        graph = replace(graph, folder=Path(tempfile.mkdtemp(prefix="lookalike-")) / name)
        _build(graph)
    return graph


def _is_built(graph: Graph) -> bool:
    return Artifact(graph.path.parent).is_whole()


def _build(graph: Graph) -> None:
    # TensorFlow takes seconds to import, and nothing else here needs it.
    from services.embedder.extractors.tensorflow import Session

    def write(folder: Path) -> None:
        (folder / _GRAPH).write_bytes(network.frozen(graph.recipe, graph.weights))
        session = Session(folder / _GRAPH, graph.recipe, "float32")
        np.save(folder / _REFERENCE, session.extract(drawn(graph.recipe.image_size)))

    Artifact(graph.path.parent).make(write)
