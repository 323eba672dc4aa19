"""Which index a collection gets: how its vectors are projected, stored and scanned."""

from concurrent.futures import Executor
from pathlib import Path
from typing import Literal

from services.search.indexes.exact import ExactIndex
from services.search.indexes.learning import Learning
from services.search.indexes.projection import Projection
from services.search.indexes.state import State
from services.search.indexes.storage import Compact, InMemory, Storage
from services.search.ports import Matrix
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import Metric, SpaceRef

Engine = Literal["float32", "int8", "brute", "ball_tree"]


class ExactIndexes:
    """Implements `IndexFactory`.

    Args:
        projection: For collections that do not say; as of `Learning`.
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
        self._learning = Learning(projection, components)
        self._engine = engine
        self._folder = folder
        self._background = background

    def sample_size(self, space: SpaceRef, images: int, projection: ProjectionKind | None = None) -> int:
        return self._learning.sample_size(space, images, projection)

    def new(self, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None) -> ExactIndex:
        return self.make(self._learning.learn(space, sample, images, projection), projection)

    def description(self, projection: ProjectionKind | None) -> str:
        """What two factories have in common whose indexes of such a collection may stand for one another."""
        return self._learning.description(projection)

    def make(
        self, learned: Projection, projection: ProjectionKind | None = None, state: State | None = None
    ) -> ExactIndex:
        """Make an index with what was learned for a collection: an empty one, or one in a given state."""
        outgrown_at = self._learning.outgrown_at(learned, projection)
        storage = self.storage(learned.metric)
        return ExactIndex(learned, storage, self._background, state, outgrown_at)

    def storage(self, metric: Metric) -> Storage:
        """Give the storage for rows of a space."""
        if self._engine == "int8" and metric == "cosine":
            return Compact(metric, self._folder)
        return InMemory(metric, "float32" if self._engine == "int8" else self._engine)
