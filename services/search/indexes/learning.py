"""What an index learns of its collection, and when that is out of date."""

from dataclasses import dataclass

from services.search.indexes.projection import Projection
from services.search.ports import Matrix
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import Metric, SpaceRef

_SAMPLE = 8192
_ENOUGH = 4
"""`auto` looks for principal directions once there are so many images for each of them."""


@dataclass(frozen=True)
class Learning:
    """How the vectors of collections are projected. In a Euclidean space removing the mean changes no distance.

    Attributes:
        projection: For collections that do not say: `auto` removes the mean, and keeps the principal directions once
            there are enough images.
        components: How many directions are kept.
    """

    projection: ProjectionKind
    components: int

    def sample_size(self, space: SpaceRef, images: int, projection: ProjectionKind | None = None) -> int:
        """Tell how many vectors are learned from; 0: nothing is learned."""
        return min(images, _SAMPLE) if self._learns(space.metric, projection) else 0

    def learn(
        self, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None
    ) -> Projection:
        """Learn the projection for a collection that has so many images."""
        if not self._learns(space.metric, projection) or not len(sample):
            return Projection.none(space)
        return Projection.learn(space, sample, images, self._directions(space, len(sample), images, projection))

    def outgrown_at(self, learned: Projection, projection: ProjectionKind | None = None) -> int | None:
        """Give the number of images from which a projection is out of date; None: it never is."""
        return max(1, 2 * learned.learned_from) if self._learns(learned.metric, projection) else None

    def description(self, projection: ProjectionKind | None) -> str:
        """What two settings have in common whose indexes of such a collection may stand for one another."""
        return f"{projection or self.projection} {self.components}"

    def _learns(self, metric: Metric, projection: ProjectionKind | None) -> bool:
        return (projection or self.projection) != "none" and metric == "cosine"

    def _directions(self, space: SpaceRef, sampled: int, images: int, projection: ProjectionKind | None) -> int | None:
        kind = projection or self.projection
        if kind == "centre" or space.dimensions <= self.components or sampled < self.components:
            return None
        if kind == "auto" and images < _ENOUGH * self.components:
            return None
        return self.components
