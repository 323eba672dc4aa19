"""The int8 form of a network, made by NNCF from pictures like those that it will see."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.embedder.extractors.graph import Graph
from services.embedder.extractors.network import map_name, part_name
from services.embedder.extractors.openvino import QUANTISED, REFERENCE, Compiled, openvino, quantised
from services.embedder.pooling import join
from services.embedder.self_test import cosine, drawn


def quantise(graph: Graph, pictures: Sequence[NDArray[np.float32]], threads: int) -> float:
    """Quantise the network of `graph` and keep it beside the graph, in the place of one that is there.

    Pooling stays in float32: it costs nothing, and everything passes through it.

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
        ignored_scope=nncf.IgnoredScope(names=_pooling(model, len(graph.recipe.layers))),
    )
    parts = [part_name(layer) for layer in range(len(graph.recipe.layers))]
    pixels = drawn(graph.recipe.image_size)
    vectors = join(graph.recipe, Compiled(network, parts, "int8", threads).run(pixels))

    def write(folder: Path) -> None:
        library.save_model(network, folder / QUANTISED, compress_to_fp16=False)
        np.save(folder / REFERENCE, vectors)

    quantised(graph).make(write)
    return min(cosine(one, other) for one, other in zip(vectors, graph.reference(), strict=True))


def _pooling(model: Any, layers: int) -> list[str]:
    """Name the operations between the maps and their parts; OpenVINO gives names of its own to what it rearranges."""
    maps, parts = (
        set().union(*(_upstream(model, name(layer)) for layer in range(layers))) for name in (map_name, part_name)
    )
    return sorted(parts - maps)


def _upstream(model: Any, output: str) -> set[str]:
    found: set[str] = set()
    waiting = [model.output(f"{output}:0").get_node()]
    while waiting:
        for value in waiting.pop().inputs():
            node = value.get_source_output().get_node()
            if node.get_type_name() != "Constant" and node.get_friendly_name() not in found:
                found.add(node.get_friendly_name())
                waiting.append(node)
    return found
