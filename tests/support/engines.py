"""The engines of the index, as tests make them: few rows are enough to reach every part."""

from concurrent.futures import Executor
from pathlib import Path

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.indexes.storage import Compact, InMemory, Storage
from shared.contracts.embedding import Metric
from tests.support.vectors import space

ENGINES = ("float32", "int8", "brute", "ball_tree")

CODED_FROM = 4
"""Smaller segments are scanned in float32, so an index has segments of both kinds."""


def storage_of(engine: str, metric: Metric, folder: Path) -> Storage:
    return Compact(metric, folder, CODED_FROM) if engine == "int8" else InMemory(metric, engine)


def new_index(
    engine: str,
    folder: Path,
    dimensions: int,
    metric: Metric = "cosine",
    background: Executor | None = None,
    outgrown_at: int | None = None,
) -> ExactIndex:
    """Make an index that does not project; with an executor, every merge is its work."""
    projection = Projection.none(space(dimensions, metric))
    storage = storage_of(engine, metric, folder)
    return ExactIndex(projection, storage, background, outgrown_at=outgrown_at, merged_at_once=0)
