"""What the use cases need of an index; the adapters are in `indexes`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.search.ports.values import Entry, Examples, Group, Hit, Matrix, Query, Vector
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import SpaceRef
from shared.contracts.filters import Filter
from shared.contracts.selection import LabelCount


class VectorIndex(Protocol):
    """The images of one collection. Called from threads: queries run concurrently with writes and with each other."""

    @property
    def outgrown(self) -> bool:
        """Whether what the index has learned of its collection is out of date, so that it should be built anew."""

    def apply(self, writes: Mapping[str, Entry | None]) -> None:
        """Set the entries of these ids, and remove the ids that have None; queries see all of it or nothing.

        Raises:
            ValueError: A vector has another length than those of the index; nothing is applied.
        """

    def search(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Answer queries, all of them from one state of the index.

        Each gets its k nearest hits, or all if there are fewer: nearest first, equally distant ones ordered by id.
        """

    def blend(self, examples: Examples) -> Vector | None:
        """Make one query of examples, in the index's own space; None where they cancel each other out."""

    def distances(self, vectors: Mapping[str, Vector]) -> dict[str, float]:
        """Give the distance between each vector and the one that is known under its id; unknown ids are left out."""

    def ids(self, after: str, limit: int, wanted: Filter | None = None) -> list[str]:
        """Give up to `limit` ids that are wanted in their order, from the first that is larger than `after`."""

    def count(self, wanted: Filter) -> int:
        """Count the images that are wanted."""

    def labels(self, after: str, limit: int) -> list[LabelCount]:
        """Count the images of up to `limit` labels in their order, from the first that is larger than `after`."""

    def groups(self, least_score: float, on_progress: Callable[[float], None]) -> list[Group]:
        """Find groups of images that look the same, in the order of the ids of their leaders; takes long.

        Args:
            least_score: Score to its leader that each image of a group has at least.
            on_progress: Told now and then how much is done, from 0 to 1; what it raises breaks the work off.
        """

    def close(self) -> None:
        """Finish or break off what goes on in the background; no method is called after this."""

    def __len__(self) -> int:
        """Count the images that queries can find."""


class IndexFactory(Protocol):
    """Makes the indexes of collections. Called from threads."""

    def sample_size(self, space: SpaceRef, images: int, projection: ProjectionKind | None = None) -> int:
        """Tell how many vectors an index for so many images learns from; 0: it learns nothing."""

    def new(
        self, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None
    ) -> VectorIndex:
        """Make an empty index for a collection that has so many images.

        Args:
            space: Of the collection.
            sample: Vectors of images chosen at random; shape (n, dimensions).
            images: How many the collection has.
            projection: What is learned; None: what the settings say.
        """


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The indexes of all collections as they were at some moment.

    Attributes:
        store: Identity of the store whose images they have.
        revision: They have all changes up to this one, and perhaps later ones.
        forgotten: Tombstones up to here were gone before the reading began.
        indexes: Space, projection and index of each collection, by its key.
    """

    store: str
    revision: int
    forgotten: int
    indexes: Mapping[str, tuple[SpaceRef, ProjectionKind | None, VectorIndex]]


class Snapshots(Protocol):
    """Keeps the last snapshot. Called from threads, one call at a time."""

    def save(self, snapshot: Snapshot) -> None:
        """Put a snapshot in the place of the last one; it is durable, and whole, or the last one is still there."""

    def load(self, store: str) -> Snapshot | None:
        """Restore the last snapshot; None where it is missing, damaged, or one of another store or other settings."""
