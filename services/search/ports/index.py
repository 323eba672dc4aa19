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
    """The images of one collection. Called from threads: queries run concurrently with writes and with each other.

    Where another server keeps the index, every method may raise `TryAgain`, but for `outgrown`, `close` and the count
    of images, which are known here and may be called anywhere.
    """

    @property
    def outgrown(self) -> bool:
        """Whether what the index has learned of its collection is out of date, so that it should be built anew."""

    def apply(self, writes: Mapping[str, Entry | None], revision: int | None = None) -> None:
        """Set the entries of these ids, and remove the ids that have None; queries see each of them whole.

        An index in memory shows all of it at once.

        Args:
            writes: Entries by id, as they are at this revision or later.
            revision: The write of the store's sequence up to which the index then has all. An index that several
                services use never goes back by it. None: the index is being filled, and nobody else knows of it.

        Raises:
            ValueError: A vector has another length than those of the index; nothing is applied.
            TryAgain: The server that keeps the index is away or slow; some may be applied, and all may be again.
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


class SharedIndex(VectorIndex, Protocol):
    """One that several services use: it has a revision of its own, which any of them brings forward."""

    @property
    def revision(self) -> int:
        """The index was last seen to have all writes up to this one."""


class SharedIndexes(Protocol):
    """Indexes that a server of their own keeps for all services of a store. Called from threads.

    A *name* is that of a collection among those of all stores. What it stands for is published whole and at once: an
    index that is being filled is known to its maker alone. Every method may raise `TryAgain` where the server is away.
    """

    def sample_size(self, space: SpaceRef, images: int, projection: ProjectionKind | None = None) -> int:
        """Tell how many vectors an index for so many images learns from; 0: it learns nothing."""

    def find(
        self, name: str, space: SpaceRef, projection: ProjectionKind | None = None, *, by_any_settings: bool = False
    ) -> SharedIndex | None:
        """Find what a name stands for; None where it is nothing that such a collection can use.

        Args:
            name: Of the collection.
            space: Of the collection.
            projection: What is learned; None: what the settings say.
            by_any_settings: Whether it may be one of a service that has other settings.
        """

    def begin(
        self, name: str, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None
    ) -> SharedIndex:
        """Make an empty index for a name, beside the one that it stands for.

        Raises:
            TryAgain: Another service is making one.
        """

    def publish(self, index: SharedIndex, revision: int) -> None:
        """Let the name stand for an index that has all images as they were at this revision or later."""

    def abandon(self, index: SharedIndex) -> None:
        """Remove an index that was not published."""

    def look_around(self) -> set[str]:
        """Learn what the names stand for by now, remove what nobody uses any more, and give the names."""

    def drop(self, name: str) -> None:
        """Remove what a name stands for, and all else that has been made for it."""

    def close(self) -> None:
        """Let go of the server."""


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
