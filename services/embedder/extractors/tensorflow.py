"""The reference runtime: TensorFlow, in float32, or in bfloat16 through oneDNN."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder import processor
from services.embedder.extractors.graph import Graph
from services.embedder.extractors.network import IMAGES, VECTORS, map_name
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
        return self._session.run(images)[0]

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        return tuple(self._session.run(images)[1:])


class Session:
    """Runs a frozen graph; each has its own rewriting and its own threads, so that two precisions live side by side."""

    def __init__(self, path: Path, recipe: Recipe, precision: Precision, threads: int | None = None) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
        fetches = [VECTORS, *(map_name(number) for number in range(len(recipe.layers)))]
        session = tf.compat.v1.Session(graph=graph, config=config)
        self._run = session.make_callable([f"{name}:0" for name in fetches], [f"{IMAGES}:0"])

    def run(self, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Give the vectors of a batch, and the map of each layer."""
        outputs: list[NDArray[np.float32]] = self._run(images)
        return outputs
