"""The indexes of all collections, and how far they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from services.search.ports import Change, Entry, VectorIndex
from shared.contracts.embedding import SpaceRef


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection that has been written to: its space, and the index of its images."""

    space: SpaceRef
    index: VectorIndex


@dataclass(slots=True)
class Shelves:
    """How far the store's changes have been read, and what they made."""

    by_name: dict[str, Shelf] = field(default_factory=dict)
    revision: int = 0
    """The last write that all indexes have applied."""
    forgotten: int = 0
    """Tombstones up to here were gone before the reading began: what they removed was never read."""

    def apply(self, changes: Sequence[Change], new_index: Callable[[SpaceRef], VectorIndex]) -> None:
        """Apply changes that follow on the last one; what takes its time is done in the calling thread."""
        for change in changes:
            if change.collection not in self.by_name:
                self.by_name[change.collection] = Shelf(change.space, new_index(change.space))
        for collection, writes in by_collection(changes).items():
            self.by_name[collection].index.apply(writes)

    def images(self) -> int:
        """Count the images of all collections."""
        return sum(len(shelf.index) for shelf in tuple(self.by_name.values()))

    def close(self) -> None:
        """Close all indexes."""
        for shelf in self.by_name.values():
            shelf.index.close()


def by_collection(changes: Iterable[Change]) -> dict[str, dict[str, Entry | None]]:
    """Sort changes into writes for each collection."""
    writes: dict[str, dict[str, Entry | None]] = defaultdict(dict)
    for change in changes:
        writes[change.collection][change.image_id] = change.entry
    return writes
