"""Builds the index of a collection anew, beside the old one, where it has outgrown what it has learned."""

import asyncio
import logging
from dataclasses import dataclass, replace

from anyio import to_thread

from services.search.builder import Builder
from services.search.ports import ImageStore, VectorIndex
from services.search.shelves import Shelf, Shelves, by_collection
from shared.errors import LookalikeError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Renewed:
    """An index that has all changes up to a revision, and perhaps some later ones."""

    key: str
    index: VectorIndex
    revision: int


class Renewals:
    """Renews one index at a time; the follower adopts it between two rounds, so that an answer never sees both.

    Args:
        store: Has the images and their changes.
        builder: Makes indexes.
        batch: Changes that are read at once.
    """

    def __init__(self, store: ImageStore, builder: Builder, batch: int) -> None:
        self._store = store
        self._builder = builder
        self._batch = batch
        self._building: asyncio.Task[_Renewed] | None = None

    @property
    def ready(self) -> bool:
        """Whether there is an index to adopt."""
        return self._building is not None and self._building.done()

    def begin(self, shelves: Shelves) -> None:
        """Begin to renew an index that is outgrown, if there is one and no other is being renewed."""
        if self._building is not None:
            return
        for shelf in shelves.by_key.values():
            if shelf.index.outgrown:
                self._building = asyncio.create_task(self._build(shelf, shelves.revision))
                return

    async def adopt(self, shelves: Shelves) -> None:
        """Put the index that was renewed in the place of the old one, with all changes that the old one has."""
        if self._building is None or not self.ready:
            return
        done, self._building = self._building, None
        try:
            renewed = done.result()
        except LookalikeError as error:
            _log.warning("An index could not be renewed: %s", error.detail)
            return
        if renewed.key in shelves.by_key and await self._caught_up(renewed, shelves):
            shelf = shelves.by_key[renewed.key]
            shelves.by_key[renewed.key] = replace(shelf, index=renewed.index)
            shelf.index.close()
        else:
            renewed.index.close()

    async def close(self) -> None:
        """Break off what is under way."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.gather(self._building, return_exceptions=True)

    async def _build(self, shelf: Shelf, revision: int) -> _Renewed:
        index = await self._builder.build(shelf.key, shelf.space, shelf.projection, len(shelf.index))
        return _Renewed(shelf.key, index, revision)

    async def _caught_up(self, renewed: _Renewed, shelves: Shelves) -> bool:
        """Apply what came since; False where removals among it are forgotten already."""
        since = renewed.revision
        while since < shelves.revision:
            changes = await self._store.changes(since, self._batch)
            if renewed.revision < await self._store.forgotten():
                return False
            writes = by_collection(changes).get(renewed.key, {})
            await to_thread.run_sync(renewed.index.apply, writes)
            since = changes[-1].revision if changes else shelves.revision
        return True
