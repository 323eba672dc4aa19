"""Which index a collection gets: how its vectors are projected, stored and scanned."""

from concurrent.futures import Executor
from pathlib import Path
from typing import Literal

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.indexes.state import State
from services.search.indexes.storage import Compact, InMemory, Storage
from services.search.ports import Matrix
from shared.contracts.embedding import Metric, SpaceRef

ProjectionKind = Literal["auto", "none", "centre", "pca"]
Engine = Literal["float32", "int8", "brute", "ball_tree"]

_SAMPLE = 8192
_ENOUGH = 4
"""`auto` looks for principal directions once there are so many images for each of them."""


class ExactIndexes:
    """Implements `IndexFactory`.

    In a Euclidean space nothing is learned: removing the mean changes no distance there.

    Args:
        projection: `auto` removes the mean, and keeps the principal directions once there are enough images.
        components: How many directions are kept.
        engine: Name of a scan; `int8` is compact storage.
        folder: Where compact storage has its files.
        background: Merges large segments.
    """

    def __init__(
        self,
        projection: ProjectionKind,
        components: int,
        engine: Engine,
        folder: Path,
        background: Executor | None = None,
    ) -> None:
        self._projection = projection
        self._components = components
        self._engine = engine
        self._folder = folder
        self._background = background

    def sample_size(self, space: SpaceRef, images: int) -> int:
        return min(images, _SAMPLE) if self._learns(space.metric) else 0

    def new(self, space: SpaceRef, sample: Matrix, images: int) -> ExactIndex:
        if not self._learns(space.metric) or not len(sample):
            return self.make(Projection.none(space))
        return self.make(Projection.learn(space, sample, images, self._directions(space, len(sample), images)))

    @property
    def description(self) -> str:
        """What two factories have in common whose indexes may stand for one another."""
        return f"{self._projection} {self._components}"

    def make(self, projection: Projection, state: State | None = None) -> ExactIndex:
        """Make an index with this projection: an empty one, or one in a given state."""
        outgrown_at = max(1, 2 * projection.learned_from) if self._learns(projection.metric) else None
        return ExactIndex(projection, self.storage(projection.metric), self._background, state, outgrown_at)

    def storage(self, metric: Metric) -> Storage:
        """Give the storage for rows of a space."""
        if self._engine == "int8" and metric == "cosine":
            return Compact(metric, self._folder)
        return InMemory(metric, "float32" if self._engine == "int8" else self._engine)

    def _learns(self, metric: Metric) -> bool:
        return self._projection != "none" and metric == "cosine"

    def _directions(self, space: SpaceRef, sampled: int, images: int) -> int | None:
        if self._projection == "centre" or space.dimensions <= self._components or sampled < self._components:
            return None
        if self._projection == "auto" and images < _ENOUGH * self._components:
            return None
        return self._components
