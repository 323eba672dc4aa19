"""The real network: its graphs, of the user's own cache, and how alike what they compute is."""

import numpy as np
from numpy.typing import NDArray

from services.embedder.extractors import graph
from services.embedder.extractors.graph import Graph
from services.embedder.recipes import RECIPES
from services.embedder.weights.source import Weights
from shared.settings import CacheSettings


def graph_of(recipe: str, found: Weights) -> Graph:
    return graph.obtain(RECIPES[recipe], found, CacheSettings().lookalike_cache)


def cosine(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    first, second = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))
