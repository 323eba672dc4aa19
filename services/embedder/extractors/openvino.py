"""The runtime OpenVINO: the same graph in float32 or bfloat16, or its quantised form in int8."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from services.embedder.artifact import Artifact
from services.embedder.extractors.graph import Graph
from services.embedder.extractors.network import IMAGES, map_name, part_name
from services.embedder.pooling import join
from services.embedder.recipes import Recipe
from services.embedder.self_test import drawn, require_agreement
from services.embedder.weights.source import WeightsUnavailable
from shared.contracts.embedding import EmbeddingSpace, Precision

QUANTISED = "int8.xml"
REFERENCE = "reference.npy"


class OpenVinoExtractor:
    """A graph that OpenVINO has compiled for this processor.

    Args:
        graph: What to compute.
        precision: How; `int8` is the quantised network that `services.embedder.quantise` has made of the graph.
        threads: For one batch.

    Raises:
        WeightsUnavailable: OpenVINO is not installed, or there is no quantised network.
        SelfTestFailed: The quantised network computes something else here than where it was made.
    """

    def __init__(self, graph: Graph, precision: Precision, threads: int) -> None:
        made = quantised(graph) if precision == "int8" else None
        if made and not made.is_whole():
            raise WeightsUnavailable(
                "There is no int8 network for this recipe and these weights: make one by `lookalike quantise`."
            )
        self.recipe: Recipe = graph.recipe
        self.space: EmbeddingSpace = graph.space(precision, made.sha256() if made else None)
        self._precision: Precision = precision
        self._threads = threads
        self._model = openvino().Core().read_model(made.path(QUANTISED) if made else graph.path)
        self._parts = Compiled(self._model, self._named(part_name), precision, threads)
        self._maps: Compiled | None = None
        if made:
            vectors = self.extract(drawn(graph.recipe.image_size))
            require_agreement(vectors, np.load(made.path(REFERENCE)), "those of the machine that quantised it")

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        return join(self.recipe, self._parts.run(images))

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        if self._maps is None:  # made when first needed: a second compiled network costs memory
            self._maps = Compiled(self._model, self._named(map_name), self._precision, self._threads)
        return tuple(self._maps.run(images))

    def _named(self, name: Callable[[int], str]) -> list[str]:
        return [name(layer) for layer in range(len(self.recipe.layers))]


class Compiled:
    """The part of a model that some of its outputs need, compiled; used by one thread at a time."""

    def __init__(self, model: Any, outputs: Sequence[str], precision: Precision, threads: int) -> None:
        library = openvino()
        results = [model.output(f"{name}:0").get_node() for name in outputs]
        options = {
            # Also for int8: what stays unquantised is little, and so it is the same on every processor.
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,  # threads that decode need the same cores
        }
        part = library.Model(results, [model.input(f"{IMAGES}:0").get_node()])
        self._request = library.Core().compile_model(part, "CPU", options).create_infer_request()

    def run(self, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Give each output for a batch, in the order in which they were named."""
        self._request.infer([images])
        # Copied, for the next batch is written to the same place.
        return [np.array(tensor.data) for tensor in self._request.output_tensors]


def quantised(graph: Graph) -> Artifact:
    """Name the place of the graph's int8 form, which need not be there."""
    return Artifact(graph.folder / "int8")


def openvino() -> Any:
    """Import OpenVINO, without the module that tells its makers of each use.

    Raises:
        WeightsUnavailable: It is not installed.
    """
    # OpenVINO and NNCF send events to an analytics service wherever this package can be imported, unasked.
    sys.modules.setdefault("openvino_telemetry", cast("Any", None))
    try:
        import openvino as library
    except ModuleNotFoundError as error:
        raise WeightsUnavailable("RUNTIME=openvino needs the extra `openvino`, which is not installed.") from error
    return library
