"""The int8 form of a network, made by NNCF from pictures like those that it will see."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder.extractors.graph import Graph
from services.embedder.extractors.network import HEAD, VECTORS
from services.embedder.extractors.openvino import QUANTISED, REFERENCE, Compiled, openvino, quantised
from services.embedder.self_test import cosine, drawn


def quantise(graph: Graph, pictures: Sequence[NDArray[np.float32]], threads: int) -> float:
    """Quantise the network of `graph` and keep it beside the graph, in the place of one that is there.

    Pooling and normalisation stay in float32: they cost nothing, and everything passes through them.

    Args:
        graph: The network in float32.
        pictures: Each (side, side, 3), RGB in 0 to 255; the numbers that they cause decide about the scales.
        threads: For one batch.

    Returns:
        The lower cosine to float32 of the two built-in pictures' vectors.

    Raises:
        WeightsUnavailable: The extra `openvino` is not installed.
    """
    library = openvino()
    import nncf  # only now: `openvino` has seen to it that this, too, tells nobody

    model = library.Core().read_model(graph.path)
    network = nncf.quantize(
        model,
        nncf.Dataset([picture[None] for picture in pictures]),
        subset_size=len(pictures),
        preset=nncf.QuantizationPreset.PERFORMANCE,
        ignored_scope=nncf.IgnoredScope(patterns=[f"{HEAD}/.*"]),
    )
    vectors = Compiled(network, [VECTORS], "int8", threads).run(drawn(graph.recipe.image_size))[0]

    def write(folder: Path) -> None:
        library.save_model(network, folder / QUANTISED, compress_to_fp16=False)
        np.save(folder / REFERENCE, vectors)

    quantised(graph).make(write)
    return min(cosine(one, other) for one, other in zip(vectors, graph.reference(), strict=True))
