"""The indexes of all collections, and how far they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.search.directory import Directory
from services.search.ports import Change, Entry, VectorIndex
from shared.contracts.collections import Collection, ProjectionKind
from shared.contracts.embedding import SpaceRef

NewIndex = Callable[[Change, ProjectionKind | None], VectorIndex]
"""Makes the index of a collection that has no image before this change."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection that has been written to: its key, its space, and the index of its images."""

    key: str
    space: SpaceRef
    projection: ProjectionKind | None
    index: VectorIndex


@dataclass(slots=True)
class Shelves:
    """How far the store's changes have been read, and what they made."""

    by_key: dict[str, Shelf] = field(default_factory=dict)
    directory: Directory = field(default_factory=Directory)
    revision: int = 0
    """The last write that all indexes have applied."""
    forgotten: int = 0
    """Tombstones up to here were gone before the reading began: what they removed was never read."""

    @property
    def by_name(self) -> Mapping[str, Shelf]:
        """The shelves of the collections that are in the directory."""
        keys = self.directory.keys
        return {name: self.by_key[key] for name, key in keys.items() if key in self.by_key}

    def find(self, name: str) -> Shelf | None:
        """Find the shelf of the collection that has this name."""
        return self.by_key.get(self.directory.keys.get(name, ""))

    def enter(self, collections: Mapping[str, Collection]) -> None:
        """Take over which collections there are; the indexes of those that are gone are closed."""
        self.directory = Directory.of(collections)
        for key in self.by_key.keys() - collections.keys():
            self.by_key.pop(key).index.close()

    def apply(self, changes: Sequence[Change], new_index: NewIndex) -> None:
        """Apply changes that follow on the last one; what takes its time is done in the calling thread.

        The directory was read after them: a collection that it does not have is gone, and its changes with it.
        """
        for change in changes:
            collection = self.directory.collections.get(change.collection)
            if collection is not None and change.collection not in self.by_key:
                index = new_index(change, collection.projection)
                self.by_key[change.collection] = Shelf(change.collection, change.space, collection.projection, index)
        for key, writes in by_collection(changes).items():
            if key in self.by_key:
                self.by_key[key].index.apply(writes, changes[-1].revision)

    def images(self) -> int:
        """Count the images of all collections."""
        return sum(len(shelf.index) for shelf in tuple(self.by_key.values()))

    def close(self) -> None:
        """Close all indexes."""
        for shelf in self.by_key.values():
            shelf.index.close()


def by_collection(changes: Iterable[Change]) -> dict[str, dict[str, Entry | None]]:
    """Sort changes into writes for each collection's key."""
    writes: dict[str, dict[str, Entry | None]] = defaultdict(dict)
    for change in changes:
        writes[change.collection][change.image_id] = change.entry
    return writes
