"""The use cases about all images that a filter admits: listed, counted, removed, and the labels that they have."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from services.search.follower import Follower
from services.search.ports import ImageStore, VectorIndex
from services.search.shelves import Shelf
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.filters import Filter
from shared.contracts.search import ImagePage, ImageRecord
from shared.contracts.selection import MAX_REMOVED, SHOWN, LabelPage, Removed, RemoveRequest, SelectRequest, Survey
from shared.errors import NotFound, TryAgain

Answer = TypeVar("Answer")

_ATTEMPTS = 5


class Selections:
    """Asks an index which images there are, as of all writes acknowledged before, and the store for their records.

    Every method that names a collection that does not exist raises `NotFound`.

    Args:
        store: Has the records.
        follower: Has the indexes.
    """

    def __init__(self, store: ImageStore, follower: Follower) -> None:
        self._store = store
        self._follower = follower
        self._thread = CapacityLimiter(1)

    async def page(self, collection: str, asked: SelectRequest) -> ImagePage:
        """Read records of a filter's images in the order of their ids."""
        ids, records = await self._matching(collection, asked.filter, asked.after or "", asked.limit + 1)
        more = len(ids) > asked.limit
        shown = tuple(records[key] for key in ids[: asked.limit] if key in records)
        return ImagePage(records=shown, next_after=ids[asked.limit - 1] if more else None)

    async def survey(self, collection: str, wanted: Filter) -> Survey:
        """Count a filter's images."""
        shelf = await self._shelf(collection)
        revision = self._follower.revision
        if shelf is None:
            return Survey(count=0, ids=(), revision=revision)
        count = await self._ask(shelf, lambda index: index.count(wanted))
        ids = await self._ask(shelf, lambda index: index.ids("", SHOWN, wanted))
        return Survey(count=count, ids=tuple(ids), revision=revision)

    async def remove(self, collection: str, asked: RemoveRequest) -> Removed:
        """Remove the next few of a filter's images; one that is written at this very moment stays as it is then."""
        ids, records = await self._matching(collection, asked.filter, asked.after or "", MAX_REMOVED)
        old = {key: record.revision for key, record in records.items() if record.revision <= asked.revision}
        revisions = await self._store.discard(collection, old)
        last = max(revisions, default=0)
        await self._follower.reach(last)
        next_after = ids[-1] if len(ids) == MAX_REMOVED else None
        return Removed(count=len(revisions), revision=last, next_after=next_after)

    async def labels(self, collection: str, after: str | None, limit: int) -> LabelPage:
        """Count the images of each label, in the order of the labels, from the first that is larger than `after`."""
        shelf = await self._shelf(collection)
        found = [] if shelf is None else await self._ask(shelf, lambda index: index.labels(after or "", limit + 1))
        more = len(found) > limit
        return LabelPage(labels=tuple(found[:limit]), next_after=found[limit - 1].label if more else None)

    async def _matching(
        self, collection: str, wanted: Filter, after: str, limit: int
    ) -> tuple[list[str], dict[str, ImageRecord]]:
        """Give ids, and the records of those that are there still, none of them written after the index was asked."""
        for _ in range(_ATTEMPTS):
            shelf = await self._shelf(collection)
            if shelf is None:
                return [], {}
            revision = self._follower.revision
            ids = await self._ask(shelf, lambda index: index.ids(after, limit, wanted))
            records = await self._store.records(collection, ids)
            if all(record.revision <= revision for record in records.values()):
                return ids, records
        raise TryAgain("The images are being written again and again.")

    async def _ask(self, shelf: Shelf, question: Callable[[VectorIndex], Answer]) -> Answer:
        return await to_thread.run_sync(question, shelf.index, limiter=self._thread)

    async def _shelf(self, collection: str) -> Shelf | None:
        await self._follower.catch_up()
        shelf = self._follower.find(collection)
        if shelf is None and collection not in {DEFAULT_COLLECTION, *self._follower.directory.keys}:
            raise NotFound(f"There is no collection {collection}.")
        return shelf
