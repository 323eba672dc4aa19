"""The reference runtime: TensorFlow, in float32, or in bfloat16 through oneDNN."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder import processor
from services.embedder.extractors.graph import Graph
from services.embedder.extractors.network import IMAGES, map_name, part_name
from services.embedder.pooling import join
from services.embedder.recipes import Recipe
from shared.contracts.embedding import EmbeddingSpace, Precision


class TensorFlowExtractor:
    """A graph in a session of TensorFlow's.

    Args:
        graph: What to compute.
        precision: How; `bfloat16` where the processor has it.
        threads: For one batch.
    """

    def __init__(self, graph: Graph, precision: Precision, threads: int) -> None:
        self.recipe: Recipe = graph.recipe
        self.space: EmbeddingSpace = graph.space(precision)
        self._session = Session(graph.path, graph.recipe, precision, threads)

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._session.extract(images)

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        return self._session.maps(images)


class Session:
    """Runs a frozen graph; each has its own rewriting and its own threads, so that two precisions live side by side."""

    def __init__(self, path: Path, recipe: Recipe, precision: Precision, threads: int | None = None) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with _without_keras():
            import tensorflow as tf
        from tensorflow.core.protobuf.rewriter_config_pb2 import RewriterConfig

        definition = tf.compat.v1.GraphDef()
        definition.ParseFromString(path.read_bytes())
        with tf.Graph().as_default() as graph:
            tf.graph_util.import_graph_def(definition, name="")
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=threads or processor.cores(), inter_op_parallelism_threads=1
        )
        if precision == "bfloat16":
            config.graph_options.rewrite_options.auto_mixed_precision_onednn_bfloat16 = RewriterConfig.ON
        self._recipe = recipe
        # Maps are there when parts are: giving both out costs next to nothing, and a second callable much at its start.
        outputs = [f"{name(layer)}:0" for name in (part_name, map_name) for layer in range(len(recipe.layers))]
        session = tf.compat.v1.Session(graph=graph, config=config)
        self._run = session.make_callable(outputs, [f"{IMAGES}:0"])

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed a batch, as an extractor does."""
        return join(self._recipe, self._run(images)[: len(self._recipe.layers)])

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Give the maps of a batch, as an extractor does."""
        return tuple(self._run(images)[len(self._recipe.layers) :])


@contextmanager
def _without_keras() -> Iterator[None]:
    """Import TensorFlow as it is where there is no Keras: a frozen graph needs none.

    Keras takes three seconds and 100 MB of each start. Whoever asks TensorFlow for it afterwards gets it.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]  # what the import system documents
    try:
        yield
    finally:
        del sys.modules["keras"]
