"""Which index a collection gets: how its vectors are projected, stored and scanned."""

from concurrent.futures import Executor
from pathlib import Path
from typing import Literal

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.indexes.state import State
from services.search.indexes.storage import Compact, InMemory, Storage
from services.search.ports import Matrix
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import Metric, SpaceRef

Engine = Literal["float32", "int8", "brute", "ball_tree"]

_SAMPLE = 8192
_ENOUGH = 4
"""`auto` looks for principal directions once there are so many images for each of them."""


class ExactIndexes:
    """Implements `IndexFactory`.

    In a Euclidean space nothing is learned: removing the mean changes no distance there.

    Args:
        projection: For collections that do not say: `auto` removes the mean, and keeps the principal directions once
            there are enough images.
        components: How many directions are kept.
        engine: Name of a scan; `int8` is compact storage.
        folder: Where compact storage has its files.
        background: Merges large segments.
        rerank: How many of the nearest images are ordered anew by their neighbours.
    """

    def __init__(
        self,
        projection: ProjectionKind,
        components: int,
        engine: Engine,
        folder: Path,
        background: Executor | None = None,
        rerank: int = 0,
    ) -> None:
        self._projection = projection
        self._components = components
        self._engine = engine
        self._folder = folder
        self._background = background
        self._rerank = rerank

    def sample_size(self, space: SpaceRef, images: int, projection: ProjectionKind | None = None) -> int:
        return min(images, _SAMPLE) if self._learns(space.metric, projection) else 0

    def new(self, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None) -> ExactIndex:
        if not self._learns(space.metric, projection) or not len(sample):
            return self.make(Projection.none(space), projection)
        directions = self._directions(space, len(sample), images, projection)
        return self.make(Projection.learn(space, sample, images, directions), projection)

    def description(self, projection: ProjectionKind | None) -> str:
        """What two factories have in common whose indexes of such a collection may stand for one another."""
        return f"{projection or self._projection} {self._components}"

    def make(
        self, learned: Projection, projection: ProjectionKind | None = None, state: State | None = None
    ) -> ExactIndex:
        """Make an index with what was learned for a collection: an empty one, or one in a given state."""
        outgrown_at = max(1, 2 * learned.learned_from) if self._learns(learned.metric, projection) else None
        storage = self.storage(learned.metric)
        return ExactIndex(learned, storage, self._background, state, outgrown_at, rerank=self._rerank)

    def storage(self, metric: Metric) -> Storage:
        """Give the storage for rows of a space."""
        if self._engine == "int8" and metric == "cosine":
            return Compact(metric, self._folder)
        return InMemory(metric, "float32" if self._engine == "int8" else self._engine)

    def _learns(self, metric: Metric, projection: ProjectionKind | None) -> bool:
        return (projection or self._projection) != "none" and metric == "cosine"

    def _directions(self, space: SpaceRef, sampled: int, images: int, projection: ProjectionKind | None) -> int | None:
        kind = projection or self._projection
        if kind == "centre" or space.dimensions <= self._components or sampled < self._components:
            return None
        if kind == "auto" and images < _ENOUGH * self._components:
            return None
        return self._components
