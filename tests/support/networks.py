"""The real network: its graphs, of the user's own cache."""

from services.embedder.extractors import graph
from services.embedder.extractors.graph import Graph
from services.embedder.recipes import RECIPES
from services.embedder.weights.source import Weights
from shared.settings import CacheSettings


def graph_of(recipe: str, found: Weights) -> Graph:
    return graph.obtain(RECIPES[recipe], found, CacheSettings().lookalike_cache)
