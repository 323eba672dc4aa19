"""Which precision a network is computed in."""

import logging
from collections.abc import Callable
from typing import Literal

from services.embedder import processor
from services.embedder.extractors.graph import Graph
from services.embedder.ports import Extractor
from services.embedder.self_test import SelfTestFailed, drawn, require_agreement
from shared.contracts.embedding import Precision

_log = logging.getLogger(__name__)


def choose(setting: Precision | Literal["auto"], graph: Graph, build: Callable[[Precision], Extractor]) -> Extractor:
    """Build an extractor of the precision that is set; `auto` is bfloat16 where that is fast and right, else float32.

    Args:
        setting: What was asked for.
        graph: Has the vectors of the built-in pictures in float32, with which bfloat16 must agree.
        build: Makes an extractor of a precision.

    Raises:
        SelfTestFailed: bfloat16 was asked for, and its vectors belong to another embedding space.
    """
    if setting in ("float32", "int8") or (setting == "auto" and not processor.has_bfloat16()):
        return build("float32" if setting == "auto" else setting)
    extractor = build("bfloat16")
    try:
        vectors = extractor.extract(drawn(extractor.recipe.image_size))
        require_agreement(vectors, graph.reference(), "those in float32")
    except SelfTestFailed as failure:
        if setting != "auto":
            raise
        _log.warning("computing in float32, for bfloat16 fails its test: %s", failure)
        return build("float32")
    return extractor
